-- rates.sql -- how success is measured: reply_rate, reply_rate_tree, office_board.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- which column a deadline counts in -------------------------------------------------------------------------------

-- What one letter is after its events, told at 10:00 on their days; its notice's and its reply's columns that are not 0.
create function lwtest.column_of(letter text, of_rule text) returns text
	language sql stable
	as $$
	select string_agg(format('%s %s %s', c.office_code, to_char(d.due_month, 'YYYY-MM'), k.key), ', ' order by c.office_code, k.key)
	from letterwatch.deadline d
	join letterwatch.reply_rate c on c.office_code = d.office_code and c.rule = d.rule and c.month = d.due_month
	cross join jsonb_each_text(to_jsonb(c)) k
	where d.letter_no = letter and d.rule = of_rule and k.value ~ '^[1-9]'
	  and k.key in ('in_time', 'late', 'open_overdue', 'not_yet_due', 'exempt', 'not_owed', 'in_time_entered_late')
	$$;

-- Each case in an office of its own, below the county: C-01, C-02, …
create procedure lwtest.of_its_own(office text)
	language sql
	as $$ insert into letterwatch.office (office_code, name, parent_code) values (office, 'test office ' || office, 'T-P-C') $$;

-- Received on Monday 2 March: the notice ends on the 9th, the reply on Tuesday 2 June.
create procedure lwtest.begin_case(office text)
	language plpgsql
	as $$
	begin
		call lwtest.set_clock('2026-03-02 10:00:00');
		call lwtest.of_its_own(office);
		call lwtest.register(office || '-1', '2026-03-02 09:30', office);
	end $$;

call lwtest.begin_case('C-01');
call lwtest.set_clock('2026-03-09 23:59:59');
select is(lwtest.column_of('C-01-1', 'notice'), 'C-01 2026-03 not_yet_due', 'on the last day the notice is not yet due');
select is((select due::int from letterwatch.reply_rate where office_code = 'C-01' and rule = 'notice'), 0, 'and not in the denominator');
select is((select rate from letterwatch.reply_rate where office_code = 'C-01' and rule = 'notice'), null, 'so that there is no rate');
call lwtest.set_clock('2026-03-10 00:00:00');
select is(lwtest.column_of('C-01-1', 'notice'), 'C-01 2026-03 open_overdue', 'at midnight it is due, and not met');
select is((select rate from letterwatch.reply_rate where office_code = 'C-01' and rule = 'notice'), 0.0, 'the rate is 0');
select count(*) from letterwatch.record_notice('C-01-1') \g /dev/null
select is(lwtest.column_of('C-01-1', 'notice'), 'C-01 2026-03 late', 'met afterwards it is late');
select is(lwtest.column_of('C-01-1', 'reply'), 'C-01 2026-06 not_yet_due', 'the reply is due in the month of its own last day');

call lwtest.begin_case('C-02');
call lwtest.set_clock('2026-03-09 23:59:00');
select count(*) from letterwatch.record_notice('C-02-1') \g /dev/null
select is(lwtest.column_of('C-02-1', 'notice'), 'C-02 2026-03 not_yet_due', 'what is met counts once its day has ended');
call lwtest.set_clock('2026-03-10 00:01:00');
select is(lwtest.column_of('C-02-1', 'notice'), 'C-02 2026-03 in_time', 'as in time, if it was met a minute before');

call lwtest.begin_case('C-03');
call lwtest.set_clock('2026-03-12 10:00:00');
select count(*) from letterwatch.record_notice('C-03-1', at => '2026-03-09 15:00+08') \g /dev/null
select is(lwtest.column_of('C-03-1', 'notice'), 'C-03 2026-03 in_time, C-03 2026-03 in_time_entered_late',
	'dated before its end but entered after it counts as in time, and is shown');

call lwtest.begin_case('C-04');
call lwtest.set_clock('2026-03-04 10:00:00');
select count(*) from letterwatch.record_notice('C-04-1', outcome => 'referred') \g /dev/null
select is(lwtest.column_of('C-04-1', 'reply'), 'C-04 2026-06 not_owed', 'a referred letter owes no reply');
call lwtest.begin_case('C-05');
call lwtest.set_clock('2026-07-01 10:00:00');
select is(lwtest.column_of('C-05-1', 'reply'), 'C-05 2026-06 open_overdue', 'without a notice the reply is taken as owed');
select count(*) from letterwatch.record_notice('C-05-1', outcome => 'not_accepted') \g /dev/null
select is(lwtest.column_of('C-05-1', 'reply'), 'C-05 2026-06 not_owed', 'until a notice says, however late, that none ever was');

call lwtest.begin_case('C-06');
call lwtest.set_clock('2026-03-20 10:00:00');
select count(*) from letterwatch.exempt_letter('C-06-1', 'anonymous') \g /dev/null
select is(lwtest.column_of('C-06-1', 'notice'), 'C-06 2026-03 exempt', 'a writer who cannot be answered is exempt, whenever that is found');

call lwtest.begin_case('C-07');
call lwtest.set_clock('2026-03-05 10:00:00');
select count(*) from letterwatch.withdraw_letter('C-07-1', 'test') \g /dev/null
select is(lwtest.column_of('C-07-1', 'notice'), 'C-07 2026-03 not_owed', 'what is withdrawn in time owes nothing');
call lwtest.begin_case('C-08');
call lwtest.set_clock('2026-03-10 10:00:00');
select count(*) from letterwatch.withdraw_letter('C-08-1', 'test') \g /dev/null
select is(lwtest.column_of('C-08-1', 'notice'), 'C-08 2026-03 open_overdue', 'withdrawn after its end it was not met while it was owed');
select is(lwtest.column_of('C-08-1', 'reply'), 'C-08 2026-06 not_owed', 'the reply had not ended');

call lwtest.begin_case('C-09');
call lwtest.set_clock('2026-03-20 10:00:00');
select count(*) from letterwatch.mark_duplicate('C-09-1', 'C-01-1') \g /dev/null
select is(lwtest.column_of('C-09-1', 'notice'), 'C-09 2026-03 not_owed', 'a duplicate never owed anything');

-- Passed on: what the first office missed stays with it, the second owes a notice of its own.
call lwtest.begin_case('C-10');
call lwtest.of_its_own('C-10b');
call lwtest.set_clock('2026-03-12 10:00:00');
select count(*) from letterwatch.transfer_letter('C-10-1', 'C-10b', 'test') \g /dev/null
select is(lwtest.column_of('C-10-1', 'notice'), 'C-10 2026-03 open_overdue, C-10b 2026-03 not_yet_due',
	'the office that missed the notice keeps it, the next one owes its own');
select is(lwtest.column_of('C-10-1', 'reply'), 'C-10b 2026-06 not_yet_due', 'the reply goes along');
call lwtest.begin_case('C-11');
call lwtest.of_its_own('C-11b');
call lwtest.set_clock('2026-03-04 10:00:00');
select count(*) from letterwatch.transfer_letter('C-11-1', 'C-11b', 'test') \g /dev/null
call lwtest.set_clock('2026-03-20 10:00:00');
select is(lwtest.column_of('C-11-1', 'notice'), 'C-11 2026-03 not_owed, C-11b 2026-03 open_overdue', 'passed on in time the first office owes none');

-- Met before the letter was reopened, and once more after it.
call lwtest.begin_case('C-12');
call lwtest.set_clock('2026-03-06 10:00:00');
select count(*) from letterwatch.record_reply('C-12-1', 'result') \g /dev/null
call lwtest.set_clock('2026-06-10 10:00:00');
select count(*) from letterwatch.reopen_letter('C-12-1', 'test') \g /dev/null
call lwtest.set_clock('2026-09-20 10:00:00');
select is(lwtest.column_of('C-12-1', 'reply'), 'C-12 2026-06 in_time, C-12 2026-09 open_overdue',
	'a reply met before the letter was reopened stays met; the new one counts in its month');

-- Material was missing: the reply counts from the day on which it was complete.
call lwtest.begin_case('C-13');
call lwtest.set_clock('2026-03-06 10:00:00');
select count(*) from letterwatch.record_notice('C-13-1', outcome => 'incomplete') \g /dev/null
select is(lwtest.column_of('C-13-1', 'reply'), 'C-13 2026-06 not_owed', 'while material is missing no reply is owed');
call lwtest.set_clock('2026-04-10 10:00:00');
select count(*) from letterwatch.restart_letter('C-13-1', 'test') \g /dev/null
select is(lwtest.column_of('C-13-1', 'reply'), 'C-13 2026-07 not_yet_due', 'a restart moves it to the month of its new last day');

-- Suspended: without a last day it stands in no month.
call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.of_its_own('C-14');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('C-14-1', 'C-14', '2026-03-02', 'xinfang-2022');
call lwtest.set_clock('2026-03-03 10:00:00');
select count(*) from letterwatch.record_reply('C-14-1', 'result') \g /dev/null
call lwtest.set_clock('2026-03-04 10:00:00');
select count(*) from letterwatch.reopen_letter('C-14-1', 'test') \g /dev/null
select is(lwtest.column_of('C-14-1', 'review'), 'C-14 2026-04 not_yet_due', 'a review is owed');
select count(*) from letterwatch.suspend_letter('C-14-1', 'test') \g /dev/null
select is((select count(*)::int from letterwatch.reply_rate where office_code = 'C-14' and rule = 'review'), 0,
	'while it is suspended it stands in no month');

-- The end of a day that is not midnight.
insert into letterwatch.rule_set (rule_set, title) values ('t-office-hours', 'test: ends with office hours');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, end_of_day, responsible_unit, met_by)
values ('t-office-hours', 'notice', 'test', 7, 'day', '17:30', 'petitions', '{notice}');
call lwtest.of_its_own('C-15');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('C-15-1', 'C-15', '2026-03-02', 't-office-hours');
call lwtest.set_clock('2026-03-09 17:30:00');
select count(*) from letterwatch.record_notice('C-15-1') \g /dev/null
select is(lwtest.column_of('C-15-1', 'notice'), 'C-15 2026-03 late', 'at 17:30 sharp the period has ended, and a notice is late');

-- ---- cut off ----------------------------------------------------------------------------------------------------------

select is(letterwatch.rate(2499, 2500), 99.9, '99.96 reads 99.9');
select is(letterwatch.rate(999999999, 1000000000), 99.9, 'however near');
select is(letterwatch.rate(7, 7), 100.0, '100.0 is all of them');
select is(letterwatch.rate(1, 3), 33.3, 'a third');
select is(letterwatch.rate(0, 0), null, 'of nothing there is no share');

-- ---- as it was known, before settings changed --------------------------------------------------------------------------

-- The shipped rules are older than the clock of this test.
set local session_replication_role = replica;
update letterwatch.rule set recorded_at = '2026-01-01' where rule_set = 'procuratorate';
reset session_replication_role;
call lwtest.set_clock('2026-09-20 11:00:00');
insert into letterwatch.office (office_code, name, parent_code) values ('T-Q', 'second province', 'T'), ('T-Q-C', 'city', 'T-Q');
call lwtest.register('Q-1', '2026-09-18 09:30', 'T-Q-C');
create table lwtest.known as
select r.* from unnest('{T,T-P,T-P-C,T-Q}'::text[]) o cross join letterwatch.reply_rate_tree(o, '2026-01-01', '2027-12-01') r;
create function lwtest.same(description text) returns text
	language sql
	as $$
	select results_eq(
		$q$ select r.* from unnest('{T,T-P,T-P-C,T-Q}'::text[]) o
		    cross join letterwatch.reply_rate_tree(o, '2026-01-01', '2027-12-01', '2026-09-20 11:00+08') r $q$,
		'select * from lwtest.known', description)
	$$;
create function lwtest.changed() returns boolean
	language sql
	as $$
	select exists (
		(select r.* from unnest('{T,T-P,T-P-C,T-Q}'::text[]) o cross join letterwatch.reply_rate_tree(o, '2026-01-01', '2027-12-01') r)
		except
		(select * from lwtest.known))
	$$;
select ok(not lwtest.changed(), 'a report is the same a second time');

call lwtest.set_clock('2026-09-20 12:00:00');
insert into letterwatch.calendar_list (calendar, year, version, source) values ('cn', 2026, 2, 'test');
insert into letterwatch.calendar_day (calendar, year, version, day, kind)
select 'cn', 2026, 2, d::date, 'off' from generate_series(timestamp '2026-09-25', '2026-10-07', '1 day') d;
call lwtest.redate();
select ok(lwtest.changed(), 'a new list of holidays moves a last day into the next month');
select lwtest.same('but not in the report of before');

call lwtest.set_clock('2026-09-20 13:00:00');
update letterwatch.office set parent_code = 'T-Q' where office_code = 'C-01';
select is((select in_time + late from letterwatch.reply_rate_tree('T-Q', '2026-03-01') where line = 'total' and month is null and rule = 'notice'),
	1::bigint, 'an office that moves takes its figures along');
select lwtest.same('and counts where it stood, before');

call lwtest.set_clock('2026-09-20 14:00:00');
update letterwatch.rule set amount = 4, not_owed_in = '{exempt}' where rule_set = 'procuratorate' and rule = 'reply';
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, responsible_unit, met_by)
values ('procuratorate', 'hearing', 'test', 10, 'day', 'case', '{result}');
call lwtest.redate();
select isnt((select count(*)::int from letterwatch.reply_rate where rule = 'hearing'), 0, 'a new rule has its rates');
select lwtest.same('and none before it came');

call lwtest.set_clock('2026-09-20 15:00:00');
update letterwatch.office set rule_set = 'xinfang-2022' where office_code = 'T-P';
call lwtest.redate();
select lwtest.same('an office followed the rules that it then had');
select is((select count(*)::int from letterwatch.verify()), 0, 'nothing is amiss');

select * from finish();
rollback;
