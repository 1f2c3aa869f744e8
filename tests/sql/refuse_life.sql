-- refuse_life.sql -- every event that cannot be: refused with an SQLSTATE, what is
-- wrong and a hint, through the functions and as a row; and nothing is changed by it.
-- LW001 a value is wrong, LW002 something named is not there, LW003 not possible.
begin;
\ir include/helpers.psql
select no_plan();

-- A regime of the test's own: periods that can be suspended, and extended within limits of each unit.
insert into letterwatch.rule_set (rule_set, title) values ('t-life', 'may be suspended and extended'), ('t-old', 'a law of before');
insert into letterwatch.rule
	(rule_set, rule, basis, valid_from, valid_to, amount, unit, responsible_unit, met_by, not_owed_in, on_reopen,
	 may_suspend, may_extend, extend_amount, extend_unit)
values
	('t-life', 'days', 'test §1', '2026-01-15', 'infinity', 10, 'day', 'case', '{result}', '{withdrawn,exempt}', 'begin', true, true, 10, 'day'),
	('t-life', 'fixed', 'test §2', '2026-01-15', 'infinity', 10, 'day', 'case', '{result}', '{withdrawn,exempt}', 'begin', false, true, 1, 'month'),
	('t-life', 'plain', 'test §3', '2026-01-15', 'infinity', 10, 'day', 'case', '{result}', '{withdrawn,exempt}', 'begin', false, false, null, null),
	('t-life', 'workdays', 'test §4', '2026-01-15', 'infinity', 5, 'workday', 'case', '{result}', '{withdrawn,exempt}', 'begin', false, true, 3, 'workday'),
	('t-old', 'days', 'test §5', '2020-01-01', '2025-12-31', 10, 'day', 'case', '{result}', '{}', 'keep', false, false, null, null);

-- Tuesday 10 March 2026. Of a letter received on Monday the 2nd the periods of t-life end on Thursday the 12th, workdays on the 9th.
call lwtest.set_clock('2026-03-02 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
select letter_no, 'T-P-C-1', received_on::date, rule_set
from (values
	('F-LAW', '2026-03-02', null),
	('F-ORIGINAL', '2026-03-02', null),
	('F-COPY', '2026-03-02', null),
	('F-CLOSED', '2026-03-02', null),
	('F-PROGRESS', '2026-03-02', null),
	('F-RESTART', '2026-03-02', null),
	('F-XINFANG', '2026-03-02', 'xinfang-2022'),
	('F-LIFE', '2026-03-02', 't-life'),
	('F-PAUSED', '2026-03-02', 't-life'),
	('F-EXTENDED', '2026-03-02', 't-life'),
	('F-ENDED', '2026-02-20', 't-life')) as v (letter_no, received_on, rule_set);
call lwtest.set_clock('2026-03-06 10:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('F-NEW', 'T-P-C-1', '2026-03-06', 't-life');
insert into letterwatch.letter_event (letter_no, kind, outcome, occurred_at, of_letter_no, rule, until, approved_by, informed_at, reason)
values
	('F-COPY', 'duplicate', null, '2026-03-06 09:00+08', 'F-ORIGINAL', null, null, null, null, null),
	('F-CLOSED', 'result', null, '2026-03-06 09:00+08', null, null, null, null, null, null),
	('F-PROGRESS', 'progress', null, '2026-03-06 09:00+08', null, null, null, null, null, null),
	('F-RESTART', 'notice', 'incomplete', '2026-03-04 09:00+08', null, null, null, null, null, null),
	('F-RESTART', 'restart', null, '2026-03-06 09:00+08', null, null, null, null, null, null),
	('F-PAUSED', 'suspend', null, '2026-03-06 09:00+08', null, null, null, null, null, 'hearing'),
	('F-EXTENDED', 'extend', null, '2026-03-06 09:00+08', null, 'days', '2026-03-16', 'S-H', '2026-03-06 09:00+08', 'complex');
insert into letterwatch.letter_event (letter_no, kind, of_event, reason)
select letter_no, 'void', event_id, 'another letter' from letterwatch.letter_event where letter_no = 'F-CLOSED';
insert into letterwatch.letter_event (letter_no, kind) values ('F-CLOSED', 'result');
call lwtest.set_clock('2026-03-10 10:00');

create function lwtest.event(letter text, kind text) returns bigint
	language sql
	as $$ select max(e.event_id) from letterwatch.letter_event as e where e.letter_no = letter and e.kind = event.kind $$;

-- Everything that a refused call could have left behind.
create function lwtest.footprint() returns text
	language sql
	as $$
	select concat_ws('/',
		(select count(*) from letterwatch.letter),
		(select count(*) from letterwatch.letter_event),
		(select count(*) from letterwatch.deadline_change),
		(select count(*) from letterwatch.replan_queue),
		(select count(*) from letterwatch.log_line),
		(select md5(string_agg(deadline::text, ',' order by deadline::text)) from letterwatch.deadline),
		(select md5(string_agg(letter_state::text, ',' order by letter_state::text)) from letterwatch.letter_state));
	$$;
select lwtest.footprint() as before \gset

-- Three results: the SQLSTATE, the message, the hint. The call is that of a function for people.
create function lwtest.refuses(state text, call text, says text, hint text, description text) returns setof text
	language plpgsql
	as $$
	declare
		got record;
	begin
		select * into got from lwtest.refusal(case when ltrim(call) like 'insert %' then call else 'select from letterwatch.' || call end);
		return next is(got.state, state, description || ': SQLSTATE');
		return next lwtest.says(got.message, says, description || ': says what is wrong');
		return next imatches(got.hint, hint, description || ': gives a hint');
	end $$;

-- The same, of one row put into intake_event: its columns and values.
create function lwtest.refuses_row(state text, columns text, row_values text, says text, hint text, description text) returns setof text
	language sql
	as $$
	select lwtest.refuses(state, format('insert into letterwatch.intake_event (%s) values (%s)', columns, row_values), says, hint,
		'a row: ' || description)
	$$;

-- ---- what the law does not know ---------------------------------------------------------------

select lwtest.refuses('LW003', $$ suspend_letter('F-LAW', 'hearing') $$,
	'procuratorate knows no suspension .*161.163', 'outcome incomplete, then restart_letter', 'the procuratorate suspends nothing');
select lwtest.refuses_row('LW003', 'letter_no, kind, reason', $$ 'F-LAW', 'suspend', 'hearing' $$,
	'procuratorate knows no suspension .*161.163', 'time runs on', 'the procuratorate suspends nothing');
select lwtest.refuses('LW003', $$ suspend_letter('F-XINFANG', 'hearing') $$,
	'nothing is open on .* that can be suspended', 'The time runs on', 'a rule set may suspend a review, but not the reply before it');
select lwtest.refuses('LW003', $$ extend_deadline('F-LAW', 'reply', '2026-07-01', 'S-H', 'complex', '2026-03-10 09:00+08') $$,
	'reply cannot be extended .*161.163', 'progress reply meets', 'the procuratorate extends no reply');
select lwtest.refuses('LW003', $$ extend_deadline('F-LAW', 'notice', '2026-03-20', 'S-H', 'complex', '2026-03-10 09:00+08') $$,
	'notice cannot be extended .*161.*163', 'time runs on', 'nor a notice');
select lwtest.refuses_row('LW003', 'letter_no, kind, rule, until, approved_by, informed_at, reason',
	$$ 'F-LAW', 'extend', 'reply', '2026-07-01', 'S-H', '2026-03-10 09:00+08', 'complex' $$,
	'reply cannot be extended .*161.163', 'time runs on', 'the procuratorate extends no reply');
select lwtest.refuses('LW003', $$ extend_deadline('F-LIFE', 'plain', '2026-03-20', 'S-H', 'complex', '2026-03-10 09:00+08') $$,
	'plain cannot be extended .*test §3', 'time runs on', 'a rule of a set that extends others');

-- ---- of a letter that is not there --------------------------------------------------------------

select lwtest.refuses('LW002', call, 'no letter F-404', 'register it first', call)
from unnest(array[
	$$restart_letter('F-404')$$, $$suspend_letter('F-404', 'hearing')$$, $$resume_letter('F-404')$$,
	$$extend_deadline('F-404', 'days', '2026-03-20', 'S-H', 'complex', '2026-03-10 09:00+08')$$,
	$$transfer_letter('F-404', 'T-P-C-2')$$, $$exempt_letter('F-404', 'anonymous')$$, $$mark_duplicate('F-404', 'F-ORIGINAL')$$,
	$$withdraw_letter('F-404')$$, $$reopen_letter('F-404', 'new facts')$$, $$mute_letter('F-404', '2026-03-20', 'on leave')$$,
	$$correct_letter('F-404', 'wrong stamp', '2026-03-01')$$]) as call;
select lwtest.refuses_row('LW002', 'letter_no, kind', $$ 'F-404', 'withdraw' $$,
	'no letter F-404', 'letter_status', 'of an unknown letter');

-- ---- not for the future, not before the receipt --------------------------------------------------

select lwtest.refuses('LW001', format(call, day), says, hint, format(call, day))
from unnest(array[
	$$restart_letter('F-LIFE', at => '%s')$$, $$suspend_letter('F-LIFE', 'hearing', '%s')$$, $$resume_letter('F-LIFE', '%s')$$,
	$$transfer_letter('F-LIFE', 'T-P-C-2', at => '%s')$$, $$exempt_letter('F-LIFE', 'anonymous', '%s')$$,
	$$mark_duplicate('F-LIFE', 'F-ORIGINAL', '%s')$$, $$withdraw_letter('F-LIFE', at => '%s')$$,
	$$reopen_letter('F-LIFE', 'new facts', '%s')$$]) as call
cross join (values
	('2026-03-11 00:10+08', 'on 2026-03-11 lies in the future', 'has happened'),
	('2026-03-01 23:50+08', 'on 2026-03-01 lies before its receipt on 2026-03-02', 'correct_letter')) as v (day, says, hint);
select lwtest.refuses_row('LW001', 'letter_no, kind, occurred_at', $$ 'F-LIFE', 'withdraw', '2026-03-11 00:10+08' $$,
	'in the future', 'has happened', 'an event of tomorrow');
select lwtest.refuses_row('LW001', 'letter_no, kind, occurred_at', $$ 'F-LIFE', 'withdraw', '2026-03-01 23:50+08' $$,
	'before its receipt', 'correct_letter', 'an event before the receipt');

-- Handed on to where the day is still that before: by whose day is it the future?
insert into letterwatch.office (office_code, name, parent_code, time_zone) values ('T-GULF', 'office in the west', 'T-P', 'Asia/Dubai');
call lwtest.set_clock('2026-03-10 00:30');
select lwtest.refuses('LW001', $$ transfer_letter('F-LIFE', 'T-GULF', at => '2026-03-11 00:20+08') $$,
	'on 2026-03-10 lies in the future', 'has happened', 'a transfer to another time zone, tomorrow by its day');
call lwtest.set_clock('2026-03-10 10:00');

-- ---- kind, outcome, and who ------------------------------------------------------------------------

select lwtest.refuses_row('LW001', 'letter_no, kind', $$ 'F-LAW', 'lose' $$, 'unknown kind .*lose', 'transition', 'an unknown kind');
select lwtest.refuses_row('LW001', 'letter_no', $$ 'F-LAW' $$, 'without a kind', 'transition', 'no kind');
select lwtest.refuses_row('LW001', 'kind', $$ 'withdraw' $$, 'without a letter_no', 'number of the letter', 'no letter number');
select lwtest.refuses('LW001', $$ insert into letterwatch.letter_event (letter_no, kind, occurred_at)
	values ('F-LAW', 'withdraw', null) $$, 'occurred_at', 'leave it out', 'no time');
select lwtest.refuses_row('LW001', 'letter_no, kind, source', $$ 'F-LAW', 'withdraw', 'csv' $$,
	'source_ref', 'both or none', 'half a source');
select lwtest.refuses_row('LW001', 'letter_no, kind, outcome', $$ 'F-LAW', 'withdraw', 'accepted' $$,
	'withdraw has no outcome accepted', 'none', 'an outcome that its kind has not');
select lwtest.refuses_row('LW001', 'letter_no, kind', $$ 'F-LAW', 'notice' $$,
	'outcome', 'accepted, incomplete, not_accepted, referred', 'a notice without an outcome');
select lwtest.refuses('LW001', $$ assign_letter('F-LAW', unit => 'kitchen') $$, 'unknown unit kitchen', 'term', 'an unknown unit');
select lwtest.refuses('LW001', $$ assign_letter('F-LAW') $$, 'nobody', 'unit, a handler', 'an assignment to nobody');
select lwtest.refuses('LW001', $$ record_notice('F-LAW', channel => 'drum') $$, 'unknown channel drum', 'term', 'an unknown channel');
select lwtest.refuses_row('LW001', 'letter_no, kind, unit', $$ 'F-LAW', 'transfer', 'kitchen' $$,
	'unknown unit', 'term', 'an unknown unit');
select lwtest.refuses('LW001', format('assign_letter(%L, handler => %L)', 'F-LAW', handler),
	'handler is not', 'staff code', 'handler ' || handler)
from unnest(array['', 'Li Ming', '李明', repeat('x', 65)]) as handler;

-- ---- what a kind does not have -------------------------------------------------------------------------

select lwtest.refuses_row('LW001', 'letter_no, kind, ' || name, format('%L, %L, %L', 'F-LAW', 'withdraw', value),
	'withdraw has no ' || name, 'leave that column out', 'a withdrawal with ' || name)
from (values ('rule', 'reply'), ('until', '2026-03-20'), ('to_office', 'T-P-C-2'), ('of_letter_no', 'F-ORIGINAL'), ('of_event', '1'),
	('approved_by', 'S-H'), ('informed_at', '2026-03-10 09:00+08'), ('received_on', '2026-03-01'), ('rule_set', 't-life'),
	('by_office', 'T-P'), ('topic', 'arrears'), ('leader', 'S-H')) as v (name, value);

-- ---- a reason, a day -------------------------------------------------------------------------------------

select lwtest.refuses('LW001', format(call, reason), 'needs a reason', 'say why', format(call, reason))
from unnest(array[
	$$suspend_letter('F-LIFE', %L)$$, $$reopen_letter('F-CLOSED', %L)$$, $$mute_letter('F-LAW', '2026-03-20', %L)$$,
	$$extend_deadline('F-LIFE', 'days', '2026-03-20', 'S-H', %L, '2026-03-10 09:00+08')$$,
	$$correct_letter('F-LAW', %L, '2026-03-01')$$, $$void_event(lwtest.event('F-CLOSED', 'result'), %L)$$]) as call
cross join (values (null), ('  ')) as v (reason);
select lwtest.refuses_row('LW001', 'letter_no, kind', $$ 'F-CLOSED', 'reopen' $$,
	'reopen needs a reason', 'say why', 'a reopening without a reason');
select lwtest.refuses('LW001', $$ exempt_letter('F-LAW', 'asleep') $$,
	'reason', 'anonymous, no_address, unreachable', 'another reason to exempt');
select lwtest.refuses('LW001', $$ exempt_letter('F-LAW', null) $$, 'reason', 'anonymous, no_address, unreachable', 'no reason to exempt');
select lwtest.refuses_row('LW001', 'letter_no, kind, reason', $$ 'F-LAW', 'exempt', 'Li Ming is dead' $$,
	'^letter F-LAW: exempt needs a reason that the rules know$', 'anonymous', 'another reason to exempt, which is not repeated');
select lwtest.refuses('LW001', $$ mute_letter('F-LAW', null, 'on leave') $$, 'needs a day', 'date', 'a mute without an end');
select lwtest.refuses('LW001', $$ mute_letter('F-LAW', '2026-03-10', 'on leave') $$,
	'until 2026-03-10', 'after today', 'a mute until today');
select lwtest.refuses('LW001', $$ mute_letter('F-LAW', '2027-03-12', 'on leave') $$,
	'until 2027-03-12', 'within a year', 'a mute of years');
select lwtest.refuses_row('LW001', 'letter_no, kind, until, reason', $$ 'F-LAW', 'mute', 'infinity', 'on leave' $$,
	'until is no day', '2026-11-03', 'a mute for ever');

-- ---- extend ------------------------------------------------------------------------------------------------

create function lwtest.extension(letter text, rule text, until text, approved text default 'S-H', informed text default '2026-03-10 09:00+08')
	returns text
	language sql
	as $$ select format('extend_deadline(%L, %L, %L, %L, %L, %L)', letter, rule, until, approved, 'complex', informed) $$;

select lwtest.refuses('LW002', lwtest.extension('F-LIFE', 'answer', '2026-03-20'),
	'no rule answer', 'days, fixed, plain, workdays', 'an unknown rule');
select lwtest.refuses('LW001', lwtest.extension('F-LIFE', 'days', null), 'needs a day', 'date', 'an extension without a day');
select lwtest.refuses('LW001', lwtest.extension('F-LIFE', 'days', '2026-03-20', null), 'approved', 'rule', 'without approval');
select lwtest.refuses('LW001', lwtest.extension('F-LIFE', 'days', '2026-03-20', 'the boss'),
	'approved_by is not', 'never a name', 'by a name');
select lwtest.refuses('LW001', lwtest.extension('F-LIFE', 'days', '2026-03-20', informed => null),
	'writer was told', 'rule', 'the writer not told');
select lwtest.refuses('LW001', lwtest.extension('F-LIFE', 'days', '2026-03-20', informed => '2026-03-10 10:06+08'),
	'informed_at lies in the future', 'has happened', 'the writer told later');
select lwtest.refuses('LW003', lwtest.extension('F-XINFANG', 'reply', '2026-06-01'),
	'no reply is open on 2026-03-10', 'letter_history', 'before acceptance');
select lwtest.refuses('LW003', lwtest.extension('F-ENDED', 'days', '2026-03-12'),
	'ended on 2026-03-02', 'before the end', 'of what has ended');
select lwtest.refuses('LW003', lwtest.extension('F-EXTENDED', 'days', '2026-03-20'), 'has been extended already', 'once', 'a second one');
select lwtest.refuses('LW003', lwtest.extension('F-PAUSED', 'days', '2026-03-20'),
	'no last day while it is suspended', 'resume it', 'of what is suspended');
select lwtest.refuses('LW001', lwtest.extension('F-LIFE', 'days', '2026-03-12'),
	'extends nothing.*2026-03-12', 'explain_deadline', 'to its own end');
-- 10 days after Thursday 12 March; a month after it; 3 working days after the 13th of what was received on Friday the 6th
select lwtest.refuses('LW001', lwtest.extension('F-LIFE', 'days', '2026-03-23'),
	'until 2026-03-22 at most', 'explain_deadline', 'by 11 days of 10');
select lwtest.refuses('LW001', lwtest.extension('F-LIFE', 'fixed', '2026-04-13'),
	'until 2026-04-12 at most', 'explain_deadline', 'by more than a month');
select lwtest.refuses('LW001', lwtest.extension('F-LIFE', 'days', '2099-01-01'),
	'until 2099-01-01 lies outside the calendars', 'date', 'beyond all calendars');
select lwtest.refuses('LW001', lwtest.extension('F-NEW', 'workdays', '2026-03-19'),
	'until 2026-03-18 at most', 'explain_deadline', 'by 4 working days of 3');
select lwtest.refuses_row('LW001', 'letter_no, kind, rule, until, approved_by, informed_at, reason',
	$$ 'F-LIFE', 'extend', 'days', '2026-03-23', 'S-H', '2026-03-10 09:00+08', 'complex' $$,
	'until 2026-03-22 at most', 'explain_deadline', 'an extension beyond the limit');
select lwtest.refuses('LW003', $$ insert into letterwatch.intake_event (letter_no, kind, rule, until, approved_by, informed_at, reason)
	select 'F-LIFE', 'extend', 'days', until, 'S-H', '2026-03-10 09:00+08', 'complex' from unnest('{2026-03-16,2026-03-18}'::date[]) until $$,
	'extended already', 'once', 'two extensions in one statement');

-- ---- transfer, duplicate, correct ----------------------------------------------------------------------------

select lwtest.refuses('LW002', $$ transfer_letter('F-LAW', 'NOWHERE') $$,
	'unknown office NOWHERE', 'from letterwatch.office', 'to an unknown office');
select lwtest.refuses('LW002', $$ transfer_letter('F-LAW', null) $$, 'office', 'from letterwatch.office', 'to no office');
select lwtest.refuses('LW001', $$ transfer_letter('F-LAW', 'T-P-C-1') $$,
	'T-P-C-1 has it already', 'assign_letter', 'to the office in charge');
select lwtest.refuses_row('LW002', 'letter_no, kind, to_office', $$ 'F-LAW', 'transfer', 'NOWHERE' $$,
	'NOWHERE', 'letterwatch.office', 'to an unknown office');
select lwtest.refuses('LW001', $$ mark_duplicate('F-LAW', 'F-LAW') $$, 'its own duplicate', 'original', 'a duplicate of itself');
select lwtest.refuses('LW002', $$ mark_duplicate('F-LAW', 'F-404') $$, 'no letter F-404', 'original', 'of an unknown letter');
select lwtest.refuses('LW002', $$ mark_duplicate('F-LAW', null) $$, 'names its original', 'original', 'of no letter');
select lwtest.refuses('LW003', $$ mark_duplicate('F-LAW', 'F-COPY') $$, 'F-COPY is a duplicate itself', 'original', 'of a duplicate');
select lwtest.refuses('LW003', $$ insert into letterwatch.intake_event (letter_no, kind, of_letter_no)
	values ('F-LAW', 'duplicate', 'F-LIFE'), ('F-LIFE', 'duplicate', 'F-LAW') $$, 'is a duplicate itself', 'original', 'two letters, each of the other');
select lwtest.refuses('LW001', $$ correct_letter('F-LAW', 'slip') $$,
	'nothing to correct', 'received_on, office_code', 'a correction of nothing');
select lwtest.refuses('LW001', $$ correct_letter('F-LAW', 'slip', '2026-03-11') $$,
	'received after 2026-03-10', 'day on which it came', 'received tomorrow');
select lwtest.refuses('LW001', $$ correct_letter('F-LAW', 'slip', '1999-12-31') $$,
	'received', 'day on which it came', 'received before all calendars');
select lwtest.refuses('LW001', $$ correct_letter('F-PROGRESS', 'slip', '2026-03-07') $$,
	'after an event of 2026-03-06', 'letter_history', 'received after its reply');
select lwtest.refuses('LW002', $$ correct_letter('F-LAW', 'slip', office_code => 'NOWHERE') $$,
	'office NOWHERE', 'letterwatch.office', 'of an unknown office');
select lwtest.refuses('LW002', $$ correct_letter('F-LAW', 'slip', rule_set => 'no-such-set') $$,
	'no rule set no-such-set', 'rule', 'an unknown rule set');
select lwtest.refuses('LW002', $$ correct_letter('F-LAW', 'slip', rule_set => 't-old') $$,
	't-old.*2026-03-02', 'valid_to', 'a law that is over');
select lwtest.refuses('LW002', $$ correct_letter('F-LIFE', 'slip', '2026-01-14') $$,
	't-life.*2026-01-14', 'valid_from', 'received before its law');
select lwtest.refuses_row('LW001', 'letter_no, kind, reason', $$ 'F-LAW', 'correct', 'slip' $$,
	'nothing', 'to_office', 'a correction of nothing');

-- ---- void ------------------------------------------------------------------------------------------------------

select lwtest.refuses('LW002', $$ void_event(404404, 'slip') $$, 'no event 404404', 'letter_history', 'an unknown event');
select lwtest.refuses('LW002', $$ void_event(null, 'slip') $$, 'no event', 'letter_history', 'no event');
select lwtest.refuses('LW002', $$ void_event(lwtest.event('F-CLOSED', 'void'), 'slip') $$,
	'no event .*could be void', 'letter_history', 'of a void');
select lwtest.refuses('LW003', $$ void_event((select of_event from letterwatch.letter_event where kind = 'void'), 'slip') $$,
	'is void already', 'letter_history', 'what is void');
select lwtest.refuses('LW003', $$ void_event(lwtest.event('F-RESTART', 'notice'), 'slip') $$,
	'void .*would make the restart of 2026-03-06 impossible', 'void_event', 'what a later event needs');
select lwtest.refuses_row('LW002', 'letter_no, kind, of_event, reason', $$ 'F-LAW', 'void', lwtest.event('F-CLOSED', 'result'), 'slip' $$,
	'no event .*could be void', 'letter_history', 'an event of another letter');
select lwtest.refuses_row('LW002', 'letter_no, kind, reason', $$ 'F-LAW', 'void', 'slip' $$, 'names an event', 'letter_history', 'no event');
select lwtest.refuses('LW003', $$ insert into letterwatch.intake_event (letter_no, kind, of_event, reason)
	select 'F-CLOSED', 'void', lwtest.event('F-CLOSED', 'result'), 'slip' from generate_series(1, 2) $$,
	'is void already', 'letter_history', 'one event twice in one statement');

-- ---- not possible then ---------------------------------------------------------------------------------------------

select lwtest.refuses('LW003', $$ restart_letter('F-LAW') $$,
	'restart is not possible on 2026-03-10, when its status is registered$', 'with status registered: .*notice incomplete', 'no material was asked for');
select lwtest.refuses('LW003', $$ withdraw_letter('F-CLOSED') $$,
	'when its status is answered$', 'with status answered: correct, reopen, supervise, void', 'of what is answered');
select lwtest.refuses('LW003', $$ resume_letter('F-LIFE') $$,
	'not possible.*registered$', 'suspend', 'a resumption of what is not suspended');
select lwtest.refuses('LW003', $$ suspend_letter('F-PAUSED', 'hearing') $$, 'and it is suspended$', 'resume', 'a second suspension');
select unalike(
	(select hint from lwtest.refusal($$ select from letterwatch.suspend_letter('F-PAUSED', 'hearing') $$)), '%suspend%',
	'which the hint does not offer');
select lwtest.refuses('LW003', $$ resume_letter('F-PAUSED', '2026-03-05 10:00+08') $$,
	'resume is not possible on 2026-03-05', 'suspend', 'a resumption before the suspension');
select lwtest.refuses_row('LW003', 'letter_no, kind, occurred_at', $$ 'F-PAUSED', 'resume', '2026-03-06 08:59+08' $$,
	'resume is not possible on 2026-03-06', 'suspend', 'a resumption a minute before the suspension');
select lwtest.refuses('LW003', $$ reopen_letter('F-CLOSED', 'new facts', '2026-03-05 10:00+08') $$,
	'not possible on 2026-03-05', 'registered', 'a reopening before the result');
select lwtest.refuses('LW003', $$ record_notice('F-PROGRESS', outcome => 'referred', at => '2026-03-05 10:00+08') $$,
	'notice referred on 2026-03-05 would make the progress of 2026-03-06 impossible', 'void_event', 'entered late, what a later event rules out');
select lwtest.refuses('LW003', $$ record_notice('F-PROGRESS', outcome => 'referred', at => '2026-03-06 00:00+08') $$,
	'would make the progress of 2026-03-06 impossible', 'give the time', 'a day alone, on which something else happened');
select lwtest.refuses_row('LW003', 'letter_no, kind, occurred_at', $$ 'F-PROGRESS', 'withdraw', '2026-03-05 10:00+08' $$,
	'withdraw on 2026-03-05 would make the progress', 'void_event', 'entered late, what a later event rules out');
select lwtest.refuses('LW003', $$ insert into letterwatch.intake_event (letter_no, kind, to_office)
	values ('F-LAW', 'transfer', 'T-P-C-2'), ('F-CLOSED', 'withdraw', null), ('F-COPY', 'withdraw', null) $$,
	'F-CLOSED: withdraw is not possible.*and 1 more', 'reopen', 'three events, of which two cannot be');

select is(lwtest.footprint(), :'before', 'after all these refusals everything is as it was');
select is_empty('select * from letterwatch.verify()', 'and what is stored is what the facts imply');

-- Were it accepted, two letters are closed, each by the other, and nobody is answered.
savepoint before_circle;
select is(
	(select state from lwtest.refusal($$ do $do$
		begin
			perform letterwatch.reopen_letter('F-COPY', 'another matter');
			perform letterwatch.mark_duplicate('F-ORIGINAL', 'F-COPY');
			perform letterwatch.void_event(lwtest.event('F-COPY', 'reopen'), 'slip');
		end $do$ $$)),
	'LW003', 'without a reopening two letters would be duplicates of each other: refused');
rollback to before_circle;

-- ---- every status, every event: the table and nothing but the table -------------------------------------------------

-- The definition, written down a second time: kind, outcome, the statuses it is possible in, whether only while suspended (or
-- not), the status after it and whether the letter is suspended after it, the same of orders that wait; NULL: any, or as before.
create table lwtest.definition (kind text, outcome text, statuses text[], when_suspended boolean, next_status text, suspends boolean,
	when_supervised boolean, supervises boolean);
\set open {registered,incomplete,accepted,in_progress,reopened}
\set closed {answered,referred,not_accepted,withdrawn,duplicate}
insert into lwtest.definition
values
	('assign', '', :'open'::text[] || '{exempt}', null, null, null, null, null),
	('notice', 'accepted', '{registered,incomplete,reopened}', null, 'accepted', null, null, null),
	('notice', 'incomplete', '{registered,incomplete,reopened}', null, 'incomplete', null, null, null),
	('notice', 'referred', '{registered,incomplete,reopened}', null, 'referred', false, null, null),
	('notice', 'not_accepted', '{registered,incomplete,reopened}', null, 'not_accepted', false, null, null),
	('progress', '', :'open', null, 'in_progress', null, null, null),
	('result', '', :'open'::text[] || '{exempt}', null, 'answered', false, null, null),
	('restart', '', '{incomplete}', null, 'accepted', null, null, null),
	('suspend', '', '{registered,accepted,in_progress,reopened}', false, null, true, null, null),
	('resume', '', :'open', true, null, false, null, null),
	('extend', '', :'open', null, null, null, null, null),
	('transfer', '', :'open', null, 'registered', null, null, null),
	('transfer', '', '{exempt}', null, 'exempt', null, null, null),
	('exempt', '', :'open', null, 'exempt', false, null, null),
	('duplicate', '', :'open', null, 'duplicate', false, null, null),
	('withdraw', '', :'open'::text[] || '{exempt}', null, 'withdrawn', false, null, null),
	('reopen', '', :'closed'::text[] || '{exempt}', null, 'reopened', false, null, null),
	('mute', '', :'open', null, null, null, null, null),
	('correct', '', :'open'::text[] || :'closed' || '{exempt}', null, null, null, null, null),
	('void', '', :'open'::text[] || :'closed' || '{exempt}', null, null, null, null, null),
	('supervise', '', :'open'::text[] || :'closed' || '{exempt}', null, null, null, null, true),
	('feedback', 'progress', :'open'::text[] || :'closed' || '{exempt}', null, null, null, true, false),
	('feedback', 'result', :'open'::text[] || :'closed' || '{exempt}', null, null, null, true, false);
select set_eq(
	'select status::text, kind::text, outcome::text, next_status::text, when_suspended, suspends, when_supervised, supervises
	 from letterwatch.transition',
	'select status, kind, outcome, coalesce(next_status, status), when_suspended, suspends, when_supervised, supervises
	 from lwtest.definition, unnest(statuses) as status',
	'the table of transitions is the definition');

-- How a letter comes into each status, by events of one morning; behind a star it is suspended in it. An order waits in each.
insert into letterwatch.rule (rule_set, rule, basis, begins, unit, responsible_unit, met_by)
values ('t-life', 'feedback', 'test §6', 'supervise', 'date', 'case', '{feedback}');
call lwtest.redate();
create table lwtest.way (status text, steps text[]);
insert into lwtest.way
values
	('registered', '{}'), ('registered*', '{suspend}'),
	('incomplete', '{notice incomplete}'), ('incomplete*', '{suspend,notice incomplete}'),
	('accepted', '{notice accepted}'), ('accepted*', '{notice accepted,suspend}'),
	('in_progress', '{progress}'), ('in_progress*', '{progress,suspend}'),
	('reopened', '{withdraw,reopen}'), ('reopened*', '{withdraw,reopen,suspend}'),
	('answered', '{result}'), ('referred', '{notice referred}'), ('not_accepted', '{notice not_accepted}'),
	('withdrawn', '{withdraw}'), ('duplicate', '{duplicate}'), ('exempt', '{exempt}');

-- One more event of a kind to a letter, with all that its kind asks for.
create procedure lwtest.happens(letter text, step text)
	language sql
	as $$
	insert into letterwatch.intake_event
		(letter_no, kind, outcome, reason, rule, until, approved_by, informed_at, to_office, of_letter_no, received_on, of_event, by_office)
	select letter, kind, nullif(split_part(step, ' ', 2), ''),
		case when kind = 'exempt' then 'anonymous' when kind in ('suspend', 'extend', 'reopen', 'mute', 'correct', 'void') then 'test' end,
		case kind when 'extend' then 'fixed' end,
		case kind when 'extend' then date '2026-03-25' when 'mute' then '2026-03-13' when 'supervise' then '2026-03-20' end,
		case kind when 'extend' then 'S-H' end,
		case kind when 'extend' then letterwatch.clock() end,
		case kind when 'transfer' then 'T-P-C-2' end,
		case kind when 'duplicate' then 'F-ORIGINAL' end,
		case kind when 'correct' then date '2026-03-09' end,
		case kind when 'void' then lwtest.event(letter, 'correct') end,
		case kind when 'supervise' then 'T-P' end
	from split_part(step, ' ', 1) as kind
	$$;

-- What comes of each event in each status, in a subtransaction that is taken back: the status after it, or the SQLSTATE.
create function lwtest.attempts() returns table (status text, step text, result text)
	language plpgsql
	as $$
	declare
		way lwtest.way;
		letter text;
	begin
		for way in select * from lwtest.way as w order by w.status loop
			letter := 'W-' || way.status;
			insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values (letter, 'T-P-C-1', '2026-03-10', 't-life');
			call lwtest.happens(letter, 'correct');
			call lwtest.happens(letter, 'supervise');
			foreach step in array way.steps loop
				call lwtest.happens(letter, step);
			end loop;
			status := way.status;
			for step in select distinct concat_ws(' ', d.kind, nullif(d.outcome, '')) from lwtest.definition as d order by 1 loop
				begin
					call lwtest.happens(letter, step);
					result := (select s.status || case when s.suspended_on is null then '' else '*' end
					           from letterwatch.letter_state as s where s.letter_no = letter);
					raise exception using errcode = 'T0001';
				exception
					when sqlstate 'T0001' then
						return next;
					when others then
						result := sqlstate;
						return next;
				end;
			end loop;
			step := 'none';
			result := (select s.status || case when s.suspended_on is null then '' else '*' end
			           from letterwatch.letter_state as s where s.letter_no = letter);
			return next;
		end loop;
	end $$;
create table lwtest.attempt as select * from lwtest.attempts();

select is_empty($$ select * from lwtest.attempt where step = 'none' and result <> status $$, 'a letter is brought into every status, suspended or not');
select is((select count(*)::int from lwtest.attempt where step <> 'none'), 16 * 22, 'and every event is tried in it');
create view lwtest.expected as
	select way.status, step.step,
		coalesce((
			select coalesce(d.next_status, plain.status)
				|| case when coalesce(d.suspends, plain.suspended) then '*' else '' end
			from lwtest.definition as d
			where concat_ws(' ', d.kind, nullif(d.outcome, '')) = step.step and plain.status = any (d.statuses)
			  and coalesce(d.when_suspended = plain.suspended, true)), 'LW003') as result
	from lwtest.way as way
	cross join lateral (select rtrim(way.status, '*'), way.status like '%*') as plain (status, suspended)
	cross join (select distinct concat_ws(' ', d.kind, nullif(d.outcome, '')) from lwtest.definition as d) as step (step);
select is_empty(
	$$ select a.status, a.step, a.result, e.result as expected
	   from lwtest.attempt as a join lwtest.expected as e using (status, step) where a.result <> e.result $$,
	'what the table allows is possible and leads where it says; what has no row in it is refused with LW003');
select ok((select count(*) > 100 from lwtest.expected where result = 'LW003'), 'which is most of it');
select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');

select * from finish();
rollback;
