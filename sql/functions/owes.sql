-- owes(letter_no) → rows of type owed: what a letter owes, the next first; no row when nothing. What is suspended has no last
-- day. days_left and workdays_left as in the alert line, from the office's today. In plpgsql, which keeps its plan: an SQL
-- function would be planned at each call. Errors: those of check_letter.
-- Callers: the functions for people, which return it after each event.
create or replace function letterwatch.owes(letter_no text)
returns setof letterwatch.owed
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	perform letterwatch.check_letter($1);
	return query
	select d.letter_no, d.rule, d.unit, s.handler, d.due_on, d.due_on - t.today, w.workdays_left, d.provisional
	from letterwatch.deadline d
	join letterwatch.letter_state s on s.letter_no = d.letter_no
	join letterwatch.office_setting o on o.office_code = d.office_code
	cross join lateral (select (letterwatch.clock() at time zone o.time_zone)::date) t (today)
	left join lateral letterwatch.workdays_left(o.calendar, d.due_on, t.today,
	                                                 d.late_at <= letterwatch.clock()) w on true
	where d.letter_no = owes.letter_no and d.state in ('open', 'suspended')
	order by d.due_on, d.late_at, d.rule;
end
$$;
comment on function letterwatch.owes(text) is 'What a letter owes, the next first.';
