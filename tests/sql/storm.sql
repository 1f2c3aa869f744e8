-- storm.sql -- very many lines at once: the longest due first, alerts before digests; and a first load, which makes none.
begin;
\ir include/helpers.psql
select no_plan();

-- What each pass of a daemon with a small batch was given, in the order of sending.
create table lwtest.given (n bigint generated always as identity, pass int, event text, line_id uuid);
create procedure lwtest.storm(batch int)
	language plpgsql
	as $$
	declare
		me bigint := (select instance from lwtest.daemon);
		ids uuid[];
		wait bigint;
		pass_no int := 0;
	begin
		loop
			pass_no := pass_no + 1;
			with claimed as materialized (
				select * from letterwatch.claim_due(me, batch, 'none')
			), kept as (
				insert into lwtest.given (pass, event, line_id)
				select pass_no, c.fields[2], c.line_id from claimed c where c.line_id is not null
			)
			select array(select line_id from claimed where line_id is not null), next_in_us into ids, wait
			from claimed
			where claimed.line_id is null;
			perform letterwatch.mark_emitted(me, ids);
			exit when cardinality(ids) = 0 and not lwtest.left_to_do(wait);
		end loop;
	end $$;

-- ---- a full database, and a daemon that starts ----------------------------------------------------------------------------

-- Registered as they came, a letter a day for a year; nobody looked until the first morning of office hours.
insert into letterwatch.rule_set (rule_set, title) values ('t-one', 'one stage');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, responsible_unit, met_by)
values ('t-one', 'reply', 'test', 10, 'day', 'case', '{result}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity) values ('t-one', 'reply', 1, 'overdue', 0, 3);
insert into letterwatch.letter (letter_no, office_code, received_on, registered_at, rule_set)
select 'Y-' || to_char(day, 'YYYY-MM-DD'), 'T-P-C-1', day, day + time '10:00', 't-one'
from generate_series(timestamp '2025-02-01', timestamp '2026-01-31', '1 day') as day
order by md5(day::text);
call lwtest.redate();
call lwtest.set_clock('2026-03-03 09:00:00');
call lwtest.storm(40);
select is((select count(*)::int from lwtest.given where event = 'alert'), 365, 'all are told');
select ok((select max(pass) >= 10 from lwtest.given), 'a batch at a time');
select is_empty(
	$$ select g.n, a.stage_at from lwtest.given g join letterwatch.alert_log a on a.alert_id = g.line_id
	   join (select b.n, y.stage_at from lwtest.given b join letterwatch.alert_log y on y.alert_id = b.line_id) x
	   	on x.n < g.n and x.stage_at > a.stage_at $$,
	'the oldest stage first, over all batches');
select ok(
	(select min(n) filter (where event = 'digest') > max(n) filter (where event = 'alert') from lwtest.given),
	'digests of the same morning come after the alerts');
select is((select count(*)::int from lwtest.given where event = 'digest'), 4, 'each that has something to say');

-- The same under rules with many stages, of which the latest is told and stands for the others: the oldest of them counts.
truncate lwtest.given;
call lwtest.set_clock('2026-03-03 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on, registered_at)
select 'Z-' || to_char(day, 'YYYY-MM-DD'), 'T-P-C-2', day, day + time '10:00'
from generate_series(timestamp '2025-02-01', timestamp '2026-01-31', '1 day') as day
order by md5(day::text);
create table lwtest.oldest as
	select letter_no, rule, next_event_at as at from letterwatch.deadline where next_event_at <= letterwatch.clock();
call lwtest.storm(40);
create table lwtest.sent as
	select g.n, g.pass, a.covers, o.at
	from lwtest.given g
	join letterwatch.alert_log a on a.alert_id = g.line_id
	join lwtest.oldest o using (letter_no, rule);
select ok((select count(*) > 600 and max(pass) > 15 and min(covers) < max(covers) from lwtest.sent), 'many letters, stages and batches');
select is_empty(
	$$ select * from lwtest.sent a join lwtest.sent b on a.n < b.n and a.at > b.at $$,
	'the oldest stage first, over all batches, whether it is told itself or by a later one');

-- ---- a first load -----------------------------------------------------------------------------------------------------------

truncate lwtest.given;
call lwtest.set_clock('2026-03-03 11:00:00');
set local letterwatch.baseline = on;
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'F-' || n, 'T-P-C-1', date '2025-06-02' from generate_series(1, 5) n;
insert into letterwatch.letter (letter_no, office_code, received_on) values ('F-NEW', 'T-P-C-1', '2026-03-02');
insert into letterwatch.letter_event (letter_no, kind, outcome, occurred_at)
values ('F-1', 'notice', 'accepted', '2025-06-05 10:00+08'), ('F-2', 'progress', null, '2025-08-05 10:00+08'),
       ('F-3', 'result', null, '2025-08-05 10:00+08');
set local letterwatch.baseline = off;
call lwtest.storm(100);
select is((select count(*)::int from lwtest.given), 0, 'what had ended before a first load is recorded without a line');
select is((select count(*)::int from letterwatch.overdue where letter_no like 'F-%'), 6, 'and is overdue');
call lwtest.sweep('2026-05-20 09:00:00');
select is((select string_agg(distinct letter, ' ') from lwtest.told where letter like 'F-%'), 'F-NEW',
	'it has no reminders and is not escalated; what ends later is told as any other');
select is_empty($$ select * from letterwatch.verify() $$, 'verify knows that');
select is((select max(jsonb_object(fields)->>'baseline') from letterwatch.log_line where event = 'digest' and fields[4] = 'T-P-C-1'), '6',
	'the digest says how many there are');
select is((select max(jsonb_object(fields)->>'tree_baseline') from letterwatch.log_line where event = 'digest' and fields[4] = 'T'), '6',
	'and that of the offices above');

-- What becomes of such letters later is told: a new last day, an order.
call lwtest.set_clock('2026-05-20 10:00:00');
select count(*) as ignored from letterwatch.supervise_letter('F-4', 'T-P', '2026-05-27') \gset
select count(*) as ignored from letterwatch.transfer_letter('F-5', 'T-P-C-2') \gset
call lwtest.sweep('2026-05-28 09:00:00');
select lwtest.rows_are(
	$$ select distinct letter, rule, stage from lwtest.told where letter in ('F-4', 'F-5') order by 1 $$,
	$$ values ('F-4', 'feedback', 'remind'), ('F-5', 'notice', 'remind') $$,
	'an order for such a letter, and what a transfer begins, are told as any other');
select count(*) as ignored from letterwatch.record_reply('F-4', 'result') \gset
call lwtest.sweep();
select is((select count(*)::int from lwtest.line where fields->>'event' = 'cleared' and fields->>'letter' = 'F-4' and fields->>'rule' = 'reply'), 0,
	'what was never told is not told to be cleared');

-- Left off, nothing is kept silent; and it is for administrators only.
select is(letterwatch.baseline(), false, 'it is off where nobody has set it');
create role t_clerk login in role letterwatch_clerk;
insert into letterwatch.office_member (db_role, office_code, duty) values ('t_clerk', 'T-P-C-1', 'clerk');
grant usage on schema lwtest to public;
set local role t_clerk;
set local letterwatch.baseline = on;
select is(
	(select array[state, message] from lwtest.refusal($$ insert into letterwatch.letter (office_code) values ('T-P-C-1') $$)),
	array['42501', 'a first load (letterwatch.baseline) is for administrators'],
	'a clerk cannot keep alerts away by it');
select is(
	(select state from lwtest.refusal($$ insert into letterwatch.letter_event (letter_no, kind, outcome) values ('F-NEW', 'result', null) $$)),
	'42501', 'nor with events');
select is(
	(select state from lwtest.refusal($$ insert into letterwatch.letter (office_code, baseline) values ('T-P-C-1', true) $$)),
	'42501', 'nor by the column');
reset role;

select * from finish();
rollback;
