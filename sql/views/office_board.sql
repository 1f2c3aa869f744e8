-- office_board: a line for each office that the session may see, level by level, so that an office stands above those below it and
-- its peers are ranked, the worst first: who has the most overdue, all below it included, then whose oldest is the oldest.
-- overdue to late_entries are of the office itself; all_overdue, all_notice and all_reply of the office and all below it, as far as
-- the session sees them. The year is the calendar year up to this month.
create or replace view letterwatch.office_board with (security_barrier) as
with place as materialized (
	select f.office_code, f.path, f.level, t.today, s.day as soon
	from letterwatch.office_setting f
	cross join lateral (select (letterwatch.clock() at time zone f.time_zone)::date) t (today)
	left join letterwatch.calendar_date c on c.calendar = f.calendar and c.day = t.today
	left join letterwatch.calendar_date s on s.calendar = f.calendar and s.workday and s.workdays = c.workdays + 5
	where f.office_code in (select letterwatch.my_offices())
), rates as (
	select p.office_code,
	       sum(r.due) filter (where r.rule = 'notice' and t.is_now) as notice_due,
	       sum(r.in_time) filter (where r.rule = 'notice' and t.is_now) as notice_in_time,
	       sum(r.due) filter (where r.rule = 'reply' and t.is_now) as reply_due,
	       sum(r.in_time) filter (where r.rule = 'reply' and t.is_now) as reply_in_time,
	       sum(r.due) filter (where r.rule = 'notice') as notice_due_year,
	       sum(r.in_time) filter (where r.rule = 'notice') as notice_in_time_year,
	       sum(r.due) filter (where r.rule = 'reply') as reply_due_year,
	       sum(r.in_time) filter (where r.rule = 'reply') as reply_in_time_year,
	       sum(r.in_time_entered_late) as late_entries
	from place p
	join letterwatch.reply_rate r on r.office_code = p.office_code
	cross join lateral (select r.month = date_trunc('month', p.today::timestamp)::date) t (is_now)
	where r.month >= date_trunc('year', letterwatch.clock() - interval '1 day')::date and r.month <= letterwatch.clock()::date + 1
	  and r.month >= date_trunc('year', p.today::timestamp)::date and r.month <= p.today
	group by p.office_code
), own as materialized (
	select p.office_code, p.path, p.level, d.overdue, d.oldest, d.due_5, r.notice_due, r.notice_in_time, r.reply_due, r.reply_in_time,
	       r.notice_due_year, r.notice_in_time_year, r.reply_due_year, r.reply_in_time_year, coalesce(r.late_entries, 0) as late_entries
	from place p
	left join rates r on r.office_code = p.office_code
	cross join lateral (
		select count(*) filter (where x.late_at <= letterwatch.clock()) as overdue,
		       min(x.due_on) filter (where x.late_at <= letterwatch.clock()) as oldest,
		       count(*) filter (where x.late_at > letterwatch.clock()) as due_5
		from letterwatch.deadline x
		where x.office_code = p.office_code and x.state = 'open' and x.due_on <= p.soon
	) d
), whole as (
	select a.office_code, sum(w.overdue)::bigint as overdue, min(w.oldest) as oldest, sum(w.notice_due_year) as notice_due,
	       sum(w.notice_in_time_year) as notice_in_time, sum(w.reply_due_year) as reply_due, sum(w.reply_in_time_year) as reply_in_time
	from own w
	cross join unnest(w.path) a (office_code)
	group by a.office_code
)
select w.office_code, o.name as office_name, w.level, w.overdue, w.oldest, w.due_5,
       letterwatch.rate(w.notice_in_time, w.notice_due)::numeric(4, 1) as notice_month,
       letterwatch.rate(w.notice_in_time_year, w.notice_due_year)::numeric(4, 1) as notice_year,
       letterwatch.rate(w.reply_in_time, w.reply_due)::numeric(4, 1) as reply_month,
       letterwatch.rate(w.reply_in_time_year, w.reply_due_year)::numeric(4, 1) as reply_year,
       w.late_entries::bigint as late_entries, a.overdue as all_overdue,
       letterwatch.rate(a.notice_in_time, a.notice_due)::numeric(4, 1) as all_notice,
       letterwatch.rate(a.reply_in_time, a.reply_due)::numeric(4, 1) as all_reply
from own w
join whole a on a.office_code = w.office_code
join letterwatch.office o on o.office_code = w.office_code
order by w.level, a.overdue desc, a.oldest, w.office_code;
comment on view letterwatch.office_board is 'A line for each office, level by level, the worst of each level first.';
comment on column letterwatch.office_board.level is 'Its level in the tree of offices, 1 at the top.';
comment on column letterwatch.office_board.overdue is 'Open deadlines of the office itself whose period has ended.';
comment on column letterwatch.office_board.oldest is 'The earliest last day among these.';
comment on column letterwatch.office_board.due_5 is 'Open deadlines that end today or within the next 5 working days.';
comment on column letterwatch.office_board.notice_month is 'The share of notices in time, as reply_rate.rate, of those due this month.';
comment on column letterwatch.office_board.notice_year is 'The same, of those due this year.';
comment on column letterwatch.office_board.reply_month is 'The share of replies in time of those due this month.';
comment on column letterwatch.office_board.reply_year is 'The same, of those due this year.';
comment on column letterwatch.office_board.late_entries is 'What counts as in time this year but was entered after its end, under all rules.';
comment on column letterwatch.office_board.all_overdue is 'overdue of the office and all below it.';
comment on column letterwatch.office_board.all_notice is 'notice_year of the office and all below it.';
comment on column letterwatch.office_board.all_reply is 'reply_year of the office and all below it.';
