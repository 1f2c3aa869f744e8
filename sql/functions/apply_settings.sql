-- apply_settings(replicated): puts the settings that this transaction has changed into force, or those that came by replication:
-- derives calendar_date, office_setting and stage_plan again, keeps planning away for the moment until the commit, and leaves in
-- settings_change what redate_letters has to do. What was kept of days of receipt (period) goes. Nothing to do where nothing is noted.
-- The moment at which they come into force is taken under the lock: whoever planned by the old settings has recorded before it.
-- Errors: those of refuse_rules, the rebuild functions and lock_settings. LW003: the transaction is not READ COMMITTED.
-- Callers: settings_committed, lock_planning, apply_replicated.
create or replace function letterwatch.apply_settings(replicated boolean default false) returns void
language plpgsql volatile
as $$
declare
	change record;
	days daterange := 'empty';
	is_job boolean;
	moment timestamptz;
	of_offices text[] := '{}';
	of_rule_sets text[] := '{}';
begin
	-- One at a time; planners go on.
	lock table letterwatch.planning in share update exclusive mode;
	select max(c.change_id) as change_id, string_agg(distinct c.what, ', ' order by c.what) as what,
	       bool_or(c.what like 'calendar%') as in_calendars, bool_or(c.what like 'office%') as in_offices,
	       bool_or(c.what like 'stage%' or c.what like 'rule%') as in_stages,
	       letterwatch.calendar_heirs(array(
	       	select distinct x
	       	from letterwatch.settings_change s
	       	cross join unnest(s.calendars) x
	       	where s.redated_at is null and s.applied_at is null and (s.next_try_at is not null) = replicated))
	       	as calendars,
	       array(
	       	select distinct x
	       	from letterwatch.settings_change s
	       	cross join unnest(s.rule_sets) x
	       	where s.redated_at is null and s.applied_at is null and (s.next_try_at is not null) = replicated)
	       	as rule_sets
	into change
	from letterwatch.settings_change c
	where c.redated_at is null and c.applied_at is null and (c.next_try_at is not null) = replicated;
	if change.change_id is null then
		return;
	end if;
	if current_setting('transaction_isolation') <> 'read committed' then
		perform letterwatch.refuse('LW003',
			format('settings cannot be changed in a transaction of isolation level %s', upper(current_setting('transaction_isolation'))),
			'Its snapshot may be older than what clerks have entered since: use READ COMMITTED, the default.');
	end if;

	if change.in_calendars then
		days := letterwatch.rebuild_calendars(change.calendars);
	end if;
	-- From here on nobody plans. What has been planned under the settings that end now is seen by what follows.
	perform letterwatch.lock_settings(case when replicated then 1 else 150 end);
	if change.in_offices then
		of_offices := letterwatch.rebuild_offices();
	end if;
	if change.in_stages then
		perform letterwatch.refuse_rules();
		of_rule_sets := change.rule_sets || letterwatch.rebuild_stages();
	end if;
	is_job := not isempty(days) and exists (select from letterwatch.letter_state)
	          or exists (select from letterwatch.letter_state s
	                     where s.office_code = any (of_offices) or s.rule_set = any (of_rule_sets))
	          or exists (select from letterwatch.office_setting_past p where p.rule_set = any (of_rule_sets));

	delete from letterwatch.period;
	moment := letterwatch.instant();
	perform letterwatch.stamp_settings(moment);
	update letterwatch.planning p set known_since = moment where not exists (select from letterwatch.letter);
	update letterwatch.settings_change c
	set applied_at = moment, redated_at = moment
	where c.applied_at is null and c.redated_at is null and (c.next_try_at is not null) = replicated;
	update letterwatch.settings_change c
	set job = change.what, calendars = change.calendars, rule_sets = of_rule_sets, offices = of_offices,
	    first_day = lower(days), last_day = upper(days) - 1, redated_at = null
	where c.change_id = change.change_id and is_job;
	perform letterwatch.plan_daily_lines();
	notify letterwatch_due;
end
$$;
comment on function letterwatch.apply_settings(boolean) is 'Puts changed settings into force.';
