-- derive_lives(letters, as_of) → rows: what the events make of some letters; reads no derived row of a letter. A row for each
-- deadline, with the state of its letter, columns as of letter_state, before the deadline's own, columns as of deadline; one row
-- with rule NULL for a letter that has none. When a deadline ends is not said yet, but all that its end is counted from:
-- start_on and start_at, pauses, extended_to, calendar (or edition of one) and time_zone, and what of the rule it is counted by,
-- count_from to end_of_day.
-- letter_unit: the unit in charge of the letter; letter_rule_set: that it is under, rule_set: that the deadline is. closed_as: met,
-- not_owed or exempt, NULL: it is not closed. closed_kind: the event or status that closed it; closing_kind, closed_at, judged_at: of
-- the closing event kind, occurred_at and recorded_at. extensions: the events that extend it; moved_by: the event from which it
-- starts if that did not begin it. day_begins: of its office.
-- Event by event (possible ones): a transfer or reopening breaks off what its rule says (on_transfer, on_reopen), an event of
-- the kinds met_by meets what is open, a restart, and where the rule says so a transfer or reopening, starts it again, an
-- extension extends it; then it may begin something new. What is not met when it is broken off, or at the end, is not owed if
-- the status is one of not_owed_in, from the event on since which it has been so. An exemption is met by nothing. What is not owed
-- when the letter is reopened is broken off, too, before it is started again: from then on is another deadline. What ends on a day
-- that is named (unit date) is not started again. A follow-up starts on the later of its progress and the last day of what it follows,
-- counted by what the follow-up itself is judged by: while it is open, by the present rules, lists and settings.
-- What is closed is judged by the rule, lists and settings that were in force when the closing event was recorded. What events did
-- by a rule, and under which rule set, stays for what they closed by it while it was in force (rules_held); all else is as the
-- present rules have it.
-- baseline: it began in the first load of what was there before letterwatch.
-- as_of: by what was recorded up to then, and by the settings then in force, of letters that were registered by then; NULL: by
-- all that is recorded.
-- A loop, for each step needs the one before; index lookups only, as in claim_due.
-- Callers: derive.
create or replace function letterwatch.derive_lives(letters text[], as_of timestamptz default null)
returns table (letter_no text, letter_office text, letter_rule_set text, status text, status_on date, status_event bigint,
               last_event bigint, impossible int, letter_unit text, handler text, received_on date, suspended_on date,
               muted_until_on date, duplicate_of text, former_offices text[],
               rule text, since bigint, rule_set text, office_code text, unit text, closed_as text, start_on date, start_at timestamptz,
               closed_event bigint, closed_on date, closed_kind text, closing_kind text, closed_at timestamptz,
               judged_at timestamptz, rule_from date, begun_at timestamptz, pauses datemultirange, extended_to date,
               extensions bigint[], moved_by bigint, muted_until timestamptz, baseline boolean,
               time_zone text, calendar text, day_begins time,
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
	known letterwatch.rule[];  -- the rules of a rule set, whenever in force
	rules letterwatch.rule[];
	sinces timestamptz[];  -- from when the letter was under each of them,
	untils timestamptz[];  -- and until when; NULL: it is now
	rules_of text;         -- the rule set that they are; of letters whose office followed another once: which, and until when
	rules_on daterange;    -- the days of receipt on which just these are in force
	changed boolean;       -- they were others once
	held letterwatch.rule[] := '{}'; -- what was looked up, one after the other: rules,
	held_sinces timestamptz[] := '{}';
	held_untils timestamptz[] := '{}';
	held_from int[] := '{}'; -- and where those of each begin,
	held_to int[] := '{}';   -- and end
	held_of text[] := '{}';
	held_on daterange[] := '{}';
	held_changed boolean[] := '{}';
	place int;
	lives letterwatch.life[];
	l letterwatch.life;
	m letterwatch.life;
	doubtful boolean;      -- not all of them need be
	live boolean[];        -- by life: whether there is such a deadline; NULL: there is
	is_live boolean;
	known_at timestamptz;
	ending letterwatch.life_end; -- that the event, or the status since then, brings
	begun boolean[];       -- by rule: something began in the present stretch between breaks
	broken_at bigint[];    -- by rule: where that stretch began
	breaks boolean;
	begins boolean;
	accepts boolean;
	followed int[];        -- of lives: those that another one follows
	letter_pauses datemultirange;
	suspended boolean;
	office letterwatch.office_setting;
	judged record;
begin
	open story for select * from letterwatch.event_sequence(letters, as_of);
	fetch story into e;
	for f in
		select x.*, coalesce(x.rule_set, o.rule_set) as rule_set_in_force,
		       coalesce(x.received_at, x.received_on::timestamp at time zone o.time_zone) as start_at,
		       (select max(v.event_id + 0) -- not by the primary key, from its end
		        from letterwatch.letter_event v
		        where v.letter_no = x.letter_no and v.recorded_at <= coalesce(as_of, 'infinity')) as last_event, o as office,
		       case when x.rule_set is null and exists (select from letterwatch.office_setting_past p
		                                                where p.office_code = x.office_code and p.rule_set <> o.rule_set)
		            then (select string_agg(concat(', ', p.rule_set, ' until ', p.until), '' order by p.until)
		                  from (select w.rule_set, w.until, lead(w.rule_set, 1, o.rule_set) over (order by w.until) as next
		                        from letterwatch.office_setting_past w
		                        where w.office_code = x.office_code) p
		                  where p.rule_set <> p.next) end as stays
		from unnest(letters) with ordinality u (letter_no, place)
		cross join lateral letterwatch.letter_fact(array[u.letter_no], as_of) x
		join letterwatch.office_setting o on o.office_code = x.office_code
		order by u.place
	loop
		office := f.office;
		if as_of is not null then
			office := letterwatch.office_then(f.office_code, as_of);
			f.rule_set_in_force := coalesce(f.rule_set, office.rule_set);
			f.start_at := coalesce(f.received_at, f.received_on::timestamp at time zone office.time_zone);
		end if;

		letter_no := f.letter_no;
		letter_office := f.office_code;
		letter_rule_set := f.rule_set_in_force;
		status := 'registered';
		status_on := f.received_on;
		status_event := 0;
		last_event := coalesce(f.last_event, 0);
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

		-- By which rules: mostly by one of each name, and by the same as other letters.
		if rules_of is distinct from concat(letter_rule_set, f.stays) or not received_on <@ rules_on then
			rules_of := concat(letter_rule_set, f.stays);
			place := (select i from generate_subscripts(held_of, 1) i where held_of[i] = rules_of and received_on <@ held_on[i] limit 1);
			if place is null then
				changed := f.stays is not null or exists (
					select
					from letterwatch.rule_past p
					left join letterwatch.rule x on x.rule_set = p.rule_set and x.rule = p.rule and x.valid_from = p.valid_from
					where p.rule_set = letter_rule_set
					  and (p.valid_to is distinct from x.valid_to
					       or letterwatch.rule_effects(to_jsonb(p)) is distinct from letterwatch.rule_effects(to_jsonb(x))));
				if changed then
					select h.rules, h.sinces, h.untils, h.days into rules, sinces, untils, rules_on
					from letterwatch.rules_held(f.office_code, f.rule_set, received_on, as_of) h;
				else
					if as_of is null then
						known := array(select x from letterwatch.rule x where x.rule_set = letter_rule_set);
					else
						known := array(select x from letterwatch.rules_then(letter_rule_set, as_of) x);
					end if;
					rules := array(select x
					               from unnest(known) x
					               where derive_lives.received_on between x.valid_from and x.valid_to
					               order by x.begins = 'progress', x.rule);
					sinces := array_fill(null::timestamptz, array[cardinality(rules)]);
					untils := sinces;
					rules_on := (select daterange(max(b.day) filter (where b.day <= derive_lives.received_on),
					                              min(b.day) filter (where b.day > derive_lives.received_on))
					             from unnest(known) x
					             cross join lateral (
					             	values (x.valid_from), (case when x.valid_to < '5874897-12-31' then x.valid_to + 1 end)) b (day));
				end if;
				held_from := held_from || cardinality(held) + 1;
				held := held || rules;
				held_sinces := held_sinces || sinces;
				held_untils := held_untils || untils;
				held_to := held_to || cardinality(held);
				held_of := held_of || rules_of;
				held_on := held_on || rules_on;
				held_changed := held_changed || changed;
			else
				rules := held[held_from[place] : held_to[place]];
				sinces := held_sinces[held_from[place] : held_to[place]];
				untils := held_untils[held_from[place] : held_to[place]];
				rules_on := held_on[place];
				changed := held_changed[place];
			end if;
		end if;
		lives := '{}';
		followed := '{}';
		doubtful := false;
		begun := array_fill(false, array[cardinality(rules)]);
		broken_at := array_fill(0, array[cardinality(rules)]);
		for i in 1 .. cardinality(rules) loop
			if rules[i].begins = 'receipt' then
				l := null;
				l.rule_no := i;
				l.since := 0;
				l.place := 0;
				l.stretch_at := 0;
				l.start_on := received_on;
				l.start_at := f.start_at;
				l.begun_at := f.registered_at;
				l.state := 'open';
				l.office_code := f.office_code;
				l.baseline := f.baseline;
				lives := lives || l;
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
				r := rules[l.rule_no];
				if changed and l.ended is not null
				   and (e.kind = any (r.met_by)
				        or e.status = any (r.not_owed_in) and e.kind in ('notice', 'result', 'withdraw', 'duplicate', 'exempt')) then
					l.closers := l.closers || e.recorded_at; -- it would have closed it, too
					lives[i] := l;
				end if;
				continue when l.state <> 'open';
				if e.kind = 'transfer' and r.on_transfer = 'begin' or e.kind = 'reopen' and r.on_reopen in ('begin', 'end')
				   or e.kind = 'reopen' and r.on_reopen = 'restart' and r.unit <> 'date' and l.ended is not null then
					if l.ended is null then
						l.ended := row(e.event_id, e.on_day, e.kind, e.kind, e.occurred_at, e.recorded_at)::letterwatch.life_end;
						l.closers := array[e.recorded_at];
						l.office_code := e.office_before;
						l.unit := e.unit_before;
					end if;
					l.state := case (l.ended).kind when 'exempt' then 'exempt' else 'not_owed' end;
					l.is_broken := true;
					if e.kind = 'reopen' and r.on_reopen = 'restart' then
						doubtful := true;
						lives[i] := l;
						l.is_broken := null;
						l.closers := null;
						l.since := e.event_id;
						l.place := e.place;
						l.stretch_at := e.place;
						l.start_on := e.recorded_day;
						l.start_at := greatest(e.occurred_at, e.recorded_at);
						l.begun_at := e.recorded_at;
						l.baseline := e.baseline;
						l.extended_to := null;
						l.extensions := null;
						l.moved_by := null;
						l.state := 'open';
						l.ended := null;
						lives := lives || l;
						continue;
					end if;
				elsif e.kind = any (r.met_by) and status = 'exempt' and l.ended is not null then
					l.state := case (l.ended).kind when 'exempt' then 'exempt' else 'not_owed' end;
				elsif e.kind = any (r.met_by) then
					l.state := 'met';
					l.ended := row(e.event_id, e.on_day, e.kind, e.kind, e.occurred_at, e.recorded_at)::letterwatch.life_end;
					l.closers := array[e.recorded_at];
					l.office_code := e.office_code;
					l.unit := e.unit;
				elsif r.unit <> 'date'
				      and (e.kind = 'restart' and r.restarts or e.kind = 'transfer' and r.on_transfer = 'restart'
				           or e.kind = 'reopen' and r.on_reopen = 'restart') then
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
				ending := row(e.event_id, e.on_day, e.status, e.kind, e.occurred_at, e.recorded_at)::letterwatch.life_end;
				for i in 1 .. cardinality(lives) loop
					l := lives[i];
					continue when l.state <> 'open' or (l.ended is not null) = (e.status = any (rules[l.rule_no].not_owed_in));
					if l.ended is null then
						l.ended := ending;
						l.closers := array[e.recorded_at];
						l.office_code := e.office_code;
						l.unit := e.unit;
					else
						l.ended := null;
					end if;
					lives[i] := l;
				end loop;
			end if;
			-- A reply in part accepts what no notice has accepted.
			accepts := e.status = 'accepted' and status <> 'accepted' or e.status = 'in_progress' and status in ('registered', 'incomplete');
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
				if begins and e.kind = 'reopen' and r.begins = 'reopen' and r.on_reopen = 'restart' then
					begins := not exists (select from unnest(lives) x where x.rule_no = i and x.state = 'open'); -- or that starts again
				end if;
				continue when not begins;
				l := null;
				if r.begins = 'progress' then
					doubtful := true;
					l.broken_at := broken_at[i];
					l.progress_place := e.place;
				end if;
				l.rule_no := i;
				l.since := e.event_id;
				l.place := e.place;
				l.stretch_at := case when r.begins not in ('progress', 'reopen', 'supervise') then broken_at[i] end;
				l.start_on := case e.kind when 'reopen' then e.recorded_day else e.on_day end;
				l.start_at := case e.kind when 'reopen' then greatest(e.occurred_at, e.recorded_at) else e.occurred_at end;
				l.begun_at := e.recorded_at;
				l.named_on := case when e.kind = 'supervise' then e.until end;
				l.state := 'open';
				l.office_code := e.office_code;
				l.unit := e.unit;
				l.baseline := e.baseline;
				if status = any (r.not_owed_in) then
					l.ended := ending;
					l.closers := array[greatest(ending.recorded_at, e.recorded_at)];
				end if;
				lives := lives || l;
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

		-- Which of them there are: progress begins only what follows another; an event begins one of each rule; and of a rule that was
		-- another once, what was closed while it was that, in place of what the present one has begun there: at the same event, or in the
		-- same stretch between breaks, or closed by the same event.
		live := null;
		if changed or doubtful then
			live := array_fill(false, array[cardinality(lives)]);
			for i in 1 .. cardinality(rules) loop
				for k in 1 .. cardinality(lives) loop
					l := lives[k];
					continue when l.rule_no <> i;
					is_live := untils[i] is null;
					if not is_live and l.ended is not null then
						known_at := (select min(c) from unnest(l.closers) c where c >= sinces[i] and c < untils[i]);
						is_live := known_at is not null;
						if (l.ended).recorded_at >= untils[i] then
							l.ended.recorded_at := known_at; -- of another event; this one was entered afterwards
						end if;
					end if;
					l.followed := null;
					for n in 1 .. cardinality(lives) loop
						m := lives[n];
						if live[n] and rules[m.rule_no].followed_by = rules[i].rule and m.place < l.progress_place and m.place >= l.broken_at then
							l.followed := n;
						end if;
						continue when not is_live or rules[m.rule_no].rule <> rules[i].rule;
						if live[n] then
							is_live := m.since <> l.since
							           and (m.rule_no = i
							                or (m.ended).event_id is distinct from (l.ended).event_id
							                   and case when m.place < l.place then l.stretch_at > m.place else m.stretch_at > l.place end is not false);
						elsif untils[i] is not null and untils[m.rule_no] is null and m.since = l.since then
							is_live := m.ended is not null or l.is_broken is not true; -- what broke it off may break off nothing now
						end if;
					end loop;
					lives[k] := l;
					live[k] := is_live and (l.followed is not null or l.progress_place is null);
					followed := followed || l.followed;
				end loop;
			end loop;
		end if;
		if cardinality(lives) = 0 or true <> all (live) then
			rule := null;
			start_on := null; -- no deadline, no end
			start_at := null;
			return next;
		end if;

		for i in 1 .. cardinality(lives) loop
			continue when not live[i];
			l := lives[i];
			r := rules[l.rule_no];
			if l.state = 'open' and l.ended is not null then
				l.state := case (l.ended).kind when 'exempt' then 'exempt' else 'not_owed' end;
			elsif l.state = 'open' then
				l.office_code := letter_office;
				l.unit := letter_unit;
			end if;

			rule := r.rule;
			since := l.since;
			rule_set := r.rule_set;
			office_code := l.office_code;
			unit := case when r.assignable then coalesce(l.unit, r.responsible_unit) else r.responsible_unit end;
			closed_as := nullif(l.state, 'open');
			start_on := l.start_on;
			start_at := l.start_at;
			closed_event := (l.ended).event_id;
			closed_on := (l.ended).on_day;
			closed_kind := (l.ended).kind;
			closing_kind := (l.ended).event_kind;
			closed_at := (l.ended).occurred_at;
			judged_at := case when closed_as is null then as_of else (l.ended).recorded_at end;
			if l.followed is not null then
				m := lives[l.followed];
				judged := letterwatch.judged_by(m.office_code, rules[m.rule_no], received_on, judged_at);
				start_on := greatest(start_on, (
					select d.due_on
					from letterwatch.deadline_end(
						judged.calendar, judged.time_zone, m.start_on, m.start_at, judged.count_from, judged.amount, judged.unit,
						judged.month_end, judged.roll, judged.end_of_day,
						case when rules[m.rule_no].may_suspend and letter_pauses <> '{}'
						     then nullif(letter_pauses * datemultirange(daterange(null, (m.ended).on_day)), '{}') end,
						coalesce(m.extended_to, m.named_on)) d));
				l.start_on := start_on;
			end if;
			if i = any (followed) then
				lives[i] := l;
			end if;
			rule_from := r.valid_from;
			begun_at := l.begun_at;
			baseline := l.baseline;
			extended_to := coalesce(l.extended_to, l.named_on);
			extensions := l.extensions;
			moved_by := l.moved_by;
			pauses := case when r.may_suspend and letter_pauses <> '{}' then nullif(
				letter_pauses * datemultirange(daterange(null, closed_on)), '{}') end;
			if office.office_code is distinct from l.office_code then
				select o.* into office from letterwatch.office_setting o where o.office_code = l.office_code;
				if as_of is not null then
					office := letterwatch.office_then(l.office_code, as_of);
				end if;
			end if;
			time_zone := office.time_zone;
			calendar := office.calendar;
			day_begins := office.day_begins;
			count_from := r.count_from;
			amount := r.amount;
			period_unit := r.unit;
			month_end := r.month_end;
			roll := r.roll;
			end_of_day := r.end_of_day;
			if judged_at < settings_changed_at then
				judged := letterwatch.judged_by(l.office_code, r, received_on, judged_at);
				time_zone := judged.time_zone;
				calendar := judged.calendar;
				count_from := judged.count_from;
				amount := judged.amount;
				period_unit := judged.unit;
				month_end := judged.month_end;
				roll := judged.roll;
				end_of_day := judged.end_of_day;
				unit := case when judged.assignable then coalesce(l.unit, judged.responsible_unit) else judged.responsible_unit end;
			end if;
			muted_until := case when closed_as is null then (muted_until_on + office.day_begins) at time zone time_zone end;
			return next;
		end loop;
	end loop;
	close story;
end
$$;
comment on function letterwatch.derive_lives(text[], timestamptz) is 'What the events make of letters: their state, and what each deadline is counted from.';
