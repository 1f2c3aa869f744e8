-- supervision: the orders of offices above and the reports on them, what waits first. An order is seen at the office that owes the
-- report and at the one that gave it.
create or replace view letterwatch.supervision with (security_barrier) as
select e.topic, e.by_office, d.office_code, o.name as office_name, d.letter_no, e.leader, d.start_on as ordered_on, d.due_on,
       case when d.state = 'met' then d.closed_on end as fed_back_on,
       case when coalesce(r.occurred_at, (select letterwatch.clock())) >= d.late_at
            then coalesce(d.closed_on, t.today) - d.due_on end as days_late,
       d.state, case when d.state = 'met' then r.outcome end as outcome, d.unit, s.handler, e.event_id
from letterwatch.letter_event e
join letterwatch.deadline d on d.letter_no = e.letter_no and d.since = e.event_id
join letterwatch.office o on o.office_code = d.office_code
join letterwatch.office_setting f on f.office_code = d.office_code
join letterwatch.letter_state s on s.letter_no = e.letter_no
left join letterwatch.letter_event r on r.event_id = d.closed_event
cross join lateral (select ((select letterwatch.clock()) at time zone f.time_zone)::date) t (today)
where e.kind = 'supervise'
  and (d.office_code in (select letterwatch.my_offices()) or e.by_office in (select letterwatch.my_offices()))
order by d.closed_on desc nulls first, d.due_on, d.office_code, d.letter_no;
comment on view letterwatch.supervision is 'Orders of offices above and the reports on them, what waits first.';
comment on column letterwatch.supervision.topic is 'What the order belongs to; one for all orders of a campaign.';
comment on column letterwatch.supervision.by_office is 'The office that gave the order.';
comment on column letterwatch.supervision.office_code is 'The office that owes the report, or gave it.';
comment on column letterwatch.supervision.leader is 'Staff code of the leader who answers for it.';
comment on column letterwatch.supervision.fed_back_on is 'When the report was given; NULL: it waits, or is not owed any more (state).';
comment on column letterwatch.supervision.days_late is 'Days from the last day to the report, or to today; 0: late on the last day itself; NULL: not late.';
comment on column letterwatch.supervision.outcome is 'What was reported: result, or progress only.';
comment on column letterwatch.supervision.event_id is 'The order, for void_event.';
