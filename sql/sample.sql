-- sample.sql: invented letters for "make run", dated around today so that every state and every stage is seen. Fifteen offices on
-- four levels, 210 letters of the last four months (about one in seven accepted), and one office whose periods last seconds.
--     psql -v ON_ERROR_STOP=1 -d DB -f sql/sample.sql        into an installed database without letters
\set ON_ERROR_STOP 1
\set QUIET 1
begin isolation level read committed read write;

insert into letterwatch.office (office_code, name, parent_code)
values
	('S', 'Sample National Office', null),
	('S1', 'Sample Province East', 'S'),
	('S2', 'Sample Province West', 'S'),
	('S11', 'Sample City Eastlake', 'S1'),
	('S12', 'Sample City Eastriver', 'S1'),
	('S21', 'Sample City Westhill', 'S2'),
	('S22', 'Sample City Westgate', 'S2'),
	('S111', 'Sample County Northlake', 'S11'),
	('S112', 'Sample County Southlake', 'S11'),
	('S121', 'Sample County Upriver', 'S12'),
	('S122', 'Sample County Downriver', 'S12'),
	('S211', 'Sample County Highhill', 'S21'),
	('S212', 'Sample County Lowhill', 'S21'),
	('S221', 'Sample County Oldgate', 'S22'),
	('S222', 'Sample County Newgate', 'S22');
insert into letterwatch.office (office_code, name, parent_code, calendar, rule_set)
values ('DEMO', 'Demonstration: periods of seconds', 'S11', 'everyday', 'demo');

-- Letter i came i × 14 hours ago, to the offices in turn. Most were registered when they came.
create temporary table sample on commit drop as
select i, format('S-%s', lpad(i::text, 4, '0')) as letter_no,
       (array['S111', 'S112', 'S121', 'S122', 'S211', 'S212', 'S221', 'S222', 'S11', 'S21', 'S1', 'S2', 'S'])[1 + i % 13] as office_code,
       letterwatch.clock() - i * interval '14 hours' as received_at,
       (array['accepted', 'not_accepted', 'referred', 'not_accepted', 'incomplete', 'referred', 'not_accepted'])[1 + i % 7] as outcome,
       case when i % 29 = 0 then null          -- nobody ever told the writer
            when i % 19 = 0 then interval '10 days'
            else (i % 6) * interval '26 hours' + interval '3 hours' end as notice_after,
       format('H%s', lpad((1 + i % 40)::text, 3, '0')) as handler
from generate_series(1, 210) i;

insert into letterwatch.letter (letter_no, office_code, received_at, channel, title, registered_at)
select letter_no, office_code, received_at, (array['post', 'post', 'online', 'visit', 'phone'])[1 + i % 5],
       format('Sample matter %s', i), case when i % 41 = 0 then letterwatch.clock() else received_at end
from sample;

-- Of some the writer is known.
insert into letterwatch.petitioner (letter_no, name, contact, address)
select letter_no, format('Sample Writer %s', i), format('writer%s@example.org', i), format('%s Sample Street', i)
from sample
where i % 3 > 0;

insert into letterwatch.letter_event (letter_no, kind, outcome, handler, channel, occurred_at, recorded_at)
select letter_no, 'notice', outcome, handler, 'post', received_at + notice_after, received_at + notice_after
from sample
where received_at + notice_after < letterwatch.clock();

-- Accepted letters: some had a result, some a progress reply (a follow-up is owed), the others wait.
insert into letterwatch.letter_event (letter_no, kind, handler, unit, occurred_at, recorded_at)
select s.letter_no, e.kind, s.handler, e.unit, s.received_at + e.after, s.received_at + e.after
from sample s
join (values
	('assign', 'case', 4, 0, interval '7 days'),
	('progress', null, 4, 1, interval '50 days'),
	('result', null, 4, 2, interval '70 days'),
	('result', null, 4, 3, interval '20 days')
) e (kind, unit, modulus, rest, after) on (s.i / 7) % e.modulus = e.rest
where s.outcome = 'accepted' and s.notice_after < interval '7 days' and s.received_at + e.after < letterwatch.clock();

-- Twelve days ago the top office ordered reports on what nobody had answered; two in three have come.
insert into letterwatch.letter_event (letter_no, kind, by_office, until, topic, leader, occurred_at, recorded_at)
select letter_no, 'supervise', 'S', (letterwatch.clock() - interval '2 days')::date, 'arrears', 'H001',
       letterwatch.clock() - interval '12 days', letterwatch.clock() - interval '12 days'
from sample
where i % 29 = 0 and received_at < letterwatch.clock() - interval '20 days';
insert into letterwatch.letter_event (letter_no, kind, outcome, handler, occurred_at, recorded_at)
select letter_no, 'feedback', case i % 2 when 0 then 'result' else 'progress' end, handler,
       letterwatch.clock() - interval '3 days', letterwatch.clock() - interval '3 days'
from sample
where i % 29 = 0 and i % 3 <> 0 and received_at < letterwatch.clock() - interval '20 days';

insert into letterwatch.letter (letter_no, office_code, received_at, channel, title, registered_at)
select format('DEMO-%s', lpad(row_number() over (order by s)::text, 2, '0')), 'DEMO', letterwatch.clock() - s * interval '1 second',
       'online', 'Sample matter of seconds', letterwatch.clock() - s * interval '1 second'
from unnest('{0,4,12,26,36,43,52,63,83,105,165,190,215,232,238,245,255,265,285,310}'::int[]) s;

commit;
