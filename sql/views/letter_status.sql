-- letter_status: where each letter of the offices in sight stands and what it owes next.
create or replace view letterwatch.letter_status with (security_barrier) as
select s.letter_no, s.office_code, o.name as office_name, s.received_on, s.status, s.unit, s.handler,
       n.rule as next_rule, n.due_on as next_due_on, n.due_on - t.today as days_left, n.provisional, s.status_on, s.rule_set,
       s.suspended_on, case when s.muted_until > t.today then s.muted_until end as muted_until, s.duplicate_of, s.former_offices
from letterwatch.letter_state s
join letterwatch.office o on o.office_code = s.office_code
join letterwatch.office_setting f on f.office_code = s.office_code
cross join lateral (select ((select letterwatch.clock()) at time zone f.time_zone)::date) t (today)
left join lateral (
	select d.rule, d.due_on, d.provisional
	from letterwatch.deadline d
	where d.letter_no = s.letter_no and d.state in ('open', 'suspended')
	order by d.due_on, d.late_at
	limit 1
) n on true
where s.office_code in (select letterwatch.my_offices());
comment on view letterwatch.letter_status is 'Where each letter stands and what it owes next.';
comment on column letterwatch.letter_status.office_code is 'The office in charge.';
comment on column letterwatch.letter_status.suspended_on is 'Since when the time stands still; NULL: it does not.';
comment on column letterwatch.letter_status.duplicate_of is 'The original, of a duplicate.';
comment on column letterwatch.letter_status.former_offices is 'The offices that passed it on, the first one first.';
