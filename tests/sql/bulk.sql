-- bulk.sql -- letters and events by plain INSERT and COPY, and whose day it is.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- many rows in one statement -----------------------------------------------------

insert into letterwatch.letter (letter_no, office_code, received_on)
values
	('B-1', 'T-P-C-1', '2026-03-02'),
	('B-2', 'T-P-C-2', '2026-02-27'),
	('B-3', 'T-P-C', '2026-02-07');

select lwtest.rows_are(
	$$ select letter_no, rule, due_on from letterwatch.deadline
	   where state = 'open' order by letter_no, due_on $$,
	$$ values
		('B-1', 'notice', '2026-03-09'::date), ('B-1', 'reply', '2026-06-02'::date),
		('B-2', 'notice', '2026-03-06'::date), ('B-2', 'reply', '2026-05-27'::date),
		('B-3', 'notice', '2026-02-14'::date), ('B-3', 'reply', '2026-05-07'::date) $$,
	'each letter of one INSERT has its deadlines');

copy letterwatch.letter (office_code, letter_no, received_on, channel, registry_no) from stdin;
T-P-C-1	B-4	2026-03-01	online	17
T-P-C-2	B-5	2026-03-02	post	17
\.
select lwtest.rows_are(
	$$ select letter_no, next_rule, next_due_on from letterwatch.letter_status
	   where letter_no in ('B-4', 'B-5') order by letter_no $$,
	$$ values ('B-4', 'notice', '2026-03-09'::date), ('B-5', 'notice', '2026-03-09'::date) $$,
	'COPY plans letters as INSERT does (1 March + 7 is a Sunday); two offices may use one registry number');

-- A file without letter numbers.
copy letterwatch.letter (office_code, received_on) from stdin;
T-P-C-1	2026-03-02
T-P-C-1	2026-03-02
\.
select is(
	(select count(distinct letter_no)::int from letterwatch.letter where letter_no !~ '^B-'),
	2,
	'letters without a number are each given one');
select is(
	(select count(*)::int from letterwatch.letter where letter_no !~ '^[!-~]+$'),
	0,
	'a made number is printable ASCII');
select is(
	(select count(*)::int from letterwatch.letter_status where next_rule is null),
	0,
	'and they are watched like all others');

-- Events of several letters, several of one letter, in one COPY and in no order.
copy letterwatch.letter_event (letter_no, kind, occurred_at, outcome, handler) from stdin;
B-2	progress	2026-03-02 09:30:00+08	\N	S-2
B-1	notice	2026-03-02 09:00:00+08	accepted	S-1
B-2	notice	2026-02-28 09:00:00+08	accepted	S-2
B-3	notice	2026-02-09 09:00:00+08	referred	S-3
\.
select lwtest.rows_are(
	$$ select letter_no, next_rule, next_due_on from letterwatch.letter_status
	   where letter_no in ('B-1', 'B-2', 'B-3') order by letter_no $$,
	$$ values
		('B-1', 'reply', '2026-06-02'::date),
		('B-2', 'followup', '2026-06-29'::date),
		('B-3', null, null) $$,
	'events of one COPY are read in the order in which they happened');

-- One statement for the whole life of a letter that came years ago.
insert into letterwatch.letter (letter_no, office_code, received_on) values ('B-OLD', 'T-P-C-1', '2024-02-08');
insert into letterwatch.letter_event (letter_no, kind, occurred_at, outcome)
values
	('B-OLD', 'result', '2024-05-07 10:00+08', null),
	('B-OLD', 'notice', '2024-02-18 10:00+08', 'accepted');
select is(
	(select next_rule from letterwatch.letter_status where letter_no = 'B-OLD'),
	null,
	'an old letter and its whole history can be loaded');

select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');

-- ---- whose day it is ----------------------------------------------------------------------

insert into letterwatch.office (office_code, name, parent_code, time_zone, calendar)
values ('T-URC', 'test office two hours west', 'T', 'Asia/Urumqi', null);

create function lwtest.day_of(session_zone text, office text, at timestamptz) returns date
	language plpgsql
	as $$
	declare
		number text := 'Z-' || md5(random()::text);
	begin
		perform set_config('timezone', session_zone, true);
		perform set_config('lwtest.now', (at + interval '1 minute')::text, true);
		insert into letterwatch.letter (letter_no, office_code, received_at) values (number, office, at);
		return (select received_on from letterwatch.letter where letter_no = number);
	end $$;

select is(
	lwtest.day_of(zone, 'T-P-C-1', '2026-03-02 23:59:00+08'),
	'2026-03-02'::date,
	'23:59 in Shanghai is still the 2nd, for a session in ' || zone)
from unnest(array['UTC', 'Asia/Shanghai', 'America/Los_Angeles', 'Pacific/Kiritimati']) as zone;

select is(
	lwtest.day_of(zone, 'T-P-C-1', '2026-03-03 00:01:00+08'),
	'2026-03-03'::date,
	'00:01 in Shanghai is already the 3rd, for a session in ' || zone)
from unnest(array['UTC', 'Asia/Shanghai', 'America/Los_Angeles', 'Pacific/Kiritimati']) as zone;

select is(
	lwtest.day_of('UTC', 'T-URC', '2026-03-03 00:01:00+08'),
	'2026-03-02'::date,
	'the same instant is the day before at an office two hours west');

-- The session's zone is that of a server in UTC; the clerk's today is the office's.
set local timezone to 'UTC';
call lwtest.set_clock('2026-03-03 07:30:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('Z-1', 'T-P-C-1', '2026-03-03');
select is(
	(select next_due_on from letterwatch.letter_status where letter_no = 'Z-1'),
	'2026-03-10'::date,
	'at 07:30 in Shanghai a letter of today is no letter of tomorrow, though UTC still has yesterday');
select is(
	(select due_on from letterwatch.register_letter(office_code => 'T-P-C-1', letter_no => 'Z-2') where rule = 'notice'),
	'2026-03-10'::date,
	'and a letter registered now came in today');
select lwtest.refused(
	$$ insert into letterwatch.letter (letter_no, office_code, received_on) values ('Z-3', 'T-URC', '2026-03-04') $$,
	'future', 'a day that has not begun at the office');

-- The notice of the last evening: in time at 23:59, late at 00:01, whatever the session.
call lwtest.set_clock('2026-03-10 23:59:00');
select is(
	(select days_left::int from letterwatch.due_soon where letter_no = 'Z-1' and rule = 'notice'),
	0,
	'on the last evening there are 0 days left');
call lwtest.set_clock('2026-03-11 00:01:00');
select is(
	(select days_late::int from letterwatch.overdue where letter_no = 'Z-1' and rule = 'notice'),
	1,
	'two minutes later it is one day late');

-- Where the clocks change: the last day ends at the office's midnight.
insert into letterwatch.calendar (calendar, title, needs_list) values ('t-weekend', 'only weekends', false);
insert into letterwatch.office (office_code, name, parent_code, time_zone, calendar)
values ('T-LON', 'test office with summer time', 'T', 'Europe/London', 't-weekend');
call lwtest.set_clock('2026-03-24 20:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('Z-DST', 'T-LON', '2026-03-24');
select is(
	(select late_at from letterwatch.deadline where letter_no = 'Z-DST' and rule = 'notice'),
	'2026-03-31 23:00:00+00'::timestamptz,
	'a last day in summer time ends an hour earlier in UTC');

-- Where a rule counts seconds, letters of one day are not alike.
insert into letterwatch.rule_set (rule_set, title) values ('t-seconds', 'a minute');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, roll, responsible_unit, met_by)
values ('t-seconds', 'notice', 'test', 60, 'second', false, 'petitions', '{notice}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity) values ('t-seconds', 'notice', 1, 'overdue', 0, 3);
insert into letterwatch.letter (letter_no, office_code, rule_set, received_at)
select 'SEC-' || s, 'T-P-C-1', 't-seconds', letterwatch.clock() - make_interval(secs => s) from unnest(array[30, 40, 90]) s;
select lwtest.rows_are(
	$$ select letter_no, late_at - letterwatch.clock(), overdue_at - letterwatch.clock() from letterwatch.deadline
	   where letter_no like 'SEC-%' order by letter_no $$,
	$$ values ('SEC-30', interval '30 s', interval '30 s'), ('SEC-40', '20 s', '20 s'), ('SEC-90', '-30 s', '0') $$,
	'each has the end of its own seconds, and what has ended is overdue from its registration on');

-- ---- what vacuum counted while a load was under way -----------------------------------

create view lwtest.counted as
	select c.oid::regclass as name, c.reltuples from pg_class c
	where c.oid in ('letterwatch.letter'::regclass, 'letterwatch.letter_state'::regclass, 'letterwatch.letter_event'::regclass);
create procedure lwtest.forget_rows()
	language sql
	as $$
	update pg_class set reltuples = 0, relpages = pg_relation_size(oid) / 8192
	where oid in (select c.name from lwtest.counted c)
	$$;
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'N-' || n, 'T-P-C-1', '2026-03-24' from generate_series(1, 200) n;
call lwtest.forget_rows();
insert into letterwatch.letter_event (letter_no, kind, outcome) select 'N-' || n, 'notice', 'accepted' from generate_series(1, 99) n;
select is((select max(reltuples)::int from lwtest.counted), 0, 'few rows are planned without regard to how many there are');
insert into letterwatch.letter_event (letter_no, kind, outcome) select 'N-' || n, 'notice', 'accepted' from generate_series(100, 200) n;
select cmp_ok((select min(reltuples)::int from lwtest.counted), '>=', 200, 'many rows are not planned as if there were none');
call lwtest.forget_rows();
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'N-' || n, 'T-P-C-1', '2026-03-24' from generate_series(201, 400) n;
select cmp_ok((select reltuples::int from lwtest.counted where name = 'letterwatch.letter'::regclass), '>=', 400, 'nor are many letters');

select * from finish();
rollback;
