-- due_soon: open deadlines that end within the next 10 working days, today included; of the offices in sight.
-- Name and title are looked up as in overdue.
create or replace view letterwatch.due_soon with (security_barrier) as
select d.office_code, (select o.name from letterwatch.office o where o.office_code = d.office_code) as office_name, d.letter_no, d.rule,
       case when d.office_code in (select letterwatch.my_clerk_offices())
            then (select l.title from letterwatch.letter l where l.letter_no = d.letter_no) end as title,
       d.unit, s.handler, s.received_on, d.due_on,
       d.due_on - t.today as days_left, w.workdays_left, d.provisional
from letterwatch.office_setting f
join letterwatch.deadline d on d.office_code = f.office_code
join letterwatch.letter_state s on s.letter_no = d.letter_no
cross join lateral (select ((select letterwatch.clock()) at time zone f.time_zone)::date) t (today)
left join lateral letterwatch.workdays_left(f.calendar, d.due_on, t.today, false) w on true
where f.office_code in (select letterwatch.my_offices())
  and d.state = 'open' and d.late_at > (select letterwatch.clock()) and w.workdays_left <= 10
  and d.due_on < (select letterwatch.clock())::date + 40
order by d.due_on, d.office_code, d.letter_no, d.rule;
comment on view letterwatch.due_soon is 'Open deadlines that end within the next 10 working days.';
comment on column letterwatch.due_soon.title is 'Personal: for the clerks of the office in charge only.';
