-- to_notify: letters whose notice is still owed, the most urgent first, with what one needs to write it; for the clerks of the
-- office in charge. A letter without a petitioner is there, too.
create or replace view letterwatch.to_notify with (security_barrier) as
select d.office_code, d.letter_no, s.received_on, l.channel, l.title, s.handler, d.due_on,
       d.due_on - ((select letterwatch.clock()) at time zone f.time_zone)::date as days_left, coalesce(s.unit, r.unit) as unit,
       p.name, p.contact, p.address
from letterwatch.office_setting f
join letterwatch.deadline d on d.office_code = f.office_code
join letterwatch.letter l on l.letter_no = d.letter_no
join letterwatch.letter_state s on s.letter_no = d.letter_no
left join lateral (
	select x.unit
	from letterwatch.deadline x
	where x.letter_no = d.letter_no and x.rule = 'reply' and x.state = 'open'
	order by x.since desc
	limit 1
) r on true
left join letterwatch.petitioner p on p.letter_no = d.letter_no
where f.office_code in (select letterwatch.my_clerk_offices())
  and d.state = 'open' and d.rule = 'notice'
order by d.due_on, d.letter_no;
comment on view letterwatch.to_notify is 'Letters whose notice is still owed, with what one needs to write it.';
comment on column letterwatch.to_notify.unit is 'Who handles it: the unit it was assigned to, or that of the reply.';
comment on column letterwatch.to_notify.name is 'Personal, as contact and address; NULL: nobody entered it.';
