-- rules.sql -- rules are data: each column of letterwatch.rule decides something, a changed law is a new row, and a row that was
-- wrong is mended without touching what is closed. Each rule set here has rules that differ in one column, and are named by it.
begin;
\ir include/helpers.psql
select no_plan();

insert into letterwatch.rule_set (rule_set, title) values ('t-base', 'what the rules of these tests have in common');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, responsible_unit, met_by)
values ('t-base', 'base', 'Article 1 of a test', 7, 'day', 'petitions', '{result}');

-- A rule with some columns other than those of t-base.
create function lwtest.rule(rule_set text, rule text, columns jsonb) returns letterwatch.rule
	language sql
	as $$
	select jsonb_populate_record(b, columns || jsonb_build_object('rule_set', $1, 'rule', $2))
	from letterwatch.rule b where b.rule_set = 't-base'
	$$;
create procedure lwtest.rules(of_set text, rules jsonb)
	language sql
	as $$
	insert into letterwatch.rule_set (rule_set, title) values (of_set, 'of a test') on conflict do nothing;
	insert into letterwatch.rule
	select r.* from jsonb_each(rules) x (rule, columns) cross join lateral lwtest.rule(of_set, x.rule, x.columns) r
	$$;

-- Registers a letter under a rule set, at 09:30 of the day on which it comes.
create procedure lwtest.receive(letter_no text, received date, rule_set text)
	language plpgsql
	as $$
	begin
		call lwtest.set_clock(received || ' 09:30');
		perform letterwatch.register_letter('T-P-C-1', receive.letter_no, (received || ' 09:30+08')::timestamptz, rule_set => receive.rule_set);
	end $$;

-- Something is done with a letter, and recorded at once.
create procedure lwtest.act(at text, call text)
	language plpgsql
	as $$
	begin
		call lwtest.set_clock(at);
		execute 'select * from letterwatch.' || call;
	end $$;

-- The last days of a letter: each rule with the day, and the state unless it is open.
create function lwtest.dates(letter text) returns text
	language sql
	as $$
	select string_agg(concat_ws(' ', d.rule, coalesce(d.due_on::text, '-'), nullif(d.state, 'open')), ', ' order by d.rule, d.since)
	from letterwatch.deadline d where d.letter_no = letter
	$$;

-- ==== how a period is counted ========================================================================================

-- Received on Saturday 7 March 2026.
call lwtest.rules('t-count', '{
	"next_day":     {"amount": 10, "count_from": "next_day"},
	"next_workday": {"amount": 10, "count_from": "next_workday"},
	"same_day":     {"amount": 10, "count_from": "same_day"}}');
call lwtest.receive('COUNT', '2026-03-07', 't-count');
select is(lwtest.dates('COUNT'), 'next_day 2026-03-17, next_workday 2026-03-18, same_day 2026-03-16',
	'count_from: the first of ten days is Sunday, Monday the 9th, or that Saturday itself');
call lwtest.rules('t-count-month', '{
	"next_day":     {"amount": 1, "unit": "month", "count_from": "next_day"},
	"next_workday": {"amount": 1, "unit": "month", "count_from": "next_workday"},
	"same_day":     {"amount": 1, "unit": "month", "count_from": "same_day"}}');
call lwtest.receive('COUNT-M', '2026-03-14', 't-count-month');
select is(lwtest.dates('COUNT-M'), 'next_day 2026-04-14, next_workday 2026-04-15, same_day 2026-04-13',
	'count_from with months: where the first day counts, a month ends on the day before the corresponding one');
select is(letterwatch.due_date('t-count-month', 'same_day', '2026-01-31'), '2026-02-28'::date,
	'or on the last day of a month that has none');
call lwtest.rules('t-count-work', '{
	"next_day": {"amount": 3, "unit": "workday", "count_from": "next_day"},
	"same_day": {"amount": 3, "unit": "workday", "count_from": "same_day"}}');
call lwtest.receive('COUNT-W', '2026-03-09', 't-count-work');
select is(lwtest.dates('COUNT-W'), 'next_day 2026-03-12, same_day 2026-03-11', 'count_from with working days, from a Monday');

call lwtest.rules('t-amount', '{"ten": {"amount": 10}, "eleven": {"amount": 11}}');
call lwtest.receive('AMOUNT', '2026-03-02', 't-amount');
select is(lwtest.dates('AMOUNT'), 'eleven 2026-03-13, ten 2026-03-12', 'amount: how many');

call lwtest.rules('t-unit', '{
	"days": {"amount": 20}, "workdays": {"amount": 20, "unit": "workday"}, "months": {"amount": 20, "unit": "month"},
	"seconds": {"amount": 20, "unit": "second"}}');
call lwtest.receive('UNIT', '2026-03-02', 't-unit');
select is(lwtest.dates('UNIT'), 'days 2026-03-23, months 2027-11-02, seconds 2026-03-02, workdays 2026-03-30',
	'unit: twenty days (to a Sunday, so to the Monday), months, seconds, working days');
select is((select late_at from letterwatch.deadline where letter_no = 'UNIT' and rule = 'seconds'), '2026-03-02 09:30:20+08'::timestamptz,
	'seconds run from the moment of receipt');

call lwtest.rules('t-month-end', '{
	"day_of_month": {"amount": 3, "unit": "month"}, "end_of_month": {"amount": 3, "unit": "month", "month_end": true}}');
call lwtest.receive('MONTH-28', '2025-02-28', 't-month-end');
call lwtest.receive('MONTH-27', '2025-02-27', 't-month-end');
select is(lwtest.dates('MONTH-28'), 'day_of_month 2025-05-28, end_of_month 2025-06-03',
	'month_end: from the last day of February to that of May, which is in a break until 2 June');
select is(lwtest.dates('MONTH-27'), 'day_of_month 2025-05-27, end_of_month 2025-05-27', 'from any other day it changes nothing');

call lwtest.rules('t-roll', '{"rolls": {"roll": true}, "stays": {"roll": false}}');
call lwtest.receive('ROLL', '2026-03-07', 't-roll');
select is(lwtest.dates('ROLL'), 'rolls 2026-03-16, stays 2026-03-14', 'roll: whether a Saturday moves to the Monday');

call lwtest.rules('t-hours', '{"notice": {"end_of_day": "17:30"}}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, every, unit, levels_up, severity)
select 't-hours', rule, stage_no, stage, workdays, seconds, every, unit, levels_up, severity
from letterwatch.stage where rule_set = 'procuratorate' and rule = 'notice';
call lwtest.receive('HOURS', '2026-03-02', 't-hours');
call lwtest.sweep('2026-03-09 09:00:00');
call lwtest.sweep('2026-03-09 17:29:59');
call lwtest.sweep('2026-03-09 17:30:00');
call lwtest.sweep('2026-03-10 00:00:00');
call lwtest.sweep('2026-03-10 09:00:00');
select lwtest.rows_are(
	$$ select at, stage from lwtest.told where letter = 'HOURS' order by n $$,
	$$ values ('2026-03-09 09:00:00', 'due'), ('2026-03-09 17:30:00', 'overdue'), ('2026-03-10 09:00:00', 'remind') $$,
	'end_of_day: it is late when office hours end, and reminded of on the next working day');

-- ==== who must act, what meets it, when it is not owed ===============================================================

call lwtest.rules('t-unit-of', '{
	"fixed": {"responsible_unit": "head", "assignable": false}, "free": {"responsible_unit": "petitions", "assignable": true}}');
call lwtest.receive('WHO', '2026-03-02', 't-unit-of');
create view lwtest.units as
	select string_agg(rule || ' ' || unit, ', ' order by rule) as units from letterwatch.deadline where letter_no = 'WHO';
select is((select units from lwtest.units), 'fixed head, free petitions', 'responsible_unit: who must act');
call lwtest.act('2026-03-03 10:00', $$assign_letter('WHO', 'case')$$);
select is((select units from lwtest.units), 'fixed head, free case', 'assignable: whether an assignment hands that on');

call lwtest.rules('t-met', '{
	"by_notice": {"met_by": ["notice"]}, "by_progress": {"met_by": ["progress", "result"]}, "by_result": {"met_by": ["result"]}}');
call lwtest.receive('MET', '2026-03-02', 't-met');
call lwtest.act('2026-03-03 10:00', $$record_reply('MET', 'progress')$$);
select is(lwtest.dates('MET'), 'by_notice 2026-03-09, by_progress 2026-03-09 met, by_result 2026-03-09',
	'met_by: the kinds that meet it, no other');
call lwtest.act('2026-03-04 10:00', $$record_reply('MET', 'result')$$);
select is(lwtest.dates('MET'), 'by_notice 2026-03-09, by_progress 2026-03-09 met, by_result 2026-03-09 met', 'one after the other');

call lwtest.rules('t-owed', '{
	"always": {"not_owed_in": []}, "answerable": {"not_owed_in": ["exempt"]}, "competent": {"not_owed_in": ["referred"]}}');
call lwtest.receive('OWED-1', '2026-03-02', 't-owed');
call lwtest.receive('OWED-2', '2026-03-02', 't-owed');
call lwtest.act('2026-03-03 10:00', $$record_notice('OWED-1', outcome => 'referred')$$);
call lwtest.act('2026-03-03 10:00', $$exempt_letter('OWED-2', 'anonymous')$$);
select is(lwtest.dates('OWED-1'), 'always 2026-03-09, answerable 2026-03-09, competent 2026-03-09 not_owed',
	'not_owed_in: the statuses in which it is not owed');
select is(lwtest.dates('OWED-2'), 'always 2026-03-09, answerable 2026-03-09 exempt, competent 2026-03-09',
	'what is not owed to nobody is exempt');

-- ==== suspension and extension =======================================================================================

call lwtest.rules('t-suspend', '{
	"days": {"amount": 30, "may_suspend": true}, "months": {"amount": 1, "unit": "month", "may_suspend": true},
	"workdays": {"amount": 10, "unit": "workday", "may_suspend": true}, "runs_on": {"amount": 30}}');
call lwtest.receive('PAUSE', '2026-03-02', 't-suspend');
call lwtest.act('2026-03-04 10:00', $$suspend_letter('PAUSE', 'a hearing')$$);
select is(lwtest.dates('PAUSE'), 'days - suspended, months - suspended, runs_on 2026-04-01, workdays - suspended',
	'may_suspend: while the letter is suspended there is no last day, but of the rule that runs on');
call lwtest.act('2026-03-11 10:00', $$resume_letter('PAUSE')$$);
-- 4 to 10 March: seven days, five of them working days
select is(lwtest.dates('PAUSE'), 'days 2026-04-08, months 2026-04-09, runs_on 2026-04-01, workdays 2026-03-23',
	'then the days of the pause do not count, in a period of working days the working days');
call lwtest.rules('t-no-pause', '{"runs_on": {}}');
call lwtest.receive('NO-PAUSE', '2026-03-02', 't-no-pause');
select lwtest.refused($$ select * from letterwatch.suspend_letter('NO-PAUSE', 'a hearing') $$,
	't-no-pause knows no suspension.*Article 1 of a test', 'suspending where no rule allows it');

call lwtest.rules('t-extend', '{
	"never":    {"may_extend": false},
	"days":     {"may_extend": true, "extend_amount": 5, "extend_unit": "day"},
	"workdays": {"may_extend": true, "extend_amount": 5, "extend_unit": "workday"},
	"months":   {"may_extend": true, "extend_amount": 1, "extend_unit": "month"},
	"free":     {"may_extend": true, "extend_needs_approval": false, "extend_informs_writer": false},
	"approved": {"may_extend": true, "extend_needs_approval": true, "extend_informs_writer": false},
	"told":     {"may_extend": true, "extend_needs_approval": false, "extend_informs_writer": true}}');
call lwtest.receive('LONGER', '2026-03-02', 't-extend'); -- each ends on Monday 9 March
create function lwtest.extend(rule text, until date, approved_by text default 'H-1', informed boolean default true) returns text
	language sql
	as $$
	select format('select * from letterwatch.extend_deadline(%L, %L, %L, %L, %L, %s)', 'LONGER', rule, until, approved_by, 'more to hear',
	              case when informed then 'letterwatch.clock()' else 'null' end)
	$$;
select lwtest.refused(lwtest.extend('never', '2026-03-10'), 'never cannot be extended.*Article 1 of a test',
	'may_extend: extending what the rule does not extend');
select lwtest.refused(lwtest.extend('days', '2026-03-15'), 'until 2026-03-14 at most', 'extend_unit day: a sixth day');
select lwtest.refused(lwtest.extend('workdays', '2026-03-17'), 'until 2026-03-16 at most', 'extend_unit workday: a sixth working day');
select lwtest.refused(lwtest.extend('months', '2026-04-10'), 'until 2026-04-09 at most', 'extend_unit month: a day more');
select lwtest.refused(lwtest.extend('approved', '2026-03-20', approved_by => null), 'approved_by',
	'extend_needs_approval: nobody has approved it');
select lwtest.refused(lwtest.extend('told', '2026-03-20', informed => false), 'informed_at',
	'extend_informs_writer: the writer was not told');
select lives_ok(lwtest.extend(rule, until, approved_by, informed), format('%s can be extended until %s', rule, until))
from (values
	('days', '2026-03-14'::date, 'H-1', true), ('workdays', '2026-03-16', 'H-1', true), ('months', '2026-04-09', 'H-1', true),
	('free', '2026-11-02', null, false), ('approved', '2026-03-20', 'H-1', false), ('told', '2026-03-20', null, true)
) v (rule, until, approved_by, informed);
select is(lwtest.dates('LONGER'),
	'approved 2026-03-20, days 2026-03-16, free 2026-11-02, months 2026-04-09, never 2026-03-09, told 2026-03-20, workdays 2026-03-16',
	'each ends when the extension says, rolled like any last day (the 14th is a Saturday)');
update letterwatch.rule set may_extend = false where rule_set = 't-extend' and rule = 'free';
call lwtest.redate();
select matches(lwtest.dates('LONGER'), 'free 2026-03-09',
	'may_extend: where the row is mended not to allow it, an extension moves nothing');

-- ==== what restarting, transferring and reopening do =================================================================

call lwtest.rules('t-restart', '{
	"restarts": {"restarts": true, "not_owed_in": ["incomplete"]}, "keeps": {"restarts": false, "not_owed_in": ["incomplete"]}}');
call lwtest.receive('MATERIAL', '2026-03-02', 't-restart');
call lwtest.act('2026-03-04 10:00', $$record_notice('MATERIAL', outcome => 'incomplete')$$);
call lwtest.act('2026-03-12 10:00', $$restart_letter('MATERIAL', 'material complete')$$);
select is(lwtest.dates('MATERIAL'), 'keeps 2026-03-09, restarts 2026-03-19',
	'restarts: whether it counts from the day on which the material was complete');

call lwtest.rules('t-transfer', '{
	"keep": {"on_transfer": "keep"}, "restart": {"on_transfer": "restart"}, "begin": {"on_transfer": "begin"},
	"restart_met": {"on_transfer": "restart", "met_by": ["notice"]}}');
call lwtest.receive('MOVED', '2026-03-02', 't-transfer');
call lwtest.act('2026-03-04 10:00', $$record_notice('MOVED')$$);
call lwtest.act('2026-03-05 10:00', $$transfer_letter('MOVED', 'T-P-C-2')$$);
select is(lwtest.dates('MOVED'),
	'begin 2026-03-09 not_owed, begin 2026-03-12, keep 2026-03-09, restart 2026-03-12, restart_met 2026-03-09 met',
	'on_transfer: goes on, starts again, or ends while a new one begins; what is met stays met');
select lwtest.rows_are(
	$$ select rule, since > 0, office_code from letterwatch.deadline where letter_no = 'MOVED' and rule = 'begin' order by since $$,
	$$ values ('begin', false, 'T-P-C-1'), ('begin', true, 'T-P-C-2') $$,
	'the one that ended is still the first office''s, the new one the second''s');

-- Withdrawn on the 5th; reopened on the 9th, recorded on the 12th.
call lwtest.rules('t-reopen', '{
	"keep":       {"on_reopen": "keep", "not_owed_in": ["withdrawn"]}, "restart": {"on_reopen": "restart", "not_owed_in": ["withdrawn"]},
	"begin":      {"on_reopen": "begin", "not_owed_in": ["withdrawn"]}, "ends": {"on_reopen": "end", "not_owed_in": ["withdrawn"]},
	"ends_owed":  {"on_reopen": "end"}}');
call lwtest.receive('AGAIN', '2026-03-02', 't-reopen');
call lwtest.act('2026-03-05 10:00', $$withdraw_letter('AGAIN', 'the writer asks')$$);
select is(lwtest.dates('AGAIN'),
	'begin 2026-03-09 not_owed, ends 2026-03-09 not_owed, ends_owed 2026-03-09, keep 2026-03-09 not_owed, restart 2026-03-09 not_owed',
	'before it is reopened');
call lwtest.act('2026-03-12 10:00', $$reopen_letter('AGAIN', 'the writer asks again', '2026-03-09 10:00+08')$$);
select is(lwtest.dates('AGAIN'),
	'begin 2026-03-09 not_owed, begin 2026-03-19, ends 2026-03-09 not_owed, ends_owed 2026-03-09 not_owed, keep 2026-03-09, '
	'restart 2026-03-09 not_owed, restart 2026-03-19',
	'on_reopen: owed as before, from the day of recording, anew from that day, or no more');
select is(
	(select e.kind from letterwatch.deadline d join letterwatch.letter_event e on e.event_id = d.closed_event
	 where d.letter_no = 'AGAIN' and d.rule = 'ends_owed'),
	'reopen', 'what was owed until then is closed by the reopening');

call lwtest.rules('t-reopened', '{
	"restart": {"begins": "reopen", "on_reopen": "restart"}, "keep": {"begins": "reopen", "on_reopen": "keep"},
	"ends": {"begins": "reopen", "on_reopen": "end"}}');
call lwtest.receive('TWICE', '2026-03-02', 't-reopened');
call lwtest.act('2026-03-05 10:00', $$record_notice('TWICE', outcome => 'referred')$$);
call lwtest.act('2026-03-06 10:00', $$reopen_letter('TWICE', 'back again')$$);
call lwtest.act('2026-03-09 10:00', $$record_notice('TWICE', outcome => 'referred')$$);
call lwtest.act('2026-03-12 10:00', $$reopen_letter('TWICE', 'and again')$$);
select is(lwtest.dates('TWICE'), 'ends 2026-03-13 not_owed, ends 2026-03-19, keep 2026-03-13, keep 2026-03-19, restart 2026-03-19',
	'what a reopening began starts again, ends or goes on with the next; of what starts again there is but one');

-- ==== what sets it running ===========================================================================================

call lwtest.rules('t-begins', '{
	"receipt":    {"begins": "receipt", "met_by": ["progress", "result"], "followed_by": "progress"},
	"unfollowed": {"begins": "receipt", "met_by": ["progress", "result"]},
	"acceptance": {"begins": "acceptance"}, "progress": {"begins": "progress", "met_by": ["progress", "result"]},
	"reopen":     {"begins": "reopen"}}');
call lwtest.receive('BEGIN', '2026-03-02', 't-begins');
select is(lwtest.dates('BEGIN'), 'receipt 2026-03-09, unfollowed 2026-03-09', 'begins receipt: at once, and nothing else');
call lwtest.act('2026-03-03 10:00', $$record_notice('BEGIN', outcome => 'incomplete')$$);
select is(lwtest.dates('BEGIN'), 'receipt 2026-03-09, unfollowed 2026-03-09', 'a notice of another outcome accepts nothing');
call lwtest.act('2026-03-04 10:00', $$restart_letter('BEGIN', 'material complete')$$);
select is(lwtest.dates('BEGIN'), 'acceptance 2026-03-11, receipt 2026-03-09, unfollowed 2026-03-09',
	'begins acceptance: on the day on which it is accepted');
call lwtest.act('2026-03-05 10:00', $$record_reply('BEGIN', 'progress')$$);
select is(lwtest.dates('BEGIN'), 'acceptance 2026-03-11, progress 2026-03-16, receipt 2026-03-09 met, unfollowed 2026-03-09 met',
	'begins progress, followed_by: from the last day of what it follows');
call lwtest.act('2026-03-17 10:00', $$record_reply('BEGIN', 'progress')$$);
select is(lwtest.dates('BEGIN'),
	'acceptance 2026-03-11, progress 2026-03-16 met, progress 2026-03-24, receipt 2026-03-09 met, unfollowed 2026-03-09 met',
	'or from the progress itself, where that is later');
call lwtest.act('2026-03-18 10:00', $$record_reply('BEGIN', 'result')$$);
call lwtest.act('2026-03-23 10:00', $$reopen_letter('BEGIN', 'new evidence')$$);
select matches(lwtest.dates('BEGIN'), 'progress 2026-03-24 met, receipt 2026-03-09 met, reopen 2026-03-30, ',
	'begins reopen: on the day of reopening');
call lwtest.rules('t-unfollowed', '{
	"reply": {"met_by": ["progress", "result"]}, "progress": {"begins": "progress", "met_by": ["progress", "result"]}}');
call lwtest.receive('ALONE', '2026-03-02', 't-unfollowed');
call lwtest.act('2026-03-05 10:00', $$record_reply('ALONE', 'progress')$$);
select is(lwtest.dates('ALONE'), 'reply 2026-03-09 met', 'followed_by: what no rule names does not follow');

-- ==== a changed law, and a rule that was wrong =======================================================================

-- From 1 April on, 15 days instead of 7. Letters of 31 March and 3 April were closed before anybody knew.
call lwtest.rules('t-law', '{"notice": {"met_by": ["notice"]}}');
call lwtest.receive('LAW-331', '2026-03-31', 't-law');
call lwtest.receive('LAW-MET', '2026-04-03', 't-law');
call lwtest.receive('LAW-403', '2026-04-03', 't-law');
call lwtest.act('2026-04-03 15:00', $$record_notice('LAW-MET')$$);
select is(letterwatch.due_date('t-law', 'notice', '2026-04-03'), '2026-04-10'::date, 'before the law changes');
call lwtest.set_clock('2026-04-07 10:00');
select lwtest.refused(
	$$ insert into letterwatch.rule select r.* from lwtest.rule('t-law', 'notice', '{"amount": 15, "valid_from": "2026-04-01"}') r $$,
	'two rows of rule t-law / notice.*2026-04-01', 'a new row while the old one goes on to hold');
select lwtest.refused(
	$$ insert into letterwatch.rule select r.* from lwtest.rule('t-law', 'special', '{"amount": null, "unit": "date"}') r $$,
	'rule t-law / special has no period', 'a last day that nobody names');
select lwtest.refused(
	$$ insert into letterwatch.rule select r.* from lwtest.rule('t-law', 'special', '{"amount": 600, "unit": "month"}') r $$,
	'period of rule t-law / special is too long: 600 months', 'a last day behind all calendars');
set constraints all deferred;
insert into letterwatch.rule
select r.* from lwtest.rule('t-law', 'notice', '{"amount": 15, "valid_from": "2026-04-01", "met_by": ["notice"]}') r;
select lwtest.refused('select * from letterwatch.preview()', 'two rows of rule', 'its preview');
update letterwatch.rule set valid_to = '2026-03-31' where rule_set = 't-law' and valid_from < '2026-04-01';
select lwtest.rows_are('select * from letterwatch.preview()', $$ values ('LAW-403', 'notice', '2026-04-10'::date, '2026-04-20'::date) $$,
	'a preview of the changed law: the open letter received since it holds');
set constraints all immediate;
call lwtest.redate();
select lwtest.rows_are(
	$$ select letter_no, due_on from letterwatch.deadline where letter_no like 'LAW-%' order by 1 $$,
	$$ values ('LAW-331', '2026-04-07'::date), ('LAW-403', '2026-04-20'), ('LAW-MET', '2026-04-10') $$,
	'valid_from, valid_to: letters received before keep the old row; what was closed by then keeps it too; the 18th rolls to Monday the 20th');
select is(
	array[letterwatch.due_date('t-law', 'notice', '2026-03-31'), letterwatch.due_date('t-law', 'notice', '2026-04-01')],
	'{2026-04-07,2026-04-16}'::date[], 'the day of receipt decides, also in due_date');
call lwtest.act('2026-04-07 11:00', $$correct_letter('LAW-331', 'came a day later', '2026-04-01')$$);
select is(lwtest.dates('LAW-331'), 'notice 2026-04-16', 'as it is corrected');

call lwtest.rules('t-wrong', '{"notice": {"met_by": ["notice"], "basis": "misread"}}');
call lwtest.receive('WRONG-OPEN', '2026-05-11', 't-wrong');
call lwtest.receive('WRONG-MET', '2026-05-11', 't-wrong');
call lwtest.receive('WRONG-VOID', '2026-05-11', 't-wrong');
call lwtest.act('2026-05-13 10:00', $$record_notice('WRONG-MET')$$);
call lwtest.act('2026-05-13 10:00', $$record_notice('WRONG-VOID')$$);
call lwtest.set_clock('2026-05-14 10:00');
set constraints all deferred;
update letterwatch.rule set amount = 10, basis = 'read again' where rule_set = 't-wrong';
create temporary table foreseen as select * from letterwatch.preview();
select lwtest.rows_are('select * from foreseen', $$ values ('WRONG-OPEN', 'notice', '2026-05-18'::date, '2026-05-21'::date) $$,
	'a preview of the mended row shows what is open');
select is(lwtest.dates('WRONG-OPEN'), 'notice 2026-05-18', 'and changes nothing');
set constraints all immediate;
call lwtest.redate();
select lwtest.rows_are(
	$$ select letter_no, rule, old_due, new_due from letterwatch.deadline_change where letter_no like 'WRONG-%' $$,
	'select * from foreseen', 'which is what is re-dated');
select lwtest.rows_are(
	$$ select letter_no, due_on from letterwatch.deadline where letter_no like 'WRONG-%' order by 1 $$,
	$$ values ('WRONG-MET', '2026-05-18'::date), ('WRONG-OPEN', '2026-05-21'), ('WRONG-VOID', '2026-05-18') $$,
	'what was closed keeps what it was judged by');
select lwtest.rows_are(
	$$ select amount, basis, until >= '2026-05-14 10:00+08', changed_by = session_user
	   from letterwatch.rule_past where rule_set = 't-wrong' $$,
	$$ values (7, 'misread', true, true) $$,
	'which rule_past keeps, until when, and who changed it');
call lwtest.act('2026-05-15 10:00', $$assign_letter('WRONG-MET', 'case', 'S-1', '2026-05-12 10:00+08')$$);
select is(lwtest.dates('WRONG-MET'), 'notice 2026-05-18 met', 'also when something else is entered for it late');
select event_id as mistaken from letterwatch.letter_event where letter_no = 'WRONG-VOID' \gset
call lwtest.act('2026-05-15 10:00', format('void_event(%s, %L)', :mistaken, 'not sent'));
select is(lwtest.dates('WRONG-VOID'), 'notice 2026-05-21', 'what turns out to be open is counted by the mended row');

-- Rows that are taken away under what was closed by them.
call lwtest.set_clock('2026-05-01 10:00');
call lwtest.rules('t-held', '{"notice": {"met_by": ["notice"]}}');
call lwtest.receive('HELD', '2026-05-11', 't-held');
call lwtest.receive('HELD-OPEN', '2026-05-11', 't-held');
call lwtest.act('2026-05-13 10:00', $$record_notice('HELD')$$);
call lwtest.set_clock('2026-05-18 10:00');
savepoint rows_taken;
select lives_ok($$ delete from letterwatch.rule where rule_set in ('t-held', 't-wrong') $$, 'rules by which something was closed are taken away');
call lwtest.redate();
select is(array[lwtest.dates('HELD'), lwtest.dates('WRONG-MET')], '{notice 2026-05-18 met,notice 2026-05-18 met}', 'it stays closed by them');
select is(array[lwtest.dates('HELD-OPEN'), lwtest.dates('WRONG-OPEN')], '{NULL,NULL}', 'what is open is over');
select is((select what ~ '^t-held / notice: ' from letterwatch.explain_deadline('HELD', 'notice') where step = 'rule'), true, 'and is explained by them');
call lwtest.act('2026-05-19 10:00', $$assign_letter('HELD', 'case', 'S-1', '2026-05-12 10:00+08')$$);
select is(lwtest.dates('HELD'), 'notice 2026-05-18 met', 'also when something else is entered');
select is_empty($$ select * from letterwatch.verify() where letter_no like 'HELD%' or letter_no like 'WRONG%' $$, 'nothing is amiss');
rollback to rows_taken;
select lives_ok($$ update letterwatch.rule set valid_to = '2026-05-10' where rule_set = 't-held' $$, 'or made to end before the day of receipt');
call lwtest.redate();
select is(array[lwtest.dates('HELD'), lwtest.dates('HELD-OPEN')], '{notice 2026-05-18 met,NULL}', 'as if taken away');
rollback to rows_taken;

-- ==== xinfang-2022 ===================================================================================================

call lwtest.receive('X-1', '2026-03-02', 'xinfang-2022');
select is(lwtest.dates('X-1'), 'notice 2026-03-17', '15 days from receipt to tell that it is accepted');
call lwtest.act('2026-03-10 10:00', $$record_notice('X-1')$$);
select is(lwtest.dates('X-1'), 'notice 2026-03-17 met, reply 2026-05-09', '60 days from acceptance, here to a worked Saturday');
call lwtest.set_clock('2026-05-08 10:00');
create function lwtest.longer(until date, approved_by text default 'H-1', informed_at text default '2026-05-08 09:00+08') returns text
	language sql
	as $$
	select format('select * from letterwatch.extend_deadline(%L, %L, %L, %L, %L, %L)', 'X-1', 'reply', until, approved_by, 'complex',
	              informed_at)
	$$;
select lwtest.refused(lwtest.longer('2026-06-09'), 'until 2026-06-08 at most', 'an extension by 31 days');
select lwtest.refused(lwtest.longer('2026-06-08', approved_by => null), 'approved_by', 'an extension that nobody approved');
select lwtest.refused(lwtest.longer('2026-06-08', informed_at => null), 'informed_at', 'an extension that the writer was not told of');
select lives_ok(lwtest.longer('2026-06-08'), 'an extension by 30 days, approved, the writer told');
select is(lwtest.dates('X-1'), 'notice 2026-03-17 met, reply 2026-06-08', 'moves the last day');
select lwtest.refused(lwtest.longer('2026-06-05'), 'extended already', 'a second extension');
call lwtest.act('2026-06-01 10:00', $$record_reply('X-1', 'progress')$$);
select is(lwtest.dates('X-1'), 'notice 2026-03-17 met, reply 2026-06-08', 'a progress does not meet it');
call lwtest.act('2026-06-05 10:00', $$record_reply('X-1', 'result')$$);
call lwtest.act('2026-06-15 10:00', $$reopen_letter('X-1', 'the writer asks for a review')$$);
select is(lwtest.dates('X-1'), 'notice 2026-03-17 met, reply 2026-06-08 met, review 2026-07-15', '30 days from there for the review');
call lwtest.act('2026-06-22 10:00', $$suspend_letter('X-1', 'a hearing')$$);
select is(lwtest.dates('X-1'), 'notice 2026-03-17 met, reply 2026-06-08 met, review - suspended',
	'while it is heard the time does not run');
call lwtest.act('2026-06-25 10:00', $$resume_letter('X-1')$$);
select is(lwtest.dates('X-1'), 'notice 2026-03-17 met, reply 2026-06-08 met, review 2026-07-20',
	'the three days of the hearing are not counted; 18 July is a Saturday');

call lwtest.receive('X-2', '2026-03-02', 'xinfang-2022');
call lwtest.act('2026-03-10 10:00', $$record_notice('X-2')$$);
call lwtest.set_clock('2026-05-10 10:00');
select lwtest.refused(replace(lwtest.longer('2026-06-08'), 'X-1', 'X-2'), 'ended on 2026-05-09', 'an extension of what has ended');

call lwtest.rules('t-longer', '{"reply": {"end_of_day": "17:30", "may_extend": true}}');
call lwtest.receive('X-3', '2026-03-02', 't-longer');
call lwtest.set_clock('2026-03-09 17:30');
select lwtest.refused(replace(lwtest.longer('2026-03-16', informed_at => '2026-03-09 09:00+08'), 'X-1', 'X-3'), 'ended on 2026-03-09',
	'on the last day, an extension when office hours have ended it');
call lwtest.set_clock('2026-03-09 17:29:59');
select lives_ok(replace(lwtest.longer('2026-03-16', informed_at => '2026-03-09 09:00+08'), 'X-1', 'X-3'), 'a second before it is in time');

-- ---- odd rules -------------------------------------------------------------------------------------

insert into letterwatch.rule_set (rule_set, title) values ('t-odd', 'until the last day that there is');
insert into letterwatch.rule (rule_set, rule, basis, valid_to, amount, unit, responsible_unit, met_by)
values ('t-odd', 'reply', 'test', '5874897-12-31', 5, 'day', 'case', '{result}');
call lwtest.receive('Y-1', '2026-03-02', 't-odd');
call lwtest.act('2026-03-03 10:00', $$assign_letter('Y-1', 'case')$$);
select is(lwtest.dates('Y-1'), 'reply 2026-03-09', 'a rule that holds to the end of the calendar');
select throws_ok($$update letterwatch.rule set not_owed_in = '{registered}' where rule_set = 't-odd'$$, '23514', null,
	'a rule that is not owed when a letter is received would never be');

select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');
select * from finish();
rollback;
