-- 0006 rates: how each deadline ended, by month, for the rates; and since when its row stands as it does, for the rates as they were
-- known.

-- What comes again with an argument for the moment.
drop function if exists letterwatch.derive(text[]);
drop function if exists letterwatch.event_sequence(text[]);
drop function if exists letterwatch.letter_fact(text[]);

alter table letterwatch.deadline
	add column due_month date generated always as (date_trunc('month', due_on::timestamp)::date) stored,
	add column verdict text collate "C",
	add column changed_at timestamptz;

-- What stands already changed last when it got its date, or with an event of its letter.
update letterwatch.deadline d
set changed_at = greatest(d.dated_at, h.recorded_at),
    verdict = case d.state
              when 'met' then case when e.occurred_at >= d.late_at then 'late' when e.recorded_at >= d.late_at then 'entered_late'
                                   else 'in_time' end
              when 'not_owed' then case when e.occurred_at >= d.late_at and e.kind in ('withdraw', 'transfer', 'reopen') then 'missed'
                                        else 'not_owed' end
              when 'exempt' then 'exempt' end
from letterwatch.deadline x
left join letterwatch.letter_event e on e.event_id = x.closed_event
left join (select y.letter_no, max(y.recorded_at) as recorded_at from letterwatch.letter_event y group by y.letter_no) h
	on h.letter_no = x.letter_no
where x.letter_no = d.letter_no and x.rule = d.rule and x.since = d.since;

alter table letterwatch.deadline
	alter column changed_at set not null,
	add constraint deadline_closed_has_a_verdict check ((verdict is null) = (state in ('open', 'suspended')));
create index deadline_ended on letterwatch.deadline (office_code, due_month, rule, verdict, late_at) where verdict is not null;
comment on column letterwatch.deadline.due_month is 'The first day of the month of the last day.';
comment on column letterwatch.deadline.verdict is
	'How it ended (function verdict): in_time, entered_late, late, missed, not_owed, exempt; NULL: open or suspended.';
comment on column letterwatch.deadline.changed_at is 'When the inputs last made another row of it; the claim does not count.';
comment on index letterwatch.deadline_ended is
	'For the rates: what is closed, so that neither a registration nor the claim writes into it.';
comment on table letterwatch.office_setting_past is
	'Append-only: earlier settings of offices, and places in the tree. What was closed before `until` is judged by them; infinity: not yet committed.';

-- A year of all offices is read by all cores, an office at a time: the table is too small for the planner to think of that.
alter table letterwatch.office_setting set (parallel_workers = 2);

create type letterwatch.rate_line as (
	line text,
	level int,
	office_code text,
	office_name text,
	month date,
	rule text,
	due bigint,
	in_time bigint,
	late bigint,
	open_overdue bigint,
	not_yet_due bigint,
	exempt bigint,
	not_owed bigint,
	in_time_entered_late bigint,
	rate numeric(4, 1)
);
comment on type letterwatch.rate_line is 'A line of reply_rate_tree.';
comment on column letterwatch.rate_line.line is
	'Of whom: total, the office and all below it; own, the office; below, one directly below and all below that; level, all of one level.';
comment on column letterwatch.rate_line.level is 'The level of the offices in the tree, 1 at the top.';
comment on column letterwatch.rate_line.month is 'The first day of the month; NULL: all months together.';
