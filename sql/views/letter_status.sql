-- letter_status: where each letter stands and what it owes next.
create or replace view letterwatch.letter_status as
select s.letter_no, s.office_code, o.name as office_name, l.received_on, s.status, s.unit, s.handler,
       n.rule as next_rule, n.due_on as next_due_on, n.due_on - t.today as days_left, n.provisional, s.status_on, s.rule_set
from letterwatch.letter_state s
join letterwatch.letter l on l.letter_no = s.letter_no
join letterwatch.office o on o.office_code = s.office_code
join letterwatch.office_setting f on f.office_code = s.office_code
cross join lateral (select ((select letterwatch.clock()) at time zone f.time_zone)::date) t (today)
left join lateral (
	select d.rule, d.due_on, d.provisional
	from letterwatch.deadline d
	where d.letter_no = s.letter_no and d.state = 'open'
	order by d.due_on, d.late_at
	limit 1
) n on true;
comment on view letterwatch.letter_status is 'Where each letter stands and what it owes next.';
