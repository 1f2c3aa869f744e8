-- stages.sql -- when an alert is raised, which, to whom and how loud.
-- The clock is walked day by day: the first instant, the last second before
-- office hours, their first.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- the notice: received Monday 2 March 2026, last day Monday the 9th -----------------

call lwtest.register('S-N', '2026-03-02 09:00');
call lwtest.walk('2026-03-03', '2026-04-21');

select lwtest.rows_are(
	$$ select at, stage, to_office, unit, severity
	   from lwtest.told where letter = 'S-N' and rule = 'notice' order by n $$,
	$$ values
		('2026-03-05 09:00:00', 'warn', 'T-P-C-1', 'petitions', 5),
		('2026-03-06 09:00:00', 'warn', 'T-P-C-1', 'petitions', 5),
		('2026-03-09 09:00:00', 'due', 'T-P-C-1', 'petitions', 4),
		('2026-03-10 00:00:00', 'overdue', 'T-P-C-1', 'petitions', 3),
		('2026-03-10 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4),
		('2026-03-11 09:00:00', 'escalate', 'T-P-C-1', 'head', 3),
		('2026-03-12 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4),
		('2026-03-13 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4),
		('2026-03-16 09:00:00', 'escalate', 'T-P-C', 'petitions', 3),
		('2026-03-23 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4),
		('2026-03-30 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4),
		('2026-04-07 09:00:00', 'escalate', 'T-P', 'petitions', 2),
		('2026-04-14 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4),
		('2026-04-21 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4) $$,
	'the stages of a notice that nobody sends');

select lwtest.rows_are(
	$$ select stage, (fields->>'days_left')::int, (fields->>'workdays_left')::int
	   from lwtest.told where letter = 'S-N' and rule = 'notice' order by n limit 6 $$,
	$$ values
		('warn', 4, 2), ('warn', 3, 1), ('due', 0, 0),
		('overdue', -1, -1), ('remind', -1, -1), ('escalate', -2, -2) $$,
	'each says how many days and working days are left, never 0 when late');

select is(
	(select count(*)::int from lwtest.told where fields ?| array['late_s', 'covers', 'registered_late']),
	0,
	'an alert at its time is not late and stands for nothing else');

select is(
	(select array_agg(distinct concat_ws(' ', fields->>'office', fields->>'due'))
	 from lwtest.told where letter = 'S-N' and rule = 'notice'),
	array['T-P-C-1 2026-03-09'],
	'each names the office in charge and the last day');

select is(
	(select count(*)::int from lwtest.told where letter = 'S-N' and rule = 'notice'),
	(select count(distinct fields->>'id')::int from lwtest.told where letter = 'S-N' and rule = 'notice'),
	'each alert has an id of its own');

select lwtest.rows_are(
	$$ select fields->>'id', stage from lwtest.told order by 1 $$,
	$$ select alert_id::text, stage from letterwatch.alert_log order by 1 $$,
	'what is in the log is what is in alert_log');

select is_empty(
	$$ select * from letterwatch.alert_log where emitted_at is null $$,
	'and is marked as emitted');

-- ---- what is not there ---------------------------------------------------------------

-- The break of Spring Festival 2026: received on the worked Saturday 14 February, last
-- day the 24th. Two and one working days before are the 13th and the 14th.
call lwtest.set_clock('2026-02-14 08:00:00');
call lwtest.register('S-GAP', '2026-02-14 07:30');
call lwtest.walk('2026-02-14', '2026-02-25');
select lwtest.rows_are(
	$$ select at, stage from lwtest.told where letter = 'S-GAP' and rule = 'notice' order by n $$,
	$$ values
		('2026-02-24 09:00:00', 'due'),
		('2026-02-25 00:00:00', 'overdue'),
		('2026-02-25 09:00:00', 'remind') $$,
	'a warning that would come on or before the day of receipt does not exist');

-- ---- the reply: last day Tuesday 2 June 2026 --------------------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-R', '2026-03-02 09:00');
call lwtest.set_clock('2026-03-04 10:00:00');
select count(*) as ignored from letterwatch.record_notice('S-R') \gset
call lwtest.walk('2026-05-15', '2026-07-08');

select lwtest.rows_are(
	$$ select at, stage, to_office, unit, severity
	   from lwtest.told where letter = 'S-R' order by n $$,
	$$ values
		('2026-05-19 09:00:00', 'warn', 'T-P-C-1', 'case', 5),
		('2026-05-26 09:00:00', 'warn', 'T-P-C-1', 'case', 5),
		('2026-06-01 09:00:00', 'warn', 'T-P-C-1', 'case', 5),
		('2026-06-02 09:00:00', 'due', 'T-P-C-1', 'case', 4),
		('2026-06-03 00:00:00', 'overdue', 'T-P-C-1', 'case', 3),
		('2026-06-03 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-06-04 09:00:00', 'escalate', 'T-P-C-1', 'head', 3),
		('2026-06-05 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-06-08 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-06-09 09:00:00', 'escalate', 'T-P-C', 'case', 3),
		('2026-06-16 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-06-24 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-07-01 09:00:00', 'escalate', 'T-P', 'case', 2),
		('2026-07-08 09:00:00', 'remind', 'T-P-C-1', 'case', 4) $$,
	'the stages of a reply that nobody gives; the notice that was sent is silent');

-- ---- the follow-up: after a progress in time, last day Thursday 2 July 2026 ----------------

call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-F', '2026-03-02 09:00');
call lwtest.set_clock('2026-05-11 10:00:00');
select count(*) as ignored from letterwatch.record_reply('S-F', 'progress') \gset
call lwtest.walk('2026-05-12', '2026-07-31');

select lwtest.rows_are(
	$$ select at, rule, stage, to_office, unit, severity
	   from lwtest.told where letter = 'S-F' order by n $$,
	$$ values
		('2026-06-25 09:00:00', 'followup', 'warn', 'T-P-C-1', 'case', 5),
		('2026-07-01 09:00:00', 'followup', 'warn', 'T-P-C-1', 'case', 5),
		('2026-07-02 09:00:00', 'followup', 'due', 'T-P-C-1', 'case', 4),
		('2026-07-03 00:00:00', 'followup', 'overdue', 'T-P-C-1', 'case', 3),
		('2026-07-03 09:00:00', 'followup', 'remind', 'T-P-C-1', 'case', 4),
		('2026-07-06 09:00:00', 'followup', 'escalate', 'T-P-C-1', 'head', 3),
		('2026-07-07 09:00:00', 'followup', 'remind', 'T-P-C-1', 'case', 4),
		('2026-07-08 09:00:00', 'followup', 'remind', 'T-P-C-1', 'case', 4),
		('2026-07-09 09:00:00', 'followup', 'escalate', 'T-P-C', 'case', 3),
		('2026-07-16 09:00:00', 'followup', 'remind', 'T-P-C-1', 'case', 4),
		('2026-07-23 09:00:00', 'followup', 'remind', 'T-P-C-1', 'case', 4),
		('2026-07-30 09:00:00', 'followup', 'escalate', 'T-P', 'case', 2) $$,
	'the stages of a follow-up that nobody gives');

-- ---- several at once: one line, the latest ---------------------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-OUT', '2026-03-02 09:00');
-- no daemon until Thursday the 12th, an hour after the start of office hours
call lwtest.sweep('2026-03-12 10:00:00');
select lwtest.rows_are(
	$$ select stage, fields->>'covers', fields->>'late_s', fields ? 'registered_late'
	   from lwtest.told where letter = 'S-OUT' and rule = 'notice' order by n $$,
	$$ values ('remind', '7', '3600', false) $$,
	'after an outage one alert, the latest, stands for all seven that have passed');
call lwtest.walk('2026-03-13', '2026-03-13');
select lwtest.rows_are(
	$$ select at, stage, fields ? 'covers', fields ? 'late_s'
	   from lwtest.told where letter = 'S-OUT' and rule = 'notice' order by n offset 1 $$,
	$$ values ('2026-03-13 09:00:00', 'remind', false, false) $$,
	'and the next one comes at its own time');

-- Registered before the end, after both warnings.
call lwtest.set_clock('2026-03-06 14:00:00');
call lwtest.register('S-TWO', '2026-03-02 09:00');
call lwtest.sweep();
select lwtest.rows_are(
	$$ select at, stage, fields->>'covers', fields ? 'registered_late'
	   from lwtest.told where letter = 'S-TWO' and rule = 'notice' order by n $$,
	$$ values ('2026-03-06 14:00:00', 'warn', '2', false) $$,
	'a letter entered after both warnings gets the later one, at once');

-- ---- registered late ----------------------------------------------------------------------

-- Received on 5 January, its notice was due on the 12th; registered on Monday 2 March.
call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-LATE', '2026-01-05 09:00');
call lwtest.sweep();
call lwtest.walk('2026-03-03', '2026-03-16');
select lwtest.rows_are(
	$$ select at, stage, to_office, unit, severity, coalesce(fields->>'registered_late', '-')
	   from lwtest.told where letter = 'S-LATE' and rule = 'notice' order by n $$,
	$$ values
		('2026-03-02 10:00:00', 'overdue', 'T-P-C-1', 'petitions', 3, 'true'),
		('2026-03-03 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4, '-'),
		('2026-03-04 09:00:00', 'escalate', 'T-P-C-1', 'head', 3, '-'),
		('2026-03-05 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4, '-'),
		('2026-03-06 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4, '-'),
		('2026-03-09 09:00:00', 'escalate', 'T-P-C', 'petitions', 3, '-'),
		('2026-03-16 09:00:00', 'remind', 'T-P-C-1', 'petitions', 4, '-') $$,
	'what was past its end when it was registered: one overdue line, the rest counts from that day');
select is(
	(select (fields->>'days_left')::int from lwtest.told where letter = 'S-LATE' and stage = 'overdue' and rule = 'notice'),
	-49,
	'it says how many days it is late');

-- ---- answered: silent ------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-ANS', '2026-03-02 09:00');
call lwtest.sweep('2026-03-05 09:00:00');
call lwtest.set_clock('2026-03-05 11:00:00');
select count(*) as ignored from letterwatch.record_notice('S-ANS', outcome => 'referred') \gset
call lwtest.walk('2026-03-06', '2026-03-20');
select lwtest.rows_are(
	$$ select at, stage from lwtest.told where letter = 'S-ANS' order by n $$,
	$$ values ('2026-03-05 09:00:00', 'warn') $$,
	'after the notice of referral nothing more is said, of the notice nor of the reply');
select is_empty(
	$$ select * from lwtest.line where fields->>'event' = 'cleared' and fields->>'letter' = 'S-ANS' $$,
	'nothing is cleared that was never overdue');

-- ---- cleared -----------------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-CLR', '2026-03-02 09:00');
call lwtest.walk('2026-03-05', '2026-03-10');
call lwtest.set_clock('2026-03-10 15:00:00');
select count(*) as ignored from letterwatch.record_notice('S-CLR') \gset
call lwtest.sweep();
call lwtest.walk('2026-03-11', '2026-03-31');
select lwtest.rows_are(
	$$ select
		to_char(line.claimed_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'),
		line.fields->>'rule',
		line.fields->>'by',
		line.fields->>'on',
		line.fields->>'id' = (
			select told.fields->>'id' from lwtest.told where told.letter = 'S-CLR' order by told.n desc limit 1)
	   from lwtest.line
	   where line.fields->>'event' = 'cleared' and line.fields->>'letter' = 'S-CLR' $$,
	$$ values ('2026-03-10 15:00', 'notice', 'notice', '2026-03-10', true) $$,
	'an overdue notice that is met is cleared once, with the id of its last alert');
select is(
	(select max(at) from lwtest.told where letter = 'S-CLR'),
	'2026-03-10 09:00:00',
	'and falls silent');

-- Told late: on paper it was in time. What was raised stays, and it is cleared.
call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-PAPER', '2026-03-02 09:00');
call lwtest.walk('2026-03-09', '2026-03-10');
call lwtest.set_clock('2026-03-10 16:00:00');
select count(*) as ignored from letterwatch.record_notice('S-PAPER', at => '2026-03-09 16:00+08') \gset
call lwtest.sweep();
select is(
	(select line.fields->>'on' from lwtest.line
	 where line.fields->>'event' = 'cleared' and line.fields->>'letter' = 'S-PAPER'),
	'2026-03-09',
	'an answer entered late clears with the day on which it was sent');
select is(
	(select count(*)::int from letterwatch.alert_log where letter_no = 'S-PAPER' and stage = 'overdue'),
	1,
	'and does not take back the alert that was raised');

-- ---- a higher office's own letters: nobody is above the root ----------------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-TOP', '2026-03-02 09:00', 'T');
call lwtest.walk('2026-03-10', '2026-04-07');
select lwtest.rows_are(
	$$ select to_office, unit, severity from lwtest.told
	   where letter = 'S-TOP' and rule = 'notice' and stage = 'escalate' order by n $$,
	$$ values ('T', 'head', 3), ('T', 'petitions', 3), ('T', 'petitions', 2) $$,
	'an escalation from the root stays at the root');

-- ---- office hours of its own ---------------------------------------------------------------------------

insert into letterwatch.office (office_code, name, parent_code, day_begins)
values ('T-EARLY', 'test office that begins at 08:30', 'T', '08:30');
insert into letterwatch.office (office_code, name, parent_code)
values ('T-EARLY-1', 'test office below it', 'T-EARLY');
call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-EARLY', '2026-03-02 09:00', 'T-EARLY-1');
call lwtest.sweep('2026-03-05 08:29:59');
call lwtest.sweep('2026-03-05 08:30:00');
select lwtest.rows_are(
	$$ select at, stage from lwtest.told where letter = 'S-EARLY' order by n $$,
	$$ values ('2026-03-05 08:30:00', 'warn') $$,
	'a stage comes when the office above says that office hours begin');

-- ---- periods of seconds, to be watched -------------------------------------------------------------------

call lwtest.set_clock('2026-03-08 22:00:00');
select count(*) as ignored from letterwatch.register_letter(
	office_code => 'T-P-C-1', letter_no => 'S-DEMO', received_at => '2026-03-08 22:00+08', rule_set => 'demo') \gset
do $$
begin
	for second in 1 .. 100 loop
		call lwtest.sweep(('2026-03-08 22:00:00'::timestamp + second * interval '1 second')::text);
	end loop;
end $$;
select lwtest.rows_are(
	$$ select right(at, 5), stage, to_office, severity from lwtest.told where letter = 'S-DEMO' and rule = 'notice' order by n $$,
	$$ values
		('00:10', 'warn', 'T-P-C-1', 5),
		('00:25', 'warn', 'T-P-C-1', 5),
		('00:35', 'due', 'T-P-C-1', 4),
		('00:40', 'overdue', 'T-P-C-1', 3),
		('00:50', 'remind', 'T-P-C-1', 4),
		('01:00', 'escalate', 'T-P-C-1', 3),
		('01:20', 'remind', 'T-P-C-1', 4),
		('01:40', 'escalate', 'T-P-C', 3) $$,
	'under the rule set demo all stages come within minutes, on a Sunday night too');

-- ---- the id of an alert -----------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('S-ID', '2026-03-02 09:00');
savepoint lost;
call lwtest.sweep('2026-03-05 09:00:00');
select fields->>'id' as first_id from lwtest.told where letter = 'S-ID' and rule = 'notice' \gset
rollback to lost;
call lwtest.sweep('2026-03-05 11:30:00');
select is(
	(select fields->>'id' from lwtest.told where letter = 'S-ID' and rule = 'notice'),
	:'first_id',
	'the same stage has the same id after its COMMIT was lost');
select is(
	(select fields->>'late_s' from lwtest.told where letter = 'S-ID' and rule = 'notice'),
	'9000',
	'and says how late it is');

-- ---- what a line never holds ----------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
select count(*) as ignored from letterwatch.register_letter(
	office_code => 'T-P-C-1', letter_no => 'S-PRIV', received_at => '2026-03-02 09:00+08',
	title => 'confidential matter') \gset
call lwtest.sweep('2026-03-12 10:00:00');
select is_empty(
	$$ select * from lwtest.line where fields::text like '%confidential%' $$,
	'a line does not hold the title of a letter');

select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');

select * from finish();
rollback;
