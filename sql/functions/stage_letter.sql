-- stage_letter(): trigger in place of an insert into intake_letter: puts the row among the lines; take_staged takes them.
create or replace function letterwatch.stage_letter() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	insert into letterwatch.intake_letter_line
		(letter_no, office_code, registry_no, received_at, received_on, channel, rule_set, title, unit, handler, notice_at, reply_at,
		 outcome, source, source_ref)
	values
		(new.letter_no, new.office_code, new.registry_no, new.received_at, new.received_on, new.channel, new.rule_set, new.title,
		 new.unit, new.handler, new.notice_at, new.reply_at, new.outcome, new.source, new.source_ref);
	return new;
end
$$;
comment on function letterwatch.stage_letter() is 'Puts a letter among the lines that come in.';
