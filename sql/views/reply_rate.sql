-- reply_rate: for each month, office and rule how many deadlines ended in time. The month is that of the last day; the office is the
-- one in charge or, of what is closed, the one that then was. due = in_time + late + open_overdue: what was owed when it ended.
-- What is suspended has no last day and stands in no month. The newest month first.
create or replace view letterwatch.reply_rate with (security_barrier) as
select c.due_month as month, c.office_code, o.name as office_name, c.rule,
       sum(k.due)::bigint as due, sum(k.in_time)::bigint as in_time, sum(k.late)::bigint as late,
       sum(k.open_overdue)::bigint as open_overdue, sum(k.not_yet_due)::bigint as not_yet_due, sum(k.exempt)::bigint as exempt,
       sum(k.not_owed)::bigint as not_owed, sum(k.in_time_entered_late)::bigint as in_time_entered_late,
       letterwatch.rate(sum(k.in_time), sum(k.due))::numeric(4, 1) as rate
from (
	select d.due_month, d.office_code, d.rule, d.verdict, d.ended, count(*) as n
	from (
		select x.due_month, x.office_code, x.rule, x.verdict, x.late_at <= (select letterwatch.clock()) as ended
		from letterwatch.deadline x
		where x.verdict is not null
		union all
		select x.due_month, x.office_code, x.rule, null, x.late_at <= (select letterwatch.clock())
		from letterwatch.deadline x
		where x.state = 'open'
	) d
	where d.office_code in (select letterwatch.my_offices())
	group by d.due_month, d.office_code, d.rule, d.verdict, d.ended
) c
join letterwatch.office o on o.office_code = c.office_code
cross join lateral letterwatch.counted(c.verdict, c.ended, c.n) k
group by c.due_month, c.office_code, o.name, c.rule
order by c.due_month desc, c.office_code, c.rule;
