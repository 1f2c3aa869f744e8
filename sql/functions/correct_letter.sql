-- correct_letter(letter_no, reason, received_on, office_code, rule_set) → what the letter owes, as owes(): a slip at
-- registration: the true day of receipt, the office that really received it, the rule set it is under; NULL: that is right.
-- Every date is derived anew; alerts that were raised stay. Errors: LW001 nothing to correct, or a day after an event of the
-- letter; LW002 an unknown office or rule set; those of event_refusal.
-- Callers: people.
create or replace function letterwatch.correct_letter(
	letter_no text, reason text, received_on date default null, office_code text default null,
	rule_set text default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'correct', null, reason => $2, received_on => $3, to_office => $4,
	                                       rule_set => $5)
$$;
comment on function letterwatch.correct_letter(text, text, date, text, text) is
	'Mends a slip at registration; returns what the letter owes.';
