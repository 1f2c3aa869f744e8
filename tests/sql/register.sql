-- register.sql -- the life of a letter through the functions for people, and
-- what each of them says the letter owes next.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- receipt -------------------------------------------------------------------

select lwtest.rows_are(
	$$ select letter_no, rule, due_on, days_left::int, workdays_left::int, provisional
	   from letterwatch.register_letter(
		office_code => 'T-P-C-1', letter_no => 'R-1', received_at => '2026-03-02 09:30:00+08',
		channel => 'post', title => 'test letter')
	   order by due_on $$,
	$$ values
		('R-1', 'notice', '2026-03-09'::date, 7, 5, false),
		('R-1', 'reply', '2026-06-02'::date, 92, 63, false) $$,
	'a new letter owes a notice in 7 days and, until a notice is known, a reply in 3 months');

select lwtest.rows_are(
	$$ select office_code, received_on, next_rule, next_due_on
	   from letterwatch.letter_status where letter_no = 'R-1' $$,
	$$ values ('T-P-C-1', '2026-03-02'::date, 'notice', '2026-03-09'::date) $$,
	'letter_status shows what comes next');

select letter_no as made_no from letterwatch.register_letter(office_code => 'T-P-C-1') limit 1 \gset
select is(
	(select received_on from letterwatch.letter where letter_no = :'made_no'),
	'2026-03-02'::date,
	'a letter without a number is given one, and without a day was received today');

select lwtest.rows_are(
	$$ select rule, due_on
	   from letterwatch.register_letter(
		office_code => 'T-P-C-1', letter_no => 'R-W', received_at => '2026-03-02 09:30:00+08',
		rule_set => 'procuratorate-workdays')
	   order by due_on $$,
	$$ values ('notice', '2026-03-11'::date), ('reply', '2026-06-02'::date) $$,
	'a letter may be under another rule set than its office');

-- ---- the notice and its four outcomes ----------------------------------------------

call lwtest.set_clock('2026-03-04 15:00:00');
select lwtest.rows_are(
	$$ select letter_no, rule, handler, due_on, days_left::int
	   from letterwatch.record_notice(letter_no => 'R-1', handler => 'S-017', channel => 'post') $$,
	$$ values ('R-1', 'reply', 'S-017', '2026-06-02'::date, 90) $$,
	'an accepted letter owes its reply, counted from receipt');

call lwtest.register('R-REF', '2026-03-02 09:00');
select is_empty(
	$$ select * from letterwatch.record_notice(letter_no => 'R-REF', outcome => 'referred') $$,
	'a referred letter owes nothing more');
select is(
	(select next_rule from letterwatch.letter_status where letter_no = 'R-REF'),
	null,
	'letter_status of a referred letter shows nothing that comes next');

call lwtest.register('R-NOT', '2026-03-02 09:00');
select is_empty(
	$$ select * from letterwatch.record_notice(letter_no => 'R-NOT', outcome => 'not_accepted') $$,
	'a letter that is not accepted owes nothing more');

call lwtest.register('R-INC', '2026-03-02 09:00');
select is_empty(
	$$ select * from letterwatch.record_notice(letter_no => 'R-INC', outcome => 'incomplete')
	   where rule = 'notice' $$,
	'asking for missing material meets the notice');

select isnt(
	(select status from letterwatch.letter_status where letter_no = 'R-INC'),
	(select status from letterwatch.letter_status where letter_no = 'R-1'),
	'a letter that waits for material has a status of its own');

select is(
	(select next_rule from letterwatch.letter_status where letter_no = 'R-INC'),
	null,
	'while material is missing no reply is owed: only an accepted letter owes one');
select lwtest.rows_are(
	$$ select rule from letterwatch.record_notice(letter_no => 'R-INC', outcome => 'accepted') $$,
	$$ values ('reply') $$,
	'when it is accepted after all it owes a reply, and no second notice');

-- ---- who handles it ----------------------------------------------------------------

select lwtest.rows_are(
	$$ select rule, unit, handler
	   from letterwatch.assign_letter(letter_no => 'R-1', unit => 'case', handler => 'S-042') $$,
	$$ values ('reply', 'case', 'S-042') $$,
	'an assignment names the unit and the handler of what is owed next');
select is(
	(select handler from letterwatch.letter_status where letter_no = 'R-1'),
	'S-042',
	'letter_status names the new handler');

-- ---- the reply, and the monthly follow-up ----------------------------------------------

call lwtest.set_clock('2026-05-20 11:00:00');
select lwtest.rows_are(
	$$ select rule, due_on, days_left::int
	   from letterwatch.record_reply(letter_no => 'R-1', outcome => 'progress') $$,
	$$ values ('followup', '2026-07-02'::date, 43) $$,
	'a progress reply in time: the follow-up is due one month after the last day of the reply');

call lwtest.set_clock('2026-06-25 11:00:00');
select lwtest.rows_are(
	$$ select rule, due_on
	   from letterwatch.record_reply(letter_no => 'R-1', outcome => 'progress') $$,
	$$ values ('followup', '2026-07-27'::date) $$,
	'the next one is due one month after that progress, here rolled over a week-end');

call lwtest.set_clock('2026-08-10 11:00:00');
select lwtest.rows_are(
	$$ select rule, due_on
	   from letterwatch.record_reply(letter_no => 'R-1', outcome => 'progress', reason => 'hearing moved') $$,
	$$ values ('followup', '2026-09-10'::date) $$,
	'a late progress meets the follow-up that was open and begins one new one');

call lwtest.set_clock('2026-08-12 11:00:00');
select is_empty(
	$$ select * from letterwatch.record_reply(letter_no => 'R-1', outcome => 'result') $$,
	'a result ends the matter');
select is(
	(select next_rule from letterwatch.letter_status where letter_no = 'R-1'),
	null,
	'after the result nothing comes next');

-- A result before any notice: both are met at once.
call lwtest.register('R-NOW', '2026-08-11 09:00');
select is_empty(
	$$ select * from letterwatch.record_reply(letter_no => 'R-NOW', outcome => 'result') $$,
	'a result also meets a notice that is still open');

call lwtest.register('R-PRO', '2026-08-11 09:00');
select lwtest.rows_are(
	$$ select rule, due_on
	   from letterwatch.record_reply(letter_no => 'R-PRO', outcome => 'progress') $$,
	$$ values ('followup', '2026-12-11'::date) $$,
	'a progress reply also meets a notice that is still open');

-- ---- facts that are told afterwards ---------------------------------------------------

call lwtest.register('R-LATE', '2026-08-03 09:00');
select lwtest.rows_are(
	$$ select rule, due_on
	   from letterwatch.record_notice(letter_no => 'R-LATE', at => '2026-08-05 16:00:00+08') $$,
	$$ values ('reply', '2026-11-03'::date) $$,
	'a notice may be entered days after it was sent');
select is(
	(select occurred_at from letterwatch.letter_event
	 where letter_no = 'R-LATE' and kind = 'notice'),
	'2026-08-05 16:00:00+08'::timestamptz,
	'and keeps the day on which it was sent');

-- ---- another regime: the answer counts from acceptance ----------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
select lwtest.rows_are(
	$$ select rule, due_on
	   from letterwatch.register_letter(
		office_code => 'T-P-C-1', letter_no => 'R-X', received_at => '2026-03-02 09:30:00+08',
		rule_set => 'xinfang-2022') $$,
	$$ values ('notice', '2026-03-17'::date) $$,
	'before acceptance only the 15 days are owed');
call lwtest.set_clock('2026-03-10 10:00:00');
select lwtest.rows_are(
	$$ select rule, due_on from letterwatch.record_notice('R-X') $$,
	$$ values ('reply', '2026-05-09'::date) $$,
	'the 60 days count from acceptance, here to a worked Saturday');
select lwtest.rows_are(
	$$ select rule, due_on from letterwatch.record_reply('R-X', 'progress') $$,
	$$ values ('reply', '2026-05-09'::date) $$,
	'which a progress does not meet');
select is_empty(
	$$ select * from letterwatch.record_reply('R-X', 'result') $$,
	'but a result does');

-- ---- who must act ---------------------------------------------------------------------

select count(*) as ignored from letterwatch.register_letter(
	office_code => 'T-P-C-1', letter_no => 'R-U', received_at => '2026-03-10 09:30:00+08') \gset
select lwtest.rows_are(
	$$ select rule, unit, handler from letterwatch.assign_letter('R-U', 'petitions', 'S-9') order by rule $$,
	$$ values ('notice', 'petitions', 'S-9'), ('reply', 'petitions', 'S-9') $$,
	'a reply may be assigned to another unit; the notice stays with the petitions unit');
call lwtest.set_clock('2026-08-12 11:00:00');

-- An answer that was sent on the day of receipt is no answer before receipt.
call lwtest.register('R-SAME', '2026-08-12 10:30');
select is_empty(
	$$ select * from letterwatch.record_reply(
		letter_no => 'R-SAME', outcome => 'result', at => '2026-08-12 09:00:00+08') $$,
	'days count, not hours: an answer on the day of receipt is accepted');

-- The next number of ours is given by hand.
select 'L2026-' || lpad((last_value + 1)::text, 7, '0') as next_no from letterwatch.letter_no_seq \gset
call lwtest.set_clock('2026-08-13 10:00:00');
select count(*) as ignored from letterwatch.register_letter('T-P-C-1', :'next_no') \gset
select isnt((select min(letter_no) from letterwatch.register_letter('T-P-C-1')), :'next_no', 'a number that is taken is passed over');
select setval('letterwatch.letter_no_seq', 123456788) as ignored \gset
select is((select min(letter_no) from letterwatch.register_letter('T-P-C-1')), 'L2026-123456789', 'numbers may become longer');

select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');

select * from finish();
rollback;
