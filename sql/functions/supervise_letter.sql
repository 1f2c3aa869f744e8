-- supervise_letter(letter_no, by_office, until, reason, topic, leader) → what the letter owes, as owes(): the office by_office orders
-- a report on a letter of its own or of an office below, by the day `until`, which is a deadline like any other (feedback). Any
-- letter, also a closed one. topic: a few words that orders have in common, which makes them a campaign; leader: staff code of
-- the leader who answers for it. Errors: LW001 until lies before today, by_office stands not above the letter's office; LW002
-- an unknown office; those of event_refusal.
-- Callers: people; over a query, for many letters.
create or replace function letterwatch.supervise_letter(
	letter_no text, by_office text, until date, reason text default null, topic text default null, leader text default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'supervise', null, until => $3, reason => $4, by_office => $2, topic => $5, leader => $6)
$$;
comment on function letterwatch.supervise_letter(text, text, date, text, text, text) is
	'Orders a report on a letter by a day; returns what it owes.';
