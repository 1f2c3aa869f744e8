-- roles.sql -- what each role can do, alone.
begin;
\ir include/helpers.psql
select no_plan();

grant usage on schema lwtest to public;
create role lwtest_daemon in role letterwatch_daemon;
create role lwtest_clerk in role letterwatch_clerk;
create role lwtest_intake in role letterwatch_intake;
create role lwtest_admin in role letterwatch_admin;
create role lwtest_nobody;
insert into letterwatch.office_member (db_role, office_code, duty) values ('lwtest_clerk', 'T-P-C-1', 'clerk');
select instance as me from lwtest.daemon \gset

-- ---- intake ---------------------------------------------------------------------------------

set local role lwtest_intake;
copy letterwatch.letter (letter_no, office_code, received_on) from stdin;
R-1	T-P-C-1	2026-03-02
\.
copy letterwatch.letter_event (letter_no, kind, outcome) from stdin;
R-1	notice	accepted
\.
select lwtest.refused(
	$$ insert into letterwatch.letter (letter_no, office_code) values ('R 2', 'T-P-C-1') $$,
	'printable ASCII', 'intake: a malformed letter');
select lwtest.refused(
	$$ insert into letterwatch.letter_event (kind) values ('notice') $$,
	'without a letter_no', 'intake: a malformed event');
select lwtest.refused(
	$$ insert into letterwatch.letter_event (letter_no, kind, outcome) values ('R-404', 'notice', 'accepted') $$,
	'no letter R-404', 'intake: an event of an unknown letter');
select throws_ok('select * from letterwatch.letter', '42501', null, 'intake reads nothing');
reset role;

-- ---- clerk ------------------------------------------------------------------------------------

set local role lwtest_clerk;
select is((select count(*)::int from letterwatch.register_letter('T-P-C-1', 'R-2')), 2, 'a clerk registers');
select is((select count(*)::int from letterwatch.record_notice('R-2')), 1, 'records the notice');
select is((select unit from letterwatch.assign_letter('R-2', 'head')), 'head', 'assigns');
select is((select rule from letterwatch.record_reply('R-2', 'progress')), 'followup', 'records the reply');
select throws_ok(
	$$ insert into letterwatch.letter (letter_no, office_code, registered_at) values ('R-3', 'T-P-C-1', '2020-01-01') $$,
	'42501', null, 'but not when it was registered');
select throws_ok($$ delete from letterwatch.deadline $$, '42501', null, 'or anything that is derived');
select throws_ok($$ select letterwatch.replan('{R-2}', 'me') $$, '42501', null, 'or by functions of the machinery');
select throws_ok(format('select * from letterwatch.claim_due(%s, 1)', :me), '42501', null, 'or what is the daemon''s');
reset role;
-- A hint that is followed must not end in "permission denied".
set local role lwtest_clerk;
select lives_ok(
	(select substring(hint from 'select letter_no .*;')
	 from lwtest.refusal($$ insert into letterwatch.letter_event (letter_no, kind, outcome) values ('R-404', 'notice', 'accepted') $$)),
	'the hint to an unknown letter can be followed by a clerk');
reset role;

-- ---- daemon -------------------------------------------------------------------------------------

set local role lwtest_daemon;
select instance as mine from letterwatch.daemon_connect(null, 'test', 3, 'test') \gset
select is((select count(*)::int from letterwatch.claim_due(:mine, 10)), 1, 'the daemon claims');
select lives_ok(format('select letterwatch.mark_emitted(%s, %L)', :mine, '{}'), 'marks');
select is((select count(*)::int from letterwatch.check_setup()), 4, 'checks');
select ok((select count(*) > 0 from letterwatch.daemon_status), 'shows itself');
select lives_ok(format('select letterwatch.daemon_disconnect(%s)', :mine), 'and stops');
select throws_ok('select * from letterwatch.letter', '42501', null, 'it reads no letter');
reset role;

-- ---- administrator, and nobody ------------------------------------------------------------------

set local role lwtest_admin;
select lives_ok(
	$$ insert into letterwatch.office (office_code, name, parent_code) values ('R-NEW', 'new office', 'T') $$,
	'an administrator adds an office');
select lives_ok('select * from letterwatch.parked', 'and sees what is parked');
select throws_ok('update letterwatch.office_setting set site = 1', '42501', null, 'but nothing derived is theirs to change');
reset role;
set local role lwtest_nobody;
select throws_ok('select letterwatch.clock()', '42501', null, 'without a role there is nothing');
reset role;

select * from finish();
rollback;
