-- suspend_letter(letter_no, reason, at) → what the letter owes, as owes(): from that day until it is resumed no day counts, for
-- the rules that allow it (rule.may_suspend); until then these have no last day. Errors: LW003 no rule of the letter allows it,
-- with its basis; those of event_refusal.
-- Callers: people.
create or replace function letterwatch.suspend_letter(
	letter_no text, reason text, at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'suspend', $3, reason => $2)
$$;
comment on function letterwatch.suspend_letter(text, text, timestamptz) is
	'The time stands still, where the rule allows it; returns what the letter owes.';
