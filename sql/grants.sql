-- What each role may do; re-applied whole. Nobody has rights on the schema but those named here. The triggers and the functions
-- of the daemon run as the owner, so that no role needs a right on what is derived.
revoke all on all tables in schema letterwatch from public;
revoke execute on all functions in schema letterwatch from public;
grant usage on schema letterwatch
	to letterwatch_daemon, letterwatch_intake, letterwatch_clerk, letterwatch_reader, letterwatch_admin;

grant execute on function letterwatch.clock(), letterwatch.actor()
	to letterwatch_daemon, letterwatch_intake, letterwatch_clerk, letterwatch_reader, letterwatch_admin;

grant execute on function letterwatch.daemon_connect(bigint, text, int, text), letterwatch.claim_due(bigint, int, text),
	letterwatch.mark_emitted(bigint, uuid[]), letterwatch.daemon_disconnect(bigint), letterwatch.check_setup()
	to letterwatch_daemon;
grant select on letterwatch.daemon_status, letterwatch.schema_version, letterwatch.office_setting, letterwatch.calendar_date
	to letterwatch_daemon;

grant select on letterwatch.overdue, letterwatch.due_soon, letterwatch.letter_status, letterwatch.alert_log,
	letterwatch.daemon_status, letterwatch.office, letterwatch.office_setting, letterwatch.term, letterwatch.rule_set,
	letterwatch.rule, letterwatch.stage, letterwatch.transition, letterwatch.calendar, letterwatch.calendar_list,
	letterwatch.calendar_day, letterwatch.calendar_date, letterwatch.schema_version
	to letterwatch_reader, letterwatch_clerk, letterwatch_admin;
grant execute on function letterwatch.due_date(text, text, date, text), letterwatch.workdays_left(text, date, date, boolean),
	letterwatch.period_end(text, date, text, int, text, boolean, boolean), letterwatch.planning_horizon(),
	letterwatch.refuse(text, text, text)
	to letterwatch_reader, letterwatch_clerk, letterwatch_admin;
grant execute on function letterwatch.refuse(text, text, text) to letterwatch_intake;

grant select on letterwatch.to_notify to letterwatch_clerk;
grant insert (letter_no, office_code, registry_no, received_at, received_on, channel, rule_set, title, source, source_ref)
	on letterwatch.letter to letterwatch_clerk, letterwatch_intake;
grant insert (letter_no, kind, occurred_at, rule, outcome, until, to_office, of_letter_no, of_event, unit, handler, channel,
	approved_by, reason, source, source_ref)
	on letterwatch.letter_event to letterwatch_clerk, letterwatch_intake;
grant usage on sequence letterwatch.letter_no_seq, letterwatch.event_id_seq to letterwatch_clerk, letterwatch_intake;
grant execute on function letterwatch.new_letter_no() to letterwatch_clerk, letterwatch_intake;
grant execute on function letterwatch.owes(text),
	letterwatch.register_letter(text, text, timestamptz, text, text, text),
	letterwatch.record_event(text, text, timestamptz, text, text, text, text, text),
	letterwatch.record_notice(text, text, timestamptz, text, text),
	letterwatch.assign_letter(text, text, text, timestamptz),
	letterwatch.record_reply(text, text, timestamptz, text, text)
	to letterwatch_clerk;

grant select, insert, update, delete on letterwatch.office, letterwatch.rule_set, letterwatch.rule, letterwatch.stage,
	letterwatch.calendar, letterwatch.calendar_list, letterwatch.calendar_day, letterwatch.term
	to letterwatch_admin;
grant select on letterwatch.replan_queue, letterwatch.parked, letterwatch.deadline_change to letterwatch_admin;
grant execute on function letterwatch.verify(), letterwatch.resend_alerts(timestamptz, timestamptz), letterwatch.check_setup()
	to letterwatch_admin;
