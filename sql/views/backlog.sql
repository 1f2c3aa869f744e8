-- backlog: letters without a result, overdue or not, by office and age since receipt, the oldest first. What needs no result (referred,
-- not accepted, withdrawn, a duplicate) is not among them: the statuses are those in which a result is possible, as in the index
-- letter_state_backlog.
create or replace view letterwatch.backlog with (security_barrier) as
with zone as materialized (
	select z.time_zone, (t.today - interval '3 months')::date as m3, (t.today - interval '6 months')::date as m6,
	       (t.today - interval '1 year')::date as y1, (t.today - interval '3 years')::date as y3,
	       (t.today - interval '5 years')::date as y5
	from (select distinct time_zone from letterwatch.office_setting) z
	cross join lateral (select ((select letterwatch.clock()) at time zone z.time_zone)::date) t (today)
)
select b.office_code, b.office_name, b.age, count(*) as letters, count(*) filter (where b.is_overdue) as overdue
from (
	select s.office_code, o.name as office_name, s.received_on,
	       case
	       when s.received_on >= z.m3 then 'months_0_3'
	       when s.received_on >= z.m6 then 'months_3_6'
	       when s.received_on >= z.y1 then 'months_6_12'
	       when s.received_on >= z.y3 then 'years_1_3'
	       when s.received_on >= z.y5 then 'years_3_5'
	       else 'years_5' end as age,
	       d.letter_no is not null as is_overdue
	from letterwatch.letter_state s
	join letterwatch.office o on o.office_code = s.office_code
	join letterwatch.office_setting f on f.office_code = s.office_code
	join zone z on z.time_zone = f.time_zone
	left join (
		select distinct x.office_code, x.letter_no
		from letterwatch.deadline x
		where x.state = 'open' and x.late_at <= (select letterwatch.clock())
	) d on d.office_code = s.office_code and d.letter_no = s.letter_no
	where s.status in ('registered', 'incomplete', 'accepted', 'in_progress', 'reopened', 'exempt')
	  and s.office_code in (select letterwatch.my_offices())
) b
group by b.office_code, b.office_name, b.age
order by b.office_code, min(b.received_on);
comment on view letterwatch.backlog is 'Letters without a result by office and age since receipt, the oldest first.';
comment on column letterwatch.backlog.age is 'Time since receipt, a code of letterwatch.term.';
comment on column letterwatch.backlog.overdue is 'Letters among them with a deadline that is overdue.';
