-- alert_log: every alert raised of the offices in sight, newest first, with the time at which it was handed to syslog.
create or replace view letterwatch.alert_log with (security_barrier) as
select a.alert_id, a.raised_at, s.emitted_at, a.stage, a.rule, a.office_code, a.letter_no, a.due_on, a.to_office, a.unit,
       a.handler, a.late_s, a.covers, a.registered_late, a.days_left, a.workdays_left, a.severity, a.stage_at
from letterwatch.alert a
left join lateral (select min(x.sent_at) as emitted_at from letterwatch.alert_sent x where x.line_id = a.alert_id) s on true
where a.office_code in (select letterwatch.my_offices())
order by a.raised_at desc, a.stage_at desc, a.letter_no;
comment on view letterwatch.alert_log is 'Every alert raised, newest first.';
comment on column letterwatch.alert_log.emitted_at is 'When it was first handed to syslog; NULL: not yet, or another site tells it.';
comment on column letterwatch.alert_log.late_s is 'Whole seconds from the stage''s time to raised_at.';
comment on column letterwatch.alert_log.covers is 'How many stages it stands for.';
comment on column letterwatch.alert_log.registered_late is 'Whether the period had ended when the letter was registered.';
comment on column letterwatch.alert_log.severity is 'As in syslog(3): 2 crit, 3 err, 4 warning, 5 notice.';
comment on column letterwatch.alert_log.stage_at is 'The stage''s time.';
