-- notice_text(letter_no, outcome DEFAULT NULL) → text: the 7-day notice of a letter, ready to print or send, in the session's
-- language (letterwatch.language), from table notice_template. outcome: what the writer is told; NULL: accepted while a
-- notice is owed, else as recorded.
-- A line whose only field has no value is left out.
-- It holds personal data. Errors: LW002 no template for that outcome; those of check_letter.
-- Callers: people.
create or replace function letterwatch.notice_text(letter_no text, outcome text default null) returns text
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	chinese boolean := letterwatch.language() = 'zh';
	day_format text := case when chinese then 'FMYYYY"年"FMMM"月"FMDD"日"' else 'FMDD FMMonth YYYY' end;
	told text;
	template text;
	fields jsonb;
begin
	perform letterwatch.check_letter($1, handled => true);
	told := coalesce($2, (
		select s.outcome
		from letterwatch.event_sequence(array[$1]) s
		where s.kind = 'notice' and s.possible
		  and not exists (select from letterwatch.deadline x where x.letter_no = $1 and x.rule = 'notice' and x.state in ('open', 'suspended'))
		order by s.place desc
		limit 1), 'accepted');
	select t.body into template
	from letterwatch.notice_template t
	where t.outcome = told and t.language = letterwatch.language();
	if not found then
		perform letterwatch.refuse('LW002', format('there is no text for a notice %s', told),
			'See: select outcome, language from letterwatch.notice_template;');
	end if;

	select jsonb_build_object(
		'name', coalesce(p.name, case when chinese then '来信人' else 'Sir or Madam' end), 'contact', p.contact, 'address', p.address,
		'letter_no', l.letter_no, 'registry_no', l.registry_no, 'received_on', to_char(s.received_on, day_format), 'office', o.name,
		'unit', letterwatch.title('unit', coalesce(s.unit, d.unit)), 'handler', s.handler, 'reply_by', to_char(d.due_on, day_format),
		'today', to_char(letterwatch.clock() at time zone f.time_zone, day_format))
	into fields
	from letterwatch.letter l
	join letterwatch.letter_state s on s.letter_no = l.letter_no
	join letterwatch.office o on o.office_code = s.office_code
	join letterwatch.office_setting f on f.office_code = s.office_code
	left join letterwatch.petitioner p on p.letter_no = l.letter_no
	left join lateral (
		select x.unit, x.due_on
		from letterwatch.deadline x
		where x.letter_no = l.letter_no and x.rule = 'reply'
		order by x.state in ('open', 'suspended') desc, x.start_on desc, x.since desc
		limit 1
	) d on true
	where l.letter_no = notice_text.letter_no;

	-- Each field once: what a value holds is never taken for a field.
	return (
		select string_agg(coalesce(r.line, ''), E'\n' order by n.place)
		from regexp_split_to_table(template, '\n') with ordinality n (line, place)
		cross join lateral (
			select string_agg(coalesce(m.found[1], fields ->> m.found[2], ''), '' order by m.place) as line,
			       count(m.found[2]) = 1 and count(fields ->> m.found[2]) = 0 as empty
			from regexp_matches(n.line, '([^{}]+)|\{(\w+)\}', 'g') with ordinality m (found, place)
		) r
		where r.empty is not true);
end
$$;
comment on function letterwatch.notice_text(text, text) is 'The 7-day notice of a letter, ready to print or send.';
