-- late_entries: what was entered after a last day had ended but dates from before: a deadline closed that way counts as in
-- time, one moved that way is not overdue any more; either is shown here. The latest first; of the
-- offices in sight.
create or replace view letterwatch.late_entries with (security_barrier) as
select d.office_code, o.name as office_name, d.letter_no, d.rule, d.due_on, e.kind, d.closed_on as dated, e.recorded_at, e.recorded_by,
       (e.recorded_at at time zone f.time_zone)::date - d.due_on as days_after, null::date as new_due_on
from letterwatch.deadline d
join letterwatch.office o on o.office_code = d.office_code
join letterwatch.office_setting f on f.office_code = d.office_code
join letterwatch.letter_event e on e.event_id = d.closed_event
where d.office_code in (select letterwatch.my_offices())
  and d.state <> 'open' and e.occurred_at < d.late_at and e.recorded_at >= d.late_at
union all
select s.office_code, o.name, c.letter_no, c.rule, c.old_due, c.why, null, c.changed_at, c.changed_by,
       (c.changed_at at time zone f.time_zone)::date - c.old_due, c.new_due
from letterwatch.deadline_change c
join letterwatch.letter_state s on s.letter_no = c.letter_no
join letterwatch.office o on o.office_code = s.office_code
join letterwatch.office_setting f on f.office_code = s.office_code
where s.office_code in (select letterwatch.my_offices())
  and (c.changed_at at time zone f.time_zone)::date > c.old_due and coalesce(c.new_due, 'infinity') > c.old_due
  and split_part(c.why, ', ', 1) in (select t.code from letterwatch.term t where t.category = 'event')
order by recorded_at desc, letter_no, rule;
comment on view letterwatch.late_entries is 'What was entered after a last day but dated before it.';
comment on column letterwatch.late_entries.kind is 'The event that closed or moved it.';
comment on column letterwatch.late_entries.dated is 'The day that the entry names.';
comment on column letterwatch.late_entries.days_after is 'Days from the last day to the day on which it was entered.';
comment on column letterwatch.late_entries.new_due_on is 'Where the entry moved the last day: to when; NULL: it closed it, or took its date away.';
