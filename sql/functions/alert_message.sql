-- alert_message(language, alert, rule_en, rule_zh, stage_en, stage_zh) → text: the sentence of an alert for its last key, msg=;
-- language en or zh, the titles from term.
-- Callers: outbox_lines.
create or replace function letterwatch.alert_message(language text, a letterwatch.alert, rule_en text, rule_zh text,
                                                     stage_en text, stage_zh text) returns text
language plpgsql stable
as $$
begin
	if language = 'zh' then
		return format('来信%s的%s', a.letter_no, coalesce(rule_zh, a.rule))
			|| case a.stage
			   when 'warn' then format('%s期满，还有%s个工作日', to_char(a.due_on, 'YYYY-MM-DD'), a.workdays_left)
			   when 'due' then format('今日（%s）期满', to_char(a.due_on, 'YYYY-MM-DD'))
			   when 'overdue' then format('已超期，%s期满', to_char(a.due_on, 'YYYY-MM-DD'))
			   else format('%s期满，至今未办，%s', to_char(a.due_on, 'YYYY-MM-DD'), coalesce(stage_zh, a.stage)) end;
	end if;
	return format('%s of letter %s ', coalesce(rule_en, a.rule), a.letter_no)
		|| case a.stage
		   when 'warn' then format('ends on %s, %s working %s left', to_char(a.due_on, 'YYYY-MM-DD'), a.workdays_left,
		                           case a.workdays_left when 1 then 'day' else 'days' end)
		   when 'due' then format('ends today, %s', to_char(a.due_on, 'YYYY-MM-DD'))
		   when 'overdue' then format('is overdue, it ended on %s', to_char(a.due_on, 'YYYY-MM-DD'))
		   else format('is still open, it ended on %s: %s', to_char(a.due_on, 'YYYY-MM-DD'), coalesce(stage_en, a.stage)) end;
end
$$;
comment on function letterwatch.alert_message(text, letterwatch.alert, text, text, text, text) is 'An alert as a sentence.';
