-- backlog.sql -- what lies: supervision and campaign, backlog by age, overdue_ageing by days late; and who sees what of it.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- a campaign -----------------------------------------------------------------------------------------------------------

-- Seven old letters of two counties, all overdue; the province orders reports on all of them by one query.
call lwtest.set_clock('2026-03-02 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'B-1' || n, 'T-P-C-1', date '2025-10-01' from generate_series(1, 3) n
union all
select 'B-2' || n, 'T-P-C-2', date '2025-10-01' from generate_series(1, 4) n;
select is(
	(select count(*)::int
	 from (select distinct letter_no from letterwatch.overdue) o,
	      letterwatch.supervise_letter(o.letter_no, 'T-P', '2026-03-20', topic => 'arrears', leader => 'S-900') f
	 where f.rule = 'feedback'), 7,
	'orders over a query are a campaign');
call lwtest.set_clock('2026-03-03 10:00');
select count(*) as ignored from letterwatch.supervise_letter('B-21', 'T', '2026-03-31') \gset
select lwtest.rows_are(
	$$ select * from letterwatch.campaign $$,
	$$ values
		('arrears', 'T-P-C-2', 'second test county office', 4::bigint, 0::bigint, 4::bigint, 0::bigint, 0.0),
		('arrears', 'T-P-C-1', 'test county office', 3, 0, 3, 0, 0.0) $$,
	'at its beginning all is left; an order without a topic belongs to none');

select count(*) as ignored from letterwatch.feed_back('B-11') \gset
select count(*) as ignored from letterwatch.feed_back('B-12', 'result') \gset
select count(*) as ignored from letterwatch.feed_back('B-13', 'progress') \gset
select count(*) as ignored from letterwatch.feed_back('B-21', 'progress') \gset
call lwtest.set_clock('2026-03-23 10:00');
select count(*) as ignored from letterwatch.feed_back('B-22', 'result') \gset
select lwtest.rows_are(
	$$ select office_code, letters, cleared, "left", overdue, percent from letterwatch.campaign $$,
	$$ values
		('T-P-C-2', 4::bigint, 1::bigint, 3::bigint, 2::bigint, 25.0),
		('T-P-C-1', 3, 2, 1, 0, 66.6) $$,
	'a result clears, progress does not, what waits after its day is overdue, percent is cut off, the worst comes first');
select lwtest.rows_are(
	$$ select topic, by_office, office_code, letter_no, leader, ordered_on, due_on, fed_back_on, days_late, state, outcome
	   from letterwatch.supervision where office_code = 'T-P-C-2' $$,
	$$ values
		('arrears', 'T-P', 'T-P-C-2', 'B-23', 'S-900', '2026-03-02'::date, '2026-03-20'::date, null::date, 3, 'open', null),
		('arrears', 'T-P', 'T-P-C-2', 'B-24', 'S-900', '2026-03-02', '2026-03-20', null, 3, 'open', null),
		('arrears', 'T-P', 'T-P-C-2', 'B-22', 'S-900', '2026-03-02', '2026-03-20', '2026-03-23', 3, 'met', 'result'),
		('arrears', 'T-P', 'T-P-C-2', 'B-21', 'S-900', '2026-03-02', '2026-03-20', '2026-03-03', null, 'met', 'progress'),
		(null, 'T', 'T-P-C-2', 'B-21', null, '2026-03-03', '2026-03-31', '2026-03-03', null, 'met', 'progress') $$,
	'supervision: what waits first');

-- Ordered once more, as only progress was reported: the last order counts.
select count(*) as ignored from letterwatch.supervise_letter('B-13', 'T-P', '2026-04-10', topic => 'arrears') \gset
select is((select letters || ' ' || cleared from letterwatch.campaign where office_code = 'T-P-C-1'), '3 2', 'a second order is no second letter');
select count(*) as ignored from letterwatch.feed_back('B-13', 'result') \gset
select is((select letters || ' ' || cleared || ' ' || percent from letterwatch.campaign where office_code = 'T-P-C-1'), '3 3 100.0', 'and its result clears');

-- ---- backlog: letters without a result by age --------------------------------------------------------------------------------

call lwtest.set_clock('2026-06-15 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'A-' || day, 'T-P-C', day::date
from unnest(array['2026-06-15', '2026-03-15', '2026-03-14', '2025-12-15', '2025-12-14', '2025-06-15', '2025-06-14', '2023-06-15',
                  '2023-06-14', '2021-06-15', '2021-06-14']) as day;
select lwtest.rows_are(
	$$ select age, letters, overdue from letterwatch.backlog where office_code = 'T-P-C' $$,
	$$ values
		('years_5', 1::bigint, 1::bigint), ('years_3_5', 2, 2), ('years_1_3', 2, 2), ('months_6_12', 2, 2), ('months_3_6', 2, 2),
		('months_0_3', 2, 1) $$,
	'on the very day a letter is still of the younger class; the oldest come first');
insert into letterwatch.letter_event (letter_no, kind, outcome, reason)
values
	('A-2021-06-14', 'result', null, null), ('A-2021-06-15', 'notice', 'referred', null), ('A-2023-06-14', 'withdraw', null, 'asked'),
	('A-2023-06-15', 'exempt', null, 'anonymous'), ('A-2025-06-14', 'progress', null, null);
select lwtest.rows_are(
	$$ select age, letters, overdue from letterwatch.backlog where office_code = 'T-P-C' and age like 'years%' $$,
	$$ values ('years_1_3', 2::bigint, 0::bigint) $$,
	'a result ends it, and what needs none; progress does not, nor that nobody can be answered');
select is((select count(*)::int from letterwatch.backlog b left join letterwatch.term t on t.category = 'age' and t.code = b.age
           where t.code is null), 0, 'each class has its titles');

-- ---- overdue by days late ----------------------------------------------------------------------------------------------------

-- Notices that ended 1, 3, 4, 7, 8, 30, 31, 90 and 91 days ago.
insert into letterwatch.rule_set (rule_set, title) values ('t-days', 'one day');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, roll, responsible_unit, met_by)
values ('t-days', 'notice', 'test', 1, 'day', false, 'petitions', '{notice}');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
select 'D-' || days, 'T', date '2026-06-15' - days - 1, 't-days' from unnest(array[0, 1, 3, 4, 7, 8, 30, 31, 90, 91]) as days;
select lwtest.rows_are(
	$$ select age, letters, overdue from letterwatch.overdue_ageing where office_code = 'T' $$,
	$$ values ('days_91', 1::bigint, 1::bigint), ('days_31_90', 2, 2), ('days_8_30', 2, 2), ('days_4_7', 2, 2), ('days_1_3', 2, 2) $$,
	'each class from and to its very day; the last day itself is none');
select lwtest.rows_are(
	$$ select sum(letters) from letterwatch.overdue_ageing where office_code = 'T-P-C-1' $$,
	$$ select count(distinct letter_no)::numeric from letterwatch.overdue where office_code = 'T-P-C-1' $$,
	'a letter that is overdue under two rules is one letter');

-- ---- who sees what --------------------------------------------------------------------------------------------------------------

create role t_clerk_1 login in role letterwatch_clerk;
create role t_clerk_p login in role letterwatch_clerk;
create role t_reader_p login in role letterwatch_reader;
insert into letterwatch.office_member (db_role, office_code, duty)
values ('t_clerk_1', 'T-P-C-1', 'clerk'), ('t_clerk_p', 'T-P', 'clerk'), ('t_reader_p', 'T-P', 'reader');
grant usage on schema lwtest to public;
set local role t_clerk_1;
select is((select string_agg(distinct office_code, ' ') from letterwatch.supervision), 'T-P-C-1', 'a clerk sees the orders to its office');
select is((select string_agg(distinct office_code, ' ') from letterwatch.campaign), 'T-P-C-1', 'and how it stands in a campaign');
select is((select string_agg(distinct office_code, ' ') from letterwatch.backlog), 'T-P-C-1', 'its backlog');
select is((select string_agg(distinct office_code, ' ') from letterwatch.overdue_ageing), 'T-P-C-1', 'what is overdue');
select is((select sum(deadlines)::int from letterwatch.workload('T', 200)),
          (select sum(deadlines)::int from letterwatch.workload('T-P-C-1', 200)), 'and its own work, whatever office it asks about');
set local role t_clerk_p;
select is((select string_agg(distinct office_code, ' ') from letterwatch.supervision), 'T-P-C-1 T-P-C-2', 'who ordered sees its orders');
select is((select count(*)::int from letterwatch.backlog), 0, 'but no other letter of those offices');
set local role t_reader_p;
select is((select string_agg(distinct office_code, ' ') from letterwatch.backlog), 'T-P-C T-P-C-1 T-P-C-2', 'a reader sees all below its office');
reset role;

select * from finish();
rollback;
