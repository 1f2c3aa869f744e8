-- supervision.sql -- orders of an office above (supervise) and the reports on them (feedback), one by one and as a campaign.
begin;
\ir include/helpers.psql
select no_plan();

create function lwtest.orders(letter text) returns table (ordered_on date, due_on date, state text, office text, unit text, closed_on date)
	language sql
	as $$
	select d.start_on, d.due_on, d.state, d.office_code, d.unit, d.closed_on
	from letterwatch.deadline as d where d.letter_no = letter and d.rule = 'feedback' order by d.since
	$$;

create function lwtest.told_of(letter text) returns table (at text, stage text, to_office text, unit text, severity int)
	language sql
	as $$ select t.at, t.stage, t.to_office, t.unit, t.severity from lwtest.told as t where t.letter = told_of.letter and t.rule = 'feedback' order by t.n $$;

-- A letter that is answered at once, so that only orders are told of it.
create procedure lwtest.closed(letter text, office text default 'T-P-C-1')
	language plpgsql
	as $$
	begin
		call lwtest.set_clock('2026-03-02 09:30');
		call lwtest.register(letter, '2026-03-02 09:00', office);
		perform from letterwatch.record_reply(letter, 'result');
	end $$;

-- ---- an order is a deadline like any other ---------------------------------------------------------------------------

call lwtest.closed('O-FAR');
select is(
	(select provisional from letterwatch.supervise_letter('O-FAR', 'T-P', '2027-03-19', 'the writer came again', 'arrears', 'S-900')), false,
	'a day that is named, and does not roll, waits for no list');
call lwtest.closed('O-1');
call lwtest.set_clock('2026-03-03 10:00:00');
select lwtest.rows_are(
	$$ select letter_no, rule, unit, due_on, days_left, workdays_left, provisional
	   from letterwatch.supervise_letter('O-1', 'T-P', '2026-03-20', 'the writer came again', 'arrears of 2025', 'S-900') $$,
	$$ values ('O-1', 'feedback', 'case', '2026-03-20'::date, 17, 13, false) $$,
	'an order returns the day by which the report is owed, also of a letter that is closed');
call lwtest.walk('2026-03-04', '2026-04-20');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('O-1') $$,
	$$ values
		('2026-03-06 09:00:00', 'warn', 'T-P-C-1', 'case', 5),
		('2026-03-13 09:00:00', 'warn', 'T-P-C-1', 'case', 5),
		('2026-03-19 09:00:00', 'warn', 'T-P-C-1', 'case', 5),
		('2026-03-20 09:00:00', 'due', 'T-P-C-1', 'case', 4),
		('2026-03-21 00:00:00', 'overdue', 'T-P-C-1', 'case', 3),
		('2026-03-23 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-03-24 09:00:00', 'escalate', 'T-P-C-1', 'head', 3),
		('2026-03-25 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-03-26 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-03-27 09:00:00', 'escalate', 'T-P-C', 'case', 3),
		('2026-04-03 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-04-13 09:00:00', 'remind', 'T-P-C-1', 'case', 4),
		('2026-04-20 09:00:00', 'escalate', 'T-P', 'case', 2) $$,
	'it warns, ends, reminds and escalates up the tree');
select lwtest.rows_are(
	$$ select rule, due_on, days_late from letterwatch.overdue where letter_no = 'O-1' $$,
	$$ values ('feedback', '2026-03-20'::date, 31) $$,
	'it stands among what is overdue');
select is(
	(select count(*)::int from lwtest.line where fields::text ~ 'arrears|S-900|again'), 0,
	'neither topic nor leader nor reason is in a line');

select is_empty($$ select * from letterwatch.feed_back('O-1', 'result') $$, 'with the report nothing is owed any more');
call lwtest.sweep('2026-04-20 11:00:00');
select lwtest.rows_are(
	$$ select fields->>'rule', fields->>'by', fields->>'on' from lwtest.line where fields->>'event' = 'cleared' $$,
	$$ values ('feedback', 'feedback', '2026-04-20') $$,
	'that what was overdue is reported is told');
select lwtest.rows_are(
	$$ select * from lwtest.orders('O-1') $$,
	$$ values ('2026-03-03'::date, '2026-03-20'::date, 'met', 'T-P-C-1', 'case', '2026-04-20'::date) $$,
	'the report has met the order');
select is(
	(select status from letterwatch.letter_status where letter_no = 'O-1'), 'answered',
	'order and report leave the status as it is');
select matches(
	(select string_agg(detail, ';') from letterwatch.letter_history('O-1') where what like 'supervise%'),
	'ordered by T-P, arrears of 2025, leader S-900', 'letter_history shows who ordered what');
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('O-1', 'feedback') where step in ('start', 'nominal end', 'last day') $$,
	$$ values ('start', '2026-03-03'::date), ('nominal end', '2026-03-20'), ('last day', '2026-03-20') $$,
	'explain_deadline tells where the day comes from');

-- The day that was named is the day: a Saturday stays one.
call lwtest.closed('O-SAT');
call lwtest.at('2026-03-03 10:00', $$ supervise_letter('O-SAT', 'T-P-C-1', '2026-03-21') $$);
select is((select due_on from lwtest.orders('O-SAT')), '2026-03-21', 'an order ends on the very day that it names');

-- Given on a Saturday, for the same day: no stage is left but those after its end.
call lwtest.closed('O-NOW');
call lwtest.at('2026-03-07 10:00', $$ supervise_letter('O-NOW', 'T-P-C', '2026-03-07') $$);
call lwtest.walk('2026-03-07', '2026-03-09');
select lwtest.rows_are(
	$$ select at, stage from lwtest.told_of('O-NOW') $$,
	$$ values ('2026-03-08 00:00:00', 'overdue'), ('2026-03-09 09:00:00', 'remind') $$,
	'an order for the day on which it is given first says that it is overdue');

-- ---- several orders ---------------------------------------------------------------------------------------------------

call lwtest.closed('O-2');
call lwtest.at('2026-03-03 10:00', $$ supervise_letter('O-2', 'T-P', '2026-03-20') $$);
call lwtest.at('2026-03-04 10:00', $$ supervise_letter('O-2', 'T', '2026-03-10') $$);
call lwtest.at('2026-03-09 10:00', $$ feed_back('O-2', 'progress', '2026-03-03 15:00+08') $$);
select lwtest.rows_are(
	$$ select due_on, state, closed_on from lwtest.orders('O-2') $$,
	$$ values ('2026-03-20'::date, 'met', '2026-03-03'::date), ('2026-03-10', 'open', null) $$,
	'a report answers the orders that were given before it, and no later one');
call lwtest.at('2026-03-10 10:00', $$ supervise_letter('O-2', 'T-P-C', '2026-03-31') $$);
call lwtest.at('2026-03-11 10:00', $$ feed_back('O-2') $$);
select lwtest.rows_are(
	$$ select due_on, state, closed_on from lwtest.orders('O-2') $$,
	$$ values ('2026-03-20'::date, 'met', '2026-03-03'::date), ('2026-03-10', 'met', '2026-03-11'), ('2026-03-31', 'met', '2026-03-11') $$,
	'one report goes to all who asked');

-- ---- an order outlives what happens to the letter -----------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00');
call lwtest.register('O-3', '2026-03-02 09:00');
call lwtest.at('2026-03-03 10:00', $$ supervise_letter('O-3', 'T-P', '2026-03-20') $$);
call lwtest.at('2026-03-04 10:00', $$ transfer_letter('O-3', 'T-P-C-2') $$);
select lwtest.rows_are(
	$$ select due_on, state, office from lwtest.orders('O-3') $$,
	$$ values ('2026-03-20'::date, 'open', 'T-P-C-2') $$,
	'after a transfer the receiving office owes the report, by the same day');
call lwtest.at('2026-03-05 10:00', $$ withdraw_letter('O-3', 'asked to') $$);
select is((select state from lwtest.orders('O-3')), 'open', 'the writer may withdraw the letter: the order stands');
call lwtest.at('2026-03-06 10:00', $$ reopen_letter('O-3', 'came again') $$);
call lwtest.at('2026-03-06 11:00', $$ assign_letter('O-3', unit => 'head') $$);
select lwtest.rows_are(
	$$ select due_on, state, unit from lwtest.orders('O-3') $$,
	$$ values ('2026-03-20'::date, 'open', 'head') $$,
	'reopening does not touch it; the unit to which the letter is assigned owes it');
select is(
	(select count(*)::int from letterwatch.void_event((
		select e.event_id from letterwatch.letter_event e where e.letter_no = 'O-3' and e.kind = 'supervise'), 'the wrong letter')
	 where rule = 'feedback'),
	0, 'an order that is made void is owed no report');
select is_empty($$ select * from lwtest.orders('O-3') $$, 'and is gone');

-- ---- what is refused ---------------------------------------------------------------------------------------------------

call lwtest.closed('O-4');
call lwtest.set_clock('2026-03-09 10:00');
select lwtest.refused($$ select * from letterwatch.feed_back('O-4') $$, 'feedback result is not possible.*and no order waits',
	'a report that nobody ordered');
select lwtest.refused($$ select * from letterwatch.feed_back('O-4', 'maybe') $$, 'feedback has no outcome maybe', 'another outcome');
select lwtest.refused($$ select * from letterwatch.supervise_letter('O-4', 'T-P-C-2', '2026-03-20') $$,
	'office T-P-C-2 stands not above it', 'an order of an office beside it');
select lwtest.refused($$ select * from letterwatch.supervise_letter('O-4', 'NONE', '2026-03-20') $$, 'unknown office NONE', 'of no office');
select lwtest.refused($$ select * from letterwatch.supervise_letter('O-4', null, '2026-03-20') $$, 'an order names the office', 'of nobody');
select lwtest.refused($$ select * from letterwatch.supervise_letter('O-4', 'T-P', '2026-03-08') $$,
	'a report by 2026-03-08 cannot be ordered on 2026-03-09', 'by yesterday');
select lwtest.refused($$ select * from letterwatch.supervise_letter('O-4', 'T-P', null) $$, 'supervise needs a day', 'by no day');
select lwtest.refused($$ select * from letterwatch.supervise_letter('O-4', 'T-P', '2999-01-01') $$, 'outside the calendars', 'in a thousand years');
select lwtest.refused(format($$ select * from letterwatch.supervise_letter('O-4', 'T-P', '2026-03-20', topic => %L) $$, topic),
	'the topic is not', 'topic ' || to_json(topic))
from unnest(array['', '  ', E'two\nlines', repeat('x', 65)]) as topic;
select lwtest.refused($$ select * from letterwatch.supervise_letter('O-4', 'T-P', '2026-03-20', leader => 'Wang Wu') $$,
	'the leader is not', 'a leader by name');
select is((select count(*)::int from letterwatch.supervise_letter('O-4', 'T-P', '2026-03-09')), 1, 'an order by today is possible');
select is((lwtest.refusal($$ select * from letterwatch.supervise_letter('O-4', 'NONE', '2026-03-20') $$)).state, 'LW002',
	'what is not there is LW002');

insert into letterwatch.rule_set (rule_set, title) values ('t-plain', 'no orders');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, responsible_unit, met_by)
values ('t-plain', 'reply', 'test', 20, 'day', 'case', '{result}');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('O-5', 'T-P-C-1', '2026-03-09', 't-plain');
select lwtest.refused($$ select * from letterwatch.supervise_letter('O-5', 'T-P', '2026-03-20') $$,
	'rule set t-plain has no rule that an order begins', 'an order under rules that know none');

call lwtest.at('2026-03-10 10:00', $$ feed_back('O-4') $$);
select lwtest.refused($$ select * from letterwatch.void_event((
	select e.event_id from letterwatch.letter_event e where e.letter_no = 'O-4' and e.kind = 'supervise'), 'slip') $$,
	'would make the feedback of .* impossible', 'to void an order that was reported on');

-- ---- an order on a letter that has left the tree of the office that ordered -------------------------------------------

create role lwtest_above in role letterwatch_clerk;
create role lwtest_aside in role letterwatch_clerk;
insert into letterwatch.office (office_code, name, parent_code) values ('T-Q', 'another province office', 'T');
insert into letterwatch.office_member (db_role, office_code, duty) values ('lwtest_above', 'T-P', 'clerk'), ('lwtest_aside', 'T-Q', 'clerk');
call lwtest.set_clock('2026-03-10 11:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('O-GONE', 'T-P-C-1', '2026-03-10');
call lwtest.at('2026-03-10 11:00', $$ supervise_letter('O-GONE', 'T-P', '2026-03-20') $$);
call lwtest.at('2026-03-11 11:00', $$ transfer_letter('O-GONE', 'T-Q') $$);
select e.event_id as "order" from letterwatch.letter_event e where e.letter_no = 'O-GONE' and e.kind = 'supervise' \gset
grant usage on schema lwtest to public;
set session authorization lwtest_aside;
select lwtest.refused(format('select letterwatch.void_event(%s, $x$not needed$x$)', :order), 'is not of an office of yours', 'to take back an order of another office');
set session authorization lwtest_above;
select lwtest.refused($$ select letterwatch.supervise_letter('O-GONE', 'T-P', '2026-03-25') $$, 'is not of an office of yours', 'a new order, on a letter that has left');
select ok((select count(*) > 0 from letterwatch.void_event(:order, 'not needed')), 'who ordered takes it back, wherever the letter is');
reset session authorization;

select is_empty($$ select * from letterwatch.verify() $$, 'verify finds nothing amiss');

select * from finish();
rollback;
