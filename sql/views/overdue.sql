-- overdue: open deadlines of the offices in sight whose period has ended, longest overdue first.
-- Name and title are looked up row by row: joined, they would double the time that planning takes.
create or replace view letterwatch.overdue with (security_barrier) as
select d.office_code, (select o.name from letterwatch.office o where o.office_code = d.office_code) as office_name, d.letter_no, d.rule,
       case when d.office_code in (select letterwatch.my_clerk_offices())
            then (select l.title from letterwatch.letter l where l.letter_no = d.letter_no) end as title,
       d.unit, s.handler, s.received_on, d.due_on,
       t.today - d.due_on as days_late, -w.workdays_left as workdays_late,
       case when n.stage_no >= d.first_stage then g.stages[least(n.stage_no, g.last_no)] end as last_stage,
       case when d.muted_until > (select letterwatch.clock()) then s.muted_until end as muted_until
from letterwatch.office_setting f
join letterwatch.deadline d on d.office_code = f.office_code
join letterwatch.letter_state s on s.letter_no = d.letter_no
left join letterwatch.stage_plan g on g.rule_set = d.rule_set and g.rule = d.rule
cross join lateral (select letterwatch.stage_number(g.offsets, g.every, d.stage_done)) n (stage_no)
cross join lateral (select ((select letterwatch.clock()) at time zone f.time_zone)::date) t (today)
left join lateral letterwatch.workdays_left(f.calendar, d.due_on, t.today, true) w on true
where f.office_code in (select letterwatch.my_offices())
  and d.state = 'open' and d.late_at <= (select letterwatch.clock())
  and d.due_on <= (select letterwatch.clock())::date + 1 -- follows from it in every time zone, and is what the index knows
order by d.due_on, d.office_code, d.letter_no, d.rule;
comment on view letterwatch.overdue is 'Open deadlines whose period has ended, longest overdue first.';
comment on column letterwatch.overdue.title is 'Personal: for the clerks of the office in charge only.';
comment on column letterwatch.overdue.last_stage is 'The last stage raised for the present last day.';
