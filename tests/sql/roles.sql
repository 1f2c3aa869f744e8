-- roles.sql -- what each role can do, alone; whose letters it sees; and what it is refused.
begin;
\ir include/helpers.psql
select no_plan();

grant usage on schema lwtest to public;
create role lwtest_daemon in role letterwatch_daemon;
create role lwtest_clerk in role letterwatch_clerk;       -- of the county office T-P-C-1
create role lwtest_second in role letterwatch_clerk;      -- of the county office T-P-C-2
create role lwtest_new in role letterwatch_clerk;         -- of none yet
create role lwtest_above in role letterwatch_clerk;       -- of the city office, later
create role lwtest_city_staff in role letterwatch_reader; -- a group, at the city office
create role lwtest_city in role lwtest_city_staff;
create role lwtest_national in role letterwatch_reader;
create role lwtest_intake in role letterwatch_intake;
create role lwtest_admin in role letterwatch_admin;
create role lwtest_nobody;
insert into letterwatch.office_member (db_role, office_code, duty)
values ('lwtest_clerk', 'T-P-C-1', 'clerk'), ('lwtest_second', 'T-P-C-2', 'clerk'), ('lwtest_city_staff', 'T-P-C', 'reader'),
       ('lwtest_national', 'T', 'reader'), ('lwtest_national', 'T-P-C-2', 'clerk');  -- a mistake: it is no clerk
select instance as me from lwtest.daemon \gset

-- What a call ends with when that role makes it; state 00000 when it goes through.
create function lwtest.as_role(role text, call text, out state text, out message text, out hint text)
	language plpgsql
	as $$
	begin
		perform set_config('role', role, true);
		select r.* into state, message, hint from lwtest.refusal(call) r;
		state := coalesce(state, '00000');
		perform set_config('role', 'none', true);
	end $$;

-- The first column of a query, as that role sees it, in one line.
create function lwtest.seen_by(role text, query text) returns text
	language plpgsql
	as $$
	declare
		seen text;
	begin
		perform set_config('role', role, true);
		execute format('select string_agg(x::text, '' '') from (%s) q (x)', query) into seen;
		perform set_config('role', 'none', true);
		return seen;
	end $$;

-- ---- intake: a service for all offices ------------------------------------------------------------

set local role lwtest_intake;
copy letterwatch.letter (letter_no, office_code, received_on, title) from stdin;
R-1	T-P-C-1	2026-03-02	a matter of Northlake
F-1	T-P-C-2	2026-03-02	a matter of Southlake
F-2	T-P-C-2	2026-02-02	another matter of Southlake
P-1	T-P	2026-03-02	a matter of the province
\.
copy letterwatch.letter_event (letter_no, kind, outcome, reason) from stdin;
R-1	notice	accepted	\N
F-2	notice	accepted	a reason of Southlake
\.
select lwtest.refused(
	$$ insert into letterwatch.letter (letter_no, office_code) values ('R 2', 'T-P-C-1') $$,
	'printable ASCII', 'intake: a malformed letter');
select lwtest.refused(
	$$ insert into letterwatch.letter_event (kind) values ('notice') $$,
	'without a letter_no', 'intake: a malformed event');
select lwtest.refused(
	$$ insert into letterwatch.letter_event (letter_no, kind, outcome) values ('R-404', 'notice', 'accepted') $$,
	'no letter R-404', 'intake: an event of an unknown letter');
select lives_ok($$ insert into letterwatch.petitioner (letter_no, name, contact, address)
	values ('F-1', 'Zhang San', '555-0001', 'South Street 1'), ('F-2', 'Li Si', '555-0002', 'South Street 2') $$, 'intake: the writers');
reset role;

-- ---- clerk: the offices whose clerk it is ---------------------------------------------------------

set local role lwtest_clerk;
select is((select count(*)::int from letterwatch.register_letter('T-P-C-1', 'R-2', title => 'a second matter')), 2, 'a clerk registers');
select is((select count(*)::int from letterwatch.record_notice('R-2', 'S-7')), 1, 'records the notice');
select is((select unit from letterwatch.assign_letter('R-2', 'head')), 'head', 'assigns');
select is((select rule from letterwatch.record_reply('R-2', 'progress')), 'followup', 'records the reply');
select lives_ok($$ insert into letterwatch.letter (letter_no, office_code, received_on, title)
	values ('R-3', 'T-P-C-1', '2026-03-02', 'a third matter'), ('R-4', 'T-P-C-1', '2026-02-01', 'a fourth matter') $$, 'by INSERT, too');
copy letterwatch.letter (letter_no, office_code) from stdin;
R-5	T-P-C-1
\.
select lives_ok($$ insert into letterwatch.intake_letter (letter_no, office_code) values ('R-6', 'T-P-C-1') $$, 'or by the front door');
select lives_ok($$ insert into letterwatch.petitioner (letter_no, name, contact, address)
	values ('R-3', 'Wang Wu', '555-0003', 'North Street 3'), ('R-4', 'Zhao Liu', null, null) $$, 'enters the writers');
select lives_ok($$ update letterwatch.petitioner set address = 'North Street 4' where letter_no = 'R-4' $$, 'mends an address');
update letterwatch.petitioner set address = 'nowhere' where letter_no = 'F-1';
select is((select string_agg(letter_no || ' ' || name, ', ' order by letter_no) from letterwatch.petitioner),
	'R-3 Wang Wu, R-4 Zhao Liu', 'sees those of its office');
select alike(letterwatch.notice_text('R-3'), '%Wang Wu%North Street 3%R-3%2 March 2026%', 'and writes their notice');
reset role;
select is((select address from letterwatch.petitioner where letter_no = 'F-1'), 'South Street 1', 'and changes no other''s');
-- A hint that is followed must not end in "permission denied".
set local role lwtest_clerk;
select lives_ok(
	(select substring(hint from 'select letter_no .*;')
	 from lwtest.refusal($$ insert into letterwatch.letter_event (letter_no, kind, outcome) values ('R-404', 'notice', 'accepted') $$)),
	'the hint to an unknown letter can be followed by a clerk');
reset role;

-- ---- who sees whose letters -------------------------------------------------------------------------

call lwtest.sweep('2026-05-28 10:00');
select is(lwtest.seen_by(w.role, v.query), w.seen, format('%s sees these %s', w.role, what))
from (values
	('letters', 'select letter_no from letterwatch.letter_status order by 1'),
	('titles', 'select distinct title from letterwatch.overdue order by 1')
) v (what, query)
join (values
	('letters', 'lwtest_clerk', 'R-1 R-2 R-3 R-4 R-5 R-6'),
	('letters', 'lwtest_second', 'F-1 F-2'),
	('letters', 'lwtest_new', null),
	('letters', 'lwtest_city', 'F-1 F-2 R-1 R-2 R-3 R-4 R-5 R-6'),
	('letters', 'lwtest_national', 'F-1 F-2 P-1 R-1 R-2 R-3 R-4 R-5 R-6'),
	('letters', 'lwtest_admin', 'F-1 F-2 P-1 R-1 R-2 R-3 R-4 R-5 R-6'),
	('titles', 'lwtest_second', 'a matter of Southlake another matter of Southlake'),
	('titles', 'lwtest_city', null),
	('titles', 'lwtest_national', null),
	('titles', 'lwtest_admin', null),
	('titles', 'lwtest_new', null)
) w (what, role, seen) using (what);
select is(lwtest.seen_by('lwtest_clerk', format('select count(*) from letterwatch.%I x where x.office_code <> ''T-P-C-1''', relation)), '0',
	format('%s shows a clerk nothing of another office', relation))
from unnest('{overdue,due_soon,to_notify,letter_status,alert_log,late_entries,my_work,deadline,alert}'::text[]) r (relation);
select isnt(lwtest.seen_by('lwtest_clerk', format('select count(*) from letterwatch.%I', relation)), '0', format('%s shows its own', relation))
from unnest('{overdue,due_soon,to_notify,letter_status,alert_log,deadline,alert}'::text[]) r (relation);
select is(lwtest.seen_by('lwtest_clerk', 'select letter_no || coalesce('' '' || name, '''') from letterwatch.to_notify order by letter_no'),
	'R-3 Wang Wu R-4 Zhao Liu R-5 R-6', 'to_notify has a letter whose writer nobody entered, too');
select is(lwtest.seen_by('lwtest_clerk', 'select concat_ws(''|'', contact, address, channel, unit) from letterwatch.to_notify where letter_no = ''R-3'''),
	'555-0003|North Street 3|post|case', 'with what one needs to write');
select is(lwtest.seen_by('lwtest_city', 'select count(*) from letterwatch.letter_history(''F-2'') where detail ~ ''Southlake'''), '0',
	'a reader reads a history without its reasons');
select is(lwtest.seen_by('lwtest_second', 'select count(*) from letterwatch.letter_history(''F-2'') where detail ~ ''Southlake'''), '1',
	'a clerk in charge with them');

-- A function that a clerk puts into a condition is called for nothing that the view hides.
create function lwtest.peek(value text) returns boolean
	language plpgsql cost 0.0000001
	as $$
	begin
		if value ~ 'F-|P-1|Southlake|province' then
			raise exception 'seen: %', value;
		end if;
		return true;
	end $$;
select is((lwtest.as_role('lwtest_clerk', format('select 1 from letterwatch.%I x where lwtest.peek(x.letter_no)', relation))).state,
	'00000', format('no condition looks behind %s', relation))
from unnest('{overdue,due_soon,to_notify,letter_status,alert_log,late_entries,my_work,deadline,alert,petitioner}'::text[]) r (relation);

-- ---- a letter changes hands ---------------------------------------------------------------------------

set local role lwtest_clerk;
select is((select count(*)::int from letterwatch.transfer_letter('R-3', 'T-P-C-2')), 2, 'a clerk hands a letter on, and is told what it owes');
select ok((select count(*) > 0 from letterwatch.letter_history('R-3')), 'may still look at it');
select is((select count(*)::int from letterwatch.petitioner where letter_no = 'R-3'), 0, 'but not at its writer');
select is((select count(*)::int from letterwatch.correct_letter('R-5', 'it was theirs', office_code => 'T-P-C-2')), 2,
	'or finds that it was another''s from the first');
reset role;
select is((lwtest.as_role('lwtest_clerk', $$ select letterwatch.record_notice('R-3') $$)).state, '42501', 'and writes nothing more for it');
set local role lwtest_second;
select is((select name from letterwatch.to_notify where letter_no = 'R-3'), 'Wang Wu', 'who gets it gets the writer');
select is((select count(*)::int from letterwatch.record_notice('R-3', 'S-9')), 1, 'and tells the writer');
reset role;

-- In one statement, too.
set local role lwtest_clerk;
insert into letterwatch.letter (letter_no, office_code, received_on)
values ('R-10', 'T-P-C-1', '2026-05-20'), ('R-11', 'T-P-C-1', '2026-05-20'), ('R-12', 'T-P-C-1', '2026-05-20');
reset role;
select is((lwtest.as_role('lwtest_clerk', $$
	insert into letterwatch.letter_event (letter_no, kind, occurred_at, to_office, reason) values
		('R-10', 'transfer', '2026-05-28 09:00', 'T-P-C-2', null), ('R-10', 'result', '2026-05-28 09:30', null, null) $$)).message,
	'letter R-10 is not of an office of yours', 'what comes after a transfer is the receiving office''s');
select is((lwtest.as_role('lwtest_clerk', $$
	insert into letterwatch.letter_event (letter_no, kind, to_office, reason) values
		('R-10', 'correct', 'T-P-C-2', 'a slip'), ('R-10', 'result', null, null) $$)).message,
	'letter R-10 is not of an office of yours', 'and after a correction');
select is((lwtest.as_role('lwtest_clerk', $$
	insert into letterwatch.letter_event (letter_no, kind, outcome, occurred_at, to_office) values
		('R-11', 'notice', 'accepted', '2026-05-28 09:00', null), ('R-11', 'transfer', null, '2026-05-28 09:30', 'T-P-C-2') $$)).state,
	'00000', 'what comes before it is the clerk''s');
select is((lwtest.as_role('lwtest_clerk', $$ select letterwatch.supervise_letter('R-10', null, '2026-06-30') $$)).message,
	'letter R-10: an order names the office that gives it: by_office', 'an order of nobody is told as one');

set local role lwtest_second;

-- ---- a writer is forgotten ------------------------------------------------------------------------------

select lives_ok($$ select letterwatch.forget_petitioner('R-3', 'she asked for it') $$, 'a clerk in charge forgets a writer');
select is((select count(*)::int from letterwatch.petitioner where letter_no = 'R-3'), 0, 'whose data are gone');
select is((select detail from letterwatch.letter_history('R-3') where what = 'writer forgotten'), 'she asked for it', 'which the history shows');
select lwtest.refused($$ select letterwatch.forget_petitioner('R-3', 'again') $$, 'has no data of its writer', 'a second time');
select lwtest.refused($$ select letterwatch.forget_petitioner('F-1', ' ') $$, 'needs a reason', 'without a reason');
select lwtest.refused($$ select letterwatch.forget_petitioner('R-404', 'x') $$, 'no letter R-404', 'of an unknown letter');
select lwtest.refused($$ insert into letterwatch.petitioner (letter_no, name) values ('R-404', 'Wang Wu') $$, 'no letter R-404',
	'the writer of an unknown letter');
reset role;
select throws_ok('update letterwatch.petitioner_forgotten set reason = reason', 'LW003', null, 'it stays on record');
select is(lwtest.seen_by('lwtest_clerk',
	'select coalesce(detail, ''nothing'') from letterwatch.letter_history(''R-3'') where what = ''writer forgotten'''),
	'nothing', 'the reason is for those in charge');

-- ---- refused ------------------------------------------------------------------------------------------------

create temporary table refused (role text, call text, foreign_letter boolean default false);
insert into refused (role, foreign_letter, call)
select role, true, call
from unnest('{lwtest_clerk,lwtest_new}'::text[]) r (role)
cross join (values
	($$ select letterwatch.record_notice('F-1') $$),
	($$ select letterwatch.assign_letter('F-1', 'case', 'S-1') $$),
	($$ select letterwatch.record_reply('F-1', 'result') $$),
	($$ select letterwatch.restart_letter('F-1', 'x') $$),
	($$ select letterwatch.suspend_letter('F-1', 'x') $$),
	($$ select letterwatch.resume_letter('F-1') $$),
	($$ select letterwatch.extend_deadline('F-1', 'reply', '2026-09-01', 'S-1', 'x', now()) $$),
	($$ select letterwatch.transfer_letter('F-1', 'T-P-C-1') $$),
	($$ select letterwatch.exempt_letter('F-1', 'anonymous') $$),
	($$ select letterwatch.mark_duplicate('F-1', 'R-1') $$),
	($$ select letterwatch.withdraw_letter('F-1') $$),
	($$ select letterwatch.reopen_letter('F-1', 'x') $$),
	($$ select letterwatch.mute_letter('F-1', '2026-06-10', 'x') $$),
	($$ select letterwatch.correct_letter('F-1', 'x', office_code => 'T-P-C-1') $$),
	($$ insert into letterwatch.letter_event (letter_no, kind, outcome) values ('F-1', 'notice', 'no such outcome') $$),
	($$ insert into letterwatch.intake_event (letter_no, kind, unit) values ('F-1', 'assign', 'case') $$),
	($$ select letterwatch.letter_history('F-1') $$),
	($$ select letterwatch.explain_deadline('F-1', 'notice') $$),
	($$ select letterwatch.owes('F-1') $$),
	($$ select letterwatch.notice_text('F-1') $$),
	($$ select letterwatch.forget_petitioner('F-1', 'x') $$),
	($$ insert into letterwatch.petitioner (letter_no, name) values ('P-1', 'x') $$)
) c (call);
insert into refused (role, foreign_letter, call)
values
	('lwtest_clerk', true, $$ select letterwatch.mark_duplicate('R-1', 'F-1') $$),
	('lwtest_clerk', true, (select format('select letterwatch.void_event(%s, ''x'')', event_id)
	                        from letterwatch.letter_event where letter_no = 'F-2')),
	('lwtest_city', true, $$ select letterwatch.letter_history('P-1') $$),
	('lwtest_city', true, $$ select letterwatch.explain_deadline('P-1', 'notice') $$);
insert into refused (role, call)
values
	('lwtest_clerk', $$ select letterwatch.register_letter('T-P-C-2', 'R-9') $$),
	('lwtest_clerk', $$ select letterwatch.register_letter('T-P-C', 'R-9') $$),
	('lwtest_new', $$ select letterwatch.register_letter('T-P-C-1', 'R-9') $$),
	('lwtest_clerk', $$ insert into letterwatch.letter (letter_no, office_code) values ('R-8', 'T-P-C-1'), ('R-9', 'T-P-C-2') $$),
	('lwtest_clerk', $$ insert into letterwatch.intake_letter (letter_no, office_code) values ('R-9', 'T-P-C-2') $$),
	('lwtest_clerk', $$ insert into letterwatch.letter (letter_no, office_code, registered_at) values ('R-9', 'T-P-C-1', '2020-01-01') $$),
	('lwtest_clerk', $$ insert into letterwatch.letter (letter_no, office_code, registered_by) values ('R-9', 'T-P-C-1', 'S-1') $$),
	('lwtest_clerk', $$ delete from letterwatch.letter $$),
	('lwtest_clerk', $$ update letterwatch.letter_event set reason = null $$),
	('lwtest_clerk', $$ truncate letterwatch.letter_event $$),
	('lwtest_clerk', $$ delete from letterwatch.deadline $$),
	('lwtest_clerk', $$ update letterwatch.deadline set due_on = due_on + 1 $$),
	('lwtest_clerk', $$ delete from letterwatch.alert $$),
	('lwtest_clerk', $$ delete from letterwatch.petitioner $$),
	('lwtest_clerk', $$ update letterwatch.petitioner set letter_no = 'F-1' $$),
	('lwtest_clerk', $$ insert into letterwatch.petitioner_forgotten (letter_no, reason) values ('R-1', 'x') $$),
	('lwtest_clerk', $$ insert into letterwatch.office_member (db_role, office_code, duty) values ('lwtest_clerk', 'T-P-C-2', 'clerk') $$),
	('lwtest_clerk', $$ insert into letterwatch.office (office_code, name) values ('R-NEW', 'x') $$),
	('lwtest_clerk', $$ update letterwatch.rule set amount = 70 $$),
	('lwtest_clerk', $$ update letterwatch.term set en = 'x' $$),
	('lwtest_clerk', $$ update letterwatch.notice_template set body = 'x' $$),
	('lwtest_clerk', $$ alter table letterwatch.petitioner disable row level security $$),
	('lwtest_clerk', $$ create or replace function letterwatch.my_offices() returns setof text language sql as 'select null' $$),
	('lwtest_clerk', $$ set session_replication_role = replica $$),
	('lwtest_clerk', $$ select letterwatch.verify() $$),
	('lwtest_clerk', $$ select letterwatch.resend_alerts('2026-01-01') $$),
	('lwtest_clerk', $$ select letterwatch.redate_letters(1) $$),
	('lwtest_clerk', $$ select letterwatch.replan('{R-2}', 'me') $$),
	('lwtest_clerk', $$ select letterwatch.derive('{F-1}') $$),
	('lwtest_clerk', $$ select letterwatch.sees_letter('F-1') $$),
	('lwtest_clerk', format('select letterwatch.claim_due(%s, 1)', :me)),
	('lwtest_city', $$ select letterwatch.register_letter('T-P-C', 'R-9') $$),
	('lwtest_city', $$ select letterwatch.record_notice('F-1') $$),
	('lwtest_city', $$ select letterwatch.owes('F-1') $$),
	('lwtest_city', $$ select letterwatch.notice_text('F-1') $$),
	('lwtest_city', $$ select letterwatch.forget_petitioner('F-1', 'x') $$),
	('lwtest_city', $$ insert into letterwatch.letter (letter_no, office_code) values ('R-9', 'T-P-C') $$),
	('lwtest_city', $$ insert into letterwatch.petitioner (letter_no, name) values ('F-1', 'x') $$),
	('lwtest_intake', $$ select letterwatch.owes('R-1') $$),
	('lwtest_intake', $$ insert into letterwatch.letter (letter_no, office_code, registered_at) values ('R-9', 'T', '2020-01-01') $$),
	('lwtest_daemon', $$ select letterwatch.register_letter('T-P-C-1', 'R-9') $$),
	('lwtest_daemon', $$ select letterwatch.letter_history('F-1') $$),
	('lwtest_daemon', $$ select letterwatch.notice_text('F-1') $$),
	('lwtest_daemon', $$ select letterwatch.verify() $$),
	('lwtest_daemon', $$ delete from letterwatch.daemon_instance $$),
	('lwtest_admin', $$ select letterwatch.register_letter('T-P-C-1', 'R-9') $$),
	('lwtest_admin', $$ select letterwatch.notice_text('F-1') $$),
	('lwtest_admin', $$ update letterwatch.office_setting set site = 1 $$),
	('lwtest_admin', $$ delete from letterwatch.alert $$),
	('lwtest_admin', $$ delete from letterwatch.petitioner_forgotten $$),
	('lwtest_admin', format('select letterwatch.claim_due(%s, 1)', :me)),
	('lwtest_nobody', $$ select letterwatch.clock() $$),
	('lwtest_nobody', $$ select letterwatch.my_offices() $$);
insert into refused (role, call)
select r.role, format('select * from letterwatch.%I', x.relation)
from (values
	('lwtest_clerk', '{letter,letter_event,letter_state,outbox,log_line,deadline_change,petitioner_forgotten,intake_letter,intake_event,
	                   calendar_awaited,parked,replan_queue}'::text[]),
	('lwtest_city', '{letter,letter_event,letter_state,petitioner,petitioner_forgotten,to_notify,intake_letter,outbox}'),
	('lwtest_intake', '{letter,letter_event,petitioner,overdue,to_notify,letter_status,deadline,alert,intake_letter,office_member}'),
	('lwtest_daemon', '{letter,letter_event,letter_state,petitioner,overdue,due_soon,to_notify,my_work,letter_status,alert_log,deadline,
	                    alert,outbox,office_member}'),
	('lwtest_admin', '{letter,letter_event,petitioner,to_notify}'),
	('lwtest_nobody', '{overdue,office,term}')
) r (role, relations)
cross join unnest(r.relations) x (relation);

create temporary table answer as
select r.role, r.call, r.foreign_letter, a.*
from refused r
cross join lateral lwtest.as_role(r.role, r.call) a;
select cmp_ok((select count(*) from answer), '>=', 40::bigint, 'what must be refused');
select is(state, '42501', format('%s is refused: %s', role, btrim(call))) from answer;
select is_empty(
	$$ select role, call, message from answer where foreign_letter and message !~ 'is not of an office of yours$' $$,
	'of another''s letter nothing is said but that');
select is_empty(
	$$ select role, call, message, hint from answer
	   where concat_ws(' ', message, hint) ~ 'Southlake|Zhang|555|South Street|status is|F-2' $$,
	'nothing of what is hidden');
select is_empty($$ select role, call from answer where foreign_letter and coalesce(hint, '') = '' $$, 'and there is a hint');

-- ---- the front door tells nothing of another's letter ------------------------------------------------------

set local role lwtest_intake;
insert into letterwatch.intake_letter (letter_no, office_code, received_on, notice_at, outcome, handler, source, source_ref)
values ('K-1', 'T-P-C-1', '2026-05-20', '2026-05-21', 'accepted', 'S-1', 'reg', '77'), ('K-2', 'T-P-C-2', '2026-05-20', null, null, null, 'reg', '78');
insert into letterwatch.intake_event (letter_ref, kind, occurred_at, unit, source, source_ref)
values ('77', 'assign', '2026-05-22', 'case', 'reg', 'e77');
reset role;
create temporary table probe (call text);
insert into probe
select format('insert into letterwatch.intake_letter (source, source_ref%s) values (''reg'', ''77''%s)', v.names, v.guess)
from (values
	('', ''), (', office_code', $$, 'T-P-C-1'$$), (', office_code', $$, 'T-P-C-2'$$), (', office_code', $$, 'T-X'$$),
	(', letter_no', $$, 'K-1'$$), (', letter_no', $$, 'K-9'$$),
	(', received_on', $$, '2026-05-20'$$), (', received_on', $$, '2026-05-19'$$), (', received_on', $$, 'x'$$),
	(', notice_at', $$, '2026-05-21'$$), (', notice_at', $$, '2026-05-23'$$), (', handler', $$, 'S-1'$$), (', handler', $$, 'S-2'$$),
	(', unit, outcome', $$, 'case', 'result'$$)) v (names, guess)
union all
select format('insert into letterwatch.intake_event (source, kind, %s) values (''reg'', ''assign'', %s)', v.names, v.guess)
from (values
	('source_ref, letter_no, unit', $$'e77', 'K-1', 'case'$$), ('source_ref, letter_no', $$'e77', 'K-2'$$), ('source_ref, letter_no', $$'e77', 'K-404'$$),
	('source_ref, letter_ref', $$'e77', '78'$$), ('source_ref, letter_ref, occurred_at', $$'e77', '77', '2026-05-22'$$),
	('source_ref, letter_ref, occurred_at', $$'e77', '77', '2026-05-23'$$),
	('letter_ref', $$'77'$$), ('letter_ref, occurred_at', $$'77', 'x'$$), ('letter_ref, source_ref', $$'77', 'e78'$$)) v (names, guess)
union all
select format('insert into letterwatch.intake_event (source, letter_ref, source_ref, kind, by_office, until) values (''reg'', ''77'', %L, ''督办'', %L, ''2026-06-20'')', ref, office)
from unnest('{e77,e79}'::text[]) r (ref) cross join unnest('{T-P-C-1,T-P-C-2,T-P-C}'::text[]) o (office);
create temporary table told as
select p.call, a.* from probe p cross join lateral lwtest.as_role('lwtest_second', p.call) a;
select is(state || ' ' || message, '42501 ' || case when call ~ '''e77''' then 'event e77' else 'letter 77' end || ' is not of an office of yours',
	'another clerk learns nothing: ' || call)
from told;
select is_empty('select call, hint from told where coalesce(hint, '''') !~ ''office_member''', 'but whom to ask');
select is((lwtest.as_role('lwtest_second', $$ insert into letterwatch.intake_letter (source, source_ref, office_code, notice_at)
	values ('reg', '78', 'T-P-C-2', '2026-05-21') $$)).state, '00000', 'of its own letter a clerk says more');
select is((lwtest.as_role('lwtest_second', $$ insert into letterwatch.intake_event (source, letter_ref, kind, source_ref)
	values ('reg', '78', 'assign', 'e80'), ('reg', '78', 'assign', 'e80') $$)).state, '00000', 'as events, too');
insert into letterwatch.office_member (db_role, office_code, duty) values ('lwtest_above', 'T-P-C', 'clerk');
select is((lwtest.as_role('lwtest_above', $$ insert into letterwatch.intake_event (source, letter_ref, source_ref, kind, by_office, until)
	values ('reg', '77', 'e81', '督办', 'T-P-C', '2026-06-20') $$)).state, '00000', 'the office above may order a report by the source''s number');
select is((lwtest.as_role('lwtest_above', $$ insert into letterwatch.intake_event (source, letter_ref, source_ref, kind, by_office, until)
	values ('reg', '77', 'e81', '督办', 'T-P-C', '2026-06-20') $$)).state, '00000', 'and again, which adds nothing');

-- What is kept for later says no more.
create function lwtest.import(what text, lines text) returns bigint
	language plpgsql
	as $$
	declare
		batch bigint := letterwatch.open_batch('reg', gen_random_uuid()::text);
		taken letterwatch.intake_count;
	begin
		execute format('insert into letterwatch.intake_%s_line %s', what, lines);
		taken := letterwatch.take_batch(batch, what);
		perform letterwatch.close_batch(batch);
		return taken.rejected;
	end $$;
select is(lwtest.seen_by('lwtest_second', $$ select lwtest.import('letter', '(source_ref, office_code, received_on) values (''77'', ''T-P-C-2'', ''2026-05-20'')') $$), '1',
	'in a file a clerk probes a letter');
select is(lwtest.seen_by('lwtest_second', $$ select lwtest.import('event', '(letter_ref, kind) values (''77'', ''assign'')') $$), '1', 'and an event');
select is(lwtest.seen_by('lwtest_second', $$ select concat_ws('|', what, source_ref, letter_no, reason) from letterwatch.intake_rejects order by what desc $$),
	'letter|77|letter 77 is not of an office of yours event|letter 77 is not of an office of yours', 'and finds no more noted');

-- ---- whose rejects --------------------------------------------------------------------------------

select is(lwtest.seen_by(v.role, 'select count(*) from letterwatch.intake_rejects'), v.seen, v.role || ' sees rejects of its own files, services and administrators all')
from (values ('lwtest_second', '2'), ('lwtest_clerk', '0'), ('lwtest_intake', '2'), ('lwtest_admin', '2')) v (role, seen);
select is(lwtest.seen_by(v.role, 'select count(*) from letterwatch.intake_batch'), v.seen, v.role || ' sees its own files, services and administrators all')
from (values ('lwtest_second', '2'), ('lwtest_clerk', '0'), ('lwtest_intake', '2'), ('lwtest_admin', '2')) v (role, seen);
set local letterwatch.actor = 'lwtest_second';
select is(lwtest.seen_by('lwtest_clerk', 'select count(*) from letterwatch.intake_rejects'), '0', 'whoever they say they are');
set local letterwatch.actor = 'S-1';
select is(lwtest.seen_by('lwtest_second', 'select count(*) from letterwatch.intake_rejects'), '2', 'and whatever person stands behind the login');
reset letterwatch.actor;

-- ---- daemon -------------------------------------------------------------------------------------

set local role lwtest_daemon;
select instance as mine from letterwatch.daemon_connect(null, 'test', 3, 'test') \gset
select is((select count(*)::int from letterwatch.claim_due(:mine, 10) where line_id is null), 1, 'the daemon claims');
select lives_ok(format('select letterwatch.mark_emitted(%s, %L)', :mine, '{}'), 'marks');
select is((select count(*)::int from letterwatch.check_setup() where ok), 5, 'checks');
select ok((select count(*) > 0 from letterwatch.daemon_status), 'shows itself');
select lives_ok(format('select letterwatch.daemon_disconnect(%s)', :mine), 'and stops');
reset role;

-- ---- administrator ------------------------------------------------------------------------------

set local role lwtest_admin;
select lives_ok(
	$$ insert into letterwatch.office (office_code, name, parent_code) values ('R-NEW', 'new office', 'T') $$,
	'an administrator adds an office');
select lives_ok($$ insert into letterwatch.office_member (db_role, office_code, duty) values ('lwtest_new', 'R-NEW', 'clerk') $$,
	'and its clerk');
select lives_ok('select * from letterwatch.parked', 'sees what is parked');
select is_empty('select * from letterwatch.verify()', 'and that all is well');
select lives_ok($$ select letterwatch.forget_petitioner('F-1', 'asked for it') $$, 'forgets a writer, without seeing the data');
select lives_ok($$ update letterwatch.notice_template set body = 'To {name}: {letter_no} came on {received_on}.'
	where outcome = 'accepted' and language = 'en' $$, 'changes the text of the notice');
select throws_ok($$ update letterwatch.notice_template set body = 'To {nmae}' $$, '23514', null, 'within the fields that there are');
reset role;
select is(lwtest.seen_by('lwtest_new', $$ select rule from letterwatch.register_letter('R-NEW', 'N-1') $$), 'notice reply',
	'the new clerk works at once');
select is(lwtest.seen_by('lwtest_new', $$ select letterwatch.notice_text('N-1') $$), 'To Sir or Madam: N-1 came on 28 May 2026.',
	'with the changed text');

select * from finish();
rollback;
