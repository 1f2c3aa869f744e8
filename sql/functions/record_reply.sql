-- record_reply(letter_no, outcome, at, channel, reason) → what the letter owes, as owes(): the writer was told the course of the
-- handling (progress, after which a follow-up is owed) or its result. A reply also meets a notice still open. at: when it was
-- sent, NULL for now. reason: why late. Errors: LW001 another outcome; those of event_refusal.
-- Callers: people.
create or replace function letterwatch.record_reply(
	letter_no text, outcome text, at timestamptz default null, channel text default 'post', reason text default null)
returns setof letterwatch.owed
language plpgsql volatile
as $$
begin
	if $2 is null or $2 not in ('progress', 'result') then
		perform letterwatch.refuse('LW001', format('letter %s: a reply has no outcome %s', $1, coalesce($2, 'NULL')),
			'Possible: progress, result.');
	end if;
	return query select * from letterwatch.record_event($1, $2, $3, channel => $4, reason => $5);
end
$$;
comment on function letterwatch.record_reply(text, text, timestamptz, text, text) is
	'A reply was sent; returns what the letter owes.';
