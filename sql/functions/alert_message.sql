-- alert_message(alert, language) → text: the sentence of an alert for its last key, msg=; language en or zh.
-- Callers: outbox_lines.
create or replace function letterwatch.alert_message(a letterwatch.alert, language text) returns text
language sql stable
as $$
	select case language
	when 'zh' then
		format('来信%s的%s', a.letter_no, r.zh)
		|| case a.stage
		   when 'warn' then format('%s期满，还有%s个工作日', a.due_on, a.workdays_left)
		   when 'due' then format('今日（%s）期满', a.due_on)
		   when 'overdue' then format('已超期，%s期满', a.due_on)
		   else format('%s期满，至今未办，%s', a.due_on, s.zh) end
	else
		format('%s of letter %s ', r.en, a.letter_no)
		|| case a.stage
		   when 'warn' then format('ends on %s, %s working %s left', a.due_on, a.workdays_left,
		                           case a.workdays_left when 1 then 'day' else 'days' end)
		   when 'due' then format('ends today, %s', a.due_on)
		   when 'overdue' then format('is overdue, it ended on %s', a.due_on)
		   else format('is still open, it ended on %s: %s', a.due_on, s.en) end
	end
	from (select a.rule, a.stage) k
	left join letterwatch.term rt on rt.category = 'rule' and rt.code = k.rule
	left join letterwatch.term st on st.category = 'stage' and st.code = k.stage
	cross join lateral (select coalesce(rt.en, k.rule) as en, coalesce(rt.zh, k.rule) as zh) r
	cross join lateral (select coalesce(st.en, k.stage) as en, coalesce(st.zh, k.stage) as zh) s
$$;
comment on function letterwatch.alert_message(letterwatch.alert, text) is 'An alert as a sentence.';
