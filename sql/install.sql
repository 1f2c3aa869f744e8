-- install.sql: brings an empty or older database to this version, in one transaction. Running it again changes nothing.
--     psql -v ON_ERROR_STOP=1 -d DB -f sql/install.sql
-- As the owner of the database, once the roles stand (sql/roles.sql); a superuser may run it alone.
\set ON_ERROR_STOP 1
\set QUIET 1
set client_min_messages = warning;
set client_encoding = 'UTF8';
begin isolation level read committed read write;

do $$
begin
	if current_setting('server_encoding') <> 'UTF8' then
		raise exception 'this database is in encoding %: letterwatch needs UTF8', current_setting('server_encoding')
			using hint = 'Create it as in: createdb -T template0 -E UTF8 letterwatch';
	end if;
end $$;
select pg_advisory_xact_lock(hashtext('letterwatch install')) \g /dev/null
select rolsuper or rolcreaterole as may_create_roles from pg_roles where rolname = current_user \gset
\if :may_create_roles
	\ir roles.sql
\endif

create schema if not exists letterwatch;

-- Of one owner, whoever upgrades: what is new belongs to whom the rest belongs to.
select current_user as installer, nspowner::regrole as owner from pg_namespace where nspname = 'letterwatch' \gset
set local role :owner;

comment on schema letterwatch is 'Watches the deadlines of incoming letters. \df+ letterwatch.* and \d+ are the manual.';
create table if not exists letterwatch.schema_version (
	version int primary key,
	name text not null,
	applied_at timestamptz not null default statement_timestamp()
);
comment on table letterwatch.schema_version is 'The migrations that were applied.';

-- Functions refer to each other and to tables in any order; what the defaults of tables need comes before them.
set local check_function_bodies = off;
\ir functions/clock.sql
\ir functions/actor.sql
\ir functions/baseline.sql
\ir functions/new_letter_no.sql
\ir functions/session_key.sql

select not exists (select from letterwatch.schema_version where version = 1) as missing \gset
\if :missing
	\ir migrations/0001_inputs.sql
	insert into letterwatch.schema_version (version, name) values (1, '0001_inputs');
\endif
select not exists (select from letterwatch.schema_version where version = 2) as missing \gset
\if :missing
	\ir migrations/0002_derived.sql
	insert into letterwatch.schema_version (version, name) values (2, '0002_derived');
\endif
select not exists (select from letterwatch.schema_version where version = 3) as missing \gset
\if :missing
	\ir migrations/0003_lives.sql
	insert into letterwatch.schema_version (version, name) values (3, '0003_lives');
\endif
\set lives_are_new :missing
select not exists (select from letterwatch.schema_version where version = 4) as missing \gset
\if :missing
	\ir migrations/0004_members.sql
	insert into letterwatch.schema_version (version, name) values (4, '0004_members');
\endif
select not exists (select from letterwatch.schema_version where version = 5) as missing \gset
\if :missing
	\ir migrations/0005_supervision.sql
	insert into letterwatch.schema_version (version, name) values (5, '0005_supervision');
\endif
select not exists (select from letterwatch.schema_version where version = 6) as missing \gset
\if :missing
	\ir migrations/0006_rates.sql
	insert into letterwatch.schema_version (version, name) values (6, '0006_rates');
\endif
select not exists (select from letterwatch.schema_version where version = 7) as missing \gset
\if :missing
	\ir migrations/0007_intake.sql
	insert into letterwatch.schema_version (version, name) values (7, '0007_intake');
\endif
select not exists (select from letterwatch.schema_version where version = 8) as missing \gset
\if :missing
	\ir migrations/0008_claim.sql
	insert into letterwatch.schema_version (version, name) values (8, '0008_claim');
\endif
select not exists (select from letterwatch.schema_version where version = 9) as missing \gset
\if :missing
	\ir migrations/0009_ends.sql
	insert into letterwatch.schema_version (version, name) values (9, '0009_ends');
\endif
select not exists (select from letterwatch.schema_version where version = 10) as missing \gset
\if :missing
	\ir migrations/0010_told.sql
	insert into letterwatch.schema_version (version, name) values (10, '0010_told');
\endif
select not exists (select from letterwatch.schema_version where version = 11) as missing \gset
\if :missing
	\ir migrations/0011_ahead.sql
	insert into letterwatch.schema_version (version, name) values (11, '0011_ahead');
\endif
select not exists (select from letterwatch.schema_version where version = 12) as missing \gset
\if :missing
	\ir migrations/0012_held.sql
	insert into letterwatch.schema_version (version, name) values (12, '0012_held');
\endif
select not exists (select from letterwatch.schema_version where version = 13) as missing \gset
\if :missing
	\ir migrations/0013_stamped.sql
	insert into letterwatch.schema_version (version, name) values (13, '0013_stamped');
\endif
select not exists (select from letterwatch.schema_version where version = 14) as missing \gset
\if :missing
	\ir migrations/0014_period.sql
	insert into letterwatch.schema_version (version, name) values (14, '0014_period');
\endif
select not exists (select from letterwatch.schema_version where version = 15) as missing \gset
\if :missing
	\ir migrations/0015_followed.sql
	insert into letterwatch.schema_version (version, name) values (15, '0015_followed');
\endif
select not exists (select from letterwatch.schema_version where version = 16) as missing \gset
\if :missing
	\ir migrations/0016_awaited.sql
	insert into letterwatch.schema_version (version, name) values (16, '0016_awaited');
\endif

\ir functions/add_list.sql
\ir functions/admit_event.sql
\ir functions/admit_letter.sql
\ir functions/admit_office.sql
\ir functions/adopt_lines.sql
\ir functions/alert_message.sql
\ir functions/apply_replicated.sql
\ir functions/apply_settings.sql
\ir functions/as_called.sql
\ir functions/assign_letter.sql
\ir functions/await_event.sql
\ir functions/await_replicated.sql
\ir functions/calendar_heirs.sql
\ir functions/calendar_kept.sql
\ir functions/check_duplicates.sql
\ir functions/check_extensions.sql
\ir functions/check_import.sql
\ir functions/check_letter.sql
\ir functions/check_setup.sql
\ir functions/check_suspensions.sql
\ir functions/claim_due.sql
\ir functions/close_batch.sql
\ir functions/correct_letter.sql
\ir functions/counted.sql
\ir functions/counts_seconds.sql
\ir functions/daemon_connect.sql
\ir functions/daemon_disconnect.sql
\ir functions/daily_mornings.sql
\ir functions/date_deadlines.sql
\ir functions/day_end.sql
\ir functions/deadline_end.sql
\ir functions/delete_lines.sql
\ir functions/derive.sql
\ir functions/derive_calendar.sql
\ir functions/derive_lives.sql
\ir functions/derive_offices.sql
\ir functions/derive_stages.sql
\ir functions/digest_message.sql
\ir functions/due_date.sql
\ir functions/event_inserted.sql
\ir functions/event_refusal.sql
\ir functions/event_sequence.sql
\ir functions/event_value_fault.sql
\ir functions/exempt_letter.sql
\ir functions/explain_deadline.sql
\ir functions/extend_deadline.sql
\ir functions/extension_faults.sql
\ir functions/feed_back.sql
\ir functions/first_stage.sql
\ir functions/forget_petitioner.sql
\ir functions/hand_back.sql
\ir functions/hand_down.sql
\ir functions/handles_letter.sql
\ir functions/heard_stage.sql
\ir functions/import_calendar.sql
\ir functions/instance_lock_class.sql
\ir functions/instant.sql
\ir functions/intake_day.sql
\ir functions/intake_moment.sql
\ir functions/invoker.sql
\ir functions/is_owner.sql
\ir functions/judged_by.sql
\ir functions/keep_rejects.sql
\ir functions/know_since.sql
\ir functions/language.sql
\ir functions/letter_fact.sql
\ir functions/letter_history.sql
\ir functions/letter_inserted.sql
\ir functions/letter_received_on.sql
\ir functions/letter_refusal.sql
\ir functions/line_id.sql
\ir functions/list_complete.sql
\ir functions/lock_deadlines.sql
\ir functions/lock_due.sql
\ir functions/lock_planning.sql
\ir functions/lock_settings.sql
\ir functions/loud_stage.sql
\ir functions/make_editions.sql
\ir functions/mark_duplicate.sql
\ir functions/mark_emitted.sql
\ir functions/metrics.sql
\ir functions/mute_letter.sql
\ir functions/name_queued.sql
\ir functions/my_clerk_offices.sql
\ir functions/my_offices.sql
\ir functions/my_roles.sql
\ir functions/needed_below.sql
\ir functions/next_event.sql
\ir functions/next_morning.sql
\ir functions/next_stage.sql
\ir functions/notice_text.sql
\ir functions/number_rejects.sql
\ir functions/office_replicated.sql
\ir functions/office_then.sql
\ir functions/open_batch.sql
\ir functions/outbox_lines.sql
\ir functions/owes.sql
\ir functions/park.sql
\ir functions/paused_end.sql
\ir functions/period_end.sql
\ir functions/petitioner_written.sql
\ir functions/plan_daily_lines.sql
\ir functions/plan_first_letters.sql
\ir functions/plan_for.sql
\ir functions/plan_letters.sql
\ir functions/plan_new_letters.sql
\ir functions/planning_horizon.sql
\ir functions/preview.sql
\ir functions/preview_calendar.sql
\ir functions/pull_sources.sql
\ir functions/queue_due.sql
\ir functions/queue_replicated.sql
\ir functions/raise_alerts.sql
\ir functions/raise_calendar_gaps.sql
\ir functions/raise_cleared.sql
\ir functions/raise_daily_lines.sql
\ir functions/raise_digests.sql
\ir functions/raise_or_park.sql
\ir functions/raise_stages.sql
\ir functions/rate.sql
\ir functions/read_events.sql
\ir functions/read_header.sql
\ir functions/read_letters.sql
\ir functions/rebuild_calendars.sql
\ir functions/rebuild_offices.sql
\ir functions/rebuild_stages.sql
\ir functions/record_event.sql
\ir functions/record_notice.sql
\ir functions/record_reply.sql
\ir functions/redate_deadlines.sql
\ir functions/redate_letters.sql
\ir functions/refuse.sql
\ir functions/refuse_baseline.sql
\ir functions/refuse_change.sql
\ir functions/refuse_foreign.sql
\ir functions/refuse_malformed.sql
\ir functions/refuse_rows.sql
\ir functions/refuse_rules.sql
\ir functions/register_letter.sql
\ir functions/reopen_letter.sql
\ir functions/replan.sql
\ir functions/replan_or_queue.sql
\ir functions/reply_rate_tree.sql
\ir functions/resend_alerts.sql
\ir functions/restart_letter.sql
\ir functions/resume_letter.sql
\ir functions/retry_delay.sql
\ir functions/retry_parked.sql
\ir functions/rule_effects.sql
\ir functions/rule_recorded.sql
\ir functions/rules_held.sql
\ir functions/rules_then.sql
\ir functions/said_before.sql
\ir functions/sees_all.sql
\ir functions/sees_letter.sql
\ir functions/set_site.sql
\ir functions/settings_changed.sql
\ir functions/settings_committed.sql
\ir functions/stage_event.sql
\ir functions/stage_letter.sql
\ir functions/stage_number.sql
\ir functions/stage_offset.sql
\ir functions/stage_reached.sql
\ir functions/stage_source.sql
\ir functions/stage_time.sql
\ir functions/stages_ahead.sql
\ir functions/stamp_settings.sql
\ir functions/supervise_letter.sql
\ir functions/suspend_letter.sql
\ir functions/take_batch.sql
\ir functions/take_events.sql
\ir functions/take_letters.sql
\ir functions/take_lines.sql
\ir functions/take_outgoing.sql
\ir functions/take_staged.sql
\ir functions/term_code.sql
\ir functions/title.sql
\ir functions/told_here.sql
\ir functions/transfer_letter.sql
\ir functions/try_planning.sql
\ir functions/unpark.sql
\ir functions/verdict.sql
\ir functions/verdicts_then.sql
\ir functions/verify.sql
\ir functions/void_event.sql
\ir functions/withdraw_letter.sql
\ir functions/work_replan_queue.sql
\ir functions/workdays_left.sql
\ir functions/workload.sql
\ir functions/writes_all.sql

\ir views/alert_log.sql
\ir views/backlog.sql
\ir views/calendar_awaited.sql
\ir views/calendar_gap.sql
\ir views/daemon_status.sql
\ir views/due_soon.sql
\ir views/intake_event.sql
\ir views/intake_known.sql
\ir views/intake_letter.sql
\ir views/intake_rejects.sql
\ir views/late_entries.sql
\ir views/letter_status.sql
\ir views/overdue.sql
\ir views/my_work.sql
\ir views/overdue_ageing.sql
\ir views/supervision.sql
\ir views/campaign.sql
\ir views/reply_rate.sql
\ir views/office_board.sql
\ir views/to_notify.sql

\ir triggers/append_only.sql
\ir triggers/intake.sql
\ir triggers/letter.sql
\ir triggers/letter_event.sql
\ir triggers/petitioner.sql
\ir triggers/replica.sql
\ir triggers/settings.sql

\ir calendar/cn.sql
\ir rules.sql
\ir grants.sql
\ir policies.sql

select letterwatch.plan_daily_lines() \g /dev/null

-- What is kept of days of receipt was made by the functions of before; who is at it has made it when this goes on.
select pg_advisory_xact_lock(hashtext('letterwatch period')) \g /dev/null
delete from letterwatch.period;

-- What stands by an earlier version is planned anew, a batch at a time, by the daemon.
\if :lives_are_new
	insert into letterwatch.settings_change (what, rule_sets)
	select 'rules of version 3', array_agg(r.rule_set)
	from letterwatch.rule_set r
	where exists (select from letterwatch.letter)
	having count(*) > 0;
\endif

set local role :"installer";

-- Dates typed without a zone are the office's: the database's time zone is that of the root office.
select format('alter database %I set timezone = %L', current_database(),
              coalesce((select min(time_zone) from letterwatch.office_setting where level = 1), 'Asia/Shanghai')) \gexec

commit;
