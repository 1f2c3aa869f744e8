-- rates_year.sql -- the figures of the 2020 report by one query: a year of letters over four levels, one in seven accepted, every
-- notice in time, 99.2 of the replies nationally and 100.0 at the top office; and the same report again, later.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- a year of letters ------------------------------------------------------------------------------------------------

-- The top office Y, 7 provinces, 14 cities, 28 counties.
insert into letterwatch.office (office_code, name) values ('Y', 'the top office');
insert into letterwatch.office (office_code, name, parent_code) select 'Y-' || p, 'province ' || p, 'Y' from generate_series(1, 7) p;
insert into letterwatch.office (office_code, name, parent_code)
select format('Y-%s-%s', p, c), format('city %s %s', p, c), 'Y-' || p from generate_series(1, 7) p, generate_series(1, 2) c;
insert into letterwatch.office (office_code, name, parent_code)
select format('Y-%s-%s-%s', p, c, d), format('county %s %s %s', p, c, d), format('Y-%s-%s', p, c)
from generate_series(1, 7) p, generate_series(1, 2) c, generate_series(1, 2) d;

-- 17,500 letters of the provinces and 700 of the top office, received from October 2024 to September 2025, so that their replies
-- are due in 2025. One in seven is accepted: 2,500 and 100. Of the 2,500, 12 were answered late, 8 never (2,580 of 2,600 are
-- 99.23 percent), and 10 in time but entered late.
create table lwtest.source as
select i, 'Y-' || lpad(i::text, 5, '0') as letter_no,
       case when i > 17500 then 'Y'
            else 'Y-' || i / 7 % 7 + 1 || case when i / 49 % 10 = 0 then '' when i / 49 % 10 < 3 then format('-%s', i / 49 % 10)
                                          else format('-%s-%s', 1 + i / 49 % 2, 1 + i / 98 % 2) end end as office_code,
       timestamptz '2024-10-01 09:00+08' + i * 7919 % 364 * interval '1 day' as received_at,
       (array['accepted', 'referred', 'not_accepted', 'referred', 'not_accepted', 'incomplete', 'referred'])[1 + i % 7] as outcome
from generate_series(1, 18200) i;
create table lwtest.answer as
select s.*, case when nth <= 12 then interval '95 days' when nth between 13 and 20 then null else i % 80 * interval '1 day' end as after,
       nth between 21 and 30 as is_late_entry
from (select x.*, row_number() over (order by x.i) as nth from lwtest.source x where x.outcome = 'accepted') s;

call lwtest.set_clock('2026-02-02 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_at, registered_at)
select letter_no, office_code, received_at, received_at from lwtest.source;
insert into letterwatch.letter_event (letter_no, kind, outcome, occurred_at, recorded_at)
select letter_no, 'notice', outcome, received_at + i % 8 * interval '1 day', received_at + i % 8 * interval '1 day'
from lwtest.source
union all
select letter_no, case i % 2 when 0 then 'result' else 'progress' end, null, received_at + after,
       received_at + case when is_late_entry then interval '100 days' else after end
from lwtest.answer
where after is not null;
-- And of last week, which is not due yet.
insert into letterwatch.letter (letter_no, office_code, received_at) values ('Y-NEW', 'Y-1', '2026-01-29 09:00+08');

-- ---- the report -------------------------------------------------------------------------------------------------------

-- 2025, and for the notices the last months of 2024: one query.
create view lwtest.report as
select * from letterwatch.reply_rate_tree('Y', '2024-10-01', '2026-05-01');

select lwtest.rows_are(
	$$ select line, rule, due, rate from lwtest.report where month is null and line in ('total', 'own') and rule <> 'followup' $$,
	$$ values ('total', 'notice', 18200, 100.0), ('own', 'notice', 700, 100.0), ('total', 'reply', 2600, 99.2), ('own', 'reply', 100, 100.0) $$,
	'every notice was in time, 99.2 of the replies nationally, all of the top office');
select lwtest.rows_are(
	$$ select in_time, late, open_overdue, not_yet_due, not_owed, in_time_entered_late from lwtest.report
	   where month is null and line = 'total' and rule = 'reply' $$,
	$$ values (2580, 12, 8, 1, 15600, 10) $$,
	'beside it stands what was late, never answered, not yet due, not owed, and entered late');
select is((select array[due, not_yet_due]::int[] from lwtest.report where month = '2026-02-01' and line = 'total' and rule = 'notice'), '{0,1}',
	'what is not yet due is in no denominator');
select is((select rate from lwtest.report where month = '2026-02-01' and line = 'total' and rule = 'notice'), null, 'and makes no rate');
select is((select count(*)::int from lwtest.report where line = 'total' and month between '2025-01-01' and '2025-12-01' and rule = 'reply' and due > 0), 12,
	'replies were due in each month of 2025');

create table lwtest.report_now as select * from lwtest.report;
-- The figures as numbers that can be added.
create function lwtest.sums(of_lines text) returns table (month date, rule text, figures bigint[])
	language sql stable
	as $$
	select r.month, r.rule, array[sum(r.due), sum(r.in_time), sum(r.late), sum(r.open_overdue), sum(r.not_yet_due), sum(r.exempt),
	                              sum(r.not_owed), sum(r.in_time_entered_late)]::bigint[]
	from lwtest.report_now r
	where r.line = any (of_lines::text[])
	group by r.month, r.rule
	order by r.month, r.rule
	$$;
select lwtest.rows_are($$ select * from lwtest.sums('{total}') $$, $$ select * from lwtest.sums('{own,below}') $$,
	'the total is what the office and those below did, each month and in all');
select lwtest.rows_are($$ select * from lwtest.sums('{total}') $$, $$ select * from lwtest.sums('{level}') $$, 'and what the levels did');
select lwtest.rows_are(
	$$ select rule, sum(due), sum(in_time), sum(not_owed) from lwtest.report_now where month is not null and line = 'total' group by rule order by rule $$,
	$$ select rule, due, in_time, not_owed from lwtest.report_now where month is null and line = 'total' order by rule $$,
	'the year is what the months did');
select is((select count(*)::int from lwtest.report_now where due <> in_time + late + open_overdue), 0, 'what was due was in time, late or is open');
select lwtest.rows_are(
	$$ select rule, level, sum(due), sum(in_time), sum(not_owed) from lwtest.report_now
	   where month is null and line = 'below' and office_code = 'Y-3' group by rule, level order by rule $$,
	$$ select rule, level, due, in_time, not_owed from letterwatch.reply_rate_tree('Y-3', '2024-10-01', '2026-05-01')
	   where month is null and line = 'total' order by rule $$,
	'a province reports what the country says of it');
select is((select array_agg(distinct level order by level) from lwtest.report_now where line = 'level'), '{1,2,3,4}', 'each of four levels has its line');
select lwtest.rows_are(
	$$ select r.rule, sum(r.due), sum(r.in_time), sum(r.not_owed) from letterwatch.reply_rate r where r.office_code like 'Y%' group by r.rule order by r.rule $$,
	$$ select rule, due, in_time, not_owed from lwtest.report_now where month is null and line = 'total' order by rule $$,
	'reply_rate has the same letters, an office a line');
select is((select due from letterwatch.reply_rate_tree(null, '2024-10-01', '2026-05-01') where month is null and line = 'total' and rule = 'reply'),
	2600::bigint, 'without an office it is the whole country');
select lwtest.refused($$ select * from letterwatch.reply_rate_tree('Z') $$, 'no office Z', 'an office that is not there');

-- ---- one notice too late ----------------------------------------------------------------------------------------------

call lwtest.set_clock('2026-02-03 10:00:00');
select count(*) from letterwatch.void_event(
	(select e.event_id from letterwatch.letter_event e where e.letter_no = 'Y-00022' and e.kind = 'notice'), 'test') \g /dev/null
insert into letterwatch.letter_event (letter_no, kind, outcome, occurred_at) values ('Y-00022', 'notice', 'referred', letterwatch.clock());
select lwtest.rows_are(
	$$ select line, in_time, due, rate from lwtest.report where month is null and rule = 'notice' and (line = 'total' or office_code = 'Y-4') $$,
	$$ values ('total', 18199, 18200, 99.9), ('below', 2498, 2499, 99.9) $$,
	'one notice late of 2,499 (99.96 percent) reads 99.9, not 100.0');

-- ---- as it was known ---------------------------------------------------------------------------------------------------

create function lwtest.same(as_of text, description text) returns text
	language sql
	as $$
	select results_eq(
		format('select * from letterwatch.reply_rate_tree(''Y'', ''2024-10-01'', ''2026-05-01'', %L)', as_of || '+08'),
		'select * from lwtest.report_now', description)
	$$;
select lwtest.same('2026-02-02 10:00:00', 'the report of yesterday still has the notice in time');

-- (Settings that change: rates.sql.)
call lwtest.set_clock('2026-02-04 10:00:00');
select count(*)
from (select x.* from lwtest.answer x where x.after is null limit 1) a
cross join lateral letterwatch.record_reply(a.letter_no, 'result', at => a.received_at + interval '50 days') \g /dev/null
select count(*) from letterwatch.correct_letter('Y-00700', 'test', received_on => '2025-01-20', office_code => 'Y-7-1') \g /dev/null
select count(*) from letterwatch.transfer_letter('Y-NEW', 'Y-2', 'test') \g /dev/null
select count(*) from letterwatch.exempt_letter('Y-00007', 'anonymous') \g /dev/null
insert into letterwatch.letter (letter_no, office_code, received_on) values ('Y-OLD', 'Y-5', '2025-03-03');
select lwtest.same('2026-02-02 10:00:00', 'nor do later entries, corrections, transfers and letters change it');

-- ---- the board ---------------------------------------------------------------------------------------------------------

select lwtest.rows_are(
	$$ select office_code, all_overdue from letterwatch.office_board where level = 1 and office_code = 'Y' $$,
	$$ select 'Y', count(*) from letterwatch.overdue where office_code like 'Y%' $$,
	'the top office answers for all');
select is((select sum(overdue) from letterwatch.office_board where office_code like 'Y%'),
	(select count(*)::numeric from letterwatch.overdue where office_code like 'Y%'), 'each for its own');
select is((select count(*)::int from (select level, all_overdue, lag(all_overdue) over () as before, lag(level) over () as level_before
		from letterwatch.office_board) b where level < level_before or level = level_before and all_overdue > before), 0,
	'level by level, the worst first');

-- ---- who sees what -----------------------------------------------------------------------------------------------------

create role lwtest_head in role letterwatch_reader;
create role lwtest_clerk in role letterwatch_clerk;
insert into letterwatch.office_member (db_role, office_code, duty) values ('lwtest_head', 'Y-3', 'reader'), ('lwtest_clerk', 'Y-3', 'clerk');
grant usage on schema lwtest to public;
grant execute on all functions in schema lwtest to public;
set local role lwtest_head;
select is((select array_agg(distinct left(office_code, 3)) from letterwatch.office_board), '{Y-3}', 'the head of a province sees its offices on the board');
select is((select level from letterwatch.office_board limit 1), 2, 'the province first');
select is((select array_agg(distinct left(office_code, 3)) from letterwatch.reply_rate), '{Y-3}', 'and their rates');
select is((select count(distinct office_code)::int from letterwatch.reply_rate_tree('Y-3', '2025-01-01', '2025-12-01') where line = 'below'), 2,
	'its cities beside each other');
select lwtest.refused($$ select * from letterwatch.reply_rate_tree('Y') $$, 'no office Y', 'the country');
set local role lwtest_clerk;
select is((select array_agg(office_code) from letterwatch.office_board), '{Y-3}', 'a clerk sees his office');
select is((select array_agg(distinct line order by line) from letterwatch.reply_rate_tree(null, '2025-01-01', '2025-12-01')), '{below,level,total}',
	'and sums of nothing else');
reset role;

select * from finish();
rollback;
