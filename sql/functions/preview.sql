-- preview() → (letter_no, rule, old_due, new_due): which deadlines the changes of settings that this transaction has made would
-- re-date, begin or end; NULL: no deadline, or no date. For begin; update letterwatch.rule …; select * from letterwatch.preview(); and
-- then commit or rollback. Nothing is changed by it. While it runs other changes of settings wait, and so do entries in a
-- transaction of REPEATABLE READ; no other entry does.
-- Errors: those with which the commit would be refused.
-- Callers: administrators, preview_calendar.
create or replace function letterwatch.preview() returns table (letter_no text, rule text, old_due date, new_due date)
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
set jit = off
set plan_cache_mode = force_custom_plan
as $$
declare
	found jsonb;
	offices text[];
	rule_sets text[];
	letters text[];
begin
	begin
		perform letterwatch.rebuild_calendars(letterwatch.calendar_heirs(array(
			select distinct x
			from letterwatch.settings_change c
			cross join unnest(c.calendars) x
			where c.redated_at is null and c.applied_at is null)));
		offices := letterwatch.rebuild_offices();
		perform letterwatch.refuse_rules();
		rule_sets := letterwatch.rebuild_stages() || array(
			select x
			from letterwatch.settings_change c
			cross join unnest(c.rule_sets) x
			where c.redated_at is null and c.applied_at is null);
		perform letterwatch.stamp_settings(letterwatch.instant());
		letters := array(
			select d.letter_no
			from letterwatch.deadline d
			where d.state in ('open', 'suspended')
			union
			select s.letter_no
			from letterwatch.letter_state s
			where s.rule_set = any (rule_sets) or s.office_code = any (offices) or s.former_offices && offices);
		select jsonb_agg(jsonb_build_object('letter_no', x.letter_no, 'rule', x.rule, 'old_due', x.old_due, 'new_due', x.new_due))
		into found
		from (
			select coalesce(w.letter_no, d.letter_no) as letter_no, coalesce(w.rule, d.rule) as rule, d.due_on as old_due,
			       w.due_on as new_due
			from (select x.* from letterwatch.derive(letters) x where x.rule is not null) w
			full join (select s.letter_no, s.rule, s.since, s.due_on, s.state
			           from letterwatch.deadline s
			           where s.letter_no = any (letters)) d
				on d.letter_no = w.letter_no and d.rule = w.rule and d.since = w.since
			where w.due_on is distinct from d.due_on or w.state is distinct from d.state
		) x;
		raise exception using errcode = 'LW999';
	exception when sqlstate 'LW999' then
		null; -- and with it everything that it did
	end;
	return query select x.letter_no, x.rule, x.old_due, x.new_due
	from jsonb_to_recordset(found) x (letter_no text, rule text, old_due date, new_due date)
	order by x.new_due, x.letter_no, x.rule;
end
$$;
comment on function letterwatch.preview() is 'Which deadlines this transaction''s changes of settings would re-date.';
