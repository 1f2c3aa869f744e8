-- counted(verdict, ended, n) → one row: in which columns of the rates n deadlines count. verdict: of the function of that name, NULL
-- for open ones; ended: whether their period has ended.
-- Inlined into the caller's join, as period_end is.
-- Callers: reply_rate, reply_rate_then.
create or replace function letterwatch.counted(verdict text, ended boolean, n bigint)
returns table (due bigint, in_time bigint, late bigint, open_overdue bigint, not_yet_due bigint, exempt bigint, not_owed bigint,
               in_time_entered_late bigint)
language sql immutable parallel safe
as $$
	select case when ended and v.owed then n else 0 end,
	       case when ended and verdict in ('in_time', 'entered_late') then n else 0 end,
	       case when ended and verdict = 'late' then n else 0 end,
	       case when ended and (verdict is null or verdict = 'missed') then n else 0 end,
	       case when not ended and v.owed then n else 0 end,
	       case when verdict = 'exempt' then n else 0 end,
	       case when verdict = 'not_owed' then n else 0 end,
	       case when ended and verdict = 'entered_late' then n else 0 end
	from (values (verdict is null or verdict in ('in_time', 'entered_late', 'late', 'missed'))) v (owed)
$$;
comment on function letterwatch.counted(text, boolean, bigint) is 'In which columns of the rates deadlines count.';
