-- due_soon: open deadlines that end within the next 10 working days, today included; of the offices in sight.
create or replace view letterwatch.due_soon with (security_barrier) as
select d.office_code, o.name as office_name, d.letter_no, d.rule,
       case when d.office_code in (select letterwatch.my_clerk_offices()) then l.title end as title, d.unit, s.handler,
       s.received_on, d.due_on,
       d.due_on - t.today as days_left, w.workdays_left, d.provisional
from (
	select o.office_code, o.name, f.time_zone, f.calendar
	from letterwatch.office o
	join letterwatch.office_setting f on f.office_code = o.office_code
	where o.office_code in (select letterwatch.my_offices())
) o
join letterwatch.deadline d on d.office_code = o.office_code
join letterwatch.letter_state s on s.letter_no = d.letter_no
join letterwatch.letter l on l.letter_no = d.letter_no
cross join lateral (select ((select letterwatch.clock()) at time zone o.time_zone)::date) t (today)
left join lateral letterwatch.workdays_left(o.calendar, d.due_on, t.today, false) w on true
where d.state = 'open' and d.late_at > (select letterwatch.clock()) and w.workdays_left <= 10
  and d.due_on < (select letterwatch.clock())::date + 40
order by d.due_on, d.office_code, d.letter_no, d.rule;
comment on view letterwatch.due_soon is 'Open deadlines that end within the next 10 working days.';
comment on column letterwatch.due_soon.title is 'Personal: for the clerks of the office in charge only.';
