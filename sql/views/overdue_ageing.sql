-- overdue_ageing: open deadlines whose period has ended, by office and days late, the latest first.
create or replace view letterwatch.overdue_ageing with (security_barrier) as
with zone as materialized (
	select z.time_zone, ((select letterwatch.clock()) at time zone z.time_zone)::date as today
	from (select distinct time_zone from letterwatch.office_setting) z
)
select b.office_code, b.office_name, b.age, count(distinct b.letter_no) as letters, count(*) as overdue
from (
	select d.office_code, o.name as office_name, d.due_on, d.letter_no,
	       case
	       when z.today - d.due_on <= 3 then 'days_1_3'
	       when z.today - d.due_on <= 7 then 'days_4_7'
	       when z.today - d.due_on <= 30 then 'days_8_30'
	       when z.today - d.due_on <= 90 then 'days_31_90'
	       else 'days_91' end as age
	from letterwatch.deadline d
	join letterwatch.office o on o.office_code = d.office_code
	join letterwatch.office_setting f on f.office_code = d.office_code
	join zone z on z.time_zone = f.time_zone
	where d.state = 'open' and d.due_on <= z.today and d.late_at <= (select letterwatch.clock())
	  and d.office_code in (select letterwatch.my_offices())
) b
group by b.office_code, b.office_name, b.age
order by b.office_code, min(b.due_on);
comment on view letterwatch.overdue_ageing is 'What is overdue, by office and days late, the latest first.';
comment on column letterwatch.overdue_ageing.age is 'Days after the last day, a code of letterwatch.term.';
comment on column letterwatch.overdue_ageing.letters is 'Letters; one may be overdue under two rules.';
