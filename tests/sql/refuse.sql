-- refuse.sql -- wrong calls are refused as a whole, with what is wrong and a hint.
begin;
\ir include/helpers.psql
select no_plan();

call lwtest.register('F-1', '2026-03-02 09:00');
call lwtest.register('F-CLOSED', '2026-02-25 09:00');
select count(*) as ignored from letterwatch.record_reply('F-CLOSED', 'result', '2026-02-27 09:00+08') \gset
call lwtest.register('F-NOTED', '2026-02-25 09:00');
select count(*) as ignored from letterwatch.record_notice('F-NOTED', at => '2026-02-27 09:00+08') \gset
call lwtest.register('F-REFERRED', '2026-02-25 09:00');
select count(*) as ignored from letterwatch.record_notice(
	'F-REFERRED', at => '2026-02-27 09:00+08', outcome => 'referred') \gset

-- Everything that a refused call could have left behind.
create function lwtest.footprint() returns text
	language sql
	as $$
	select concat_ws('/',
		(select count(*) from letterwatch.letter),
		(select count(*) from letterwatch.letter_event),
		(select md5(string_agg(deadline::text, ',' order by deadline::text)) from letterwatch.deadline),
		(select md5(string_agg(letter_state::text, ',' order by letter_state::text)) from letterwatch.letter_state));
	$$;
select lwtest.footprint() as before \gset

-- ---- a letter ------------------------------------------------------------------------

select lwtest.refused(
	$$ select * from letterwatch.register_letter(office_code => 'NOWHERE', letter_no => 'F-2') $$,
	'office.*NOWHERE', 'an unknown office');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(office_code => null, letter_no => 'F-2') $$,
	'office', 'a letter without an office');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(office_code => 'T-P-C-1', letter_no => 'F-1') $$,
	'F-1', 'a letter number that is taken');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(office_code => 'T-P-C-2', letter_no => 'F-1') $$,
	'F-1', 'a letter number that another office has taken');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(
		office_code => 'T-P-C-1', letter_no => 'F-2', received_at => '2026-03-03 00:10:00+08') $$,
	'future', 'a letter received tomorrow');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(office_code => 'T-P-C-1', letter_no => '') $$,
	'letter.?(no|number)', 'an empty letter number');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(office_code => 'T-P-C-1', letter_no => '   ') $$,
	'letter.?(no|number)', 'a blank letter number');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(office_code => 'T-P-C-1', letter_no => E'F\n2') $$,
	'letter.?(no|number)', 'a letter number with a line end');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(office_code => 'T-P-C-1', letter_no => E'F\u4fe12') $$,
	'letter.?(no|number)', 'a letter number that is not ASCII');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(office_code => 'T-P-C-1', letter_no => E'F\u202e2') $$,
	'letter.?(no|number)', 'a letter number that turns the direction of writing');
select lwtest.refused(
	$$ select * from letterwatch.register_letter(
		office_code => 'T-P-C-1', letter_no => 'F-2', rule_set => 'no-such-set') $$,
	'rule.?set.*no-such-set', 'an unknown rule set');

-- ---- an event --------------------------------------------------------------------------

select lwtest.refused(
	$$ select * from letterwatch.record_notice('F-404') $$, 'F-404', 'a notice to an unknown letter');
select lwtest.refused(
	$$ select * from letterwatch.record_reply('F-404', 'result') $$, 'F-404', 'a reply to an unknown letter');
select lwtest.refused(
	$$ select * from letterwatch.assign_letter('F-404', 'case', 'S-1') $$,
	'F-404', 'an assignment of an unknown letter');
select lwtest.refused(
	$$ select * from letterwatch.record_notice('F-1', outcome => 'perhaps') $$,
	'outcome.*perhaps|perhaps.*outcome', 'an unknown outcome of a notice');
select lwtest.refused(
	$$ select * from letterwatch.record_notice('F-1', outcome => 'progress') $$,
	'outcome|progress', 'the outcome of a reply given to a notice');
select lwtest.refused(
	$$ select * from letterwatch.record_reply('F-1', 'perhaps') $$,
	'outcome.*perhaps|perhaps.*outcome', 'an unknown outcome of a reply');
select lwtest.refused(
	$$ select * from letterwatch.record_reply('F-1', null) $$, 'outcome', 'a reply without an outcome');
select lwtest.refused(
	$$ select * from letterwatch.record_notice('F-1', at => '2026-03-03 00:10:00+08') $$,
	'future', 'a notice sent tomorrow');
select lwtest.refused(
	$$ select * from letterwatch.record_reply('F-1', 'result', at => '2026-03-03 00:10:00+08') $$,
	'future', 'a reply sent tomorrow');
select lwtest.refused(
	$$ select * from letterwatch.record_notice('F-1', at => '2026-03-01 23:59:00+08') $$,
	'recei', 'a notice before receipt');
select lwtest.refused(
	$$ select * from letterwatch.record_reply('F-1', 'result', at => '2026-03-01 23:59:00+08') $$,
	'recei', 'a reply before receipt');
select lwtest.refused(
	$$ select * from letterwatch.record_reply('F-CLOSED', 'result') $$,
	'closed', 'a reply to a closed letter');
select lwtest.refused(
	$$ select * from letterwatch.record_reply('F-CLOSED', 'progress') $$,
	'closed', 'a progress reply to a closed letter');
select lwtest.refused(
	$$ select * from letterwatch.record_notice('F-CLOSED') $$,
	'closed|notice', 'a notice to a closed letter');
select lwtest.refused(
	$$ select * from letterwatch.record_notice('F-NOTED') $$,
	'notice', 'a second notice');
select lwtest.refused(
	$$ select * from letterwatch.record_reply('F-REFERRED', 'result') $$,
	'closed|referred', 'a reply to a letter that was referred');

-- ---- the same through plain INSERT -------------------------------------------------------

select lwtest.refused(
	$$ insert into letterwatch.letter_event (letter_no, kind, outcome) values ('F-404', 'notice', 'accepted') $$,
	'F-404', 'an event row of an unknown letter');
select lwtest.refused(
	$$ insert into letterwatch.letter_event (letter_no, kind) values ('F-1', 'frobnicate') $$,
	'kind|frobnicate', 'an event row of an unknown kind');
select lwtest.refused(
	$$ insert into letterwatch.letter_event (letter_no, kind, occurred_at)
	   values ('F-1', 'progress', '2026-03-03 00:10:00+08') $$,
	'future', 'an event row of tomorrow');
select lwtest.refused(
	$$ insert into letterwatch.letter (letter_no, office_code) values ('F-2', 'NOWHERE') $$,
	'office.*NOWHERE', 'a letter row of an unknown office');

-- One wrong row among good ones: none of them.
select lwtest.refused(
	$$ insert into letterwatch.letter (letter_no, office_code, received_on)
	   values ('F-A', 'T-P-C-1', '2026-03-02'),
	          ('F-B', 'NOWHERE', '2026-03-02'),
	          ('F-C', 'T-P-C-1', '2026-03-02') $$,
	'NOWHERE', 'three letters, the second of an unknown office');
select lwtest.refused(
	$$ insert into letterwatch.letter_event (letter_no, kind, outcome)
	   values ('F-1', 'notice', 'accepted'),
	          ('F-CLOSED', 'progress', null) $$,
	'F-CLOSED', 'two events, the second to a closed letter');
-- The primary key's own words.
select throws_ok(
	$$ insert into letterwatch.letter (letter_no, office_code, received_on)
	   values ('F-A', 'T-P-C-1', '2026-03-02'), ('F-A', 'T-P-C-1', '2026-03-02') $$,
	'23505', null, 'one number twice in one statement is refused');

-- ---- facts stay facts ----------------------------------------------------------------------

select lwtest.refused(
	$$ delete from letterwatch.letter_event where letter_no = 'F-NOTED' $$,
	'event|append|void', 'taking an event back by deleting it');
select lwtest.refused(
	$$ update letterwatch.letter_event set occurred_at = '2026-02-26 09:00+08' where letter_no = 'F-NOTED' $$,
	'event|append|void|correct', 'changing an event');

-- ---- what a message must not tell -------------------------------------------------------------

select unalike(
	(select concat_ws(' ', message, hint) from lwtest.refusal(
		$$ select * from letterwatch.register_letter(
			office_code => 'NOWHERE', letter_no => 'F-2', title => 'confidential matter') $$)),
	'%confidential%',
	'a refusal does not repeat the title of a letter');

select is(lwtest.footprint(), :'before', 'after all these refusals everything is as it was');
select is_empty('select * from letterwatch.verify()', 'and what is stored is what the facts imply');

select * from finish();
rollback;
