-- due_soon: open deadlines that end within the next 10 working days, today included.
create or replace view letterwatch.due_soon as
select d.office_code, o.name as office_name, d.letter_no, d.rule, l.title, d.unit, s.handler, s.received_on, d.due_on,
       d.due_on - t.today as days_left, w.workdays_left, d.provisional
from letterwatch.deadline d
join letterwatch.office o on o.office_code = d.office_code
join letterwatch.office_setting f on f.office_code = d.office_code
join letterwatch.letter l on l.letter_no = d.letter_no
join letterwatch.letter_state s on s.letter_no = d.letter_no
cross join lateral (select ((select letterwatch.clock()) at time zone f.time_zone)::date) t (today)
left join lateral letterwatch.workdays_left(f.calendar, d.due_on, t.today, false) w on true
where d.state = 'open' and d.late_at > (select letterwatch.clock()) and w.workdays_left <= 10
  and d.due_on < (select letterwatch.clock())::date + 40
order by d.due_on, d.office_code, d.letter_no, d.rule;
comment on view letterwatch.due_soon is 'Open deadlines that end within the next 10 working days.';
