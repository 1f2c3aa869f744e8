-- parked.sql -- a deadline whose alert cannot be raised, or a letter that cannot be planned, stops no other.
begin;
\ir include/helpers.psql
select no_plan();

select instance as me from lwtest.daemon \gset
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'P-' || n, 'T-P-C-1', '2026-03-02' from generate_series(1, 40) as n;

create function lwtest.spoil() returns trigger
	language plpgsql
	as $$ begin raise exception 'spoilt %', new.letter_no; end $$;
create trigger spoil before insert on letterwatch.alert
	for each row when (new.letter_no = 'P-17') execute function lwtest.spoil();

-- ---- an alert that cannot be raised ------------------------------------------------------

call lwtest.sweep('2026-03-05 09:00:00');
select is(
	(select count(*)::int from letterwatch.alert_log where letter_no like 'P-%'),
	39,
	'all other alerts of the batch go out');
select lwtest.rows_are(
	$$ select letter_no, rule, tries, error from letterwatch.parked $$,
	$$ values ('P-17', 'notice', 1, 'P0001: spoilt P-17') $$,
	'the one is parked with its error');
select lwtest.rows_are(
	$$ select fields->>'letter', fields->>'sqlstate', severity from lwtest.line where fields->>'event' = 'parked' $$,
	$$ values ('P-17', 'P0001', 3) $$,
	'a line names it, without the text of the error');
select lwtest.rows_are(
	$$ select * from letterwatch.verify() $$,
	$$ values ('parked notice', 'P-17') $$,
	'verify shows it');

call lwtest.set_clock('2026-03-05 09:00:00.5');
select ok(
	(select next_in_us between 1 and 500000 from letterwatch.claim_due(:me, 1000, 'none') where line_id is null),
	'the claim sleeps until the next try');
call lwtest.sweep('2026-03-05 09:00:01');
call lwtest.sweep('2026-03-05 09:00:03');
select is((select tries from letterwatch.parked), 3, 'it is tried again after one second and after two more');
select is((select count(*)::int from lwtest.line where fields->>'event' = 'parked'), 1, 'and named once');

drop trigger spoil on letterwatch.alert;
call lwtest.sweep('2026-03-05 09:00:07');
select lwtest.rows_are(
	$$ select stage, fields->>'late_s' from lwtest.told where letter = 'P-17' $$,
	$$ values ('warn', '7') $$,
	'once it can be raised, it is, and says how late');
select is_empty('select * from letterwatch.parked', 'and is parked no more');
select is_empty('select * from letterwatch.verify()', 'all is well again');

-- ---- parked, and answered meanwhile --------------------------------------------------------

create trigger spoil before insert on letterwatch.alert
	for each row when (new.letter_no = 'P-18') execute function lwtest.spoil();
call lwtest.sweep('2026-03-06 09:00:00');
select is((select letter_no from letterwatch.parked), 'P-18', 'parked');
select count(*) as ignored from letterwatch.record_notice('P-18') \gset
call lwtest.sweep('2026-03-06 09:01:00');
select is_empty('select * from letterwatch.parked', 'what is answered meanwhile is parked no more');

-- ---- no row is to blame ------------------------------------------------------------------------

drop trigger spoil on letterwatch.alert;
create or replace function lwtest.spoil() returns trigger
	language plpgsql
	as $$ begin raise exception 'no space' using errcode = 'disk_full'; end $$;
create trigger spoil before insert on letterwatch.alert
	for each row when (new.letter_no = 'P-20') execute function lwtest.spoil();
call lwtest.set_clock('2026-03-09 09:00:00');
select throws_ok(
	format('select * from letterwatch.claim_due(%s, 1000, %L)', :me, 'none'),
	'53100', null,
	'a full disk ends the claim');
select is_empty('select * from letterwatch.parked', 'and parks nothing');
drop trigger spoil on letterwatch.alert;

-- ---- a letter that cannot be planned ---------------------------------------------------------

alter function letterwatch.derive rename to derive_away;
select is(
	(select count(*)::int from letterwatch.record_notice('P-19')),
	2,
	'planning fails, the notice is recorded');
select is((select tries from letterwatch.replan_queue where letter_no = 'P-19'), 0, 'and its letter queued');
call lwtest.sweep('2026-03-09 09:02:00');
select is((select tries from letterwatch.replan_queue where letter_no = 'P-19'), 1, 'the claim tries, and waits');
select lwtest.rows_are(
	$$ select fields->>'letter', fields->>'office', fields->>'sqlstate', severity from lwtest.line where fields->>'event' = 'queued' $$,
	$$ values ('P-19', 'T-P-C-1', '42883', 3) $$,
	'a line names it');
alter function letterwatch.derive_away rename to derive;
call lwtest.sweep('2026-03-09 09:02:01');
select is_empty('select * from letterwatch.replan_queue', 'and plans it once that is possible');
select is((select count(*)::int from lwtest.line where fields->>'event' = 'queued'), 1, 'it was named once');

-- One that is planned well meanwhile does not wait for its next try.
alter function letterwatch.derive rename to derive_away;
select count(*) as ignored from letterwatch.record_notice('P-22') \gset
call lwtest.sweep('2026-03-09 09:03:00');
call lwtest.sweep('2026-03-09 09:03:01');
call lwtest.sweep('2026-03-09 09:03:03');
alter function letterwatch.derive_away rename to derive;
select count(*) as ignored from letterwatch.assign_letter('P-22', 'case', 'H-1') \gset
call lwtest.sweep('2026-03-09 09:03:04');
select is_empty('select * from letterwatch.replan_queue', 'an entry that can be planned ends its waiting');

-- ---- a clock that was ahead -------------------------------------------------------------------------

create or replace function lwtest.spoil() returns trigger
	language plpgsql
	as $$ begin raise exception 'spoilt %', new.letter_no; end $$;
create trigger spoil before insert on letterwatch.alert
	for each row when (new.letter_no = 'P-23') execute function lwtest.spoil();
call lwtest.sweep('2026-03-30 09:00:00');
select is((select letter_no from letterwatch.parked), 'P-23', 'parked');
drop trigger spoil on letterwatch.alert;
call lwtest.sweep('2026-03-10 09:00:00');
select is_empty('select * from letterwatch.parked', 'what waits for a time that the clock showed in error is tried at once');
select is((select count(*)::int from lwtest.told where letter = 'P-23' and at = '2026-03-10 09:00:00'), 1, 'and told');

select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');

select * from finish();
rollback;
