-- my_work: what the session's handler has overdue or due within the next 10 working days, the most urgent first. The handler is
-- the staff code in letterwatch.actor, or the login. Their letters are looked up first, as an array: of many offices, too, it is
-- index lookups only.
create or replace view letterwatch.my_work with (security_barrier) as
select w.*
from (
	select 'overdue' as what, o.office_code, o.office_name, o.letter_no, o.rule, o.title, o.unit, o.handler, o.received_on, o.due_on,
	       -o.days_late as days_left, -o.workdays_late as workdays_left, null::boolean as provisional, o.last_stage, o.muted_until
	from letterwatch.overdue o
	where o.letter_no = any (array(select l.letter_no from letterwatch.letter_state l where l.handler = (select letterwatch.actor())))
	union all
	select 'due_soon' as what, s.office_code, s.office_name, s.letter_no, s.rule, s.title, s.unit, s.handler, s.received_on, s.due_on,
	       s.days_left, s.workdays_left, s.provisional, null::text as last_stage, null::date as muted_until
	from letterwatch.due_soon s
	where s.letter_no = any (array(select l.letter_no from letterwatch.letter_state l where l.handler = (select letterwatch.actor())))
) w
order by w.due_on, w.letter_no, w.rule;
comment on view letterwatch.my_work is 'What the session''s handler (letterwatch.actor, or the login) has overdue or due soon.';
comment on column letterwatch.my_work.what is 'overdue or due_soon.';
comment on column letterwatch.my_work.days_left is 'Calendar days to the last day; negative: days late.';
comment on column letterwatch.my_work.workdays_left is 'Working days to the last day; negative: late.';
