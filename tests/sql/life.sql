-- life.sql -- what each event does to a letter: what it owes from then on, by
-- which day, who is told, and what falls silent. The days are counted by hand.
-- 2026: 2 March is a Monday; 4 to 6 April, 1 to 5 May, 19 June and 1 to 7 October
-- are days off; Saturday 9 May is worked.
begin;
\ir include/helpers.psql
select no_plan();

-- A regime of the test's own: one period that can be suspended and extended, two that can
-- be suspended, one that can be neither.
insert into letterwatch.rule_set (rule_set, title) values ('t-pause', 'may be suspended');
insert into letterwatch.rule
	(rule_set, rule, basis, amount, unit, responsible_unit, met_by, not_owed_in, may_suspend, may_extend)
values
	('t-pause', 'days', 'test', 10, 'day', 'case', '{result}', '{withdrawn,exempt}', true, true),
	('t-pause', 'month', 'test', 1, 'month', 'case', '{result}', '{withdrawn,exempt}', true, false),
	('t-pause', 'plain', 'test', 10, 'day', 'case', '{result}', '{withdrawn,exempt}', false, false),
	('t-pause', 'workdays', 'test', 5, 'workday', 'case', '{result}', '{withdrawn,exempt}', true, false);
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, severity)
select 't-pause', rule, stage_no, stage, workdays, seconds, 4
from unnest(array['days', 'plain']) as rule
cross join (values (1, 'warn', -1, null), (2, 'due', 0, null), (3, 'overdue', null, 0), (4, 'remind', 3, null))
	as v (stage_no, stage, workdays, seconds);

-- Letters under some rule set, received in the morning, registered an hour later.
create procedure lwtest.arrives(letters text, received_on date, rule_set text default null)
	language plpgsql
	as $$
	begin
		call lwtest.set_clock(received_on || ' 10:00:00');
		insert into letterwatch.letter (letter_no, office_code, received_at, rule_set)
		select letter, 'T-P-C-1', (received_on || ' 09:00+08')::timestamptz, rule_set from string_to_table(letters, ' ') as letter;
	end $$;

create function lwtest.dates(letter text)
	returns table (rule text, office text, state text, start_on date, due_on date, closed_on date)
	language sql
	as $$
	select d.rule, d.office_code, d.state, d.start_on, d.due_on, d.closed_on
	from letterwatch.deadline as d where d.letter_no = letter order by d.rule, d.since
	$$;

create function lwtest.status(letter text) returns letterwatch.letter_status
	language sql
	as $$ select * from letterwatch.letter_status where letter_no = letter $$;

create function lwtest.due(letter text, rule text) returns date
	language sql
	as $$ select due_on from lwtest.dates(letter) as d where d.rule = due.rule and d.closed_on is null $$;

create function lwtest.told_of(letter text, rule text) returns table (at text, stage text, due text, covers text)
	language sql
	as $$
	select told.at, told.stage, told.fields->>'due', coalesce(told.fields->>'covers', '-')
	from lwtest.told as told where told.letter = told_of.letter and told.rule = told_of.rule order by told.n
	$$;

create view lwtest.cleared as
	select fields->>'letter' as letter, fields->>'rule' as rule, fields->>'office' as office, fields->>'by' as by, fields->>'on' as day
	from lwtest.line where fields->>'event' = 'cleared';

-- The newest event of a kind: its number, as letter_history shows it.
create function lwtest.event(letter text, kind text) returns bigint
	language sql
	as $$ select max(e.event_id) from letterwatch.letter_event as e where e.letter_no = letter and e.kind = event.kind $$;

-- ---- restart ---------------------------------------------------------------------------------

call lwtest.arrives('L-RES', '2026-03-02');
call lwtest.at('2026-03-05 10:00', $$ record_notice('L-RES', outcome => 'incomplete') $$);
call lwtest.set_clock('2026-03-31 10:00');
select is((select due_on from letterwatch.restart_letter('L-RES', 'the deed has come')), '2026-06-30',
	'with the material complete the reply counts anew: 31 March and 3 months is 30 June');
select lwtest.rows_are(
	$$ select * from lwtest.dates('L-RES') $$,
	$$ values
		('notice', 'T-P-C-1', 'met', '2026-03-02'::date, '2026-03-09'::date, '2026-03-05'::date),
		('reply', 'T-P-C-1', 'open', '2026-03-31', '2026-06-30', null) $$,
	'the notice was met by asking, and no second one is owed');
call lwtest.walk('2026-06-01', '2026-06-30');
select lwtest.rows_are(
	$$ select at, stage from lwtest.told_of('L-RES', 'reply') $$,
	$$ values ('2026-06-15 09:00:00', 'warn'), ('2026-06-23 09:00:00', 'warn'),
		('2026-06-29 09:00:00', 'warn'), ('2026-06-30 09:00:00', 'due') $$,
	'its stages go by the new last day, also on 2 June, which it would have been');

-- ---- suspend and resume: the days of a suspension do not count ----------------------------------

-- Received, suspended and resumed on some days, and the last days that follow, by hand.
call lwtest.set_clock('2026-06-30 10:00');
create table lwtest.life (letter text, received_on date, suspended_on date[], resumed_on date[], days date, workdays date, month date);
insert into lwtest.life
values
	('P-01 never', '2026-03-02', '{}', '{}', '2026-03-12', '2026-03-09', '2026-04-02'),
	-- nine days, to a worked Saturday; of the working days four
	('P-02 over a holiday', '2026-04-20', '{2026-04-27}', '{2026-05-06}', '2026-05-09', '2026-05-06', '2026-05-29'),
	-- two and one: to Sunday 15 March and Sunday 5 April, a day off, both rolled
	('P-03 twice', '2026-03-02', '{2026-03-04,2026-03-10}', '{2026-03-06,2026-03-11}', '2026-03-16', '2026-03-12', '2026-04-07'),
	('P-04 over the end', '2026-03-02', '{2026-03-11}', '{2026-03-18}', '2026-03-19', '2026-03-09', '2026-04-09'),
	('P-05 after the end', '2026-03-02', '{2026-03-16}', '{2026-03-20}', '2026-03-12', '2026-03-09', '2026-04-07'),
	('P-06 on the last day', '2026-03-02', '{2026-03-12}', '{2026-03-13}', '2026-03-13', '2026-03-09', '2026-04-03'),
	('P-07 on the day after', '2026-03-02', '{2026-03-13}', '{2026-03-14}', '2026-03-12', '2026-03-09', '2026-04-03'),
	('P-08 on the day of receipt', '2026-03-02', '{2026-03-02}', '{2026-03-03}', '2026-03-12', '2026-03-09', '2026-04-02'),
	('P-09 for an hour', '2026-03-02', '{2026-03-04}', '{2026-03-04}', '2026-03-12', '2026-03-09', '2026-04-02'),
	('P-10 over a weekend', '2026-03-05', '{2026-03-07}', '{2026-03-09}', '2026-03-17', '2026-03-12', '2026-04-07'),
	('P-11 over a worked Saturday', '2026-05-07', '{2026-05-09}', '{2026-05-11}', '2026-05-19', '2026-05-14', '2026-06-09'),
	-- Saturday the 14th and two days is Monday; rolled before the pause it would be Wednesday
	('P-12 before an end on a Saturday', '2026-03-04', '{2026-03-09}', '{2026-03-11}', '2026-03-16', '2026-03-13', '2026-04-07'),
	-- the first pause moves the 12th to the 14th, into the second one
	('P-13 again, beyond the first end', '2026-03-02', '{2026-03-11,2026-03-14}', '{2026-03-13,2026-03-17}', '2026-03-17', '2026-03-09', '2026-04-07');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
select left(letter, 4), 'T-P-C-1', received_on, 't-pause' from lwtest.life;
insert into letterwatch.intake_event (letter_no, kind, occurred_at, reason)
select left(letter, 4), kind, (day || hour)::timestamptz, reason
from lwtest.life
cross join lateral (values ('resume', resumed_on, ' 11:00+08', null), ('suspend', suspended_on, ' 10:00+08', 'hearing'))
	as v (kind, on_days, hour, reason)
cross join unnest(on_days) as day;
select lwtest.rows_are(
	$$ select l.letter, d.due_on, w.due_on, m.due_on
	   from lwtest.life l
	   join letterwatch.deadline d on d.letter_no = left(l.letter, 4) and d.rule = 'days'
	   join letterwatch.deadline w on w.letter_no = left(l.letter, 4) and w.rule = 'workdays'
	   join letterwatch.deadline m on m.letter_no = left(l.letter, 4) and m.rule = 'month'
	   order by l.letter $$,
	$$ select letter, days, workdays, month from lwtest.life order by letter $$,
	'pauses up to the end move it day by day, and it is rolled once');
select is(
	(select count(*)::int from letterwatch.deadline where letter_no in ('P-03', 'P-04') and rule = 'plain' and due_on = '2026-03-12'), 2,
	'a rule that knows no suspension runs on under it');

-- Without an end there is no last day.
call lwtest.arrives('L-OPEN', '2026-03-02', 't-pause');
call lwtest.set_clock('2026-03-04 10:00');
select lwtest.rows_are(
	$$ select rule, due_on, days_left, workdays_left from letterwatch.suspend_letter('L-OPEN', 'hearing') $$,
	$$ values ('plain', '2026-03-12'::date, 8, 6), ('days', null, null, null), ('month', null, null, null), ('workdays', null, null, null) $$,
	'while it is suspended a letter owes, but not by a day');
select is((lwtest.status('L-OPEN')).suspended_on, '2026-03-04', 'letter_status shows since when');
call lwtest.walk('2026-03-05', '2026-03-17');
select is_empty($$ select * from lwtest.told_of('L-OPEN', 'days') $$, 'what has no last day raises no alert');
select is(
	(select string_agg(stage, ', ') from lwtest.told_of('L-OPEN', 'plain')), 'warn, due, overdue, remind',
	'what may not be suspended is told as ever');
call lwtest.set_clock('2026-04-01 10:00');
select lwtest.rows_are(
	$$ select rule, due_on from letterwatch.resume_letter('L-OPEN') $$,
	$$ values ('plain', '2026-03-12'::date), ('workdays', '2026-04-07'), ('days', '2026-04-09'), ('month', '2026-04-30') $$,
	'resumed after 28 days each has its day again');
call lwtest.walk('2026-04-02', '2026-04-14');
select lwtest.rows_are(
	$$ select at, stage, due from lwtest.told_of('L-OPEN', 'days') $$,
	$$ values ('2026-04-08 09:00:00', 'warn', '2026-04-09'), ('2026-04-09 09:00:00', 'due', '2026-04-09'),
		('2026-04-10 00:00:00', 'overdue', '2026-04-09'), ('2026-04-14 09:00:00', 'remind', '2026-04-09') $$,
	'and its stages come by that day');
call lwtest.at('2026-04-15 10:00', $$ void_event(lwtest.event('L-OPEN', 'resume'), 'another letter') $$);
select is(lwtest.due('L-OPEN', 'days'), null, 'without the resumption it is suspended still');
call lwtest.at('2026-04-15 10:00', $$ void_event(lwtest.event('L-OPEN', 'suspend'), 'another letter') $$);
select is(lwtest.due('L-OPEN', 'days'), '2026-03-12', 'without the suspension the days all count');

-- Suspended after its end: neither moved nor silent.
call lwtest.arrives('L-OVER L-LATE', '2026-03-02', 't-pause');
call lwtest.walk('2026-03-11', '2026-03-13');
call lwtest.at('2026-03-16 10:00', $$ suspend_letter('L-OVER', 'hearing') $$);
call lwtest.walk('2026-03-17', '2026-03-17');
select is(
	(select string_agg(stage, ', ') from lwtest.told_of('L-OVER', 'days')), 'warn, due, overdue, remind',
	'a suspension after the end does not silence what is overdue');
select is((select days_late from letterwatch.overdue where letter_no = 'L-OVER' and rule = 'days'), 5, 'which stays in the view overdue');

call lwtest.at('2026-03-17 10:00', $$ suspend_letter('L-LATE', 'hearing', at => '2026-03-10 10:00+08') $$);
call lwtest.at('2026-03-18 10:00', $$ record_reply('L-LATE', 'result') $$);
call lwtest.sweep();
select is(
	(select day from lwtest.cleared where letter = 'L-LATE' and rule = 'days'), '2026-03-18',
	'what had become overdue before a suspension was entered is cleared when it is answered');
call lwtest.arrives('L-SUSRES', '2026-03-02', 't-pause');
call lwtest.at('2026-03-04 10:00', $$ suspend_letter('L-SUSRES', 'hearing') $$);
call lwtest.at('2026-03-10 10:00', $$ record_reply('L-SUSRES', 'result') $$);
select is(
	(select concat_ws(' ', state, due_on, closed_on) from lwtest.dates('L-SUSRES') where rule = 'days'), 'met 2026-03-18 2026-03-10',
	'an answer ends a suspension: it is judged with the days until then taken out');

-- ---- extend ---------------------------------------------------------------------------------------

call lwtest.arrives('L-EXT', '2026-03-04', 't-pause');
call lwtest.at('2026-03-09 10:00', $$ suspend_letter('L-EXT', 'hearing') $$);
call lwtest.at('2026-03-11 10:00', $$ resume_letter('L-EXT') $$);
call lwtest.at('2026-03-12 10:00',
	$$ extend_deadline('L-EXT', 'days', '2026-03-21', 'S-H', 'complex', informed_at => '2026-03-12 09:00+08') $$);
select is(lwtest.due('L-EXT', 'days'), '2026-03-23', 'extended until a Saturday it ends on the Monday after');
call lwtest.at('2026-03-16 10:00', $$ suspend_letter('L-EXT', 'hearing') $$);
call lwtest.at('2026-03-20 09:00', $$ resume_letter('L-EXT') $$);
select is(lwtest.due('L-EXT', 'days'), '2026-03-23', 'a pause that ends it earlier than the extension does not add to that');
call lwtest.at('2026-03-20 10:00', $$ suspend_letter('L-EXT', 'hearing') $$);
call lwtest.at('2026-03-27 10:00', $$ resume_letter('L-EXT') $$);
select is(lwtest.due('L-EXT', 'days'), '2026-03-27', 'one that carries the end beyond the extension does');

-- What no notice has accepted is accepted by the first answer in part; by a notice entered afterwards, from its day on.
call lwtest.arrives('L-XP', '2026-03-02', 'xinfang-2022');
call lwtest.at('2026-03-12 10:00', $$ record_reply('L-XP', 'progress') $$);
select is(lwtest.due('L-XP', 'reply'), '2026-05-11', 'an answer in part begins what acceptance begins');
call lwtest.at('2026-03-13 10:00', $$ record_notice('L-XP', at => '2026-03-10 10:00+08') $$);
select is(lwtest.due('L-XP', 'reply'), '2026-05-09', 'a notice before it does so earlier');

-- The shipped regime of 2022: 60 days of acceptance, by at most 30 more.
call lwtest.arrives('L-XF', '2026-03-02', 'xinfang-2022');
call lwtest.at('2026-03-10 10:00', $$ record_notice('L-XF') $$);
call lwtest.set_clock('2026-04-20 10:00');
select is(
	(select due_on from letterwatch.extend_deadline('L-XF', 'reply', '2026-06-08', 'S-H', 'complex', '2026-04-20 09:00+08')), '2026-06-08',
	'what ends on 9 May can be extended by all of 30 days');
call lwtest.walk('2026-04-21', '2026-05-25');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('L-XF', 'reply') $$,
	$$ values ('2026-05-25 09:00:00', 'warn', '2026-06-08', '-') $$,
	'its stages go by the extended day, and the old one passes in silence');
call lwtest.at('2026-05-26 10:00', $$ void_event(lwtest.event('L-XF', 'extend'), 'not approved after all') $$);
call lwtest.sweep();
select is(
	(select string_agg(concat_ws(' ', stage, due), ', ') from lwtest.told_of('L-XF', 'reply')), 'warn 2026-06-08, remind 2026-05-09',
	'without the extension it has been overdue since, and the latest stage is told at once');

-- ---- transfer ----------------------------------------------------------------------------------------

call lwtest.arrives('L-TRA', '2026-03-02');
call lwtest.at('2026-03-03 10:00', $$ assign_letter('L-TRA', 'head', 'S-1') $$);
call lwtest.walk('2026-03-05', '2026-03-11');
call lwtest.set_clock('2026-03-12 10:00');
select lwtest.rows_are(
	$$ select rule, unit, handler, due_on from letterwatch.transfer_letter('L-TRA', 'T-P-C-2', 'theirs') $$,
	$$ values ('notice', 'petitions', null, '2026-03-19'::date), ('reply', 'case', null, '2026-06-02') $$,
	'transferred it owes a new notice in 7 days of that day, the reply as before; unit and handler are open again');
call lwtest.sweep();
select lwtest.rows_are(
	$$ select * from lwtest.dates('L-TRA') $$,
	$$ values
		('notice', 'T-P-C-1', 'not_owed', '2026-03-02'::date, '2026-03-09'::date, '2026-03-12'::date),
		('notice', 'T-P-C-2', 'open', '2026-03-12', '2026-03-19', null),
		('reply', 'T-P-C-2', 'open', '2026-03-02', '2026-06-02', null) $$,
	'the first office''s notice stays with it, closed; the reply keeps its first start and is the new office''s');
select is(
	(select concat_ws(' ', office, by, day) from lwtest.cleared where letter = 'L-TRA'), 'T-P-C-1 transfer 2026-03-12',
	'what was overdue there is cleared there');
select lwtest.rows_are(
	$$ select office_code, former_offices::text, status, unit, handler, next_rule from letterwatch.letter_status where letter_no = 'L-TRA' $$,
	$$ values ('T-P-C-2', '{T-P-C-1}', 'registered', null, null, 'notice') $$,
	'letter_status names the office in charge and the one before');
call lwtest.walk('2026-03-13', '2026-03-20');
call lwtest.sweep('2026-06-02 09:00');
select lwtest.rows_are(
	$$ select at, rule, stage, fields->>'office', to_office, unit, fields->>'handler'
	   from lwtest.told where letter = 'L-TRA' and at > '2026-03-10 08' and (rule = 'reply' or at < '2026-03-21') order by n $$,
	$$ values
		('2026-03-10 09:00:00', 'notice', 'remind', 'T-P-C-1', 'T-P-C-1', 'petitions', 'S-1'),
		('2026-03-11 09:00:00', 'notice', 'escalate', 'T-P-C-1', 'T-P-C-1', 'head', 'S-1'),
		('2026-03-17 09:00:00', 'notice', 'warn', 'T-P-C-2', 'T-P-C-2', 'petitions', null),
		('2026-03-18 09:00:00', 'notice', 'warn', 'T-P-C-2', 'T-P-C-2', 'petitions', null),
		('2026-03-19 09:00:00', 'notice', 'due', 'T-P-C-2', 'T-P-C-2', 'petitions', null),
		('2026-03-20 00:00:00', 'notice', 'overdue', 'T-P-C-2', 'T-P-C-2', 'petitions', null),
		('2026-03-20 09:00:00', 'notice', 'remind', 'T-P-C-2', 'T-P-C-2', 'petitions', null),
		('2026-06-02 09:00:00', 'reply', 'due', 'T-P-C-2', 'T-P-C-2', 'case', null) $$,
	'every alert names the office in charge at its time');

call lwtest.arrives('L-TRB', '2026-03-02');
call lwtest.at('2026-03-04 10:00', $$ transfer_letter('L-TRB', 'T-P-C-2') $$);
call lwtest.at('2026-03-06 10:00', $$ transfer_letter('L-TRB', 'T-P-C-1', 'it was ours') $$);
select lwtest.rows_are(
	$$ select office, state, due_on, closed_on from lwtest.dates('L-TRB') where rule = 'notice' $$,
	$$ values ('T-P-C-1', 'not_owed', '2026-03-09'::date, '2026-03-04'::date),
		('T-P-C-2', 'not_owed', '2026-03-11', '2026-03-06'), ('T-P-C-1', 'open', '2026-03-13', null) $$,
	'passed on and sent back, each office has a notice of its own');
select is((lwtest.status('L-TRB')).former_offices, '{T-P-C-1,T-P-C-2}', 'and all that passed it on are named, the first one first');

call lwtest.arrives('L-TRP', '2026-03-02');
call lwtest.at('2026-03-10 10:00', $$ record_reply('L-TRP', 'progress') $$);
call lwtest.at('2026-03-16 10:00', $$ transfer_letter('L-TRP', 'T-P-C-2') $$);
select lwtest.rows_are(
	$$ select * from lwtest.dates('L-TRP') $$,
	$$ values
		('followup', 'T-P-C-2', 'open', '2026-06-02'::date, '2026-07-02'::date, null::date),
		('notice', 'T-P-C-1', 'met', '2026-03-02', '2026-03-09', '2026-03-10'),
		('notice', 'T-P-C-2', 'open', '2026-03-16', '2026-03-23', null),
		('reply', 'T-P-C-1', 'met', '2026-03-02', '2026-06-02', '2026-03-10') $$,
	'what the first office met is its own, the follow-up goes with the letter');

-- ---- no alert once the event is there (contract, promise 2) -------------------------------------------

-- Each letter would be warned of at 09:00 on Thursday 5 March, and has its event at 08:59:59.
call lwtest.arrives('Q-NONE Q-NOTICE Q-PROGRESS Q-RESULT Q-REFERRED Q-EXEMPT Q-ORIGINAL Q-DUPLICATE Q-WITHDRAWN Q-TRANSFER', '2026-03-02');
call lwtest.set_clock('2026-03-05 08:59:59');
insert into letterwatch.intake_event (letter_no, kind, outcome, reason, of_letter_no, to_office, handler)
values
	('Q-NOTICE', 'notice', 'accepted', null, null, null, 'S-3'),
	('Q-PROGRESS', 'progress', null, null, null, null, null),
	('Q-RESULT', 'result', null, null, null, null, null),
	('Q-REFERRED', 'notice', 'referred', null, null, null, null),
	('Q-EXEMPT', 'exempt', null, 'unreachable', null, null, null),
	('Q-DUPLICATE', 'duplicate', null, null, 'Q-ORIGINAL', null, null),
	('Q-WITHDRAWN', 'withdraw', null, null, null, null, null),
	('Q-TRANSFER', 'transfer', null, null, null, 'T-P-C-2', 'S-4');
call lwtest.walk('2026-03-05', '2026-03-10');
select lwtest.rows_are(
	$$ select letter, min(at) from lwtest.told where letter like 'Q-%' and rule = 'notice' group by letter order by letter $$,
	$$ values
		('Q-NONE', '2026-03-05 09:00:00'),
		('Q-ORIGINAL', '2026-03-05 09:00:00'),
		('Q-TRANSFER', '2026-03-10 09:00:00') $$,
	'after an answer, an exemption, a closing or a transfer of the second before no alert comes; the new notice has its own');
select lwtest.rows_are(
	$$ select letter_no, status, handler, next_rule, next_due_on from letterwatch.letter_status where letter_no like 'Q-%' order by letter_no $$,
	$$ values
		('Q-DUPLICATE', 'duplicate', null, null, null::date), ('Q-EXEMPT', 'exempt', null, null, null),
		('Q-NONE', 'registered', null, 'notice', '2026-03-09'), ('Q-NOTICE', 'accepted', 'S-3', 'reply', '2026-06-02'),
		('Q-ORIGINAL', 'registered', null, 'notice', '2026-03-09'), ('Q-PROGRESS', 'in_progress', null, 'followup', '2026-07-02'),
		('Q-REFERRED', 'referred', null, null, null), ('Q-RESULT', 'answered', null, null, null),
		('Q-TRANSFER', 'registered', 'S-4', 'notice', '2026-03-12'), ('Q-WITHDRAWN', 'withdrawn', null, null, null) $$,
	'events of several letters in one INSERT: each has its own; a transfer may name the new handler');
call lwtest.arrives('Q-SUSPEND', '2026-03-02', 't-pause');
call lwtest.at('2026-03-11 08:59:59', $$ suspend_letter('Q-SUSPEND', 'hearing') $$);
call lwtest.walk('2026-03-11', '2026-03-13');
select is_empty($$ select * from lwtest.told_of('Q-SUSPEND', 'days') $$, 'nor after a suspension of the second before');

-- ---- exempt, duplicate, withdraw ---------------------------------------------------------------------

select lwtest.rows_are(
	$$ select rule, state, due_on, closed_on from lwtest.dates('Q-EXEMPT') $$,
	$$ values ('notice', 'exempt', '2026-03-09'::date, '2026-03-05'::date), ('reply', 'exempt', '2026-06-02', '2026-03-05') $$,
	'an exempt letter is still listed, with what it would have owed');
select is((lwtest.status('Q-DUPLICATE')).duplicate_of, 'Q-ORIGINAL', 'a duplicate is shown with its original');
call lwtest.set_clock('2026-03-16 10:00');
select is_empty($$ select * from letterwatch.transfer_letter('Q-EXEMPT', 'T-P-C-2') $$, 'passed on it is exempt there as well');
call lwtest.at('2026-03-17 10:00', $$ record_reply('Q-EXEMPT', 'result') $$);
select is((lwtest.status('Q-EXEMPT')).status, 'answered', 'and can be answered after all');
call lwtest.at('2026-03-12 10:00', $$ withdraw_letter('Q-NONE') $$);
call lwtest.at('2026-03-13 10:00', $$ exempt_letter('Q-ORIGINAL', 'no_address') $$);
call lwtest.sweep();
select is(
	(select string_agg(concat_ws(' ', rule, by, day), ', ' order by day) from lwtest.cleared where letter in ('Q-NONE', 'Q-ORIGINAL')),
	'notice withdrawn 2026-03-12, notice exempt 2026-03-13',
	'what was overdue is cleared, once, and says by what');

-- ---- reopen ----------------------------------------------------------------------------------------------

call lwtest.arrives('L-REO', '2026-03-02');
call lwtest.at('2026-06-10 10:00', $$ record_reply('L-REO', 'result') $$);
call lwtest.set_clock('2026-07-01 10:00');
select lwtest.rows_are(
	$$ select rule, due_on from letterwatch.reopen_letter('L-REO', 'new facts', at => '2026-06-12 10:00+08') $$,
	$$ values ('reply', '2026-10-08'::date) $$,
	'reopened it owes a reply, counted from the day of recording however far back it is dated: 1 October is inside the break');
select lwtest.rows_are(
	$$ select rule, state, start_on, due_on, closed_on from lwtest.dates('L-REO') $$,
	$$ values
		('notice', 'met', '2026-03-02'::date, '2026-03-09'::date, '2026-06-10'::date),
		('reply', 'met', '2026-03-02', '2026-06-02', '2026-06-10'),
		('reply', 'open', '2026-07-01', '2026-10-08', null) $$,
	'what was answered late stays so');
call lwtest.at('2026-07-02 10:00', $$ record_reply('L-REO', 'progress') $$);
select is(lwtest.due('L-REO', 'followup'), '2026-11-09', 'a follow-up goes by the new reply: 8 November is a Sunday');
call lwtest.arrives('L-REW', '2026-03-02');
call lwtest.at('2026-03-05 10:00', $$ mark_duplicate('L-REW', 'L-REO') $$);
call lwtest.set_clock('2026-06-01 10:00');
select lwtest.rows_are(
	$$ select rule, due_on from letterwatch.reopen_letter('L-REW', 'another matter', at => '2026-03-06 10:00+08') $$,
	$$ values ('notice', '2026-06-08'::date), ('reply', '2026-09-01') $$,
	'what was no duplicate owes its notice too, from the day of recording');
call lwtest.sweep();
select is_empty(
	$$ select from letterwatch.overdue where letter_no in ('L-REO', 'L-REW') union all select from lwtest.told where letter in ('L-REO', 'L-REW') $$,
	'nothing of it is overdue at once, nor told');
select is((lwtest.status('L-REW')).duplicate_of, null, 'and it has no original any more');

call lwtest.arrives('L-XR', '2026-03-02', 'xinfang-2022');
call lwtest.at('2026-03-10 10:00', $$ record_notice('L-XR', outcome => 'incomplete') $$);
call lwtest.at('2026-03-12 10:00', $$ restart_letter('L-XR') $$);
call lwtest.at('2026-03-16 10:00', $$ transfer_letter('L-XR', 'T-P-C-2') $$);
call lwtest.at('2026-03-18 10:00', $$ record_notice('L-XR') $$);
select is(
	(select string_agg(due_on::text, ' ') from lwtest.dates('L-XR') where rule = 'reply'), '2026-05-11',
	'60 days count from acceptance, here by the material; to accept it again where it was passed on starts no others');
call lwtest.at('2026-03-20 10:00', $$ record_reply('L-XR', 'result') $$);
call lwtest.at('2026-07-01 10:00', $$ reopen_letter('L-XR', 'review asked for') $$);
call lwtest.at('2026-07-06 10:00', $$ suspend_letter('L-XR', 'hearing') $$);
call lwtest.at('2026-07-08 10:00', $$ resume_letter('L-XR') $$);
select is(lwtest.due('L-XR', 'review'), '2026-08-03', 'a review takes 30 days, two of a hearing not counted, here to Monday 3 August');

-- ---- mute ---------------------------------------------------------------------------------------------

-- Warned of on the 5th and 6th, due on the 9th, reminded of on the 10th, 12th, 13th, escalated on the 11th.
call lwtest.arrives('M-SHORT M-LONG M-AGAIN M-VOID', '2026-03-02');
call lwtest.at('2026-03-04 10:00', $$ mute_letter('M-SHORT', '2026-03-07', 'on leave') $$);
call lwtest.at('2026-03-04 10:00', $$ mute_letter('M-LONG', '2026-03-13', 'on leave') $$);
call lwtest.at('2026-03-04 10:00', $$ mute_letter('M-AGAIN', '2026-03-13', 'on leave') $$);
call lwtest.at('2026-03-04 11:00', $$ mute_letter('M-AGAIN', '2026-03-06', 'on leave for a day less') $$);
call lwtest.at('2026-03-04 10:00', $$ mute_letter('M-VOID', '2026-03-13', 'on leave') $$);
select is(
	(select next_event_at from letterwatch.deadline where letter_no = 'M-LONG' and rule = 'notice'), '2026-03-10 00:00+08',
	'a muted letter is not looked at before it is overdue');
call lwtest.walk('2026-03-05', '2026-03-06');
call lwtest.at('2026-03-06 10:00', $$ void_event(lwtest.event('M-VOID', 'mute'), 'another letter') $$);
call lwtest.sweep();
call lwtest.walk('2026-03-07', '2026-03-12');
select is(
	(select muted_until from letterwatch.overdue where letter_no = 'M-LONG' and rule = 'notice'), '2026-03-13',
	'what is muted stays in the view overdue, which says until when');
call lwtest.walk('2026-03-13', '2026-03-16');
select lwtest.rows_are(
	$$ select at, stage, covers from lwtest.told_of('M-SHORT', 'notice') limit 2 $$,
	$$ values ('2026-03-07 09:00:00', 'warn', '2'), ('2026-03-09 09:00:00', 'due', '-') $$,
	'a mute holds back both warnings, ends by itself at the start of office hours, and lets the latest go');
select lwtest.rows_are(
	$$ select at, stage, covers from lwtest.told_of('M-LONG', 'notice') $$,
	$$ values ('2026-03-10 00:00:00', 'overdue', '4'), ('2026-03-11 09:00:00', 'escalate', '2'),
		('2026-03-13 09:00:00', 'remind', '2'), ('2026-03-16 09:00:00', 'escalate', '-') $$,
	'it holds back what is due and reminders, never what is overdue or escalated');
select lwtest.rows_are(
	$$ select at, stage, covers from lwtest.told_of('M-AGAIN', 'notice') limit 2 $$,
	$$ values ('2026-03-06 09:00:00', 'warn', '2'), ('2026-03-09 09:00:00', 'due', '-') $$,
	'a second mute stands in the place of the first, also for a shorter time');
select lwtest.rows_are(
	$$ select at, stage, covers from lwtest.told_of('M-VOID', 'notice') limit 2 $$,
	$$ values ('2026-03-06 10:00:00', 'warn', '2'), ('2026-03-09 09:00:00', 'due', '-') $$,
	'without the mute the latest that it held back comes at once');
call lwtest.arrives('M-OUTAGE', '2026-03-02');
call lwtest.at('2026-03-04 10:00', $$ mute_letter('M-OUTAGE', '2026-03-13', 'on leave') $$);
call lwtest.sweep('2026-03-10 10:00');
select is(
	(select string_agg(concat_ws(' ', stage, covers), ', ') from lwtest.told_of('M-OUTAGE', 'notice')), 'overdue 4',
	'after an outage a muted letter is told overdue, and not the reminder behind it');
call lwtest.set_clock('2026-03-16 10:00');
select is((lwtest.status('M-LONG')).muted_until, null, 'a mute that is over is not shown');

-- ---- correct --------------------------------------------------------------------------------------------

-- Taken for received on the 2nd; truly on the 4th. The 9th is the first warning of the new last day.
call lwtest.arrives('C-DAY', '2026-03-02');
call lwtest.walk('2026-03-05', '2026-03-09');
call lwtest.set_clock('2026-03-09 10:00');
select lwtest.rows_are(
	$$ select rule, due_on from letterwatch.correct_letter('C-DAY', 'wrong stamp', received_on => '2026-03-04') $$,
	$$ values ('notice', '2026-03-11'::date), ('reply', '2026-06-04') $$,
	'with its true day of receipt every day is another');
call lwtest.walk('2026-03-10', '2026-03-11');
select lwtest.rows_are(
	$$ select at, stage, due from lwtest.told_of('C-DAY', 'notice') $$,
	$$ values ('2026-03-05 09:00:00', 'warn', '2026-03-09'), ('2026-03-06 09:00:00', 'warn', '2026-03-09'),
		('2026-03-09 09:00:00', 'due', '2026-03-09'), ('2026-03-10 09:00:00', 'warn', '2026-03-11'),
		('2026-03-11 09:00:00', 'due', '2026-03-11') $$,
	'alerts that were raised stay; what was told and is past is silent, what is ahead again is told again');
-- Truly on the Friday before, with Friday 6 March as last day: both its warnings are past at that moment.
call lwtest.arrives('C-EARLY', '2026-03-02');
call lwtest.walk('2026-03-05', '2026-03-05');
call lwtest.at('2026-03-05 10:00', $$ correct_letter('C-EARLY', 'wrong stamp', '2026-02-27') $$);
call lwtest.sweep();
call lwtest.walk('2026-03-06', '2026-03-06');
select lwtest.rows_are(
	$$ select at, stage, due, covers from lwtest.told_of('C-EARLY', 'notice') $$,
	$$ values ('2026-03-05 09:00:00', 'warn', '2026-03-09', '-'), ('2026-03-05 10:00:00', 'warn', '2026-03-06', '-'),
		('2026-03-06 09:00:00', 'due', '2026-03-06', '-') $$,
	'the first warning is not told again, the second, never told and past, is told at once');
call lwtest.at('2026-03-05 10:00',
	$$ correct_letter('C-EARLY', 'theirs', office_code => 'T-P-C-2', rule_set => 'procuratorate-workdays') $$);
select lwtest.rows_are(
	$$ select office, due_on from lwtest.dates('C-EARLY') $$,
	$$ values ('T-P-C-2', '2026-03-09'::date), ('T-P-C-2', '2026-05-27') $$,
	'a corrected office and rule set: 7 working days, of which Saturday 28 February is one, and the other office in charge');
select is((lwtest.status('C-EARLY')).former_offices, '{}', 'which did not get it from another');
call lwtest.at('2026-03-05 11:00', $$ correct_letter('C-EARLY', 'stamp seen', '2026-02-26') $$);
select is((lwtest.status('C-EARLY')).received_on, '2026-02-26', 'the latest correction holds');
call lwtest.at('2026-03-05 12:00', $$ void_event(lwtest.event('C-EARLY', 'correct'), 'misread') $$);
select is((lwtest.status('C-EARLY')).received_on, '2026-02-27', 'without the last correction the one before holds');

-- ---- void -------------------------------------------------------------------------------------------------

call lwtest.arrives('V-NOTICE V-RESULT', '2026-03-02');
call lwtest.at('2026-03-04 10:00', $$ record_notice('V-NOTICE') $$);
call lwtest.walk('2026-03-05', '2026-03-10');
call lwtest.at('2026-03-10 10:00', $$ record_reply('V-RESULT', 'result') $$);
call lwtest.at('2026-03-10 11:00', $$ void_event(lwtest.event('V-RESULT', 'result'), 'another letter') $$);
call lwtest.walk('2026-03-11', '2026-03-11');
call lwtest.at('2026-03-11 10:00', $$ void_event(lwtest.event('V-NOTICE', 'notice'), 'another letter') $$);
call lwtest.sweep();
select is(
	(select string_agg(concat_ws(' ', at, stage, covers), ', ') from lwtest.told_of('V-NOTICE', 'notice')), '2026-03-11 10:00:00 escalate 6',
	'without the notice it is owed again; of all that has passed the latest is told, at once');
select is(
	(select string_agg(at, ', ') from lwtest.told_of('V-RESULT', 'notice') where at >= '2026-03-10 09'), '2026-03-10 09:00:00, 2026-03-11 09:00:00',
	'without the result the alerts go on where they were, none is told again');
call lwtest.at('2026-03-11 11:00', $$ record_reply('V-RESULT', 'result') $$);
call lwtest.at('2026-03-11 11:00', $$ void_event(lwtest.event('V-RESULT', 'result'), 'another letter') $$);
call lwtest.at('2026-03-11 11:00', $$ record_reply('V-RESULT', 'result') $$);
call lwtest.sweep();
select is(
	(select concat_ws(' ', (lwtest.status('V-RESULT')).status, count(*)) from lwtest.cleared where letter = 'V-RESULT'), 'answered 2',
	'answered again it is silent, and one alert is cleared but once');
call lwtest.arrives('V-TRANSFER', '2026-03-02');
call lwtest.at('2026-03-03 10:00', $$ transfer_letter('V-TRANSFER', 'T-P-C-2') $$);
call lwtest.sweep('2026-03-11 00:00');
set local time zone 'UTC';
call lwtest.at('2026-03-12 02:00', $$ void_event(lwtest.event('V-TRANSFER', 'transfer'), 'it stayed') $$);
reset time zone;
call lwtest.sweep();
select is(
	(select day from lwtest.cleared where letter = 'V-TRANSFER'), '2026-03-12',
	'an overdue notice that is gone with its transfer is cleared on the office''s day, whatever the session''s time zone');
call lwtest.set_clock('2026-06-30 10:00');
insert into letterwatch.intake_event (letter_no, kind, of_event, reason)
select letter, 'void', lwtest.event(letter, kind), 'another letter'
from (values ('L-RES', 'restart'), ('L-REW', 'reopen'), ('L-TRB', 'transfer')) as v (letter, kind);
select lwtest.rows_are(
	$$ select letter_no, status, office_code, next_rule, duplicate_of, former_offices::text from letterwatch.letter_status
	   where letter_no in ('L-RES', 'L-REW', 'L-TRB') order by letter_no $$,
	$$ values ('L-RES', 'incomplete', 'T-P-C-1', null, null, '{}'), ('L-REW', 'duplicate', 'T-P-C-1', null, 'L-REO', '{}'),
		('L-TRB', 'registered', 'T-P-C-2', 'notice', null, '{T-P-C-1}') $$,
	'without a restart, a reopening, a second transfer each is what it was before');

-- ---- entered late, and out of order -----------------------------------------------------------------------

call lwtest.arrives('O-NOTICE', '2026-03-02');
call lwtest.arrives('O-RESUME', '2026-03-02', 't-pause');
call lwtest.walk('2026-03-09', '2026-03-10');
call lwtest.at('2026-03-10 10:00', $$ suspend_letter('O-RESUME', 'hearing', at => '2026-03-04 10:00+08') $$);
call lwtest.at('2026-03-12 10:00', $$ record_reply('O-NOTICE', 'progress') $$);
call lwtest.at('2026-03-13 10:00', $$ record_notice('O-NOTICE', at => '2026-03-06 10:00+08') $$);
call lwtest.sweep();
select is(
	(select string_agg(concat_ws(' ', rule, state, closed_on), ', ') from lwtest.dates('O-NOTICE')),
	'followup open, notice met 2026-03-06, reply met 2026-03-12',
	'a notice entered after the reply was in time, and takes nothing from that');
call lwtest.at('2026-04-01 10:00', $$ resume_letter('O-RESUME', at => '2026-03-06 10:00+08') $$);
call lwtest.sweep();
select lwtest.rows_are(
	$$ select * from lwtest.told_of('O-RESUME', 'days') $$,
	$$ values ('2026-04-01 10:00:00', 'remind', '2026-03-16', '4') $$,
	'a resumption entered late gives the day back: it has passed, and the latest is told at once, in one line');
call lwtest.arrives('O-RESULT', '2026-03-02');
call lwtest.at('2026-03-03 10:00', $$ record_notice('O-RESULT') $$);
call lwtest.at('2026-03-03 11:00', $$ assign_letter('O-RESULT', 'petitions', 'S-1') $$);
call lwtest.sweep('2026-06-01 09:00');
call lwtest.at('2026-06-01 10:00', $$ assign_letter('O-RESULT', handler => 'S-2') $$);
call lwtest.at('2026-06-01 11:00', $$ assign_letter('O-RESULT', 'head', 'S-0', at => '2026-03-03 09:00+08') $$);
call lwtest.walk('2026-06-02', '2026-06-03');
select lwtest.rows_are(
	$$ select stage, unit, fields->>'handler' from lwtest.told where letter = 'O-RESULT' order by n $$,
	$$ values ('warn', 'petitions', 'S-1'), ('due', 'petitions', 'S-2'), ('overdue', 'petitions', 'S-2'), ('remind', 'petitions', 'S-2') $$,
	'alerts name the unit and handler in charge; an assignment entered late that is older changes nothing');
set local letterwatch.actor = 'S-77';
call lwtest.at('2026-06-05 10:00', $$ record_reply('O-RESULT', 'result', at => '2026-06-01 16:00+08') $$);
select is((lwtest.status('O-RESULT')).status_on, '2026-06-01', 'letter_status shows the day on which it was answered');
call lwtest.arrives('O-CORRECT', '2026-03-02');
call lwtest.at('2026-03-10 10:00', $$ record_notice('O-CORRECT') $$);
call lwtest.at('2026-03-11 10:00', $$ correct_letter('O-CORRECT', 'wrong stamp', '2026-03-03') $$);
call lwtest.sweep('2026-06-05 11:00');
select lwtest.rows_are(
	$$ select letter_no, rule, due_on, kind, dated, days_after, new_due_on, recorded_by from letterwatch.late_entries
	   where letter_no like 'O-%' order by letter_no $$,
	$$ values
		('O-CORRECT', 'notice', '2026-03-09'::date, 'correct', null::date, 2, '2026-03-10'::date, 'S-77'),
		('O-NOTICE', 'notice', '2026-03-09', 'notice', '2026-03-06', 4, null, session_user),
		('O-RESULT', 'reply', '2026-06-02', 'result', '2026-06-01', 3, null, 'S-77'),
		('O-RESUME', 'workdays', '2026-03-09', 'suspend', null, 1, null, session_user) $$,
	'what was dated back over a last day is in time and shown, with who entered it; so is what moved it or took it away afterwards');
select lwtest.rows_are(
	$$ select letter, rule, by, day from lwtest.cleared where letter like 'O-%' order by letter $$,
	$$ values ('O-NOTICE', 'notice', 'progress', '2026-03-12'), ('O-RESULT', 'reply', 'result', '2026-06-01') $$,
	'each that had become overdue is cleared, once, with the day on which it was answered');
select is(
	(select count(*)::int from letterwatch.alert_log where letter_no in ('O-NOTICE', 'O-RESULT') and stage = 'overdue'), 2,
	'and the alerts that were raised stay');

-- ---- rows of another system ----------------------------------------------------------------------------------

call lwtest.arrives('X-1', '2026-03-02');
call lwtest.set_clock('2026-03-20 10:00');
create procedure lwtest.import()
	language sql
	as $$
	insert into letterwatch.intake_event (letter_no, kind, occurred_at, outcome, source, source_ref)
	select 'X-1', kind, ('2026-03-' || day || ' 10:00+08')::timestamptz, outcome, 'csv', kind
	from (values ('result', '12', null), ('restart', '09', null), ('notice', '05', 'incomplete')) as v (kind, day, outcome)
	on conflict do nothing
	$$;
call lwtest.import();
call lwtest.import();
select lwtest.rows_are(
	$$ select rule, state, start_on, due_on, closed_on from lwtest.dates('X-1') $$,
	$$ values ('notice', 'met', '2026-03-02'::date, '2026-03-09'::date, '2026-03-05'::date),
		('reply', 'met', '2026-03-09', '2026-06-09', '2026-03-12') $$,
	'a whole life in one INSERT is read by its days, whatever the order of the rows');
select is((select count(*)::int from letterwatch.letter_event where letter_no = 'X-1'), 3, 'imported again nothing is added');

select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');

select * from finish();
rollback;
