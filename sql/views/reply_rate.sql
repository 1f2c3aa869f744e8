-- reply_rate: for each month, office and rule how many deadlines ended in time. The month is that of the last day; the office is the
-- one in charge or, of what is closed, the one that then was. due = in_time + late + open_overdue: what was owed when it ended.
-- What is suspended has no last day and stands in no month. The newest month first.
-- Office by office, through the indexes deadline_ended, alone and in its order, and deadline_open.
create or replace view letterwatch.reply_rate with (security_barrier) as
select d.month, o.office_code, o.name as office_name, d.rule, d.due, d.in_time, d.late, d.open_overdue, d.not_yet_due, d.exempt,
       d.not_owed, d.in_time_entered_late, letterwatch.rate(d.in_time, d.due)::numeric(4, 1) as rate
from letterwatch.office o
cross join lateral (
	select c.due_month as month, c.rule, sum(k.due) as due, sum(k.in_time) as in_time, sum(k.late) as late,
	       sum(k.open_overdue) as open_overdue, sum(k.not_yet_due) as not_yet_due, sum(k.exempt) as exempt,
	       sum(k.not_owed) as not_owed, sum(k.in_time_entered_late) as in_time_entered_late
	from (
		select x.due_month, x.rule, x.verdict, count(*)::int as n,
		       (count(*) filter (where x.late_at <= letterwatch.clock()))::int as ended
		from letterwatch.deadline x
		where x.office_code = o.office_code and x.verdict is not null
		group by x.due_month, x.rule, x.verdict
		union all
		select x.due_month, x.rule, null as verdict, count(*)::int as n,
		       (count(*) filter (where x.late_at <= letterwatch.clock()))::int as ended
		from letterwatch.deadline x
		where x.office_code = o.office_code and x.state = 'open'
		group by x.due_month, x.rule
	) c
	cross join lateral letterwatch.counted(c.verdict, c.n, c.ended) k
	group by c.due_month, c.rule
) d
where o.office_code in (select letterwatch.my_offices())
order by d.month desc, o.office_code, d.rule;
comment on view letterwatch.reply_rate is 'For each month, office and rule how many deadlines ended in time.';
comment on column letterwatch.reply_rate.month is 'The first day of the month in which the last day lies.';
comment on column letterwatch.reply_rate.due is 'Whose last day has ended, owed then, and not exempt: in_time + late + open_overdue.';
comment on column letterwatch.reply_rate.in_time is 'Met by the end of the last day, whenever that was entered.';
comment on column letterwatch.reply_rate.late is 'Met afterwards.';
comment on column letterwatch.reply_rate.open_overdue is
	'Not met: still open (view overdue), or withdrawn, transferred or reopened after its end; the office that missed it keeps it.';
comment on column letterwatch.reply_rate.not_yet_due is 'Owed, open or met, whose last day has not ended; not in due.';
comment on column letterwatch.reply_rate.exempt is 'Nobody can be answered; not in due.';
comment on column letterwatch.reply_rate.not_owed is 'Of letters that owe none: referred, not accepted, duplicate, withdrawn in time, …; not in due.';
comment on column letterwatch.reply_rate.in_time_entered_late is 'Of in_time: entered after the end (view late_entries).';
comment on column letterwatch.reply_rate.rate is 'in_time / due in percent, cut off: 100.0 only if all were in time. NULL: nothing was due.';
