-- replan_or_queue(letters, job): plans letters anew after a change of settings. Those that somebody else holds, or all where that
-- fails, go to replan_queue, which tries them one by one.
-- Callers: redate_letters, redate_deadlines.
create or replace function letterwatch.replan_or_queue(letters text[], job letterwatch.settings_change) returns void
language plpgsql volatile
as $$
declare
	free text[] := array(
		select l.letter_no
		from letterwatch.letter l
		where l.letter_no = any (letters)
		order by l.letter_no
		for no key update skip locked);
	failure text;
begin
	begin
		perform letterwatch.replan(free, job.job, true, job.changed_by, job.session_role);
	exception when others then
		failure := sqlstate || ': ' || left(sqlerrm, 500);
	end;
	insert into letterwatch.replan_queue (letter_no, error, why, changed_by, session_role)
	select u.letter_no, failure, job.job, job.changed_by, job.session_role
	from unnest(letters) u (letter_no)
	where failure is not null or u.letter_no <> all (free)
	order by u.letter_no
	on conflict (letter_no) do nothing;
end
$$;
comment on function letterwatch.replan_or_queue(text[], letterwatch.settings_change) is 'Plans letters anew, or queues them.';
