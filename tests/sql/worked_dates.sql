-- worked_dates.sql -- the worked dates of the domain text, each as it stands there.
begin;
\ir include/helpers.psql
select no_plan();

create table lwtest.worked (
	received date,
	seven_days date,
	seven_working_days date,
	three_months date,
	why text);

insert into lwtest.worked values
	('2024-09-24', '2024-10-08', '2024-10-09', '2024-12-24', 'rolls over National Day'),
	('2025-09-30', '2025-10-09', '2025-10-16', '2025-12-30', '7 October is inside the break'),
	('2026-02-07', '2026-02-14', '2026-02-24', '2026-05-07', 'ends on a worked Saturday'),
	('2024-02-08', '2024-02-18', '2024-02-23', '2024-05-08', 'ends on a worked Sunday'),
	('2020-01-20', '2020-02-03', '2020-02-06', '2020-04-20', 'the list as changed on 26 January 2020'),
	('2022-12-24', '2023-01-03', '2023-01-04', '2023-03-24', '31 December 2022 stands in the list of 2023'),
	('2023-11-30', '2023-12-07', '2023-12-11', '2024-02-29', 'leap year, month end'),
	('2025-11-28', null, null, '2026-02-28', 'month end and a worked Saturday'),
	('2025-11-29', null, null, '2026-02-28', 'no 29 February 2026'),
	('2025-11-30', null, null, '2026-02-28', 'no 30 February 2026'),
	('2025-07-01', '2025-07-08', '2025-07-10', '2025-10-09', '1 October is inside the break'),
	('2025-10-01', '2025-10-09', '2025-10-16', '2026-01-04', 'ends on a worked Sunday'),
	('2026-11-30', '2026-12-07', '2026-12-09', '2027-03-01', '28 February 2027 is a Sunday'),
	('2025-02-28', '2025-03-07', '2025-03-11', '2025-05-28', 'the corresponding day, not the month end'),
	('2023-09-30', null, null, '2024-01-02', 'rolls over the new year');

select is(
	letterwatch.due_date('procuratorate', 'notice', received),
	seven_days,
	format('7 days from %s: %s', received, why))
from lwtest.worked
where seven_days is not null
order by received;

select is(
	letterwatch.due_date('procuratorate-workdays', 'notice', received),
	seven_working_days,
	format('7 working days from %s', received))
from lwtest.worked
where seven_working_days is not null
order by received;

select is(
	letterwatch.due_date('procuratorate', 'reply', received),
	three_months,
	format('3 months from %s: %s', received, why))
from lwtest.worked
order by received;

select is(
	letterwatch.due_date('procuratorate-workdays', 'reply', received),
	three_months,
	format('3 months from %s are the same where 7 days are working days', received))
from lwtest.worked
order by received;

select is(
	letterwatch.due_date('procuratorate', 'notice', '2026-03-02', 'T-P-C-1'),
	'2026-03-09'::date,
	'an office without settings of its own counts as the root does');

-- A day ends at 24:00 by its own clocks, also where they go back to midnight in the hour after it, or leave out that hour.
create table lwtest.night (zone text, received date, late_at timestamptz);
insert into lwtest.night values
	('America/Havana', '2026-10-24', '2026-10-31 24:00-04'), ('Atlantic/Azores', '2026-10-17', '2026-10-24 24:00+00'),
	('Atlantic/Azores', '2026-10-18', '2026-10-25 24:00-01'), ('America/Santiago', '2026-03-28', '2026-04-04 24:00-04'),
	('America/Santiago', '2026-08-29', '2026-09-05 24:00-04'), ('America/Havana', '2026-02-28', '2026-03-07 24:00-05');
insert into letterwatch.office (office_code, name, parent_code, time_zone, calendar)
select distinct 'T-' || replace(zone, '/', '-'), zone, 'T', zone, 'everyday' from lwtest.night;
select is(
	(select d.late_at
	 from letterwatch.office o
	 cross join letterwatch.deadline_end('everyday', zone, received, null, 'next_day', 7, 'day', true, true, '24:00', null, null) d
	 where o.name = zone), late_at, format('7 days from %s in %s', received, zone))
from lwtest.night
order by zone, received;

-- What the lists of the years do not cover is said to be provisional.
call lwtest.set_clock('2026-11-30 10:00:00');
select lwtest.rows_are(
	$$ select rule, due_on, provisional
	   from letterwatch.register_letter(
		office_code => 'T-P-C-1', letter_no => 'P-1', received_at => '2026-11-30 09:30:00+08')
	   order by due_on $$,
	$$ values ('notice', '2026-12-07'::date, false), ('reply', '2027-03-01'::date, true) $$,
	'a period that ends in a year without a list is provisional');

call lwtest.set_clock('2026-12-24 10:00:00');
select is(
	(select provisional
	 from letterwatch.register_letter(
		office_code => 'T-P-C-1', letter_no => 'P-2', received_at => '2026-12-24 09:30:00+08')
	 where rule = 'notice'),
	true,
	'31 December 2026 may stand in the list of 2027: a period that ends there is provisional');

call lwtest.set_clock('2023-09-30 10:00:00');
select is(
	(select array[due_on::text, provisional::text]
	 from letterwatch.register_letter(
		office_code => 'T-P-C-1', letter_no => 'P-3', received_at => '2023-09-30 09:30:00+08')
	 where rule = 'reply'),
	array['2024-01-02', 'false'],
	'with the list of the next year loaded nothing is provisional');

select * from finish();
rollback;
