-- verdict(state, kind, occurred_at, recorded_at, late_at) → text: how a deadline ended; NULL: it is open or suspended. kind,
-- occurred_at, recorded_at: of the event that closed it; late_at: the first instant that is late.
-- in_time; entered_late: in time, but recorded after its end; late; missed: it ended while it was owed, and only then the letter
-- was withdrawn, transferred or reopened; not_owed; exempt. What an outcome, a duplicate or an exemption says, it says of the
-- letter from its receipt on: after the end too, nothing was owed.
-- Callers: derive.
create or replace function letterwatch.verdict(state text, kind text, occurred_at timestamptz, recorded_at timestamptz,
                                               late_at timestamptz) returns text
language sql immutable parallel safe
as $$
	select case state
	       when 'met' then case when occurred_at >= late_at then 'late' when recorded_at >= late_at then 'entered_late' else 'in_time' end
	       when 'not_owed' then case when occurred_at >= late_at and kind in ('withdraw', 'transfer', 'reopen') then 'missed'
	                                 else 'not_owed' end
	       when 'exempt' then 'exempt' end
$$;
comment on function letterwatch.verdict(text, text, timestamptz, timestamptz, timestamptz) is 'How a deadline ended.';
