-- digest.sql -- the line of each office on each working morning, and workload, which looks further ahead.
begin;
\ir include/helpers.psql
select no_plan();

-- A pass of the daemon, which keeps the digests only.
create table lwtest.digest (n bigint generated always as identity, claimed_at timestamptz, fields jsonb, keys text);
create procedure lwtest.pass(shanghai text, batch int default 1000)
	language plpgsql
	as $$
	declare
		me bigint := (select instance from lwtest.daemon);
		ids uuid[];
		wait bigint;
	begin
		call lwtest.set_clock(shanghai);
		loop
			with claimed as materialized (
				select * from letterwatch.claim_due(me, batch, 'en')
			), kept as (
				insert into lwtest.digest (claimed_at, fields, keys)
				select letterwatch.clock(), jsonb_object(c.fields),
				       (select string_agg(c.fields[2 * i - 1], ' ' order by i) from generate_series(1, cardinality(c.fields) / 2) i)
				from claimed c
				where c.fields[2] = 'digest'
			)
			select array(select line_id from claimed where line_id is not null), next_in_us into ids, wait
			from claimed
			where claimed.line_id is null;
			perform letterwatch.mark_emitted(me, ids);
			exit when cardinality(ids) = 0 and not lwtest.left_to_do(wait);
		end loop;
	end $$;

create function lwtest.said(on_day text, office text) returns text
	language sql
	as $$
	select string_agg(d.fields->>'msg', '|')
	from lwtest.digest d
	where d.fields->>'office' = office and d.fields->>'day' = on_day
	$$;

-- ---- who has something to say -------------------------------------------------------------------------------------------

-- Received on Monday 2 March, the notice ends on Monday the 9th: within five working days of the 3rd.
call lwtest.register('G-1', '2026-03-02 07:30', 'T-P-C-1');
call lwtest.register('G-2', '2026-03-02 07:30', 'T-P-C-1');
call lwtest.pass('2026-03-03 08:59:59');
select is((select count(*)::int from lwtest.digest), 0, 'before office hours there is no digest');
call lwtest.pass('2026-03-03 09:00:00');
select lwtest.rows_are(
	$$ select fields - 'msg' - 'event' from lwtest.digest order by fields->>'office' $$,
	$$ values
		('{"office": "T", "day": "2026-03-03", "overdue": "0", "due_today": "0", "due_soon": "0", "suspended": "0",
		   "tree_overdue": "0", "tree_due_today": "0", "tree_due_soon": "2", "tree_suspended": "0"}'::jsonb),
		('{"office": "T-P", "day": "2026-03-03", "overdue": "0", "due_today": "0", "due_soon": "0", "suspended": "0",
		   "tree_overdue": "0", "tree_due_today": "0", "tree_due_soon": "2", "tree_suspended": "0"}'),
		('{"office": "T-P-C", "day": "2026-03-03", "overdue": "0", "due_today": "0", "due_soon": "0", "suspended": "0",
		   "tree_overdue": "0", "tree_due_today": "0", "tree_due_soon": "2", "tree_suspended": "0"}'),
		('{"office": "T-P-C-1", "day": "2026-03-03", "overdue": "0", "due_today": "0", "due_soon": "2", "suspended": "0",
		   "oldest": "G-1", "oldest_due": "2026-03-09"}') $$,
	'at their beginning an office says what ends within 5 working days, those above it what their offices have; the others are silent');
select is(
	(select keys from lwtest.digest where fields->>'office' = 'T-P-C-1'),
	'event office day overdue due_today due_soon suspended oldest oldest_due msg', 'its keys');
call lwtest.pass('2026-03-03 15:00:00');
select is((select count(*)::int from lwtest.digest), 4, 'once a day');

call lwtest.set_clock('2026-03-04 10:00');
select count(*) as ignored from letterwatch.record_notice('G-2', outcome => 'incomplete') \gset
call lwtest.pass('2026-03-09 09:00:00');
select is(lwtest.said('2026-03-09', 'T-P-C-1'), 'Office T-P-C-1: 0 overdue, 1 due today, 0 due within 5 working days', 'what ends today');
select is(lwtest.said('2026-03-09', 'T-P'),
	'Office T-P: 0 overdue, 0 due today, 0 due within 5 working days; with the offices below 0, 1, 0', 'of an office above');
select is((select count(distinct fields->>'day')::int from lwtest.digest), 2,
	'after three days without a daemon there is one digest, of today');

call lwtest.pass('2026-03-13 09:00:00');
select is(lwtest.said('2026-03-13', 'T-P-C-1'), 'Office T-P-C-1: 1 overdue, 0 due today, 0 due within 5 working days', 'what is overdue');
call lwtest.pass('2026-03-14 09:00:00');
call lwtest.pass('2026-03-15 09:00:00');
select is((select max(fields->>'day') from lwtest.digest), '2026-03-13', 'on days off there is none');
call lwtest.pass('2026-03-16 09:00:00');
select is((select count(*)::int from lwtest.digest where fields->>'day' = '2026-03-16'), 4, 'on Monday again');
call lwtest.set_clock('2026-03-16 10:00');
select count(*) as ignored from letterwatch.withdraw_letter('G-1') \gset
call lwtest.pass('2026-03-17 09:00:00');
select is((select max(fields->>'day') from lwtest.digest), '2026-03-16', 'who has nothing to say is silent');

-- An office in another zone, which begins at another time, and whose daemon looks late.
insert into letterwatch.office (office_code, name, parent_code, time_zone, day_begins) values ('T-W', 'in the west', 'T', 'Asia/Urumqi', '10:00');
call lwtest.register('G-W', '2026-03-17 08:00', 'T-W');
call lwtest.pass('2026-03-17 11:59:59');
select is(lwtest.said('2026-03-17', 'T-W'), null, 'an office begins by its own clock');
call lwtest.pass('2026-03-17 14:30:00');
select is(lwtest.said('2026-03-17', 'T-W'), 'Office T-W: 0 overdue, 0 due today, 1 due within 5 working days',
	'and is told in the middle of the day, when nobody looked at its beginning');

-- ---- suspended ----------------------------------------------------------------------------------------------------------

call lwtest.set_clock('2026-03-19 09:30');
insert into letterwatch.rule_set (rule_set, title) values ('t-pause', 'may be suspended');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, responsible_unit, met_by, not_owed_in, may_suspend)
values ('t-pause', 'reply', 'test', 3, 'month', 'case', '{result}', '{withdrawn}', true);
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('G-S', 'T-P-C-2', '2026-03-19', 't-pause');
select count(*) as ignored from letterwatch.suspend_letter('G-S', 'hearing') \gset
call lwtest.pass('2026-03-20 09:00:00');
select is(
	(select fields->>'suspended' || (fields ? 'oldest')::text from lwtest.digest where fields->>'office' = 'T-P-C-2'), '1false',
	'what is suspended is counted, though it has no day');

-- ---- before a break -------------------------------------------------------------------------------------------------------

-- National Day 2026: off from 1 to 7 October. Notices of letters of 24 to 30 September end on the 8th or before.
call lwtest.set_clock('2026-09-24 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'G-B' || n, 'T-P-C-2', '2026-09-24' from generate_series(1, 3) n;
insert into letterwatch.letter (letter_no, office_code, received_on) values ('G-B4', 'T-P-C-2', '2026-09-16');
call lwtest.pass('2026-09-24 10:00:01');
call lwtest.pass('2026-09-28 09:00:00');
select is(
	(select jsonb_build_array(fields->>'break', fields->>'back', fields->>'behind', fields->>'due_soon') from lwtest.digest
	 where fields->>'office' = 'T-P-C-2' and fields->>'day' = '2026-09-28'),
	'["2026-10-01", "2026-10-08", "3", "3"]', 'before a break an office hears what piles up behind it');
select is(
	(select fields->>'tree_behind' from lwtest.digest where fields->>'office' = 'T' and fields->>'day' = '2026-09-28'), '3',
	'and the offices above, too');
select matches(lwtest.said('2026-09-28', 'T-P-C-2'), 'a break begins on 2026-10-01, 3 end up to 2026-10-08', 'in words');
call lwtest.pass('2026-10-02 09:00:00');
select is((select count(*)::int from lwtest.digest where fields->>'day' = '2026-10-02'), 0, 'in the break there is no digest');

call lwtest.set_clock('2026-09-28 10:00');
select lwtest.rows_are(
	$$ select * from letterwatch.workload('T-P', 4) $$,
	$$ values
		('2026-09-28'::date, 3, 0::bigint, 0::bigint, null),
		('2026-09-29', 0, 0, 0, null),
		('2026-09-30', 0, 0, 0, null),
		('2026-10-08', 7, 3, 3, 'notice 3') $$,
	'workload shows the coming working days, and the pile behind the break');
select is((select count(*)::int from letterwatch.workload('T')), 20, 'twenty days, if none are named');
select is((select sum(deadlines)::int from letterwatch.workload('T-P-C-1', 300)), 0, 'of one office and those below it only');
select lwtest.refused($$ select * from letterwatch.workload('NONE') $$, 'unknown office NONE', 'an unknown office');
select lwtest.refused($$ select * from letterwatch.workload('T', 0) $$, 'workload of 0 days', 'no days');

-- A day that is named may be a day off.
select count(*) as ignored from letterwatch.supervise_letter('G-B1', 'T', '2026-10-05') \gset
select lwtest.rows_are(
	$$ select day, deadlines, letters, rules from letterwatch.workload('T-P', 4) where deadlines > 0 $$,
	$$ values ('2026-09-30'::date, 1::bigint, 1::bigint, 'feedback 1'), ('2026-10-08', 3, 3, 'notice 3') $$,
	'what ends on a day off is work for the last day before it');

-- ---- the language, a batch, changed settings ---------------------------------------------------------------------------------

select is(
	letterwatch.digest_message('zh', '{"office": "S1", "overdue": "3", "due_today": "1", "due_soon": "4", "tree_overdue": "30",
		"tree_due_today": "2", "tree_due_soon": "40", "break": "2026-10-01", "back": "2026-10-08", "behind": "2", "tree_behind": "9"}'),
	'S1：超期3件，今日期满1件，五个工作日内期满4件（含下级：30、2、40）；2026-10-01起放假，至2026-10-08期满9件', 'in Chinese');
call lwtest.pass('2026-10-08 09:00:00', 1);
select is((select count(*)::int from lwtest.digest where fields->>'day' = '2026-10-08'), 4, 'one at a time, all are told');
call lwtest.pass('2026-10-08 17:00:00');
update letterwatch.office set day_begins = '08:00' where office_code = 'T';
call lwtest.pass('2026-10-09 08:00:00');
select is((select count(*)::int from lwtest.digest where fields->>'day' = '2026-10-09'), 4,
	'a changed beginning of office hours holds from the next morning on, for all who inherit it');
insert into letterwatch.office (office_code, name, parent_code) values ('T-X', 'short-lived', 'T');
select is((select count(*)::int from letterwatch.daily_line where event = 'digest'), 7, 'each office has its morning');
delete from letterwatch.office where office_code = 'T-X';
select is((select count(*)::int from letterwatch.daily_line where event = 'digest'), 6, 'as long as it is there');

-- ---- a digest that cannot be made ----------------------------------------------------------------------------------------------

alter table letterwatch.log_line add constraint t_no_digest check (event <> 'digest') not valid;
call lwtest.set_clock('2026-10-12 07:59:00');
call lwtest.register('G-Z', '2026-10-12 07:30', 'T-P-C-1');
set local client_min_messages = error;
call lwtest.pass('2026-10-15 09:00:00');
set local client_min_messages = warning;
select is((select count(*)::int from letterwatch.alert_log where letter_no = 'G-Z'), 1, 'it stops no alert');
select is((select min(next_at) from letterwatch.daily_line), '2026-10-15 09:01+08', 'and is tried again in a minute');
alter table letterwatch.log_line drop constraint t_no_digest;
call lwtest.pass('2026-10-15 09:01:00');
select is(lwtest.said('2026-10-15', 'T-P-C-1'), 'Office T-P-C-1: 0 overdue, 0 due today, 1 due within 5 working days', 'until it can be made');

-- ---- a clock that is ahead for a moment ----------------------------------------------------------------------------------------

call lwtest.pass('2026-12-01 09:00:00');
call lwtest.pass('2026-10-15 09:02:00');
call lwtest.pass('2026-10-16 09:00:00');
select isnt(lwtest.said('2026-10-16', 'T-P-C-1'), null, 'the next morning is told all the same');
call lwtest.pass('2026-10-15 09:03:00');
call lwtest.pass('2026-10-16 09:00:00');
select is((select count(*)::int from lwtest.digest where fields->>'day' = '2026-10-16' and fields->>'office' = 'T-P-C-1'), 1, 'and once, when it comes again');

-- ---- below is an office that has a day off ------------------------------------------------------------------------------------

insert into letterwatch.calendar (calendar, title, parent, weekend, needs_list) values ('t-own', 'a day of its own', 'cn', '{6,7}', false);
insert into letterwatch.calendar_list (calendar, year, source) values ('t-own', 2026, 'test');
insert into letterwatch.calendar_day (calendar, year, day, kind, holiday) values ('t-own', 2026, '2026-10-20', 'off', 'of its own');
update letterwatch.office set calendar = 't-own' where office_code = 'T-P-C-1';
call lwtest.redate();
call lwtest.pass('2026-10-20 09:00:00');
select is((select count(*)::int from lwtest.digest where fields->>'day' = '2026-10-20' and fields->>'office' = 'T-P-C-1'), 0, 'it is told nothing');
select is((select fields->>'tree_overdue' from lwtest.digest where fields->>'day' = '2026-10-20' and fields->>'office' = 'T-P-C'),
	(select count(*)::text from letterwatch.overdue where office_code in ('T-P-C', 'T-P-C-1', 'T-P-C-2')), 'but counts with those above');

select * from finish();
rollback;
