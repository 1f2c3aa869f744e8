-- What each role may do; re-applied whole. Nobody has rights on the schema but those named here. The triggers and the functions
-- of the daemon run as the owner, so that no role needs a right on what is derived.
revoke all on all tables in schema letterwatch from public,
	letterwatch_daemon, letterwatch_intake, letterwatch_clerk, letterwatch_reader, letterwatch_admin;
revoke all on all sequences in schema letterwatch from public,
	letterwatch_daemon, letterwatch_intake, letterwatch_clerk, letterwatch_reader, letterwatch_admin;
revoke execute on all functions in schema letterwatch from public,
	letterwatch_daemon, letterwatch_intake, letterwatch_clerk, letterwatch_reader, letterwatch_admin;
grant usage on schema letterwatch
	to letterwatch_daemon, letterwatch_intake, letterwatch_clerk, letterwatch_reader, letterwatch_admin;

grant execute on function letterwatch.clock(), letterwatch.actor(), letterwatch.baseline(), letterwatch.my_offices(),
	letterwatch.my_clerk_offices(), letterwatch.language(), letterwatch.title(text, text)
	to letterwatch_daemon, letterwatch_intake, letterwatch_clerk, letterwatch_reader, letterwatch_admin;

grant execute on function letterwatch.daemon_connect(bigint, text, int, text), letterwatch.claim_due(bigint, int, text, int, int),
	letterwatch.outbox_lines(bigint, text), letterwatch.mark_emitted(bigint, uuid[]), letterwatch.daemon_disconnect(bigint),
	letterwatch.check_setup(int), letterwatch.metrics()
	to letterwatch_daemon;
grant select on letterwatch.daemon_status, letterwatch.schema_version, letterwatch.office_setting, letterwatch.calendar_date
	to letterwatch_daemon;

grant select on letterwatch.overdue, letterwatch.due_soon, letterwatch.letter_status, letterwatch.alert_log,
	letterwatch.late_entries, letterwatch.calendar_gap, letterwatch.my_work, letterwatch.deadline, letterwatch.alert,
	letterwatch.supervision, letterwatch.campaign, letterwatch.backlog, letterwatch.overdue_ageing,
	letterwatch.reply_rate, letterwatch.office_board,
	letterwatch.daemon_status, letterwatch.office, letterwatch.office_setting, letterwatch.term, letterwatch.rule_set,
	letterwatch.rule, letterwatch.stage, letterwatch.transition, letterwatch.calendar, letterwatch.calendar_list,
	letterwatch.calendar_day, letterwatch.calendar_date, letterwatch.notice_template, letterwatch.schema_version
	to letterwatch_reader, letterwatch_clerk, letterwatch_admin;
grant execute on function letterwatch.due_date(text, text, date, text), letterwatch.workdays_left(text, date, date, boolean),
	letterwatch.period_end(text, date, text, int, text, boolean, boolean, datemultirange, date),
	letterwatch.paused_end(text, date, date, boolean, datemultirange), letterwatch.planning_horizon(),
	letterwatch.refuse(text, text, text), letterwatch.explain_deadline(text, text), letterwatch.letter_history(text),
	letterwatch.workload(text, int), letterwatch.stage_number(float8[], int, float8), letterwatch.rate(numeric, numeric),
	letterwatch.counted(text, int, int),
	letterwatch.reply_rate_tree(text, date, date, timestamptz)
	to letterwatch_reader, letterwatch_clerk, letterwatch_admin;
grant execute on function letterwatch.refuse(text, text, text) to letterwatch_intake;

grant select on letterwatch.office_member to letterwatch_clerk, letterwatch_reader;
grant select on letterwatch.to_notify to letterwatch_clerk;
grant select, insert (letter_no, name, contact, address), update (name, contact, address) on letterwatch.petitioner
	to letterwatch_clerk;
grant insert (letter_no, name, contact, address) on letterwatch.petitioner to letterwatch_intake;
grant execute on function letterwatch.handles_letter(text), letterwatch.notice_text(text, text) to letterwatch_clerk;
grant execute on function letterwatch.forget_petitioner(text, text) to letterwatch_clerk, letterwatch_admin;
grant insert (letter_no, office_code, registry_no, received_at, received_on, channel, rule_set, title, source, source_ref)
	on letterwatch.letter to letterwatch_clerk, letterwatch_intake;
grant insert (letter_no, kind, occurred_at, rule, outcome, until, to_office, of_letter_no, of_event, unit, handler, channel,
	approved_by, reason, informed_at, received_on, rule_set, source, source_ref, by_office, topic, leader)
	on letterwatch.letter_event to letterwatch_clerk, letterwatch_intake;
grant insert on letterwatch.intake_letter, letterwatch.intake_event to letterwatch_clerk, letterwatch_intake;
grant insert (rejected_line, rejected, letter_no, office_code, registry_no, received_at, received_on, channel, rule_set, title, unit,
	handler, notice_at, reply_at, outcome, source, source_ref)
	on letterwatch.intake_letter_line to letterwatch_clerk, letterwatch_intake;
grant insert (rejected_line, rejected, letter_no, letter_ref, kind, occurred_at, rule, outcome, until, to_office, of_letter_no,
	of_event, unit, handler, channel, approved_by, reason, informed_at, received_on, rule_set, source, source_ref,
	by_office, topic, leader)
	on letterwatch.intake_event_line to letterwatch_clerk, letterwatch_intake;
grant execute on function letterwatch.open_batch(text, text), letterwatch.read_header(bytea, text, int[]),
	letterwatch.take_batch(bigint, text, int[]), letterwatch.close_batch(bigint, text)
	to letterwatch_clerk, letterwatch_intake;
grant select on letterwatch.intake_batch, letterwatch.intake_rejects to letterwatch_clerk, letterwatch_intake, letterwatch_admin;
grant select on letterwatch.intake_known to letterwatch_intake;
grant select, insert, update on letterwatch.intake_mark to letterwatch_intake;
grant execute on function letterwatch.pull_sources(text, boolean, interval),
	letterwatch.stage_source(text, text, boolean, interval)
	to letterwatch_intake;
grant select, insert, update, delete on letterwatch.office_alias, letterwatch.intake_heading to letterwatch_admin;
grant select, delete on letterwatch.intake_rejected, letterwatch.intake_batch, letterwatch.intake_mark to letterwatch_admin;
grant usage on sequence letterwatch.letter_no_seq, letterwatch.event_id_seq to letterwatch_clerk, letterwatch_intake;
grant execute on function letterwatch.new_letter_no() to letterwatch_clerk, letterwatch_intake;
grant execute on function letterwatch.owes(text),
	letterwatch.register_letter(text, text, timestamptz, text, text, text),
	letterwatch.record_event(text, text, timestamptz, text, text, text, text, text, text, date, text, text, bigint, text, timestamptz,
		date, text, text, text, text),
	letterwatch.record_notice(text, text, timestamptz, text, text),
	letterwatch.assign_letter(text, text, text, timestamptz),
	letterwatch.record_reply(text, text, timestamptz, text, text),
	letterwatch.restart_letter(text, text, timestamptz),
	letterwatch.suspend_letter(text, text, timestamptz),
	letterwatch.resume_letter(text, timestamptz),
	letterwatch.extend_deadline(text, text, date, text, text, timestamptz),
	letterwatch.transfer_letter(text, text, text, timestamptz),
	letterwatch.exempt_letter(text, text, timestamptz),
	letterwatch.mark_duplicate(text, text, timestamptz),
	letterwatch.withdraw_letter(text, text, timestamptz),
	letterwatch.reopen_letter(text, text, timestamptz),
	letterwatch.mute_letter(text, date, text),
	letterwatch.supervise_letter(text, text, date, text, text, text),
	letterwatch.feed_back(text, text, timestamptz),
	letterwatch.correct_letter(text, text, date, text, text),
	letterwatch.void_event(bigint, text)
	to letterwatch_clerk;

grant select, insert, update, delete on letterwatch.office, letterwatch.rule_set, letterwatch.rule, letterwatch.stage,
	letterwatch.calendar, letterwatch.term, letterwatch.office_member, letterwatch.notice_template
	to letterwatch_admin;
grant select on letterwatch.calendar_list, letterwatch.calendar_day to letterwatch_admin;
grant insert (calendar, year, version, source) on letterwatch.calendar_list to letterwatch_admin;
grant insert on letterwatch.calendar_day to letterwatch_admin;
grant select, delete, insert (day, kind, holiday) on letterwatch.calendar_import to letterwatch_admin;
grant execute on function letterwatch.session_key() to letterwatch_admin;
grant select on letterwatch.replan_queue, letterwatch.parked, letterwatch.deadline_change, letterwatch.settings_change,
	letterwatch.rule_past, letterwatch.office_setting_past, letterwatch.calendar_edition, letterwatch.petitioner_forgotten
	to letterwatch_admin;
grant execute on function letterwatch.verify(), letterwatch.resend_alerts(timestamptz, timestamptz), letterwatch.check_setup(int),
	letterwatch.check_import(text, int), letterwatch.import_calendar(text, int, text), letterwatch.preview_calendar(text, int),
	letterwatch.preview(), letterwatch.redate_letters(int), letterwatch.set_site(int), letterwatch.hand_back(int)
	to letterwatch_admin;
grant select, delete on letterwatch.replica_conflict to letterwatch_admin;
