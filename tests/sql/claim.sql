-- claim.sql -- what a daemon is given, keeps until it has sent it, and how long it may sleep.
begin;
\ir include/helpers.psql
select no_plan();

select instance as me from lwtest.daemon \gset
create view lwtest.last_row as
	select next_in_us, blocked from letterwatch.claim_due((select instance from lwtest.daemon), 1000, 'none')
	where line_id is null;

-- ---- nothing to do ---------------------------------------------------------------------

select lwtest.rows_are(
	$$ select line_id, next_in_us > 0, blocked from letterwatch.claim_due((select instance from lwtest.daemon), 1000, 'none') $$,
	$$ values (null::uuid, true, false) $$,
	'with no letters there is one row');
select is(
	(select next_event_at from letterwatch.daemon_status limit 1),
	'2026-03-03 09:00+08'::timestamptz,
	'and nothing is planned but the look at the calendars and the digests, next morning');
-- Digests have their own tests.
delete from letterwatch.daily_line where event = 'digest';

-- ---- how long to sleep ---------------------------------------------------------------------

call lwtest.register('Q-1', '2026-03-02 09:00');
call lwtest.set_clock('2026-03-05 08:59:00');
-- (what the claim itself takes is deducted, so a little less than the whole minute)
select cmp_ok((select next_in_us from lwtest.last_row), '<=', 60000000::bigint, 'sleeps no longer than until the next stage');
select cmp_ok((select next_in_us from lwtest.last_row), '>', 50000000::bigint, 'and not much less');

call lwtest.set_clock('2026-03-05 08:59:59.9995');
select ok((select next_in_us between 0 and 500 from lwtest.last_row), 'and no longer than half a millisecond, half a millisecond before');

call lwtest.set_clock('2026-03-05 08:59:59');
select ok(
	(select next_in_us between 500000 and 995000 from letterwatch.claim_due(:me, 1000, 'none', 5000) where line_id is null),
	'who comes 5 ms ahead sleeps as much less');
call lwtest.set_clock('2026-03-05 08:59:59.8');
select is((select count(line_id)::int from letterwatch.claim_due(:me, 1000, 'none', 150000)), 0, 'who comes 200 ms ahead and waits for 150 is told nothing');
select clock_timestamp() as before \gset
select is((select count(line_id)::int from letterwatch.claim_due(:me, 1000, 'none', 250000)), 1, 'who waits for 250 is told');
select ok(clock_timestamp() >= timestamptz :'before' + interval '200 ms', 'when it is due, not before');
select is(
	(select raised_at >= stage_at and raised_at < stage_at + interval '1 second' from letterwatch.alert where letter_no = 'Q-1'), true,
	'as its row says');

-- ---- a line is kept until it is marked --------------------------------------------------------

call lwtest.set_clock('2026-03-05 09:00:00');
select line_id as line, severity, fields[1] as first_key, fields[array_length(fields, 1) - 1] as last_key
from letterwatch.claim_due(:me, 1000, 'en') where line_id is not null \gset
select is(concat(:'first_key', ' ', :'last_key'), 'event msg', 'a line begins with event and ends with msg');
select is(
	(select array(select fields[2 * n - 1] from generate_series(1, 11) as n)
	 from letterwatch.claim_due(:me, 1000, 'none') where line_id is not null),
	array['event', 'id', 'stage', 'rule', 'office', 'letter', 'due', 'days_left', 'workdays_left', 'to', 'unit'],
	'the keys stand in the order of the contract');
select is(
	(select line_id from letterwatch.claim_due(:me, 1000, 'en') where line_id is not null),
	:'line'::uuid,
	'until it is marked the same line is given again');
select is(
	(select (jsonb_object(fields)->>'id')::uuid from letterwatch.claim_due(:me, 1000, 'en') where line_id is not null),
	:'line'::uuid,
	'with the id of its alert');

select instance as other from letterwatch.daemon_connect(null, 'test', 2, 'test') \gset
select is_empty(
	format('select * from letterwatch.claim_due(%s, 1000, %L) where line_id is not null', :other, 'none'),
	'another daemon does not get it');
call lwtest.set_clock('2026-03-05 09:00:31');
select is(
	(select line_id from letterwatch.claim_due(:other, 1000, 'none') where line_id is not null),
	:'line'::uuid,
	'until its lease of 30 seconds is over');
select is_empty(
	format('select * from letterwatch.claim_due(%s, 1000, %L) where line_id is not null', :me, 'none'),
	'then the first does not get it any more');

select count(letterwatch.mark_emitted(:other, array[:'line'::uuid])::text) as ignored \gset
select count(letterwatch.mark_emitted(:other, array[:'line'::uuid])::text) as ignored \gset
select is(
	(select emitted_at from letterwatch.alert_log where alert_id = :'line'),
	'2026-03-05 09:00:31+08'::timestamptz,
	'marked, twice or not, it is emitted');
select is_empty(
	format('select * from letterwatch.claim_due(%s, 1000, %L) where line_id is not null', :other, 'none'),
	'and is given to nobody again');
select is(
	(select count(*)::int from letterwatch.alert_log where alert_id = :'line'),
	1,
	'alert_log shows it once');

-- A daemon that says goodbye leaves what it has not sent to the others.
call lwtest.set_clock('2026-03-06 09:00:00');
select line_id as line from letterwatch.claim_due(:other, 1000, 'none') where line_id is not null \gset
select count(letterwatch.daemon_disconnect(:other)::text) as ignored \gset
select is(
	(select line_id from letterwatch.claim_due(:me, 1000, 'none') where line_id is not null),
	:'line'::uuid,
	'a daemon that stops leaves its unsent lines to the next');
select count(letterwatch.mark_emitted(:me, array[:'line'::uuid])::text) as ignored \gset

-- ---- many -----------------------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'Q-M-' || n, 'T-P-C-1', '2026-03-02' from generate_series(1, 25) as n;
call lwtest.set_clock('2026-03-05 09:00:00');
select count(line_id) as lines, max(next_in_us) as next_in_us
from letterwatch.claim_due(:me, 10, 'none') \gset
select is(:lines, 10, 'no more than a batch at once');
select is(:next_in_us, 1, 'then: ask again at once');
select is((select concat(count(line_id), ' ', bool_or(to_send)) from letterwatch.claim_due(:me, 10, 'none', 0, 9)), '0 t',
	'where there are more than a few, it is only said that there are some');
select is((select concat(count(line_id), ' ', bool_or(to_send)) from letterwatch.claim_due(:me, 10, 'none', 0, 10)), '10 t',
	'a few are given');
call lwtest.sweep();
select is(
	(select count(*)::int from letterwatch.alert_log where letter_no like 'Q-M-%'),
	25,
	'until all are told');
select is(
	(select count(distinct fields->>'id')::int from lwtest.told where letter like 'Q-M-%'),
	25,
	'none is lost');

-- ---- the oldest stage first --------------------------------------------------------------------------

call lwtest.set_clock('2026-03-02 10:00:00');
call lwtest.register('Q-A', '2026-03-02 09:00');
call lwtest.set_clock('2026-03-03 10:00:00');
call lwtest.register('Q-B', '2026-03-03 09:00');
-- Q-A's last day is the 9th, Q-B's the 10th; both were past their warnings
call lwtest.sweep('2026-03-10 09:00:00');
select lwtest.rows_are(
	$$ select letter, stage from lwtest.told where letter in ('Q-A', 'Q-B') and rule = 'notice' order by n $$,
	$$ values ('Q-A', 'remind'), ('Q-B', 'due') $$,
	'what came first is told first');

-- ---- the sentence for people --------------------------------------------------------------------------

create function lwtest.message(language text) returns text
	language sql
	as $$
	select jsonb_object(fields)->>'msg'
	from letterwatch.claim_due((select instance from lwtest.daemon), 1, language)
	where line_id is not null
	limit 1
	$$;
call lwtest.set_clock('2026-03-12 09:00:00');
select isnt(lwtest.message('en'), null, 'in English the last key is a sentence');
select ok(lwtest.message('en') !~ '[^ -~]', 'of ASCII');
select ok(lwtest.message('zh') ~ '[一-龥]', 'in Chinese it is in Chinese');
select is(lwtest.message('none'), null, 'with language none there is no sentence');

-- ---- a clock that is set back ---------------------------------------------------------------------------------

insert into letterwatch.replan_queue (letter_no) values ('Q-A');
call lwtest.set_clock('2026-03-12 08:00:00');
select count(*) as ignored from letterwatch.claim_due(:me, 1000, 'none') \gset
select is_empty('select * from letterwatch.replan_queue', 'what was queued an hour later is planned at once');

-- ---- settings that change while more is due than a batch holds ---------------------------------------------

insert into letterwatch.office (office_code, name, parent_code) values ('T-WEST', 'office that turns out to lie in the west', 'T-P');
call lwtest.set_clock('2026-04-01 10:00:00');
call lwtest.register('Q-W-1', '2026-04-01 09:00', 'T-WEST');
call lwtest.register('Q-W-2', '2026-04-01 09:00', 'T-WEST');
call lwtest.register('Q-W-3', '2026-04-01 09:00', 'T-WEST');
call lwtest.sweep('2026-04-08 12:00:00');
-- Their notices end with the 8th: so far at 00:00 in Shanghai, now at 02:00 there.
call lwtest.set_clock('2026-04-09 00:00:01');
update letterwatch.office set time_zone = 'Asia/Urumqi' where office_code = 'T-WEST';
select is_empty(
	$$ select * from letterwatch.claim_due((select instance from lwtest.daemon), 1, 'none') where line_id is not null $$,
	'no alert comes for a time that a change has moved');
call lwtest.sweep('2026-04-09 01:59:59');
select is_empty($$ select * from lwtest.told where letter like 'Q-W-%' and stage = 'overdue' $$, 'nor before its new time');
call lwtest.sweep('2026-04-09 02:00:00');
select is((select count(*)::int from lwtest.told where letter like 'Q-W-%' and stage = 'overdue'), 3, 'each comes then');

select * from finish();
rollback;
