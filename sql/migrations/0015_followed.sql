-- 0015 followed: a follow-up counts from the end of what it follows as that is by now; what is answered in part without a notice is accepted by
-- that; a day that an order names is not provisional; a day ends at its first 24:00 where clocks go back to midnight.

alter type letterwatch.life drop attribute due_on;

create index letter_state_former on letterwatch.letter_state using gin (former_offices) where former_offices <> '{}';

comment on column letterwatch.rule.begins is
	'What sets it running: receipt of the letter, its acceptance (a notice with that outcome, or without one the first answer in part), each progress reply, reopening, an order to supervise.';
comment on column letterwatch.intake_heading.name is
	'A column of intake_letter or intake_event; rejected_line, rejected: passed over.';

-- Who is concerned is planned again by the daemon.
delete from letterwatch.period;
insert into letterwatch.replan_queue (letter_no)
select d.letter_no
from letterwatch.deadline d
join letterwatch.rule r on r.rule_set = d.rule_set and r.rule = d.rule
left join letterwatch.office_setting o on o.office_code = d.office_code
where r.begins = 'progress'
   or d.provisional and r.unit = 'date'
   or d.late_at at time zone o.time_zone = (d.late_at - interval '1 hour') at time zone o.time_zone
union
select s.letter_no
from letterwatch.letter_state s
join letterwatch.rule r on r.rule_set = s.rule_set
where r.begins = 'acceptance'
  and exists (select from letterwatch.letter_event e where e.letter_no = s.letter_no and e.kind = 'progress')
  and not exists (select from letterwatch.deadline d where d.letter_no = s.letter_no and d.rule = r.rule)
on conflict (letter_no) do nothing;
