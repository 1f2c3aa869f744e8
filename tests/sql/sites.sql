-- sites.sql -- one database of several: its numbers, which lines it tells, what replication brings in any order, what it hands down.
begin;
\ir include/helpers.psql
set local client_min_messages = error;
select no_plan();

savepoint standing_alone;

-- ---- the site --------------------------------------------------------------------------------

select lwtest.refused('select letterwatch.set_site(32768)', '^a site is a number from 0 to 32767$', 'a site beyond what numbers hold');
select letterwatch.set_site(1) \g /dev/null
update letterwatch.office set site = 1 where office_code = 'T-P';
select matches(letterwatch.new_letter_no(), '^L2026-1-\d{7}$', 'the letter numbers that it makes hold its site');
call lwtest.register('OWN', '2026-03-02 09:00', 'T-P');
select letterwatch.assign_letter('OWN', 'case') \g /dev/null
select is((select event_id >> 48 from letterwatch.letter_event), 1::bigint, 'its events are of its own range');
select is((select state from lwtest.refusal('select letterwatch.set_site(2)')), 'LW003', 'with letters it stays what it is');
select lives_ok('select letterwatch.set_site(1)', 'which may be said again');
select lwtest.rows_are(
	$$ select office_code, sites from letterwatch.office_setting order by office_code $$,
	$$ values ('T', '{0}'::int[]), ('T-P', '{0,1}'), ('T-P-C', '{0,1,1}'), ('T-P-C-1', '{0,1,1,1}'), ('T-P-C-2', '{0,1,1,1}') $$,
	'each office has the sites of those above it');
select lwtest.rows_are(
	$$ select event, subject from letterwatch.daily_line order by 1, 2 $$,
	$$ values ('calendar_gap', 'cn'), ('digest', 'T-P'), ('digest', 'T-P-C'), ('digest', 'T-P-C-1'), ('digest', 'T-P-C-2') $$,
	'it has digests of its own offices only');

-- ---- which lines it tells --------------------------------------------------------------------

-- The notice ends on 9 March; +5, on the 16th, it is escalated to T, of another site.
call lwtest.walk('2026-03-05', '2026-03-17');
select lwtest.rows_are(
	$$ select stage, to_office, emitted_at is not null from letterwatch.alert_log where rule = 'notice' and stage in ('overdue', 'escalate') order by raised_at $$,
	$$ values ('overdue', 'T-P', true), ('escalate', 'T-P', true), ('escalate', 'T', false) $$,
	'what is addressed to another site has its alert, and no line');
select is((select count(*)::int from lwtest.told where to_office <> 'T-P'), 0, 'in the log there is none of it');
select is(
	letterwatch.resend_alerts('2026-03-01'),
	(select count(*) from letterwatch.alert_log where to_office = 'T-P'),
	'nor is it sent again from here');
call lwtest.sweep();
select is((select count(*)::int from lwtest.told where to_office <> 'T-P'), 0, 'so it stays');

call lwtest.register('LATE', '2026-03-02 09:00', 'T-P');
call lwtest.sweep('2026-03-24 09:00:00'); -- 5 working days after the day of its registration, on which it was overdue
select lwtest.rows_are(
	$$ select stage, to_office, fields->>'covers' from lwtest.told where letter = 'LATE' $$,
	$$ values ('escalate', 'T', '6') $$,
	'an alert that stands for several is told where one of them is due');
select letterwatch.record_notice('LATE') \g /dev/null
call lwtest.sweep();
select lwtest.rows_are(
	$$ select l.fields->>'id' = (select max(a.alert_id::text) from letterwatch.alert a where a.letter_no = 'LATE')
	   from lwtest.line l where l.fields->>'event' = 'cleared' $$,
	$$ values (true) $$,
	'and cleared there');

select letterwatch.record_notice('OWN') \g /dev/null
call lwtest.sweep();
select lwtest.rows_are(
	$$ select a.to_office from lwtest.line l join letterwatch.alert a on a.alert_id = (l.fields->>'id')::uuid
	   where l.fields->>'event' = 'cleared' and l.fields->>'letter' = 'OWN' $$,
	$$ values ('T-P') $$,
	'what is cleared is named by the alert that was told here');
select lwtest.rows_are($$ select * from letterwatch.verify() $$, $$ select '', '' where false $$, 'nothing is amiss');

-- ---- what replication brings -----------------------------------------------------------------

-- As its apply does it: row triggers only, and those that are enabled for it.
create function lwtest.apply(statements text) returns void
	language plpgsql
	as $$
	begin
		set local session_replication_role = replica;
		execute statements;
		set local session_replication_role = origin;
	end $$;
create view lwtest.waiting as
	select letter_no, left(error, 5) as error from letterwatch.replan_queue;

select lwtest.apply($$ insert into letterwatch.letter_event (event_id, letter_no, kind, outcome, occurred_at, recorded_at)
	values ((7::bigint << 48) + 1, 'FAR', 'notice', 'accepted', '2026-03-23 10:00+08', '2026-03-23 10:00+08') $$) \g /dev/null
call lwtest.sweep();
select lwtest.rows_are('table lwtest.waiting', $$ values ('FAR', 'LW002') $$, 'an event that comes before its letter waits');
select lwtest.apply($$ insert into letterwatch.letter (letter_no, office_code, received_on, registered_at, registered_by)
	values ('FAR', 'T-Q', '2026-03-20', '2026-03-20 09:00+08', 'q') $$) \g /dev/null
call lwtest.sweep();
select lwtest.rows_are('table lwtest.waiting', $$ values ('FAR', 'LW002') $$, 'a letter that comes before its office waits');
select lwtest.apply($$ insert into letterwatch.office (office_code, name, parent_code, site) values ('T-Q', 'province', 'T-NONE', 7) $$) \g /dev/null
call lwtest.sweep();
select lwtest.rows_are(
	$$ select what, letter_no from letterwatch.verify() where what not like 'settings change %' order by 1 $$,
	$$ values ('queued', 'FAR') $$,
	'an office whose parent is unknown stops nothing');
select lives_ok($$ call lwtest.register('MEANWHILE', '2026-03-24 08:00', 'T-P') $$, 'no clerk either');
select is((select min(next_try_at) - letterwatch.clock() from letterwatch.settings_change where applied_at is null), interval '1 minute',
	'it is tried again after a minute');
select lwtest.apply($$ insert into letterwatch.office (office_code, name, parent_code, site) values ('T-Q', 'province', 'T', 7) $$) \g /dev/null
call lwtest.sweep('2026-03-24 09:01:00');
call lwtest.sweep('2026-03-24 09:01:10');
select lwtest.rows_are(
	$$ select office_code, status from letterwatch.letter_state where letter_no = 'FAR' $$,
	$$ values ('T-Q', 'accepted') $$,
	'when all is there it is planned');
select lwtest.rows_are($$ select * from letterwatch.verify() $$, $$ select '', '' where false $$, 'and nothing is amiss');

select lwtest.apply($$ insert into letterwatch.letter (letter_no, office_code, received_on, registered_at, registered_by, registry_no)
	values ('FAR', 'T-Q', '2026-03-20', '2026-03-20 09:00+08', 'q', null),
	       ('FAR-2', 'T-Q', '2026-03-20', '2026-03-20 09:00+08', 'q', 'R-1'), ('FAR-3', 'T-Q', '2026-03-21', '2026-03-21 09:00+08', 'q', 'R-1');
	insert into letterwatch.letter_event (event_id, letter_no, kind, occurred_at, recorded_at, recorded_by)
	select event_id, letter_no, kind, occurred_at, recorded_at, recorded_by from letterwatch.letter_event where letter_no = 'FAR' $$) \g /dev/null
select lwtest.rows_are($$ select what from letterwatch.verify() where what like 'conflict%' $$, $$ select '' where false $$,
	'what is here already is passed over');
select lwtest.rows_are(
	$$ select letter_no, registry_no from letterwatch.letter where letter_no like 'FAR-%' order by 1 $$,
	$$ values ('FAR-2', 'R-1'), ('FAR-3', null) $$,
	'a registry number that is taken stops nothing');
select lwtest.apply($$ insert into letterwatch.letter (letter_no, office_code, received_on, registered_at, registered_by)
	values ('OWN', 'T-Q', '2026-03-20', '2026-03-20 09:00+08', 'q');
	insert into letterwatch.letter_event (event_id, letter_no, kind, occurred_at, recorded_at, recorded_by)
	select event_id, letter_no, 'withdraw', occurred_at, recorded_at, recorded_by from letterwatch.letter_event where letter_no = 'FAR' $$) \g /dev/null
call lwtest.sweep();
select lwtest.rows_are(
	$$ select * from letterwatch.verify() order by 1 $$,
	$$ values ('conflict letter', 'OWN'), ('conflict letter_event', 'FAR') $$,
	'something else under the same number is named, and not taken');

select lwtest.apply($$ update letterwatch.office set name = 'theirs' where office_code in ('T-P', 'T-Q');
	insert into letterwatch.office (office_code, name) values ('T-P-C', 'theirs') $$) \g /dev/null
select is((select string_agg(office_code, ' ') from letterwatch.office where name = 'theirs'), 'T-Q', 'an office of this site is this site''s alone');

-- ---- what it hands down ----------------------------------------------------------------------

rollback to standing_alone;
set local client_min_messages = error;
select setval('letterwatch.event_id_seq', 1, false) \g /dev/null
call lwtest.register('ALONE', '2026-03-02 09:00', 'T-P-C-1');
select letterwatch.record_notice('ALONE') \g /dev/null
select is((select count(*)::int from letterwatch.outgoing), 0, 'a database that stands alone hands nothing down');
select letterwatch.set_site(0) \g /dev/null
update letterwatch.office set site = 1 where office_code = 'T-P';
update letterwatch.office set site = 11 where office_code = 'T-P-C-1';
select letterwatch.supervise_letter('ALONE', 'T', '2026-03-20', 'a secret', 'spring', 'L-1') \g /dev/null
call lwtest.register('TOP', '2026-03-02 09:00', 'T');
select lwtest.rows_are(
	$$ select site, letter_no, jsonb_array_length(events), offices from letterwatch.outgoing $$,
	$$ values (1, 'ALONE', 2, jsonb_build_array(jsonb_build_object('office_code', 'T', 'name', 'test national office', 'parent_code', null,
		'time_zone', 'Asia/Shanghai', 'calendar', 'cn', 'rule_set', 'procuratorate', 'day_begins', '09:00:00', 'site', 0))) $$,
	'an order goes to the next site on the way to the office in charge, with the office that is above');
select ok((select not (o.letter ? 'title') and o.events::text !~ 'secret' from letterwatch.outgoing o), 'without title and reason');
select letterwatch.transfer_letter('TOP', 'T-P', 'theirs') \g /dev/null
select letterwatch.supervise_letter('TOP', 'T', '2026-03-20', 'a secret', 'spring', 'L-1') \g /dev/null
select lwtest.rows_are(
	$$ select letter_no, jsonb_array_length(events) from letterwatch.outgoing order by 1 $$,
	$$ values ('ALONE', 2), ('TOP', 2) $$,
	'a letter is there once, as it stands');
select is(letterwatch.hand_back(1), 2::bigint, 'all letters of a site are handed back');
select is(letterwatch.hand_back(11), 0::bigint, 'to the next site below, which hands them on');
select lwtest.rows_are($$ select * from letterwatch.verify() $$, $$ select '', '' where false $$, 'nothing is amiss');

select * from finish();
rollback;
