-- mute_letter(letter_no, until, reason) → what the letter owes, as owes(): warnings, last-day alerts and reminders wait until
-- office hours begin on the day `until`; then the latest that is due comes. What is overdue or escalated comes all the same. A
-- further mute stands in the place of the one before. Errors: LW001 not after today, or more than a year ahead; those of
-- event_refusal.
-- Callers: people.
create or replace function letterwatch.mute_letter(
	letter_no text, until date, reason text)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'mute', null, until => $2, reason => $3)
$$;
comment on function letterwatch.mute_letter(text, date, text) is
	'Holds back a letter''s warnings and reminders; returns what it owes.';
