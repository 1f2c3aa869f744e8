-- kept.sql -- what has been judged stays judged, and what is entered late comes out as if it had been entered in order: settings that
-- change over closed deadlines, letters withdrawn and reopened, reports as of a moment, entries that would upset others.
begin;
\ir include/helpers.psql
select no_plan();

create function lwtest.dates(letter text) returns setof text
	language sql
	as $$
	select concat_ws(' ', d.rule, d.office_code, d.start_on, d.due_on, d.state, d.verdict)
	from letterwatch.deadline d
	where d.letter_no = letter
	order by d.rule, d.since
	$$;

-- What a month's report says of a rule in the county, as of a moment.
create function lwtest.report(of_rule text, month date, as_of text default null) returns text
	language sql
	as $$
	select string_agg(format('%s due, %s in time, %s late, %s open, %s not yet', r.due, r.in_time, r.late, r.open_overdue, r.not_yet_due), '; ')
	from letterwatch.reply_rate_tree('T-P-C-1', month, month, (as_of || '+08')::timestamptz) r
	where r.rule = of_rule and r.line = 'own' and r.month is not null
	$$;

-- ---- the office comes under other rules ----------------------------------------------------------------------------------

-- Received on Monday 2 March, notified on the 10th, a day late; by working days the 11th would have done.
call lwtest.set_clock('2026-03-02 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-LATE', 'T-P-C-1', '2026-03-02'), ('K-OPEN', 'T-P-C-1', '2026-03-02');
call lwtest.at('2026-03-10 10:00', $$ record_notice('K-LATE') $$);
call lwtest.set_clock('2026-04-01 10:00');
create temporary table report as select lwtest.report('notice', '2026-03-01') as of_april;
update letterwatch.office set rule_set = 'procuratorate-workdays' where office_code = 'T-P-C';
call lwtest.redate();
select is((select d from lwtest.dates('K-LATE') d where d like 'notice%'), 'notice T-P-C-1 2026-03-02 2026-03-09 met late',
	'what was late by the rules of then stays late, whatever rules the office has now');
select is((select d from lwtest.dates('K-OPEN') d where d like 'notice%'), 'notice T-P-C-1 2026-03-02 2026-03-11 open',
	'what is open has the rules of now');
select is(lwtest.report('notice', '2026-03-01', '2026-04-01 10:00'), (select of_april from report), 'and the report of then comes out again');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');
call lwtest.set_clock('2026-04-01 10:05');
update letterwatch.office set rule_set = null where office_code = 'T-P-C';
call lwtest.redate();

-- ---- withdrawn when nothing was owed any more -------------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
values ('K-ANON', 'T-P-C-1', '2026-03-02'), ('K-ASKED', 'T-P-C-1', '2026-03-02'), ('K-MISSED', 'T-P-C-1', '2026-03-02');
call lwtest.at('2026-03-04 10:00', $$ exempt_letter('K-ANON', 'anonymous') $$);
call lwtest.at('2026-03-04 10:00', $$ record_notice('K-ASKED', outcome => 'incomplete') $$);
call lwtest.at('2026-06-20 10:00', $$ withdraw_letter('K-ANON') $$);
call lwtest.at('2026-06-20 10:00', $$ withdraw_letter('K-ASKED') $$);
call lwtest.at('2026-06-20 10:00', $$ withdraw_letter('K-MISSED') $$);
select results_eq($$ select lwtest.dates('K-ANON') $$,
	array['notice T-P-C-1 2026-03-02 2026-03-09 exempt exempt', 'reply T-P-C-1 2026-03-02 2026-06-02 exempt exempt'],
	'an anonymous letter owed nothing from its exemption on, though it is withdrawn later');
select results_eq($$ select lwtest.dates('K-ASKED') $$,
	array['notice T-P-C-1 2026-03-02 2026-03-09 met in_time', 'reply T-P-C-1 2026-03-02 2026-06-02 not_owed not_owed'],
	'nor did one whose writer was asked for material');
select results_eq($$ select lwtest.dates('K-MISSED') $$,
	array['notice T-P-C-1 2026-03-02 2026-03-09 not_owed missed', 'reply T-P-C-1 2026-03-02 2026-06-02 not_owed missed'],
	'what was owed until after its end was missed');

-- ---- withdrawn and reopened -----------------------------------------------------------------------------------------------------

call lwtest.at('2026-06-22 10:00', $$ reopen_letter('K-MISSED', 'asks again') $$);
select results_eq($$ select d from lwtest.dates('K-MISSED') d where d like 'notice%' $$,
	array['notice T-P-C-1 2026-03-02 2026-03-09 not_owed missed', 'notice T-P-C-1 2026-06-22 2026-06-29 open'],
	'a notice that was missed stays missed when the letter is reopened; another is owed');
call lwtest.at('2026-06-23 10:00', $$ record_notice('K-MISSED') $$);
select is((select count(*)::int from lwtest.dates('K-MISSED') d where d like 'notice% met in_time'), 1, 'which is met by itself');

-- ---- a report between a change and its re-dating -------------------------------------------------------------------------------------

call lwtest.set_clock('2026-09-30 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-YEAR', 'T-P-C-1', '2026-09-30');
call lwtest.at('2026-10-09 10:00', $$ record_notice('K-YEAR') $$);
call lwtest.set_clock('2026-11-20 10:00');
set constraints all deferred;
insert into letterwatch.calendar_list (calendar, year, source) values ('cn', 2027, 'a list of the test');
insert into letterwatch.calendar_day (calendar, year, day, kind, holiday)
select 'cn', 2027, d::date, 'off', 'New Year' from generate_series('2026-12-30'::date, '2027-01-01', '1 day') d;
set constraints all immediate;
call lwtest.set_clock('2026-11-20 10:01');
create temporary table between_them as
	select m.month, lwtest.report('reply', m.month::date, '2026-11-20 10:00:30') as said from unnest(array['2026-12-01', '2027-01-01']::date[]) m (month);
call lwtest.set_clock('2026-11-20 10:02');
call lwtest.redate();
call lwtest.set_clock('2026-11-20 10:03');
select is(lwtest.report('reply', month, '2026-11-20 10:00:30'), said, 'a report of a moment at which a new list was not worked off, of ' || month)
from between_them;
select is((select said from between_them where month = '2027-01-01'), '0 due, 0 in time, 0 late, 0 open, 1 not yet', 'it knows the list');

-- ---- which of several is explained --------------------------------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-TWO', 'T-P-C-1', '2026-03-02');
call lwtest.at('2026-03-05 10:00', $$ record_notice('K-TWO') $$);
call lwtest.at('2026-07-10 10:00', $$ record_reply('K-TWO', 'progress', at => '2026-07-05 10:00+08') $$);
call lwtest.at('2026-07-10 10:01', $$ record_reply('K-TWO', 'progress', at => '2026-06-25 10:00+08') $$);
select is((select day from letterwatch.explain_deadline('K-TWO', 'followup') where step = 'last day'),
	(select due_on from letterwatch.deadline where letter_no = 'K-TWO' and rule = 'followup' and state = 'open'),
	'the follow-up that is owed, though another was entered after it');

-- ---- entries that would upset others -------------------------------------------------------------------------------------------

insert into letterwatch.office (office_code, name, parent_code) values ('T-P-C-3', 'third test county office', 'T-P-C');
call lwtest.set_clock('2026-07-01 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-MOVED', 'T-P-C-1', '2026-07-01');
call lwtest.at('2026-07-10 10:00', $$ transfer_letter('K-MOVED', 'T-P-C-2') $$);
call lwtest.set_clock('2026-07-20 10:00');
select lwtest.refused($$ select letterwatch.transfer_letter('K-MOVED', 'T-P-C-2', at => '2026-07-05 10:00+08') $$, 'transfer',
	'a transfer that makes a later one go where the letter is');
select lwtest.refused($$ select letterwatch.correct_letter('K-MOVED', 'a slip', office_code => 'T-P-C-2') $$, 'transfer',
	'a correction that does');
select ok((select count(*) > 0 from letterwatch.transfer_letter('K-MOVED', 'T-P-C-3', at => '2026-07-05 10:00+08')), 'another comes before it');
select results_eq($$ select d from lwtest.dates('K-MOVED') d where d like 'notice%' $$,
	array['notice T-P-C-1 2026-07-01 2026-07-08 not_owed not_owed', 'notice T-P-C-2 2026-07-10 2026-07-17 open',
	      'notice T-P-C-3 2026-07-05 2026-07-13 not_owed not_owed'],
	'each office owed a notice as long as it had the letter');

call lwtest.set_clock('2026-06-10 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-RECEIPT', 'T-P-C-1', '2026-06-10');
call lwtest.at('2026-06-11 10:00', $$ correct_letter('K-RECEIPT', 'a slip', received_on => '2026-06-01') $$);
call lwtest.at('2026-06-11 10:01', $$ record_notice('K-RECEIPT', at => '2026-06-05 10:00+08') $$);
select lwtest.refused($$
	select letterwatch.void_event(e.event_id, 'no slip') from letterwatch.letter_event e where e.letter_no = 'K-RECEIPT' and e.kind = 'correct' $$,
	'received on 2026-06-10 it would lie after an event of 2026-06-05', 'a correction taken back, with an event before the receipt then');

insert into letterwatch.rule_set (rule_set, title) values ('t-extend', 'may be extended');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by, may_extend, extend_amount, extend_unit)
values ('t-extend', 'notice', 'test', 'receipt', 15, 'day', 'case', '{notice}', false, null, null),
       ('t-extend', 'reply', 'test', 'acceptance', 30, 'day', 'case', '{result}', true, 60, 'day');
call lwtest.set_clock('2026-02-01 09:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('K-HEAL', 'T-P-C-1', '2026-02-01', 't-extend');
call lwtest.at('2026-03-20 10:00', $$ record_notice('K-HEAL', at => '2026-03-01 10:00+08') $$);
call lwtest.at('2026-03-20 10:01', $$ extend_deadline('K-HEAL', 'reply', '2026-05-25', 'S-1', 'difficult', '2026-03-20 09:00+08') $$);
call lwtest.set_clock('2026-03-20 10:02');
select count(*) as ignored from letterwatch.letter_event e, letterwatch.void_event(e.event_id, 'a slip')
where e.letter_no = 'K-HEAL' and e.kind = 'notice' \gset
select lwtest.refused($$ select letterwatch.record_notice('K-HEAL', at => '2026-02-01 10:00+08') $$,
	'its reply ended on 2026-03-03 and cannot be extended any more', 'a beginning that leaves an extension behind the end that it extended');
select ok((select count(*) > 0 from letterwatch.record_notice('K-HEAL', at => '2026-02-27 10:00+08')), 'one that does not is taken');
select is((select d from lwtest.dates('K-HEAL') d where d like 'reply%'), 'reply T-P-C-1 2026-02-27 2026-05-25 open', 'and extended');

-- What was in order by the rule of then stands in nobody's way when the rule is corrected.
call lwtest.at('2026-03-27 10:00', $$ assign_letter('K-HEAL', 'case', 'H-1') $$);
call lwtest.set_clock('2026-03-30 10:00');
update letterwatch.rule set amount = 15 where rule_set = 't-extend' and rule = 'reply';
call lwtest.redate();
call lwtest.set_clock('2026-03-30 10:05');
select ok((select count(*) > 0 from letterwatch.letter_event e, letterwatch.void_event(e.event_id, 'the wrong person')
           where e.letter_no = 'K-HEAL' and e.kind = 'assign'), 'an entry that moves no end is made void');

-- ---- an exempt letter that is handled all the same --------------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-HANDLED', 'T-P-C-1', '2026-03-02');
call lwtest.at('2026-03-03 10:00', $$ exempt_letter('K-HANDLED', 'no_address') $$);
call lwtest.at('2026-03-30 10:00', $$ record_reply('K-HANDLED', 'result') $$);
select results_eq($$ select lwtest.dates('K-HANDLED') $$,
	array['notice T-P-C-1 2026-03-02 2026-03-09 exempt exempt', 'reply T-P-C-1 2026-03-02 2026-06-02 exempt exempt'],
	'its result makes nothing late that was not owed');

-- ---- offices that letters have passed through ----------------------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00');
insert into letterwatch.office (office_code, name, parent_code) values ('T-P-C-9', 'short-lived', 'T-P-C'), ('T-P-C-8', 'unused', 'T-P-C');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-THROUGH', 'T-P-C-1', '2026-03-02');
call lwtest.at('2026-03-03 10:00', $$ transfer_letter('K-THROUGH', 'T-P-C-9') $$);
call lwtest.at('2026-03-04 10:00', $$ transfer_letter('K-THROUGH', 'T-P-C') $$);
select lwtest.refused($$ delete from letterwatch.office where office_code = 'T-P-C-9' $$, 'office T-P-C-9 has had letters', 'to remove one');
select lives_ok($$ delete from letterwatch.office where office_code = 'T-P-C-8' $$, 'one that had none is removed');

-- ---- rules whose events come to mean something else -------------------------------------------------------------------------------------

call lwtest.set_clock('2026-08-03 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
values ('K-TOLD', 'T-P-C-1', '2026-08-03'), ('K-LACKS', 'T-P-C-1', '2026-08-03'), ('K-RESUMED', 'T-P-C-1', '2026-08-03'), ('K-WAITS', 'T-P-C-1', '2026-08-03');
call lwtest.at('2026-08-05 10:00', $$ record_reply('K-TOLD', 'progress') $$);
call lwtest.at('2026-08-05 10:00', $$ record_notice('K-LACKS', outcome => 'incomplete') $$);
call lwtest.at('2026-08-05 10:00', $$ record_notice('K-RESUMED', outcome => 'incomplete') $$);
call lwtest.set_clock('2026-08-10 10:00');
create temporary table effects as select met_by, not_owed_in, followed_by from letterwatch.rule where rule_set = 'procuratorate' and rule = 'reply';
set constraints all deferred;
update letterwatch.rule set met_by = '{result}', not_owed_in = '{withdrawn,duplicate}', followed_by = null, on_reopen = 'end'
where rule_set = 'procuratorate' and rule = 'reply';
select is_empty($$ select letter_no, rule from letterwatch.preview() where letter_no in ('K-TOLD', 'K-LACKS') and new_due is null $$,
	'a preview says of nothing that was closed that it would go');
set constraints all immediate;
call lwtest.redate();
select results_eq($$ select d from lwtest.dates('K-TOLD') d where d not like 'notice%' $$,
	array['followup T-P-C-1 2026-11-03 2026-12-03 open', 'reply T-P-C-1 2026-08-03 2026-11-03 met in_time'],
	'what was met by the rule of then stays met, and what followed it is still owed');
select results_eq($$ select d from lwtest.dates('K-LACKS') d where d like 'reply%' $$,
	array['reply T-P-C-1 2026-08-03 2026-11-03 not_owed not_owed'], 'what was not owed then stays so');
select is_empty('select * from letterwatch.verify()', 'and nothing is amiss');

call lwtest.at('2026-08-12 10:00', $$ record_reply('K-WAITS', 'progress') $$);
select results_eq($$ select d from lwtest.dates('K-WAITS') d where d not like 'notice%' $$,
	array['reply T-P-C-1 2026-08-03 2026-11-03 open'], 'progress met nothing while the rule said so');
call lwtest.set_clock('2026-08-12 10:30');
select count(*) as ignored from letterwatch.letter_event e, letterwatch.void_event(e.event_id, 'it was whole') where e.letter_no = 'K-RESUMED' \gset
select results_eq($$ select d from lwtest.dates('K-RESUMED') d where d like 'reply%' $$,
	array['reply T-P-C-1 2026-08-03 2026-11-03 open'], 'where what closed it is made void, the present rule holds');
call lwtest.at('2026-08-12 11:00', $$ record_notice('K-RESUMED', outcome => 'incomplete') $$);
select results_eq($$ select d from lwtest.dates('K-RESUMED') d where d like 'reply%' $$,
	array['reply T-P-C-1 2026-08-03 2026-11-03 open'], 'by which it is owed though material lacks');
call lwtest.set_clock('2026-08-13 10:00');
update letterwatch.rule r set met_by = e.met_by, not_owed_in = e.not_owed_in, followed_by = e.followed_by, on_reopen = 'begin'
from effects e where r.rule_set = 'procuratorate' and r.rule = 'reply';
call lwtest.redate();
select results_eq($$ select d from lwtest.dates('K-WAITS') d where d not like 'notice%' $$,
	array['followup T-P-C-1 2026-11-03 2026-12-03 open', 'reply T-P-C-1 2026-08-03 2026-11-03 met in_time'],
	'a corrected row concerns what is open: now that progress has met it');
select results_eq($$ select d from lwtest.dates('K-RESUMED') d where d like 'reply%' $$,
	array['reply T-P-C-1 2026-08-03 2026-11-03 not_owed not_owed'], 'and nothing is owed while material lacks');

create function lwtest.held(letter text) returns setof text
	language sql
	as $$
	select concat_ws(' ', d.rule, d.rule_set, d.due_on, d.state)
	from letterwatch.deadline d
	where d.letter_no = letter
	order by d.rule, d.since
	$$;

-- ---- an office that comes under rules that know less ---------------------------------------------------------------------------------

call lwtest.at('2026-11-10 10:00', $$ record_reply('K-TOLD', 'progress') $$);
call lwtest.set_clock('2026-12-21 09:00');
create temporary table known_then as select lwtest.report('followup', '2026-12-01') as said;
select is(said, '3 due, 1 in time, 0 late, 2 open, 0 not yet', 'a follow-up was met, two were missed') from known_then;
call lwtest.set_clock('2026-12-21 10:00');
update letterwatch.office set rule_set = 'xinfang-2022' where office_code = 'T-P-C-1';
call lwtest.redate();
select results_eq($$ select lwtest.held('K-TOLD') $$,
	array['followup procuratorate 2026-12-03 met', 'notice procuratorate 2026-08-10 met', 'reply procuratorate 2026-11-03 met'],
	'what was closed stays under the rule set of then');
select is((select string_agg(d, ', ') from lwtest.dates('K-WAITS') d where d not like 'notice%'),
	'reply T-P-C-1 2026-08-03 2026-11-03 met in_time', 'what is open of a rule that the present rule set does not know is over');
select is((select what from letterwatch.explain_deadline('K-TOLD', 'reply') where step = 'rule') ~ '^procuratorate / reply: 3 months', true,
	'an explanation tells by which rule set');
select is(lwtest.report('followup', '2026-12-01', '2026-12-21 09:30'), said, 'the report of then comes out again') from known_then;
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');
update letterwatch.office set rule_set = null where office_code = 'T-P-C-1';
call lwtest.redate();

-- ---- a changed law that is entered late, and slips ------------------------------------------------------------------------------------

call lwtest.set_clock('2026-06-01 10:00');
insert into letterwatch.rule_set (rule_set, title) values ('t-law', 'a law that changes');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by, not_owed_in, may_suspend)
values ('t-law', 'notice', 'test', 'receipt', 15, 'day', 'petitions', '{notice}', '{}', false),
       ('t-law', 'reply', 'test', 'receipt', 60, 'day', 'case', '{progress,result}', '{}', true);
call lwtest.set_clock('2026-07-02 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
values ('K-LAW', 'T-P-C-1', '2026-07-02', 't-law'), ('K-SLIP', 'T-P-C-1', '2026-07-02', 't-law');
call lwtest.at('2026-07-03 10:00', $$ suspend_letter('K-LAW', 'an expert is asked') $$);
call lwtest.at('2026-07-13 10:00', $$ resume_letter('K-LAW') $$);
call lwtest.at('2026-07-20 10:00', $$ record_notice('K-LAW') $$);
call lwtest.at('2026-07-21 10:00', $$ record_reply('K-LAW', 'progress') $$);
call lwtest.at('2026-07-21 10:00', $$ record_notice('K-SLIP') $$);
select results_eq($$ select lwtest.dates('K-LAW') $$,
	array['notice T-P-C-1 2026-07-02 2026-07-17 met late', 'reply T-P-C-1 2026-07-02 2026-09-10 met in_time'], 'closed under the old law');
create temporary table by_old_law as select d from lwtest.dates('K-LAW') d;
call lwtest.set_clock('2026-09-10 10:00');
set constraints all deferred;
update letterwatch.rule set valid_to = '2026-06-30' where rule_set = 't-law' and rule = 'reply';
insert into letterwatch.rule (rule_set, rule, valid_from, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-law', 'reply', '2026-07-01', 'test', 'receipt', 30, 'day', 'case', '{notice}');
update letterwatch.rule set met_by = '{result}' where rule_set = 't-law' and rule = 'reply' and valid_from = '2026-07-01';
set constraints all immediate;
call lwtest.redate();
select results_eq($$ select lwtest.dates('K-LAW') $$, 'select d from by_old_law', 'stays closed so where a row for its day of receipt is entered afterwards');
select is((select d from lwtest.dates('K-SLIP') d where d like 'reply%'), 'reply T-P-C-1 2026-07-02 2026-08-03 open',
	'what is open is as the new row has it; one that was mended before the commit was never in force');
call lwtest.set_clock('2026-09-10 11:00');
update letterwatch.rule set may_suspend = true where rule_set = 't-law' and rule = 'notice';
call lwtest.redate();
select results_eq($$ select lwtest.dates('K-LAW') $$, 'select d from by_old_law', 'a suspension that counts from now on makes nothing of then in time');
call lwtest.set_clock('2026-09-10 12:00');
update letterwatch.rule set met_by = '{notice,result}' where rule_set = 't-law' and rule = 'reply' and valid_from = '2026-07-01';
call lwtest.redate();
select is((select d from lwtest.dates('K-SLIP') d where d like 'reply%'), 'reply T-P-C-1 2026-07-02 2026-08-31 met in_time', 'a slip closes');
call lwtest.set_clock('2026-09-10 12:01');
update letterwatch.rule set met_by = '{result}' where rule_set = 't-law' and rule = 'reply' and valid_from = '2026-07-01';
call lwtest.redate();
select is((select d from lwtest.dates('K-SLIP') d where d like 'reply%'), 'reply T-P-C-1 2026-07-02 2026-08-03 open',
	'and opens again when it is mended: nothing was recorded meanwhile');
call lwtest.at('2026-09-11 10:00', $$ record_reply('K-LAW', 'progress', at => '2026-07-20 15:00+08') $$);
select is((select d from lwtest.dates('K-LAW') d where d like 'reply%'), 'reply T-P-C-1 2026-07-02 2026-09-10 met in_time',
	'what was closed does not open because an earlier entry was forgotten');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

-- ---- rules that begin otherwise, under the same name ---------------------------------------------------------------------------------

call lwtest.set_clock('2026-12-22 10:00');
insert into letterwatch.office (office_code, name, parent_code) values ('T-P-C-4', 'fourth test county office', 'T-P-C');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-TWICE', 'T-P-C-4', '2026-12-22'), ('K-GONE', 'T-P-C-4', '2026-12-22');
call lwtest.at('2026-12-23 10:00', $$ record_notice('K-TWICE') $$);
call lwtest.at('2027-02-22 10:00', $$ record_reply('K-TWICE', 'progress') $$);
call lwtest.at('2027-04-19 10:00', $$ record_reply('K-TWICE', 'result') $$);
create temporary table once as select h from lwtest.held('K-TWICE') h;
select is((select count(*)::int from once), 3, 'a notice, a reply and what follows it');
call lwtest.set_clock('2027-05-10 10:00');
update letterwatch.office set rule_set = 'xinfang-2022' where office_code = 'T-P-C-4';
call lwtest.redate();
select results_eq($$ select lwtest.held('K-TWICE') $$, 'select h from once', 'a reply that was met is not owed once more since the acceptance');
call lwtest.set_clock('2027-05-11 10:00');
update letterwatch.office set rule_set = null where office_code = 'T-P-C-4';
call lwtest.redate();
call lwtest.set_clock('2027-05-12 10:00');
update letterwatch.office set rule_set = 'xinfang-2022' where office_code = 'T-P-C-4';
call lwtest.redate();
select results_eq($$ select lwtest.held('K-TWICE') $$, 'select h from once', 'nor does it go when the office moves to and fro');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

-- ---- broken off, withdrawn, entered late, slipped ------------------------------------------------------------------------------------

call lwtest.set_clock('2027-06-01 09:00');
insert into letterwatch.rule_set (rule_set, title) values ('t-back', 'reopened');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by, not_owed_in, on_reopen)
values ('t-back', 'notice', 'as it was', 'receipt', 15, 'day', 'petitions', '{notice}', '{withdrawn}', 'restart'),
       ('t-back', 'reply', 'test', 'receipt', 30, 'day', 'case', '{result}', '{incomplete,withdrawn}', 'keep');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity) values ('t-back', 'notice', 1, 'overdue', 0, 3);
call lwtest.set_clock('2027-06-01 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
values ('K-AGAIN', 'T-P-C-1', '2027-06-01', 't-back'), ('K-LACKED', 'T-P-C-1', '2027-06-01', 't-back'), ('K-DUE', 'T-P-C-1', '2027-06-01', 't-back');
call lwtest.at('2027-06-02 10:00', $$ withdraw_letter('K-AGAIN') $$);
call lwtest.at('2027-06-03 10:00', $$ reopen_letter('K-AGAIN', 'asks again') $$);
call lwtest.at('2027-06-07 10:00', $$ record_notice('K-LACKED', outcome => 'incomplete') $$);
call lwtest.set_clock('2027-06-10 10:00');
update letterwatch.rule set on_reopen = 'keep', amount = 10, basis = 'as it is' where rule_set = 't-back' and rule = 'notice';
update letterwatch.rule set not_owed_in = '{withdrawn}' where rule_set = 't-back' and rule = 'reply';
call lwtest.redate();
select results_eq($$ select d from lwtest.dates('K-AGAIN') d where d like 'notice%' $$,
	array['notice T-P-C-1 2027-06-01 2027-06-11 open'], 'what a reopening broke off goes on where it breaks off nothing now');
select is((select what from letterwatch.explain_deadline('K-LACKED', 'notice') where step = 'rule'), 't-back / notice: 15 days. as it was',
	'what is judged by a row of then is explained by its basis');
call lwtest.at('2027-06-11 10:00', $$ record_notice('K-LACKED', outcome => 'incomplete', at => '2027-06-04 10:00+08') $$);
select is((select d from lwtest.dates('K-LACKED') d where d like 'reply%'), 'reply T-P-C-1 2027-06-01 2027-07-01 not_owed not_owed',
	'what was not owed is not because an earlier entry was forgotten');
call lwtest.set_clock('2027-06-12 10:00');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-back', 'addition', 'test', 'receipt', 60, 'day', 'case', '{notice}');
call lwtest.redate();
call lwtest.set_clock('2027-06-12 11:00');
update letterwatch.rule set met_by = '{result}' where rule_set = 't-back' and rule = 'addition';
call lwtest.redate();
select is((select d from lwtest.dates('K-LACKED') d where d like 'addition%'), 'addition T-P-C-1 2027-06-01 2027-08-02 open',
	'a new row that is mended has closed nothing that was recorded before it');
call lwtest.set_clock('2027-06-15 10:00');
call lwtest.sweep();
select is((select count(*)::int from letterwatch.alert where letter_no = 'K-DUE' and rule = 'notice' and stage = 'overdue'), 1, 'a notice is overdue');
delete from letterwatch.rule where rule_set = 't-back' and rule = 'notice';
call lwtest.redate();
select is((select count(*)::int from letterwatch.log_line where event = 'cleared' and fields[4] in (
	select a.alert_id::text from letterwatch.alert a where a.letter_no = 'K-DUE' and a.rule = 'notice')), 1, 'and cleared when its rule is taken away');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

-- ---- a session that writes dates its own way --------------------------------------------------------------------------------------------

call lwtest.set_clock('2026-11-20 11:00');
insert into letterwatch.letter (letter_no, office_code, received_on) select 'K-STYLE-' || n, 'T-P-C-1', date '2026-11-01' + n from generate_series(1, 12) n;
set datestyle = 'SQL, DMY';
insert into letterwatch.calendar_list (calendar, year, version, source) values ('cn', 2027, 2, 'another list of the test');
insert into letterwatch.calendar_day (calendar, year, version, day, kind, holiday)
select 'cn', 2027, 2, d::date, 'off', 'test' from generate_series('2027-01-18'::timestamp, '2027-02-19', '1 day') d where extract(isodow from d) < 6;
select lwtest.refused('select letterwatch.redate_letters(0)', 'a batch is of 1 or more', 'a batch of nothing');
select count(*) as ignored from letterwatch.redate_letters(5) \gset
reset datestyle;
do $$ begin while letterwatch.redate_letters(5) > 0 loop null; end loop; end $$;
select cardinality(letterwatch.work_replan_queue(1000)) as ignored \gset
select is_empty('select * from letterwatch.verify()', 'all is dated anew, whoever begins and whoever goes on');

-- ---- the last day ends with office hours ---------------------------------------------------------------------------------------------

insert into letterwatch.rule_set (rule_set, title) values ('t-hours', 'office hours');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, end_of_day, responsible_unit, met_by)
values ('t-hours', 'notice', 'test', 'receipt', 7, 'day', '17:30', 'petitions', '{notice}');
call lwtest.set_clock('2026-03-02 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('K-HOURS', 'T-P-C-1', '2026-03-02', 't-hours');
call lwtest.at('2026-03-09 18:00', $$ record_notice('K-HOURS') $$);
select is((select verdict from letterwatch.deadline where letter_no = 'K-HOURS'), 'late', 'half an hour late');
select is_empty($$ select * from letterwatch.late_entries where letter_no = 'K-HOURS' $$, 'is nothing that counts as in time');
select matches((select detail from letterwatch.letter_history('K-HOURS') where what = 'notice ends'), 'met on 2026-03-09, late$', 'the history says so');
select matches((select what from letterwatch.explain_deadline('K-HOURS', 'notice') where step = 'met'), ': late$', 'and the explanation');

-- ---- which notice is written ---------------------------------------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-TEXT', 'T-P-C-1', '2026-03-02');
call lwtest.at('2026-03-03 10:00', $$ record_notice('K-TEXT', outcome => 'incomplete') $$);
select is(letterwatch.notice_text('K-TEXT'), letterwatch.notice_text('K-TEXT', 'incomplete'), 'the one that was recorded');
call lwtest.at('2026-03-04 10:00', $$ transfer_letter('K-TEXT', 'T-P-C-2') $$);
select is(letterwatch.notice_text('K-TEXT'), letterwatch.notice_text('K-TEXT', 'accepted'), 'where another is owed, that one');

-- ---- what a preview shows --------------------------------------------------------------------------------------------------------

call lwtest.set_clock('2027-07-01 10:00');
set constraints all deferred;
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('procuratorate', 'extra', 'test', 'receipt', 20, 'day', 'case', '{result}');
create temporary table foreseen as select * from letterwatch.preview();
set constraints all immediate;
call lwtest.redate();
select lwtest.rows_are(
	$$ select f.letter_no::text, f.new_due from foreseen f where f.rule = 'extra' order by 1 $$,
	$$ select d.letter_no::text, d.due_on from letterwatch.deadline d where d.rule = 'extra' order by 1 $$,
	'each deadline that a new rule brings, also to letters that owe nothing else');
select ok((select count(*) > 0 from foreseen where letter_no = 'K-ASKED'), 'one of these is among them');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

-- ---- rules that change in the transaction that moves the office ---------------------------------------------------------------------

call lwtest.set_clock('2027-08-02 10:00');
insert into letterwatch.rule_set (rule_set, title) values ('t-from', 'before the move'), ('t-to', 'after the move');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-from', 'notice', 'test', 'receipt', 7, 'day', 'petitions', '{notice}'),
       ('t-to', 'notice', 'test', 'receipt', 9, 'day', 'petitions', '{result}');
update letterwatch.office set rule_set = 't-from' where office_code = 'T-P-C-2';
call lwtest.redate();
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-CARRIED', 'T-P-C-2', '2027-08-02');
call lwtest.at('2027-08-03 10:00', $$ record_notice('K-CARRIED') $$);
call lwtest.set_clock('2027-08-05 10:00');
set constraints all deferred;
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-from', 'addition', 'test', 'receipt', 20, 'day', 'case', '{notice}'),
       ('t-to', 'addition', 'test', 'receipt', 30, 'day', 'case', '{result}');
update letterwatch.rule set met_by = '{result}' where rule_set = 't-from' and rule = 'notice';
update letterwatch.office set rule_set = 't-to' where office_code = 'T-P-C-2';
create temporary table foreseen_move as select * from letterwatch.preview() where letter_no = 'K-CARRIED';
set constraints all immediate;
call lwtest.redate();
select results_eq($$ select lwtest.dates('K-CARRIED') $$,
	array['addition T-P-C-2 2027-08-02 2027-09-01 open', 'notice T-P-C-2 2027-08-02 2027-08-09 met in_time'],
	'what changes in the transaction that moves the office has closed nothing there, and what was closed there stays');
select lwtest.rows_are('select rule::text, old_due, new_due from foreseen_move', $$ values ('addition', null::date, '2027-09-01'::date) $$,
	'as its preview said');
select ok(not exists (select from letterwatch.rule where recorded_at = 'infinity'), 'each row says when it came into force');
set constraints all deferred;
set role letterwatch_admin;
update letterwatch.rule set basis = 'dated back', recorded_at = '2020-01-01' where rule_set = 't-to';
update letterwatch.rule set recorded_at = '2020-01-01' where rule_set = 't-to';
update letterwatch.rule set recorded_at = '2100-01-01' where rule_set = 't-to';
create temporary table pg_class as select 'letterwatch.rule'::regclass::oid as oid, 'letterwatch_admin'::regrole::oid as relowner;
discard plans;
update letterwatch.rule set recorded_at = '2020-01-01' where rule_set = 't-to';
reset role;
set constraints all immediate;
call lwtest.redate();
select is_empty($$ select rule from letterwatch.rule where rule_set = 't-to' and recorded_at::date <> '2027-08-05' $$,
	'which no administrator can say otherwise');

-- ---- a rule that was away for a while ---------------------------------------------------------------------------------------------------

insert into letterwatch.rule_set (rule_set, title) values ('t-away', 'away for a while');
call lwtest.set_clock('2027-08-09 10:00');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-away', 'notice', 'test', 'receipt', 7, 'day', 'petitions', '{notice}'), ('t-away', 'reply', 'test', 'receipt', 30, 'day', 'case', '{result}');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
values ('K-GAP', 'T-P-C-1', '2027-08-09', 't-away'), ('K-BEFORE', 'T-P-C-1', '2027-08-09', 't-away'), ('K-AFTER', 'T-P-C-1', '2027-08-09', 't-away');
call lwtest.at('2027-08-10 10:00', $$ record_notice('K-BEFORE') $$);
create temporary table away as select * from letterwatch.rule where rule_set = 't-away' and rule = 'notice';
call lwtest.set_clock('2027-08-11 10:00');
delete from letterwatch.rule where rule_set = 't-away' and rule = 'notice';
call lwtest.redate();
call lwtest.at('2027-08-12 10:00', $$ record_notice('K-GAP') $$);
call lwtest.set_clock('2027-08-13 10:00');
insert into letterwatch.rule select * from away;
call lwtest.redate();
call lwtest.at('2027-08-14 10:00', $$ record_notice('K-AFTER') $$);
call lwtest.set_clock('2027-08-16 10:00');
update letterwatch.rule set met_by = '{result}' where rule_set = 't-away' and rule = 'notice';
call lwtest.redate();
select results_eq($$ select l || ': ' || d from unnest('{K-BEFORE,K-GAP,K-AFTER}'::text[]) l cross join lwtest.dates(l) d where d like 'notice%' $$,
	array['K-BEFORE: notice T-P-C-1 2027-08-09 2027-08-16 met in_time', 'K-GAP: notice T-P-C-1 2027-08-09 2027-08-16 open',
	      'K-AFTER: notice T-P-C-1 2027-08-09 2027-08-16 met in_time'],
	'what was recorded while a rule was away was not closed by it');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

-- ---- who moved a date ---------------------------------------------------------------------------------------------------------------

call lwtest.set_clock('2027-09-06 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
values ('K-WHO-1', 'T-P-C-1', '2027-09-06'), ('K-WHO-2', 'T-P-C-1', '2027-09-06');
call lwtest.set_clock('2027-09-07 10:00');
set letterwatch.actor = 'admin';
update letterwatch.office set rule_set = 'procuratorate-workdays' where office_code = 'T-P-C-1';
set letterwatch.actor = 'clerk';
call lwtest.at('2027-09-07 10:01', $$ assign_letter('K-WHO-1', 'petitions', 'H-1') $$);
call lwtest.redate();
call lwtest.at('2027-09-07 10:02', $$ transfer_letter('K-WHO-1', 'T-P-C') $$);
reset letterwatch.actor;
select lwtest.rows_are($$ select letter_no, new_due, why, changed_by from letterwatch.deadline_change where letter_no ~ '^K-WHO' and rule = 'notice' $$,
	$$ values ('K-WHO-1', '2027-09-15'::date, 'office changed', 'admin'), ('K-WHO-2', '2027-09-15', 'office changed', 'admin') $$,
	'what a change of settings moves is written in its author''s name, also where a clerk''s entry plans the letter first');
update letterwatch.office set rule_set = null where office_code = 'T-P-C-1';
call lwtest.redate();

call lwtest.set_clock('2027-09-09 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-RETURN', 'T-P-C-1', '2027-09-09');
insert into letterwatch.rule_set (rule_set, title) values ('t-reply', 'no notice');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-reply', 'reply', 'test', 'receipt', 60, 'day', 'case', '{result}');
call lwtest.at('2027-09-10 10:00', $$ correct_letter('K-RETURN', 'another law', rule_set => 't-reply') $$);
select format('void_event(%s, %L)', max(event_id), 'the first was right') as void from letterwatch.letter_event where letter_no = 'K-RETURN' \gset
call lwtest.at('2027-09-10 11:00', :'void');
select results_eq($$ select concat_ws(' ', old_due, '>', new_due) from letterwatch.deadline_change where letter_no = 'K-RETURN' and rule = 'notice'
                     order by changed_at $$,
	array['2027-09-16 >', '> 2027-09-16'], 'what goes and what comes back');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-from', 'more', 'test', 'receipt', 60, 'day', 'case', '{result}');
call lwtest.redate();
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('K-MORE', 'T-P-C-1', '2027-09-09', 't-from');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-from', 'extra', 'test', 'receipt', 60, 'day', 'case', '{result}');
call lwtest.redate();
select lwtest.rows_are($$ select rule, old_due, new_due from letterwatch.deadline_change where letter_no = 'K-MORE' $$,
	$$ values ('extra', null::date, '2027-11-08'::date) $$, 'and what a new rule begins');

-- ---- an office that comes under another time zone ------------------------------------------------------------------------------------

call lwtest.set_clock('2027-09-06 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-ZONE', 'T-P-C-1', '2027-09-06'), ('K-ZONE-2', 'T-P-C-2', '2027-09-06');
call lwtest.at('2027-09-14 00:30', $$ transfer_letter('K-ZONE', 'T-P-C') $$);
call lwtest.at('2027-09-21 10:30', $$ record_notice('K-ZONE') $$);
create temporary table zone as select lwtest.dates('K-ZONE') as d;
update letterwatch.office set time_zone = 'Asia/Urumqi' where office_code = 'T-P-C';
call lwtest.redate();
select results_eq($$ select lwtest.dates('K-ZONE') $$, 'select d from zone', 'an event keeps the day on which it was recorded, and what it closed its verdict');
select lives_ok($$ call lwtest.at('2027-09-22 00:40', 'transfer_letter(''K-ZONE-2'', ''T-P'')') $$, 'a letter leaves the office');
update letterwatch.office set time_zone = null where office_code = 'T-P-C';
call lwtest.redate();
call lwtest.set_clock('2027-09-23 00:30');
insert into letterwatch.office (office_code, name, parent_code, time_zone) values ('T-P-C-7', 'two hours behind', 'T-P-C', 'Asia/Urumqi');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-WEST', 'T-P-C-1', '2027-09-23');
select lives_ok($$ call lwtest.at('2027-09-23 00:40', 'transfer_letter(''K-WEST'', ''T-P-C-7'')') $$,
	'what comes to an office where it is still yesterday has not left before it came');

-- ---- who was responsible ---------------------------------------------------------------------------------------------------------------

insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-away', 'unit', 'test', 'receipt', 3, 'day', 'petitions', '{notice}');
call lwtest.redate();
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
values ('K-THEIRS', 'T-P-C-1', '2027-09-23', 't-away'), ('K-OURS', 'T-P-C-1', '2027-09-23', 't-away');
call lwtest.at('2027-09-30 10:00', $$ record_notice('K-THEIRS') $$);
call lwtest.set_clock('2027-10-01 10:00');
update letterwatch.rule set responsible_unit = 'case' where rule_set = 't-away' and rule = 'unit';
call lwtest.redate();
select lwtest.rows_are($$ select letter_no, unit from letterwatch.deadline where letter_no in ('K-THEIRS', 'K-OURS') and rule = 'unit' order by 1 $$,
	$$ values ('K-OURS', 'case'), ('K-THEIRS', 'petitions') $$, 'what was closed late stays with the unit that was responsible');

-- ---- a clock that ran ahead ------------------------------------------------------------------------------------------------------------

call lwtest.set_clock('2027-10-08 10:00');
insert into letterwatch.rule_set (rule_set, title) values ('t-ahead', 'entered ahead of time');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-ahead', 'notice', 'test', 'receipt', 7, 'day', 'petitions', '{notice}');
call lwtest.set_clock('2027-10-06 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('K-AHEAD', 'T-P-C-1', '2027-10-06', 't-ahead');
call lwtest.at('2027-10-06 12:00', $$ record_notice('K-AHEAD') $$);
call lwtest.set_clock('2027-10-07 10:00');
set constraints all deferred;
update letterwatch.rule set valid_to = '2027-10-05' where rule_set = 't-ahead';
insert into letterwatch.rule (rule_set, rule, valid_from, basis, begins, amount, unit, responsible_unit, met_by)
values ('t-ahead', 'notice', '2027-10-06', 'test', 'receipt', 7, 'day', 'petitions', '{result}');
set constraints all immediate;
call lwtest.redate();
select is((select d from lwtest.dates('K-AHEAD') d), 'notice T-P-C-1 2027-10-06 2027-10-13 met in_time',
	'rules that were entered while the clock ran ahead have closed what they closed');

-- ---- a correction that must stay -------------------------------------------------------------------------------------------------------

call lwtest.set_clock('2027-10-07 11:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('K-LAWLESS', 'T-P-C-1', '2027-10-07', 't-ahead');
call lwtest.at('2027-10-07 12:00', $$ correct_letter('K-LAWLESS', 'the other law', rule_set => 't-from') $$);
delete from letterwatch.rule where rule_set = 't-ahead';
call lwtest.redate();
select max(event_id) as corrected from letterwatch.letter_event where letter_no = 'K-LAWLESS' \gset
select lwtest.refused(format('select letterwatch.void_event(%s, %L)', :corrected, 'wrong'),
	'there is no rule set t-ahead for letters received on 2027-10-07', 'to void what corrected a rule set that has no rules now');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

-- ---- a new row of law, and letters that were reopened under the old one --------------------------------------------------------------

call lwtest.set_clock('2027-10-11 10:00');
insert into letterwatch.rule_set (rule_set, title) values ('t-newlaw', 'a law that changes');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by, not_owed_in, on_reopen)
values ('t-newlaw', 'reply', 'the old law', 'receipt', 5, 'day', 'case', '{result}', '{withdrawn,exempt}', 'begin'),
       ('t-newlaw', 'notice', 'the old law', 'receipt', 5, 'day', 'petitions', '{notice}', '{withdrawn,exempt}', 'restart');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
values ('K-SETTLED', 'T-P-C-1', '2027-10-11', 't-newlaw'), ('K-NOWHERE', 'T-P-C-1', '2027-10-11', 't-newlaw');
call lwtest.at('2027-10-25 10:00', $$ withdraw_letter('K-SETTLED', 'settled') $$);
call lwtest.at('2027-10-25 10:00', $$ exempt_letter('K-NOWHERE', 'no_address') $$);
call lwtest.at('2027-10-26 10:00', $$ reopen_letter('K-SETTLED', 'asks again') $$);
call lwtest.at('2027-10-26 10:00', $$ reopen_letter('K-NOWHERE', 'has written where') $$);
call lwtest.set_clock('2027-10-27 10:00');
set constraints all deferred;
update letterwatch.rule set valid_to = '2027-10-10' where rule_set = 't-newlaw';
insert into letterwatch.rule (rule_set, rule, valid_from, basis, begins, amount, unit, responsible_unit, met_by, not_owed_in)
values ('t-newlaw', 'reply', '2027-10-11', 'the new law', 'receipt', 10, 'day', 'case', '{result}', '{withdrawn,exempt}'),
       ('t-newlaw', 'notice', '2027-10-11', 'the new law', 'receipt', 10, 'day', 'petitions', '{notice}', '{withdrawn,exempt}');
set constraints all immediate;
call lwtest.redate();
select lwtest.rows_are($$ select * from lwtest.dates('K-SETTLED') order by 1 $$,
	$$ values ('notice T-P-C-1 2027-10-11 2027-10-18 not_owed missed'), ('notice T-P-C-1 2027-10-26 2027-11-05 open'),
	          ('reply T-P-C-1 2027-10-11 2027-10-18 not_owed missed'), ('reply T-P-C-1 2027-10-26 2027-11-05 open') $$,
	'a new row of law owes from the reopening on, by its own count, and opens nothing that is over');
select lwtest.rows_are($$ select * from lwtest.dates('K-NOWHERE') order by 1 $$,
	$$ values ('notice T-P-C-1 2027-10-11 2027-10-18 exempt exempt'), ('notice T-P-C-1 2027-10-26 2027-11-05 open'),
	          ('reply T-P-C-1 2027-10-11 2027-10-18 exempt exempt'), ('reply T-P-C-1 2027-10-26 2027-11-05 open') $$,
	'nor what was exempt');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

-- ---- reopened again under another row ------------------------------------------------------------------------------------------------

call lwtest.set_clock('2027-11-01 10:00');
insert into letterwatch.rule_set (rule_set, title) values ('t-twice', 'reopened twice');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by, on_reopen)
values ('t-twice', 'again', 'test', 'reopen', 15, 'day', 'case', '{result}', 'keep');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('K-REOPENED', 'T-P-C-1', '2027-11-01', 't-twice');
call lwtest.at('2027-11-02 10:00', $$ record_reply('K-REOPENED', 'result') $$);
call lwtest.at('2027-11-03 10:00', $$ reopen_letter('K-REOPENED', 'new facts') $$);
call lwtest.at('2027-11-04 10:00', $$ record_reply('K-REOPENED', 'result') $$);
call lwtest.set_clock('2027-11-05 10:00');
update letterwatch.rule set met_by = '{progress,result}' where rule_set = 't-twice';
call lwtest.redate();
call lwtest.at('2027-11-08 10:00', $$ reopen_letter('K-REOPENED', 'more facts') $$);
select lwtest.rows_are($$ select * from lwtest.dates('K-REOPENED') order by 1 $$,
	$$ values ('again T-P-C-1 2027-11-03 2027-11-18 met in_time'), ('again T-P-C-1 2027-11-08 2027-11-23 open') $$,
	'each reopening begins its own period, whatever the row was under which the last one was closed');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

-- ---- a day that is named from now on ---------------------------------------------------------------------------------------------------

insert into letterwatch.rule_set (rule_set, title) values ('t-named', 'days, then named days');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by, on_transfer)
values ('t-named', 'feedback', 'test', 'supervise', 10, 'day', 'case', '{feedback}', 'restart'),
       ('t-named', 'reply', 'test', 'receipt', 60, 'day', 'case', '{result}', 'keep');
call lwtest.redate();
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('K-NAMED', 'T-P-C-1', '2027-11-08', 't-named');
call lwtest.at('2027-11-09 10:00', $$ supervise_letter('K-NAMED', 'T-P', '2027-11-12', 'a report') $$);
call lwtest.at('2027-11-15 10:00', $$ transfer_letter('K-NAMED', 'T-P-C-2', 'theirs') $$);
call lwtest.at('2027-11-24 10:00', $$ feed_back('K-NAMED', 'result') $$);
create temporary table named as select lwtest.dates('K-NAMED') as d;
call lwtest.set_clock('2027-11-25 10:00');
update letterwatch.rule set unit = 'date', amount = null where rule_set = 't-named' and rule = 'feedback';
call lwtest.redate();
select results_eq($$ select lwtest.dates('K-NAMED') $$, 'select d from named',
	'what a transfer had started again keeps its dates and verdict when such deadlines start no more');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

-- ---- not owed from the beginning -------------------------------------------------------------------------------------------------------

call lwtest.set_clock('2027-11-29 10:00');
insert into letterwatch.rule_set (rule_set, title) values ('t-always', 'orders to letters that were withdrawn, too'), ('t-unless', 'none');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by, not_owed_in)
values ('t-always', 'reply', 'test', 'receipt', 60, 'day', 'case', '{result}', '{withdrawn}'),
       ('t-unless', 'reply', 'test', 'receipt', 60, 'day', 'case', '{result}', '{withdrawn}'),
       ('t-always', 'feedback', 'test', 'supervise', null, 'date', 'case', '{feedback}', '{}'),
       ('t-unless', 'feedback', 'test', 'supervise', null, 'date', 'case', '{feedback}', '{withdrawn}');
update letterwatch.office set rule_set = 't-always' where office_code = 'T-P-C-2';
call lwtest.redate();
insert into letterwatch.letter (letter_no, office_code, received_on) values ('K-WITHDRAWN', 'T-P-C-2', '2027-11-29');
call lwtest.at('2027-11-30 10:00', $$ withdraw_letter('K-WITHDRAWN', 'settled') $$);
call lwtest.set_clock('2027-12-01 10:00');
update letterwatch.office set rule_set = 't-unless' where office_code = 'T-P-C-2';
call lwtest.redate();
call lwtest.at('2027-12-02 10:00', $$ supervise_letter('K-WITHDRAWN', 'T-P', '2027-12-20', 'a report') $$);
call lwtest.set_clock('2027-12-03 10:00');
update letterwatch.office set rule_set = 't-always' where office_code = 'T-P-C-2';
call lwtest.redate();
select is((select d from lwtest.dates('K-WITHDRAWN') d where d like 'feedback%'), 'feedback T-P-C-2 2027-12-02 2027-12-20 not_owed not_owed',
	'what was not owed when it began stays so under the rules that come after');
select is_empty('select * from letterwatch.verify()', 'nothing is amiss');

select * from finish();
rollback;
