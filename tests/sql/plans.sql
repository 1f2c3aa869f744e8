-- plans.sql -- how much is read: a session that began while the tables were empty must not read all of them once they are full.
begin;
\ir include/helpers.psql
select no_plan();

-- Rows that this transaction has read of letterwatch's tables.
create function lwtest.rows_read() returns bigint
	language sql
	as $$
	select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint
	from pg_stat_xact_all_tables
	where schemaname = 'letterwatch'
	$$;

-- How often this transaction has looked into a table.
create function lwtest.scans_of(name text) returns bigint
	language sql
	as $$
	select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) from pg_stat_xact_all_tables where schemaname = 'letterwatch' and relname = name
	$$;

-- The plans for one letter are made here. The statistics say that there is nothing: then to read everything is thought to cost no
-- more than to look into an index.
analyze;
select instance as me from lwtest.daemon \gset
select count(line_id) as ignored from letterwatch.claim_due(:me, 200, 'none') \gset
call lwtest.register('W-1', '2026-03-02 09:00');
select count(*) as ignored from letterwatch.record_notice('W-1') \gset
call lwtest.set_clock('2026-03-05 09:00:00');
select count(line_id) as ignored from letterwatch.claim_due(:me, 200, 'none') \gset
call lwtest.set_clock('2026-03-02 09:00:00');

insert into letterwatch.letter (letter_no, office_code, received_on)
select 'W-M-' || n, 'T-P-C-1', date '2026-03-02' - n % 3 from generate_series(1, 3000) as n;
-- In small statements: after a large one, which has its tables analyzed, plans are made anew.
do $$
begin
	for k in 0 .. 39 loop
		insert into letterwatch.letter_event (letter_no, kind, outcome)
		select 'W-M-' || n, 'notice', 'accepted' from generate_series(50 * k + 1, 50 * k + 50) as n;
	end loop;
end $$;
insert into letterwatch.period
select p.rule_set, p.calendar, p.time_zone, p.day_begins, p.received_on - n, p.nth, p.rule, p.rule_from, p.unit, p.due_on, p.late_at,
       p.provisional, p.first_stage, p.next_event_at, p.first_late_at
from letterwatch.period p
cross join generate_series(1000, 3000) n
on conflict do nothing;

select lwtest.rows_read() as before \gset
call lwtest.register('W-2', '2026-03-02 09:00');
select count(*) as ignored from letterwatch.record_notice('W-2') \gset
select count(*) as ignored from letterwatch.record_reply('W-2', 'progress') \gset
select cmp_ok(lwtest.rows_read() - :before, '<', 2000::bigint, 'a letter after many others reads only what is its own');

call lwtest.set_clock('2026-03-05 09:00:00');
select lwtest.rows_read() as before \gset
select count(line_id) as lines from letterwatch.claim_due(:me, 200, 'none') \gset
select is(:lines, 200, 'a claim of 200');
select cmp_ok(lwtest.rows_read() - :before, '<', 6000::bigint, 'reads less than thirty rows for each');
call lwtest.sweep();
call lwtest.set_clock('2026-03-06 09:00:00');
select lwtest.rows_read() as before \gset
select count(line_id) as lines from letterwatch.claim_due(:me, 200, 'none') \gset
select is(:lines, 200, 'another');
select cmp_ok(lwtest.rows_read() - :before, '<', 6000::bigint, 'does not read what was told of others');

select lwtest.rows_read() as before \gset
insert into letterwatch.rule_set (rule_set, title) values ('t-new', 'nobody follows it yet');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, responsible_unit, met_by)
values ('t-new', 'notice', 'test', 20, 'workday', 'petitions', '{notice}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity) values ('t-new', 'notice', 1, 'overdue', 0, 3);
select cmp_ok(lwtest.rows_read() - :before, '<', 40000::bigint, 'a new rule set plans no letter of others again');

-- ---- letters of offices that were under other rules once -----------------------------------------------------------

insert into letterwatch.office (office_code, name, parent_code, rule_set)
select 'W-O-' || n, 'office', 'T-P', case when n % 2 = 0 then 't-new' else 'xinfang-2022' end from generate_series(1, 4) n;
update letterwatch.office set rule_set = 'procuratorate' where office_code like 'W-O-%';
update letterwatch.office set day_begins = '10:00' where office_code in ('W-O-1', 'W-O-2');
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'W-O-' || n, 'W-O-' || 1 + n % 4, date '2026-03-02' - n % 3 from generate_series(1, 400) as n;
call lwtest.set_clock('2026-03-06 09:30:00');
select lwtest.scans_of('rule_past') as before \gset
insert into letterwatch.letter_event (letter_no, kind, outcome)
select 'W-O-' || n, 'notice', 'accepted' from generate_series(1, 400) as n;
select cmp_ok(lwtest.scans_of('rule_past') - :before, '<', 800::bigint, 'what they were is looked up once for each rule set, whatever their order');

-- ---- what people look at: an office's own, of many offices ---------------------------------------------------

create role lwtest_clerk in role letterwatch_clerk;
create role lwtest_national in role letterwatch_reader;
grant usage on schema lwtest to public;
insert into letterwatch.office (office_code, name, parent_code)
select 'W-' || n, 'office', 'T-P' from generate_series(1, 1000) n;
insert into letterwatch.office_member (db_role, office_code, duty)
values ('lwtest_clerk', 'W-7', 'clerk'), ('lwtest_national', 'T', 'reader');
select lwtest.rows_read() as before \gset
call lwtest.register('W-3', '2026-03-06 09:00');
select count(*) as ignored from letterwatch.record_notice('W-3') \gset
select cmp_ok(lwtest.rows_read() - :before, '<', 500::bigint, 'nor does an entry read all offices');
select lwtest.rows_read() as before \gset
call lwtest.set_clock('2026-03-09 09:00:00');
select count(line_id) as lines from letterwatch.claim_due(:me, 200, 'none') \gset
select is(:lines, 200, 'after more offices came');
select cmp_ok(lwtest.rows_read() - :before, '<', 6000::bigint, 'or a claim');
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'W-V-' || n, 'W-' || 1 + n % 1000, date '2026-03-05' - n % 20 from generate_series(1, 25000) as n;
insert into letterwatch.letter_event (letter_no, kind, unit, handler)
select 'W-V-' || n, 'assign', 'case', 'S-' || n % 700 from generate_series(1, 9000) as n;
analyze;

-- How many rows are read to answer a query as that role.
create function lwtest.cost_of(role text, query text) returns bigint
	language plpgsql
	as $$
	declare
		before bigint := lwtest.rows_read();
	begin
		perform set_config('role', role, true);
		execute query;
		perform set_config('role', 'none', true);
		return lwtest.rows_read() - before;
	end $$;
set local letterwatch.actor = 'S-6';
select cmp_ok(lwtest.cost_of(role, query), '<', 5000::bigint, format('%s: %s', role, btrim(query)))
from (values
	('lwtest_clerk', 'select * from letterwatch.overdue'),
	('lwtest_clerk', 'select * from letterwatch.due_soon'),
	('lwtest_clerk', 'select * from letterwatch.to_notify'),
	('lwtest_clerk', 'select * from letterwatch.my_work'),
	('lwtest_national', $$ select * from letterwatch.overdue where office_code = 'W-7' $$),
	('lwtest_national', $$ select * from letterwatch.due_soon where office_code = 'W-7' $$),
	('lwtest_national', 'select * from letterwatch.my_work'),
	('none', 'select * from letterwatch.my_work')
) v (role, query);

select * from finish();
rollback;
