-- extend_deadline(letter_no, rule, until, approved_by, reason, informed_at) → what the letter owes, as owes(): `until` is the
-- last day of what is open under that rule (rolled like any last day). approved_by: staff code; informed_at: when the writer
-- was told. Errors: LW003 the rule does not allow it, with its basis; nothing is open; extended or ended already. LW001 beyond
-- the rule's limit; what the rule asks for is missing. Those of event_refusal.
-- Callers: people.
create or replace function letterwatch.extend_deadline(
	letter_no text, rule text, until date, approved_by text default null, reason text default null,
	informed_at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'extend', null, rule => $2, until => $3, approved_by => $4,
	                                       reason => $5, informed_at => $6)
$$;
comment on function letterwatch.extend_deadline(text, text, date, text, text, timestamptz) is
	'Extends a deadline, where the rule allows it; returns what the letter owes.';
