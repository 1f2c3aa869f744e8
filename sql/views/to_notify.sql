-- to_notify: letters whose notice is still owed, the most urgent first.
create or replace view letterwatch.to_notify as
select d.office_code, d.letter_no, s.received_on, l.channel, l.title, s.handler, d.due_on,
       d.due_on - ((select letterwatch.clock()) at time zone f.time_zone)::date as days_left
from letterwatch.deadline d
join letterwatch.office_setting f on f.office_code = d.office_code
join letterwatch.letter l on l.letter_no = d.letter_no
join letterwatch.letter_state s on s.letter_no = d.letter_no
where d.state = 'open' and d.rule = 'notice'
order by d.due_on, d.letter_no;
comment on view letterwatch.to_notify is 'Letters whose notice is still owed.';
