-- derive(letters, as_of) → rows: what the inputs make of some letters; reads no derived row of a letter. A row for each deadline,
-- with the state of its letter, columns as of letter_state, before the deadline's, columns as of deadline; one row with rule NULL
-- for a letter that has none. letter_unit: the unit in charge of the letter. Besides: closed_kind, the event or status that
-- closed it; own_end_on, the end before extension and roll; extensions, the events that extend it; moved_by, the event from
-- which it starts if that did not begin it; time_zone, calendar (or edition of one) and what of the rule it was counted by:
-- count_from to end_of_day.
-- Event by event (possible ones): a transfer or reopening breaks off what its rule says (on_transfer, on_reopen), an event of
-- the kinds met_by meets what is open, a restart, and where the rule says so a transfer or reopening, starts it again, an
-- extension extends it; then it may begin something new. What is not met when it is broken off, or at the end, is not owed if
-- the status is one of not_owed_in. A follow-up starts on the later of the last day of what it follows and its progress. What
-- is closed is judged by the rule, lists and settings that were in force when the closing event was recorded. Registered after
-- its end: it is overdue from the moment of registration on.
-- baseline: it began in the first load of what was there before letterwatch.
-- as_of: by what was recorded up to then, and by the settings then in force, of letters that were registered by then (its stages
-- are those of now); NULL: by all that is recorded.
-- A loop, for each step needs the one before; index lookups only, as in claim_due.
-- Callers: replan, verify, preview, check_duplicates, check_extensions, explain_deadline, verdicts_then.
create or replace function letterwatch.derive(letters text[], as_of timestamptz default null)
returns table (letter_no text, letter_office text, rule_set text, status text, status_on date, status_event bigint,
               last_event bigint, impossible int, letter_unit text, handler text, received_on date, suspended_on date,
               muted_until_on date, duplicate_of text, former_offices text[],
               rule text, since bigint, office_code text, unit text, state text, start_on date, due_on date, late_at timestamptz,
               overdue_at timestamptz, provisional boolean, first_stage int, closed_event bigint, closed_on date, rule_from date,
               begun_at timestamptz, pauses datemultirange, extended_to date, muted_until timestamptz, baseline boolean,
               verdict text,
               closed_kind text, own_end_on date, extensions bigint[], moved_by bigint, time_zone text, calendar text,
               count_from text, amount int, period_unit text, month_end boolean, roll boolean, end_of_day time)
language plpgsql stable rows 10
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_nestloop = on
as $$
declare
	settings_changed_at timestamptz := (select p.settings_changed_at from letterwatch.planning p);
	story refcursor;
	f record;
	e record;
	r letterwatch.rule;
	rules letterwatch.rule[];
	plans letterwatch.stage_plan[];
	plan letterwatch.stage_plan;
	rules_of text;
	lives letterwatch.life[];
	l letterwatch.life;
	begun boolean[];       -- by rule: something began in the present stretch between breaks
	broken_at bigint[];    -- by rule: where that stretch began
	breaks boolean;
	begins boolean;
	accepts boolean;
	followed int;
	letter_pauses datemultirange;
	suspended boolean;
	status_place bigint;
	status_office text;
	status_unit text;
	closing_kind text;
	closing_at timestamptz;
	judged_at timestamptz;
	slack int;
	office letterwatch.office_setting;
begin
	open story for select * from letterwatch.event_sequence(letters, as_of);
	fetch story into e;
	foreach letter_no in array letters loop
		select x.*, coalesce(x.rule_set, o.rule_set) as rule_set_in_force,
		       coalesce(x.received_at, x.received_on::timestamp at time zone o.time_zone) as start_at
		into f
		from letterwatch.letter_fact(array[letter_no], as_of) x
		join letterwatch.office_setting o on o.office_code = x.office_code;
		continue when not found;
		if as_of is not null then
			office := letterwatch.office_then(f.office_code, as_of);
			f.rule_set_in_force := coalesce(f.rule_set, office.rule_set);
			f.start_at := coalesce(f.received_at, f.received_on::timestamp at time zone office.time_zone);
		end if;

		letter_office := f.office_code;
		rule_set := f.rule_set_in_force;
		status := 'registered';
		status_on := f.received_on;
		status_event := 0;
		status_place := 0;
		impossible := 0;
		letter_unit := null;
		handler := null;
		received_on := f.received_on;
		suspended_on := null;
		suspended := false;
		letter_pauses := '{}';
		muted_until_on := null;
		duplicate_of := null;
		former_offices := '{}';
		last_event := case when e.letter_no = letter_no then (
			select max(x.event_id + 0) -- not by the primary key, from its end
			from letterwatch.letter_event x
			where x.letter_no = derive.letter_no) else 0 end;

		if rules_of is distinct from rule_set || received_on then
			if as_of is null then
				rules := array(select x
				               from letterwatch.rule x
				               where x.rule_set = derive.rule_set and derive.received_on between x.valid_from and x.valid_to
				               order by x.rule);
			else
				rules := array(select x
				               from letterwatch.rules_then(derive.rule_set, as_of) x
				               where derive.received_on between x.valid_from and x.valid_to
				               order by x.rule);
			end if;
			plans := array(select g
			               from unnest(rules) with ordinality x
			               left join letterwatch.stage_plan g on g.rule_set = x.rule_set and g.rule = x.rule
			               order by x.ordinality);
			rules_of := rule_set || received_on;
		end if;
		lives := '{}';
		begun := array_fill(false, array[cardinality(rules)]);
		broken_at := array_fill(0, array[cardinality(rules)]);
		for i in 1 .. cardinality(rules) loop
			if rules[i].begins = 'receipt' then
				lives := lives || row(i, 0, 0, received_on, f.start_at, f.registered_at, null, null, null, null, null, 'open', null, null,
				                      null, null, f.office_code, null, f.baseline)::letterwatch.life;
				begun[i] := true;
			end if;
		end loop;

		while e.letter_no = letter_no loop
			if not e.possible then
				impossible := impossible + 1;
				fetch story into e;
				continue;
			end if;

			-- What lives on, or ends. (The status is still the one before.)
			for i in 1 .. cardinality(lives) loop
				l := lives[i];
				continue when l.state <> 'open';
				r := rules[l.rule_no];
				if e.kind = 'transfer' and r.on_transfer = 'begin' or e.kind = 'reopen' and r.on_reopen in ('begin', 'end') then
					if status = any (r.not_owed_in) then
						l.state := case status when 'exempt' then 'exempt' else 'not_owed' end;
						l.closed_event := status_event;
						l.closed_on := status_on;
						l.closed_kind := status;
						if status_place > l.place then
							l.office_code := status_office;
							l.unit := status_unit;
						end if;
					else
						l.state := 'not_owed';
						l.closed_event := e.event_id;
						l.closed_on := e.on_day;
						l.closed_kind := e.kind;
						l.office_code := e.office_before;
						l.unit := e.unit_before;
					end if;
				elsif e.kind = any (r.met_by) then
					l.state := 'met';
					l.closed_event := e.event_id;
					l.closed_on := e.on_day;
					l.closed_kind := e.kind;
					l.office_code := e.office_code;
					l.unit := e.unit;
				elsif e.kind = 'restart' and r.restarts or e.kind = 'transfer' and r.on_transfer = 'restart'
				      or e.kind = 'reopen' and r.on_reopen = 'restart' then
					l.start_on := case e.kind when 'reopen' then e.recorded_day else e.on_day end;
					l.start_at := case e.kind when 'reopen' then greatest(e.occurred_at, e.recorded_at) else e.occurred_at end;
					l.moved_by := e.event_id;
				elsif e.kind = 'extend' and r.may_extend and e.rule = r.rule then
					l.extended_to := greatest(l.extended_to, e.until);
					l.extensions := l.extensions || e.event_id;
				else
					continue;
				end if;
				lives[i] := l;
			end loop;

			-- What the event makes of the letter.
			if e.status <> status then
				status_event := e.event_id;
				status_on := e.on_day;
				status_place := e.place;
				status_office := e.office_code;
				status_unit := e.unit;
			end if;
			accepts := e.status = 'accepted' and status <> 'accepted';
			status := e.status;
			letter_office := e.office_code;
			letter_unit := e.unit;
			handler := e.handler;
			if e.suspended and not suspended then
				suspended_on := e.on_day;
			elsif suspended and not e.suspended then
				letter_pauses := letter_pauses + datemultirange(daterange(suspended_on, greatest(suspended_on, e.on_day)));
				suspended_on := null;
			end if;
			suspended := e.suspended;
			case e.kind
			when 'transfer' then
				former_offices := former_offices || e.office_before;
			when 'mute' then
				muted_until_on := e.until;
			when 'duplicate' then
				duplicate_of := e.of_letter_no;
			else
				null;
			end case;

			-- What it begins.
			for i in 1 .. cardinality(rules) loop
				r := rules[i];
				breaks := e.kind = 'transfer' and r.on_transfer = 'begin' or e.kind = 'reopen' and r.on_reopen in ('begin', 'end');
				if breaks then
					begun[i] := false;
					broken_at[i] := e.place;
				end if;
				begins := e.kind = 'transfer' and r.on_transfer = 'begin'
				          or e.kind = 'reopen' and (r.on_reopen = 'begin' or r.begins = 'reopen')
				          or accepts and r.begins = 'acceptance' and not begun[i]
				          or e.kind = r.begins and r.begins in ('progress', 'supervise');
				continue when not begins;
				followed := null;
				if r.begins = 'progress' then
					for k in 1 .. cardinality(lives) loop
						if rules[lives[k].rule_no].followed_by = r.rule and lives[k].place < e.place and lives[k].place >= broken_at[i] then
							followed := k;
						end if;
					end loop;
					continue when followed is null;
				end if;
				lives := lives || row(i, e.event_id, e.place, case e.kind when 'reopen' then e.recorded_day else e.on_day end,
				                      case e.kind when 'reopen' then greatest(e.occurred_at, e.recorded_at) else e.occurred_at end,
				                      e.recorded_at, case when e.kind = 'supervise' then e.until end, null, null, null, followed, 'open',
				                      null, null, null, null, e.office_code, e.unit, e.baseline)::letterwatch.life;
				begun[i] := true;
			end loop;
			fetch story into e;
		end loop;
		if status <> 'duplicate' then
			duplicate_of := null;
		end if;
		if suspended then
			letter_pauses := letter_pauses + datemultirange(daterange(suspended_on, null));
		end if;

		rule := null;
		if cardinality(lives) = 0 then
			return next;
		end if;
		for i in 1 .. cardinality(lives) loop
			l := lives[i];
			r := rules[l.rule_no];
			if l.state = 'open' and status = any (r.not_owed_in) then
				l.state := case status when 'exempt' then 'exempt' else 'not_owed' end;
				l.closed_event := status_event;
				l.closed_on := status_on;
				l.closed_kind := status;
				if status_place > l.place then
					l.office_code := status_office;
					l.unit := status_unit;
				end if;
			elsif l.state = 'open' then
				l.office_code := letter_office;
				l.unit := letter_unit;
			end if;
			if l.followed is not null then
				l.start_on := greatest(l.start_on, lives[l.followed].due_on);
			end if;

			rule := r.rule;
			since := l.since;
			office_code := l.office_code;
			unit := case when r.assignable then coalesce(l.unit, r.responsible_unit) else r.responsible_unit end;
			state := l.state;
			start_on := l.start_on;
			closed_event := l.closed_event;
			closed_on := l.closed_on;
			closed_kind := l.closed_kind;
			rule_from := r.valid_from;
			begun_at := l.begun_at;
			baseline := l.baseline;
			extended_to := coalesce(l.extended_to, l.named_on);
			extensions := l.extensions;
			moved_by := l.moved_by;
			pauses := case when r.may_suspend and letter_pauses <> '{}' then nullif(
				letter_pauses * datemultirange(daterange(null, l.closed_on)), '{}') end;
			if office.office_code is distinct from l.office_code then
				select o.* into office from letterwatch.office_setting o where o.office_code = l.office_code;
				if as_of is not null then
					office := letterwatch.office_then(l.office_code, as_of);
				end if;
			end if;
			time_zone := office.time_zone;
			calendar := office.calendar;
			count_from := r.count_from;
			amount := r.amount;
			period_unit := r.unit;
			month_end := r.month_end;
			roll := r.roll;
			end_of_day := r.end_of_day;
			judged_at := as_of;
			if state <> 'open' then
				select x.kind, x.occurred_at, x.recorded_at into closing_kind, closing_at, judged_at
				from letterwatch.letter_event x
				where x.event_id = l.closed_event;
			end if;
			if judged_at < settings_changed_at then
				select o.time_zone, o.calendar into time_zone, calendar
				from (select p.time_zone, p.calendar, p.until
				      from letterwatch.office_setting_past p
				      where p.office_code = l.office_code and p.until > judged_at
				      union all
				      select derive.time_zone, derive.calendar, null) o
				order by o.until nulls last
				limit 1;
				select p.count_from, p.amount, p.unit, p.month_end, p.roll, p.end_of_day
				into count_from, amount, period_unit, month_end, roll, end_of_day
				from (select p.count_from, p.amount, p.unit, p.month_end, p.roll, p.end_of_day, p.until
				      from letterwatch.rule_past p
				      where p.rule_set = derive.rule_set and p.rule = r.rule and p.until > judged_at
				        and derive.received_on between p.valid_from and p.valid_to
				      union all
				      select derive.count_from, derive.amount, derive.period_unit, derive.month_end, derive.roll, derive.end_of_day, null) p
				order by p.until nulls last
				limit 1;
				calendar := coalesce((
					select d.edition
					from letterwatch.calendar_edition d
					where d.calendar = derive.calendar and d.until > judged_at
					order by d.until
					limit 1), calendar);
			end if;

			if period_unit = 'second' then
				late_at := l.start_at + make_interval(secs => amount);
				due_on := ((late_at - interval '1 microsecond') at time zone time_zone)::date;
				slack := amount;
				provisional := false;
				own_end_on := due_on;
			else
				select p.due_on, p.slack, p.provisional, p.own_end_on into due_on, slack, provisional, own_end_on
				from letterwatch.period_end(calendar, start_on, count_from, amount, period_unit, month_end, roll, pauses, extended_to) p;
				late_at := (due_on + end_of_day) at time zone time_zone;
				if due_on is null and state = 'open' and upper_inf(pauses) then
					state := 'suspended';
				end if;
				provisional := coalesce(provisional, false);
			end if;
			verdict := letterwatch.verdict(state, closing_kind, closing_at, judged_at, late_at);
			l.due_on := due_on;
			lives[i] := l;
			overdue_at := greatest(late_at, case when begun_at >= late_at then begun_at end);
			muted_until := case when state in ('open', 'suspended') then (muted_until_on + office.day_begins) at time zone time_zone end;
			plan := plans[l.rule_no];
			first_stage := letterwatch.first_stage(plan.offsets, plan.overdue_no, late_at, overdue_at, slack);
			return next;
		end loop;
	end loop;
	close story;
end
$$;
comment on function letterwatch.derive(text[], timestamptz) is 'What the inputs make of letters: their state and deadlines.';
