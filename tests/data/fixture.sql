-- fixture.sql -- what makes version-N.sql.gz for 13-upgrade.t: four months in the life of a database of version 4 or later. Before a
-- migration is released, in the tree before it, on a new database in UTF-8:
--     psql -d DB -f sql/install.sql
--     psql -v ON_ERROR_STOP=1 -d DB -f tests/data/fixture.sql
--     pg_dump --no-owner --exclude-table-data=letterwatch.calendar_date DB | grep -v '^\\\(un\)\?restrict' | gzip -9n >version-N.sql.gz
-- The clock of the dump stands still at the last moment below.
\set QUIET 1
set timezone = 'Asia/Shanghai';
select max(version) as version, max(version) >= 5 as supervises, max(version) >= 7 as takes_in, max(version) >= 6 as rates
from letterwatch.schema_version \gset

create procedure letterwatch.fixture_clock(moment text) language plpgsql as $$
begin
	execute format('create or replace function letterwatch.clock() returns timestamptz language sql stable as $c$ select timestamptz %L $c$',
	               moment || '+08');
end $$;
create procedure letterwatch.fixture_pass(mark boolean default true) language plpgsql as $$
declare
	me bigint := (select max(instance) from letterwatch.daemon_connect(null, 'fixture', 1, 'fixture'));
	ids uuid[];
	again boolean := true;
begin
	while again loop
		select array_agg(c.line_id) filter (where c.line_id is not null),
		       bool_or(c.next_in_us <= 1) filter (where c.line_id is null) or count(c.line_id) > 0
		into ids, again
		from letterwatch.claim_due(me, 1000, 'none') c;
		exit when not mark;
		perform letterwatch.mark_emitted(me, coalesce(ids, '{}'));
	end loop;
	perform letterwatch.daemon_disconnect(me);
end $$;

call letterwatch.fixture_clock('2025-11-20 09:00');
insert into letterwatch.office (office_code, name, parent_code, rule_set, day_begins)
values ('T', 'national office', null, null, null), ('T-P', 'province office', 'T', null, '09:15'),
       ('T-P-C', 'city office', 'T-P', 'procuratorate-workdays', null), ('T-X', 'petitions office', 'T', 'xinfang-2022', null);
update letterwatch.rule set may_suspend = true where rule_set = 'xinfang-2022' and rule = 'reply';
create role fixture_clerk;
insert into letterwatch.office_member (db_role, office_code, duty)
values ('fixture_clerk', 'T-P', 'clerk'), ('fixture_clerk', 'T', 'reader');

-- ---- what was there before -------------------------------------------------------------------------------------------------------
\if :supervises
set letterwatch.baseline = on;
insert into letterwatch.letter (letter_no, office_code, received_on, title)
select 'B-' || n, (array['T', 'T-P', 'T-P-C'])[1 + n % 3], date '2025-08-01' + 12 * n, 'old matter ' || n from generate_series(1, 9) n;
reset letterwatch.baseline;
\endif

-- ---- letters, notices --------------------------------------------------------------------------------------------------------------
create procedure letterwatch.fixture_letter(n int) language plpgsql as $$
declare
	received date := date '2025-11-20' + 3 * n - n % 2;
begin
	call letterwatch.fixture_clock(to_char(received + n % 3, 'YYYY-MM-DD') || ' 09:30');
	call letterwatch.fixture_pass();
	insert into letterwatch.letter (letter_no, office_code, registry_no, received_on, channel, title, source, source_ref)
	values ('L-' || n, (array['T', 'T-P', 'T-P-C', 'T-X'])[1 + n % 4], 'R' || n, received, (array['post', 'visit', 'phone'])[1 + n % 3],
	        'matter ' || n, case when n % 5 = 0 then 'registry' end, case when n % 5 = 0 then n::text end);
	if n % 3 = 0 then
		insert into letterwatch.petitioner (letter_no, name, contact, address)
		values ('L-' || n, 'writer ' || n, 'telephone ' || n, n || ' Lake Street');
	end if;
	if n % 6 <> 5 then
		call letterwatch.fixture_clock(to_char(received + 4 + n % 7, 'YYYY-MM-DD') || ' 15:00');
		call letterwatch.fixture_pass();
		perform letterwatch.record_notice('L-' || n, 'H' || n % 4, channel => 'post',
			outcome => (array['accepted', 'incomplete', 'accepted', 'referred', 'accepted'])[1 + n % 5]);
	end if;
end $$;
select format('call letterwatch.fixture_letter(%s)', n) from generate_series(1, 28) n \gexec

-- ---- lives ---------------------------------------------------------------------------------------------------------------------------
call letterwatch.fixture_clock('2026-02-19 10:00');
call letterwatch.fixture_pass();
select format('do $d$ begin perform letterwatch.%s; end $d$', call)
from unnest(array[
	$$assign_letter('L-7', 'case', 'H9')$$,
	$$record_reply('L-2', 'progress', channel => 'post', reason => 'an expert was heard')$$,
	$$record_reply('L-4', 'result', channel => 'post')$$,
	$$record_reply('L-9', 'result', at => '2026-01-12 11:00+08')$$,
	$$restart_letter('L-1', 'papers came')$$,
	$$suspend_letter('L-19', 'hearing')$$,
	$$suspend_letter('L-27', 'hearing')$$,
	$$extend_deadline('L-15', 'reply', '2026-03-30', 'H1', 'long file', '2026-02-18 10:00+08')$$,
	$$transfer_letter('L-25', 'T-P-C', 'their matter')$$,
	$$exempt_letter('L-12', 'no_address')$$,
	$$mark_duplicate('L-14', 'L-7')$$,
	$$withdraw_letter('L-17', 'settled')$$,
	$$mute_letter('L-20', '2026-03-20', 'writer travels')$$,
	$$forget_petitioner('L-6', 'asked for it')$$,
	$$correct_letter('L-16', 'misread', received_on => '2026-01-05')$$]) call \gexec
\if :supervises
select count(*) as ignored from letterwatch.supervise_letter('L-7', 'T', '2026-03-04', 'as asked', 'spring', 'B1') \gset
select count(*) as ignored from letterwatch.supervise_letter('L-22', 'T', '2026-02-20', 'as asked', 'spring', 'B2') \gset
select count(*) as ignored from letterwatch.supervise_letter('L-2', 'T', '2026-03-20', 'as asked', 'spring') \gset
\endif

-- ---- settings that change ----------------------------------------------------------------------------------------------------------
update letterwatch.office set day_begins = '08:30' where office_code = 'T-P';
insert into letterwatch.calendar (calendar, title, parent) values ('local', 'a city of its own', 'cn');
update letterwatch.office set calendar = 'local' where office_code = 'T-X';
update letterwatch.rule set amount = amount + 1 where rule_set = 'xinfang-2022' and rule = 'notice';
insert into letterwatch.calendar_import (day, kind, holiday)
select d.day::text, d.kind, case when d.day = '2026-05-05' then 'as revised' else d.holiday end
from letterwatch.calendar_day d
where d.calendar = 'cn' and d.year = 2026
  and d.version = (select max(l.version) from letterwatch.calendar_list l where l.calendar = 'cn' and l.year = 2026)
union all
select '2026-03-20', 'off', '清明节';
select count(*) as ignored from letterwatch.import_calendar('cn', 2026, 'a revised list') \gset
call letterwatch.fixture_pass();

call letterwatch.fixture_clock('2026-02-25 10:00');
call letterwatch.fixture_pass();
select format('do $d$ begin perform letterwatch.%s; end $d$', call)
from unnest(array[
	$$resume_letter('L-19')$$,
	$$record_reply('L-7', 'progress')$$,
	$$reopen_letter('L-4', 'new facts')$$,
	$$record_notice('L-5')$$,
	$$record_notice('L-11')$$,
	$$void_event((select max(event_id) from letterwatch.letter_event where letter_no = 'L-11'), 'it was L-12')$$]) call \gexec
\if :supervises
select count(*) as ignored from letterwatch.feed_back('L-22', 'result') \gset
\endif

-- ---- the front door ----------------------------------------------------------------------------------------------------------------
\if :takes_in
insert into letterwatch.office_alias (source, alias, office_code) values ('registry', '77', 'T-P-C');
set letterwatch.rejects = 'keep';
insert into letterwatch.intake_letter (source, source_ref, office_code, received_on, notice_at)
values ('registry', '100', '77', '2026-02-20', '2026-02-24'), ('registry', '101', '99', '2026-02-20', null),
       ('registry', '102', 'T', '2026-02-21', null);
insert into letterwatch.intake_event (source, source_ref, letter_no, kind) values ('registry', 'e1', 'L-23', 'result');
reset letterwatch.rejects;
\endif

-- ---- the present: what was claimed last is not sent, and a letter waits to be planned ------------------------------------------------
call letterwatch.fixture_clock('2026-03-05 09:00');
call letterwatch.fixture_pass();
do $$ begin while letterwatch.redate_letters(100) > 0 loop null; end loop; end $$;
call letterwatch.fixture_clock('2026-03-09 09:00');
call letterwatch.fixture_pass(mark => false);
insert into letterwatch.replan_queue (letter_no, why, error) values ('L-28', 'registered', 'P0001: of old');

drop procedure letterwatch.fixture_letter(int);
drop procedure letterwatch.fixture_pass(boolean);
drop procedure letterwatch.fixture_clock(text);
drop owned by fixture_clerk;
drop role fixture_clerk;
