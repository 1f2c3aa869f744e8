-- views.sql -- what people look at: overdue, due_soon, to_notify, letter_status.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- due_soon: the next ten working days -------------------------------------------------

-- Working days from Monday 2 March: the 10th after it is Monday the 16th.
call lwtest.set_clock('2026-03-02 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
values
	('V-7', 'T-P-C-1', '2026-02-23', 'procuratorate'),  -- notice due Monday 2 March
	('V-9', 'T-P-C-1', '2026-03-02', 'procuratorate'),  -- notice due Monday 9 March
	('V-16', 'T-P-C-2', '2025-12-16', 'procuratorate'), -- reply due Monday 16 March
	('V-17', 'T-P-C-2', '2025-12-17', 'procuratorate'); -- reply due Tuesday 17 March
insert into letterwatch.letter_event (letter_no, kind, outcome, handler, occurred_at)
values
	('V-16', 'notice', 'accepted', 'S-5', '2025-12-18 10:00+08'),
	('V-17', 'notice', 'accepted', 'S-5', '2025-12-18 10:00+08');

select lwtest.rows_are(
	$$ select office_code, office_name, letter_no, rule, unit, handler, received_on, due_on, days_left, workdays_left, provisional
	   from letterwatch.due_soon order by due_on $$,
	$$ values
		('T-P-C-1', 'test county office', 'V-7', 'notice', 'petitions', null, '2026-02-23'::date, '2026-03-02'::date, 0, 0, false),
		('T-P-C-1', 'test county office', 'V-9', 'notice', 'petitions', null, '2026-03-02', '2026-03-09', 7, 5, false),
		('T-P-C-2', 'second test county office', 'V-16', 'reply', 'case', 'S-5', '2025-12-16', '2026-03-16', 14, 10, false) $$,
	'due_soon lists what is due today and on the next ten working days, and no more');

select is_empty('select * from letterwatch.overdue', 'nothing is overdue on its last day');

-- ---- overdue ------------------------------------------------------------------------------

call lwtest.sweep('2026-03-03 00:00:00');
select lwtest.rows_are(
	$$ select office_code, office_name, letter_no, rule, unit, received_on, due_on, days_late, workdays_late, last_stage
	   from letterwatch.overdue $$,
	$$ values ('T-P-C-1', 'test county office', 'V-7', 'notice', 'petitions', '2026-02-23'::date, '2026-03-02'::date, 1, 1, 'overdue') $$,
	'from the first instant of the next day on it is overdue');
call lwtest.sweep('2026-03-07 12:00:00');
select lwtest.rows_are(
	$$ select letter_no, days_late, workdays_late, last_stage from letterwatch.overdue $$,
	$$ values ('V-7', 5, 5, 'remind') $$,
	'on the Saturday after it is 5 days late, and was last reminded of');
select is(
	(select -(fields->>'workdays_left')::int from lwtest.told where letter = 'V-7' and rule = 'notice' order by n desc limit 1),
	(select workdays_late::int from letterwatch.overdue where letter_no = 'V-7'),
	'view and log count working days alike');

select count(*) as ignored from letterwatch.record_notice('V-7', outcome => 'referred') \gset
select is_empty('select * from letterwatch.overdue', 'what is met is overdue no more');

-- Entered long after its end, and no daemon has come to it yet.
call lwtest.register('V-OLD', '2026-01-05 09:00');
select is(
	(select last_stage from letterwatch.overdue where letter_no = 'V-OLD' and rule = 'notice'),
	null,
	'last_stage names only what was raised');

-- ---- to_notify ---------------------------------------------------------------------------------

select set_eq(
	'select letter_no::text from letterwatch.to_notify',
	array['V-9', 'V-OLD'],
	'to_notify lists the letters without a notice');

-- ---- letter_status -----------------------------------------------------------------------------

select lwtest.rows_are(
	$$ select letter_no, office_code, received_on, status, handler, next_rule, next_due_on
	   from letterwatch.letter_status order by letter_no $$,
	$$ values
		('V-16', 'T-P-C-2', '2025-12-16'::date, 'accepted', 'S-5', 'reply', '2026-03-16'::date),
		('V-17', 'T-P-C-2', '2025-12-17', 'accepted', 'S-5', 'reply', '2026-03-17'),
		('V-7', 'T-P-C-1', '2026-02-23', 'referred', null, null, null),
		('V-9', 'T-P-C-1', '2026-03-02', 'registered', null, 'notice', '2026-03-09'),
		('V-OLD', 'T-P-C-1', '2026-01-05', 'registered', null, 'notice', '2026-01-12') $$,
	'letter_status shows each letter, where it stands and what comes next');

select * from finish();
rollback;
