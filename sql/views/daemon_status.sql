-- daemon_status: the daemons, newest first, with their heartbeat. state: running; stale: no pass for more than two minutes although
-- it is not stopped; stopped. pending: lines that wait for syslog, of all daemons.
create or replace view letterwatch.daemon_status as
select i.instance, i.host, i.pid, i.version, i.started_at, i.last_pass_at,
       case
       when i.stopped_at is not null then 'stopped'
       when coalesce(i.last_pass_at, i.started_at) < (select letterwatch.clock()) - interval '2 minutes' then 'stale'
       else 'running' end as state,
       i.next_event_at, (select count(*) from letterwatch.outbox) as pending, i.stopped_at
from letterwatch.daemon_instance i
order by i.instance desc;
comment on view letterwatch.daemon_status is 'The daemons with their heartbeat.';
comment on column letterwatch.daemon_status.last_pass_at is 'When it last looked what is due: at least once a minute.';
comment on column letterwatch.daemon_status.state is 'running; stale: no look for more than two minutes; stopped.';
comment on column letterwatch.daemon_status.next_event_at is 'When something is due next.';
comment on column letterwatch.daemon_status.pending is 'Lines that are not sent yet, of all daemons.';
