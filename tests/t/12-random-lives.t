# Random lives against a second implementation: letters, events, voids, corrections, lists of holidays, changed rules and offices,
# some of it dated back, on a clock that goes from seconds to weeks at a step. After each step the letters touched are what the
# oracle (tests/oracle/lives.pl) makes of the same facts, every 500 steps all of them, and verify() is empty. Now and then the
# rates are reported; asked later as of then, whatever happened since, they are the same to the digit.
#
#     LW_STEPS=100000 LW_SEED=42 prove … tests/t/12-random-lives.t      # 10,000 and a new seed without
use strict;
use warnings;

use FindBin;
use IPC::Run ();
use JSON::PP ();
use LetterWatch;
use List::Util qw(any first max min sum);
use Test::More;

BEGIN { require "$FindBin::Bin/../oracle/lives.pl"; }

my $STEPS          = $ENV{LW_STEPS} // 10_000;
my $PARALLEL_STEPS = min(2_000, $STEPS);
my $SEED           = srand($ENV{LW_SEED} // time);
my $ALIVE          = 100;                            # letters that things happen to at one time
my $LIFE           = 50;                             # events after which a letter that owes nothing is left alone
my $FAULTS         = 3;                              # differing letters that are reported before we give up
my $LISTS          = min(0.6, 20_000 / $STEPS);      # in 100 steps; each costs the database all days once more
my $REPORTS        = min(0.02, 15 / $STEPS);         # of the rates, in a step

my $SECOND = 1_000_000;
my $HOUR   = 3600 * $SECOND;
my $DAY    = 24 * $HOUR;
my $START  = Lives::moment_at(Oracle::from_iso('2010-01-04'), '09:00', 'Asia/Shanghai');

my ($world, %letters, @alive, @hot, $now);

diag("seed $SEED, $STEPS steps");
my $lw = LetterWatch->new;

# ---- the world ----------------------------------------------------------------------------------------------------

my $SETTINGS = <<'SQL';
	insert into letterwatch.calendar (calendar, title, parent, weekend, needs_list)
	values ('t-base', 'as cn', null, '{6,7}', true), ('t-local', 'days of its own', 't-base', '{7}', false),
	       ('t-gulf', 'another weekend', null, '{5,6}', true);
	insert into letterwatch.rule_set (rule_set, title)
	values ('t-one', 'days'), ('t-two', 'working days'), ('t-three', 'months'), ('t-second', 'seconds');
SQL

# rule set, rule, amount, unit | what is not the default | met by | not owed in. Between them they have each value of each column.
my @RULES = map { [ split /\s*\|\s*/ ] } split /\n/, <<~'RULES';
	t-one notice 7 day | may_suspend on_transfer=restart | notice,progress,result | withdrawn,duplicate
	t-one reply 2 month | begins=acceptance month_end assignable may_suspend may_extend restarts on_transfer=begin on_reopen=end followed_by=followup | progress,result | withdrawn,duplicate,exempt,referred
	t-one final 90 day | count_from=same_day assignable may_suspend may_extend on_reopen=begin | result | withdrawn,duplicate,exempt,referred,not_accepted,incomplete
	t-one feedback - date | begins=supervise end_of_day=17:30 assignable on_transfer=keep | feedback |
	t-one followup 20 day | begins=progress end_of_day=17:30 assignable may_extend on_reopen=end | progress,result | withdrawn,duplicate,exempt
	t-two notice 5 workday | count_from=same_day end_of_day=17:30 on_reopen=begin | notice,progress,result | withdrawn,duplicate,exempt
	t-two reply 30 workday | count_from=next_workday assignable may_suspend may_extend restarts on_transfer=begin on_reopen=restart followed_by=followup | progress,result | incomplete,referred,not_accepted,withdrawn
	t-two followup 10 workday | begins=progress assignable may_suspend restarts on_transfer=restart | progress,result | incomplete,exempt
	t-two feedback - date | begins=supervise | feedback,result | withdrawn,duplicate
	t-two again 15 day | begins=reopen count_from=same_day roll=false may_suspend may_extend restarts on_transfer=restart | progress,result,transfer | withdrawn,exempt
	t-three notice 15 day | valid_to=2010-12-31 count_from=same_day roll=false assignable on_transfer=restart on_reopen=restart | notice,result |
	t-three notice 10 day | valid_from=2011-01-01 count_from=next_workday may_suspend on_transfer=begin on_reopen=restart | notice,progress,result | duplicate
	t-three reply 1 month | count_from=next_workday roll=false assignable may_suspend may_extend restarts on_transfer=restart followed_by=followup | progress,result | incomplete,withdrawn,duplicate,exempt
	t-three review 2 month | begins=acceptance count_from=same_day assignable may_suspend may_extend extend_amount=20 extend_unit=workday on_reopen=begin | result | withdrawn,referred,duplicate
	t-three followup 1 month | begins=progress month_end end_of_day=18:00 may_suspend may_extend extend_needs_approval=false on_transfer=restart on_reopen=restart | progress,result | withdrawn,exempt
	t-second notice 300000 second | roll=false on_transfer=begin on_reopen=restart | notice,progress,result | withdrawn
	t-second reply 2000000 second | roll=false assignable restarts on_transfer=restart on_reopen=begin | result | incomplete,withdrawn,exempt
	RULES

sub insert_rule {
	my ($name, $settings, $met_by, $not_owed_in) = @_;
	my %rule = map { /(.*)=(.*)/ ? ($1 => $2) : ($_ => 'true') } split ' ', $settings;
	@rule{qw(rule_set rule amount unit)} = split ' ', $name;
	delete $rule{amount} if $rule{unit} eq 'date';
	@rule{qw(met_by not_owed_in)} = map { '{' . ($_ // '') . '}' } $met_by, $not_owed_in;
	@rule{qw(basis responsible_unit)} = ('test', $rule{rule} eq 'notice' ? 'petitions' : 'case');
	return 'insert into letterwatch.rule (' . join(', ', sort keys %rule) . ') values ('
	  . join(', ', map { "'$rule{$_}'" } sort keys %rule) . ');';
}

my $REST = <<'SQL';
	-- Those of t-three have no first warning, and so other numbers; those of t-two end before others do.
	insert into letterwatch.stage
		(rule_set, rule, stage_no, stage, workdays, seconds, every, unit, levels_up, severity)
	select r.rule_set, r.rule, s.stage_no - (r.rule_set = 't-three')::int, s.stage, s.workdays, s.seconds, s.every, s.unit, s.levels_up, s.severity
	from (select distinct rule_set, rule, unit from letterwatch.rule where rule_set like 't-%') r
	join letterwatch.stage s
		on s.rule_set = case r.unit when 'second' then 'demo' else 'procuratorate' end
		and s.rule = case r.rule when 'final' then 'reply' when 'review' then 'reply' when 'again' then 'followup' else r.rule end
	where not (r.rule_set = 't-three' and s.stage_no = 1 or r.rule_set = 't-two' and coalesce(s.workdays, 0) > 0);
	insert into letterwatch.office (office_code, name, parent_code, time_zone, calendar, rule_set, day_begins)
	values ('N', 'nation', null, 'Asia/Shanghai', 't-base', 'procuratorate', '09:00'),
	       ('P1', 'province', 'N', null, null, 'procuratorate-workdays', null),
	       ('P2', 'province', 'N', 'Asia/Urumqi', 't-local', 't-one', '10:00'),
	       ('C11', 'city', 'P1', null, null, 'xinfang-2022', null), ('C12', 'city', 'P1', null, null, 't-two', '08:30'),
	       ('C21', 'city', 'P2', null, 't-gulf', null, null), ('C22', 'city', 'P2', 'Asia/Kolkata', null, 't-three', null),
	       ('D111', 'county', 'C11', null, null, null, null), ('D211', 'county', 'C21', null, null, 't-three', null),
	       ('D221', 'county', 'C22', null, null, 't-second', '09:00');

	create function public.utc(at timestamptz) returns text language sql immutable
		as $$ select to_char($1 at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') $$;

	-- What the oracle is held against, a line a row. How far before all stages a deadline stood is nothing to anybody: where
	-- a new list changes days between, and nothing else, it is not reckoned anew.
	create function public.told(letters text[]) returns setof text language sql stable as $$
		select array_to_string(array['state', letter_no, office_code, rule_set, status, status_on::text, status_event::text,
			last_event::text, impossible::text, unit, handler, suspended_on::text, muted_until::text, duplicate_of], '|', '')
		from letterwatch.letter_state
		where letter_no = any (letters)
		union all
		select array_to_string(array['deadline', letter_no, rule, since::text, state, office_code, unit, start_on::text, due_on::text,
			utc(late_at), utc(overdue_at), case when due_on is not null then provisional::int::text end, closed_event::text,
			closed_on::text, reached::text] || case when state = 'open'
				then array[first_stage::text, case when measure = 'workday' and stage_done is not null
				                                   then greatest(stage_done, before_all) else stage_done end::text, utc(next_event_at)]
				else array[utc(next_event_at)] end, '|', '')
		from letterwatch.deadline
		left join letterwatch.stage_plan using (rule_set, rule)
		cross join (select min(o) - 1 from letterwatch.stage_plan, unnest(offsets) o where measure = 'workday') p (before_all)
		where letter_no = any (letters)
	$$;
	create function public.alerts(since timestamptz) returns setof text language sql stable as $$
		select array_to_string(array['alert', letter_no, rule, since::text, due_on::text, stage_no::text, occurrence::text, stage,
			office_code, to_office, unit, handler, utc(stage_at), utc(raised_at), late_s::text, covers::text,
			registered_late::int::text, provisional::int::text, days_left::text], '|', '')
		from letterwatch.alert
		where raised_at >= $1
	$$;
	create function public.pass(me bigint) returns int language sql as $$
		select letterwatch.mark_emitted(me, array_agg(line_id)), count(line_id) from letterwatch.claim_due(me, 100000, 'none');
		select 1
	$$;
SQL


my @STATE = qw(office_code rule_set status status_on status_event last_event impossible unit handler suspended_on muted_until
  duplicate_of);
my @DEADLINE = qw(rule since state office_code unit start_on due_on late_at overdue_at provisional closed_event closed_on reached);
my @ALERT    = qw(rule since due_on stage_no occurrence stage office_code to_office unit handler stage_at raised_at late_s covers
  registered_late provisional days_left);
my @EVENT = qw(letter_no kind occurred_at rule outcome until to_office of_letter_no of_event unit handler approved_by reason
  informed_at received_on rule_set by_office baseline);
my $IS_DAY    = qr/(_on|until)$/;
my $IS_MOMENT = qr/_at$/;

# Whether moments and days are told as so long ago rather than as such.
my $is_relative = 0;

sub ago {
	my ($name, $value) = @_;
	return sprintf "((letterwatch.clock() at time zone 'Asia/Shanghai')::date - %d)", today() - $value if $name =~ $IS_DAY;
	return sprintf '(letterwatch.clock() - make_interval(secs => %.6f))', ($now - $value) / $SECOND;
}

# The values of a row as the database writes them.
sub plain {
	my ($row, @columns) = @_;
	return map {
		my $value = $row->{$_};
		    !defined $value || !/$IS_DAY|$IS_MOMENT/ ? $value
		  : $is_relative                             ? ago($_, $value)
		  : /$IS_DAY/                                ? Oracle::to_iso($value)
		  :                                            Lives::utc($value)
	} @columns;
}

sub line { return join '|', map { $_ // '' } @_; }

# What told() should say of a letter, and alerts() of an alert.
sub expected {
	my ($letter)   = @_;
	my $no         = $letter->{letter_no};
	my $before_all = min(map { $_->{workdays} // () } map { @$_ } values %{ $world->{stage} }) - 1;
	return line('state', $no, plain($letter->{state}, @STATE)), map {
		my $done = $_->{stage_done};
		$done = max($done, $before_all) if defined $done and $_->{measure} ne 'second';
		line('deadline', $no, plain($_, @DEADLINE), $_->{state} eq 'open' ? ($_->{first_stage}, $done) : (), plain($_, 'next_event_at'))
	} values %{ $letter->{deadlines} };
}

sub expected_alerts { return map { line('alert', $_->{letter_no}, plain($_, @ALERT)) } @_; }

# Values for an INSERT; DEFAULT for the columns in %default that are not given.
sub values_of {
	my ($row, $columns, %default) = @_;
	my @values = plain($row, @$columns);
	return '(' . join(', ', map {
		my $name = $columns->[$_];
		my $zone = $name =~ $IS_MOMENT ? '+00' : '';
		defined $values[$_] ? $values[$_] =~ /^\(/ ? $values[$_] : "'$values[$_]$zone'" : $default{$name} ? 'default' : 'null'
	} 0 .. $#values) . ')';
}

sub insert_events {
	my (@events) = @_;
	return 'insert into letterwatch.letter_event (' . join(', ', @EVENT) . ') values '
	  . join(', ', map { values_of($_, \@EVENT, occurred_at => 1, baseline => 1) } @events);
}

sub insert_letter {
	my ($letter) = @_;
	my @columns = qw(letter_no office_code received_on received_at rule_set baseline);
	return 'insert into letterwatch.letter (' . join(', ', @columns) . ') values ' . values_of($letter, \@columns, baseline => 1);
}

sub json {
	my ($db, $query) = @_;
	return @{ JSON::PP->new->decode($lw->psql($db, "select coalesce(json_agg(t), '[]') from ($query) t")) };
}

sub day { return $_[0] eq 'infinity' ? 9e9 : $_[0] eq '-infinity' ? 0 : Oracle::from_iso($_[0]); }

# The settings of a database as the oracle wants them.
sub read_world {
	my ($db) = @_;
	my $us = sub { "(extract(epoch from $_[0]) * 1000000)::bigint" };
	my %world;
	$world{calendar}{ $_->{calendar} } = $_ for json($db, 'select * from letterwatch.calendar');
	$world{office}{ $_->{office_code} } = $_ for json($db, 'select * from letterwatch.office');
	push @{ $world{stage}{"$_->{rule_set}/$_->{rule}"} }, $_ for json($db, 'select * from letterwatch.stage order by stage_no');
	for my $rule (json($db, 'select * from letterwatch.rule')) {
		$rule->{$_} = day($rule->{$_}) for qw(valid_from valid_to);
		push @{ $world{rule}{ $rule->{rule_set} } }, $rule;
	}
	for my $list (json($db, "select *, @{[ $us->('recorded_at') ]} as recorded_at, (select json_object_agg(d.day, d.kind)
			from letterwatch.calendar_day d where (d.calendar, d.year, d.version) = (l.calendar, l.year, l.version)) as days
			from letterwatch.calendar_list l order by l.recorded_at, l.version")) {
		my $days = $list->{days} // {};
		$list->{day} = { map { day($_) => $days->{$_} } keys %$days };
		push @{ $world{list}{ $list->{calendar} } }, $list;
	}
	my $past = "select *, @{[ $us->('until') ]} as until from letterwatch";
	for my $was (json($db, "$past.rule_past p order by p.until")) {
		my ($rule) = grep { $_->{rule} eq $was->{rule} && $_->{valid_from} == day($was->{valid_from}) } @{ $world{rule}{ $was->{rule_set} } };
		push @{ $rule->{was} }, $was;
	}
	push @{ $world{office}{ $_->{office_code} }{was} }, $_ for json($db, "$past.office_setting_past p order by p.until");
	return \%world;
}

# A new database with the world in it; clock() is an SQL expression.
sub new_world {
	my ($clock) = @_;
	my $db = $lw->fresh_database;
	$lw->psql($db, "create table public.now as select timestamptz '@{[ Lives::utc($START) ]}+00' as at");
	$lw->set_clock($db, $clock);
	$lw->psql($db, join "\n", $SETTINGS, (map { insert_rule(@$_) } @RULES), $REST);
	return $db;
}

# ---- a session ----------------------------------------------------------------------------------------------------

my $asked = 0;

# The lines that statements answer, the SQLSTATE of each failed one, and its message, as a line "failed CODE MESSAGE".
sub ask {
	my ($session, @statements) = @_;
	my $end = 'end ' . ++$asked;
	$session->{stderr} = '';
	my $failed = '\if :ERROR' . "\n" . '\echo failed :SQLSTATE :LAST_ERROR_MESSAGE' . "\n" . '\endif';
	my $answer = $session->query_until(qr/^\Q$end\E$/m, join("\n", (map { "$_;\n$failed" } @statements), "\\echo $end\n"));
	return grep { $_ ne '' && $_ ne $end } split /\n/, $answer;
}

# ---- chance -------------------------------------------------------------------------------------------------------

sub one_of { return $_[ rand @_ ]; }

sub chance { return rand() < $_[0]; }

# One of the keys, by weight.
sub weighted {
	my (%weight) = @_;
	my $left = rand(sum(values %weight));
	for my $key (sort keys %weight) {
		return $key if ($left -= $weight{$key}) < 0;
	}
}

# A time ago: minutes, days or weeks.
sub some_time {
	my ($days) = @_;
	return int(one_of(rand(0.02), rand(1), rand($days)) * $DAY);
}

# ---- letters and events -------------------------------------------------------------------------------------------

my @OFFICES   = qw(N P1 P2 C11 C12 C21 C22 D111 D211 D221);
my @RULE_SETS = qw(procuratorate procuratorate-workdays xinfang-2022 t-one t-two t-three t-second);
my @UNITS     = qw(petitions case head);

sub today { return Lives::day_of($_[0] // $now, 'Asia/Shanghai'); }

sub new_letter {
	my $letter = {
		letter_no => sprintf('L%05d', 1 + keys %letters), office_code => one_of(@OFFICES), events => [],
		rule_set => chance(0.4) ? one_of(@RULE_SETS) : undef, registered_at => $now, baseline => chance(0.1) ? 1 : undef };
	my $at   = $now - (chance(0.5) ? rand(3 * $HOUR) : some_time(150));
	my $zone = Lives::setting($world, $letter->{office_code}, 'time_zone');
	$letter->{received_at} = int $at;
	$letter->{received_on} = Lives::day_of($letter->{received_at}, $zone);
	$letter->{received_at} = undef if chance(0.5);
	return $letter;
}

# How often each kind is tried, where it is possible.
my %WEIGHT = (
	assign => 4, 'notice accepted' => 9, 'notice incomplete' => 9, 'notice referred' => 5, 'notice not_accepted' => 5, progress => 9,
	result => 5, restart => 40, suspend => 10, resume => 25, extend => 10, transfer => 6, exempt => 4, duplicate => 3, withdraw => 3,
	reopen => 10, mute => 5, supervise => 6, 'feedback progress' => 4, 'feedback result' => 8);

# An event of some kind for a letter, happened at a moment; mostly one that is possible then, as far as one clerk sees.
sub new_event {
	my ($letter, $at) = @_;
	my @rules = @{ $world->{rule}{ $letter->{state}{rule_set} } };
	my ($then) = grep { $_->{at} <= $at } reverse @{ Lives::life($world, $letter) };
	my %weight = %WEIGHT;
	if (chance(0.95)) {
		$then //= { status => 'registered', suspended => 0, waits => 0 };
		for my $kind (keys %weight) {
			my %try;
			@try{qw(kind outcome)} = split ' ', $kind;
			my @after = Lives::after(\%try, @$then{qw(status suspended waits)});
			delete $weight{$kind} unless @after;
		}
		delete $weight{suspend} unless any { $_->{may_suspend} } @rules;
		delete $weight{extend}  unless extensible($letter);
		delete $weight{supervise} unless any { $_->{begins} eq 'supervise' } @rules;
	}
	my %event = (letter_no => $letter->{letter_no}, occurred_at => $at, reason => 'test', baseline => chance(0.05) ? 1 : undef);
	@event{qw(kind outcome)} = split ' ', %weight ? weighted(%weight) : one_of(keys %WEIGHT);
	my $kind = $event{kind};
	$event{unit}         = one_of(@UNITS)             if $kind eq 'assign' or chance(0.05);
	$event{handler}      = 'S-' . int rand 20         if $kind eq 'assign' or chance(0.3);
	$event{to_office}    = one_of(@OFFICES)           if $kind eq 'transfer';
	$event{of_letter_no} = one_of(@alive)->{letter_no} if $kind eq 'duplicate';
	$event{until}        = today() + int rand 25      if $kind eq 'mute';
	$event{reason}       = one_of(qw(anonymous no_address unreachable)) if $kind eq 'exempt';
	extension($letter, \%event) if $kind eq 'extend';
	order($then ? $then->{office} // $letter->{office_code} : $letter->{office_code}, \%event) if $kind eq 'supervise';
	return \%event;
}

sub extensible {
	my ($letter) = @_;
	my %deadline = %{ $letter->{deadlines} };
	return grep { $_->{row}{may_extend} && $_->{state} eq 'open' && $_->{due_on} >= today() } @deadline{ sort keys %deadline };
}

sub extension {
	my ($letter, $event) = @_;
	my $deadline = one_of(extensible($letter));
	$event->{rule}        = $deadline ? $deadline->{rule} : one_of(qw(reply notice));
	$event->{until}       = ($deadline ? $deadline->{due_on} : today()) + int rand 30;
	$event->{approved_by} = 'S-1' if chance(0.98);
	$event->{informed_at} = $event->{occurred_at} if chance(0.98);
	return;
}

# By the office in charge or one above it, now and then by any.
sub order {
	my ($office, $event) = @_;
	my @above = $office;
	unshift @above, $world->{office}{ $above[0] }{parent_code} while defined $world->{office}{ $above[0] }{parent_code};
	$event->{by_office} = one_of(chance(0.95) ? @above : @OFFICES);
	$event->{until}     = today($event->{occurred_at}) + int rand one_of(5, 30, 90);
	return;
}

# Something that is wrong whatever the letter.
sub spoil {
	my ($event) = @_;
	my ($column, $value) = @{ one_of(
		[ kind => 'frobnicate' ], [ outcome => 'maybe' ], [ unit => 'nobody' ], [ occurred_at => $now + $HOUR + $DAY ],
		[ letter_no => 'NONE' ], [ handler => 'a name' ]) };
	@$event{ $column, 'now' } = ($value, 0);
	return;
}

# When an event happened that is entered now. undef: now, by default.
sub some_moment {
	my ($letter) = @_;
	return undef if chance(0.55);
	return $now + int rand(4 * 60 * $SECOND) if chance(0.03);
	my $at = $now - some_time(40);
	my $zone     = Lives::setting($world, $letter->{state}{office_code}, 'time_zone');
	my $received = Lives::moment_at(Lives::corrected($world, $letter)->{received_on}, '00:00', $zone);
	return chance(0.03) ? $at : max($at, min($now, $received + int rand $DAY));
}

# Why the database should refuse events: undef where the oracle knows no reason.
sub objection {
	my ($letter, @events) = @_;
	my $after = { %$letter, events => [ @{ $letter->{events} }, @events ] };
	return (any { !$_->{possible} } @{ Lives::life($world, $after) }) ? 'impossible' : undef;
}

# ---- the steps ----------------------------------------------------------------------------------------------------

# Each: what to say to the database, the letters it touches, and what the oracle makes of it once it is accepted.

sub step_register {
	my $letter = new_letter();
	return {
		what => 'register', sql => [ insert_letter($letter) ], letters => [ $letter ],
		done => sub {
			$letters{ $letter->{letter_no} } = $letter;
			push @alive, $letter;
		} };
}

sub some_letter { return chance(0.5) && @hot ? one_of(@hot) : one_of(@alive); }

# Mostly an event that seems possible.
sub sensible {
	my ($letter, $make) = @_;
	my $event;
	for (1 .. 6) {
		$event = $make->();
		last if !objection($letter, $event) or chance(0.05);
	}
	return $event;
}

my $no_id_yet = 1e15;

sub step_events {
	my ($count, $make) = @_;
	my (@events, %of, $expects_refusal);
	my @letters = map { some_letter() } 1 .. ($count > 1 && chance(0.5) ? 2 : 1);
	for (1 .. $count) {
		my $letter = one_of(@letters);
		my $others = $of{ $letter->{letter_no} } //= [];
		my $so_far = { %$letter, events => [ @{ $letter->{events} }, @$others ] };
		my $new    = sensible($so_far, sub { as_entered($make->($so_far)) });
		push @$others, $new;
		push @events,  $new;
	}
	$expects_refusal = first { defined } map { objection($letters{$_}, @{ $of{$_} }) } sort keys %of;
	if (chance(0.02)) {
		spoil($events[-1]);
		$expects_refusal = 'wrong';
	}
	return {
		what => @events > 1 ? 'several' : join(' ', grep { defined } @{ $events[0] }{qw(kind outcome)}),
		sql => [ insert_events(map { as_given($_) } @events) . " returning 'event|' || event_id" ],
		letters => [ map { $letters{$_} } sort keys %of ], refused => $expects_refusal,
		done => sub {
			$_->{event_id} = shift for @events;
			push @{ $letters{ $_->{letter_no} }{events} }, $_ for @events;
		} };
}

# The event as it will stand in the table.
sub as_entered {
	my ($event) = @_;
	return { %$event, occurred_at => $event->{occurred_at} // $now, now => !defined $event->{occurred_at}, recorded_at => $now,
		event_id => $no_id_yet++ };
}

# The same as it is given.
sub as_given {
	my ($event) = @_;
	my %given = (%$event, $event->{now} ? (occurred_at => undef) : ());
	return $is_relative && $event->{kind} eq 'void' ? by_its_kind(\%given) : \%given;
}

sub any_event {
	my ($letter) = @_;
	my $at    = some_moment($letter);
	my $event = new_event($letter, $at // $now);
	$event->{occurred_at} = $at;
	$event->{informed_at} //= $now if $event->{kind} eq 'extend';
	return $event;
}

sub a_void {
	my ($letter) = @_;
	my %void = map { ($_->{of_event} // 0) => 1 } @{ $letter->{events} };
	my @events = grep { $_->{kind} ne 'void' && !$void{ $_->{event_id} } && $_->{event_id} < 1e15 } @{ $letter->{events} };
	return any_event($letter) unless @events;
	my $of     = chance(0.97) ? one_of(@events) : one_of(@{ $letter->{events} });
	return { letter_no => $letter->{letter_no}, kind => 'void', of_event => $of ? $of->{event_id} : 1, reason => 'test' };
}

sub a_correction {
	my ($letter) = @_;
	my %event = (letter_no => $letter->{letter_no}, kind => 'correct', reason => 'test');
	$event{received_on} = min(today(), Lives::corrected($world, $letter)->{received_on} + int(rand 21) - 10) if chance(0.5);
	$event{to_office}   = one_of(@OFFICES)   if chance(0.3);
	$event{rule_set}    = one_of(@RULE_SETS) if chance(0.3) or keys %event == 3;
	return \%event;
}

# ---- settings that change -----------------------------------------------------------------------------------------

sub change_day {
	my ($calendar, $days, $day, $kind) = @_;
	my $weekday = Oracle::weekday($day) + 1;
	my $is_weekend = any { $_ == $weekday } @{ $world->{calendar}{$calendar}{weekend} };
	$days->{$day} = $kind if $is_weekend == ($kind eq 'work');
	return;
}

# The list of a year: some breaks, each with a worked day off before it; or the one that there is with some days otherwise.
sub new_list {
	my ($calendar, $year, $old) = @_;
	my %days  = $old ? %{ $old->{day} } : ();
	my $first = Oracle::day_number($year, 1, 1);
	delete $days{$_} for grep { chance(0.1) } sort keys %days;
	change_day($calendar, \%days, $first - 1, 'off') if chance(0.5);
	for my $break (1 .. ($old ? 1 : 7)) {
		my $begin  = $first + 8 + int rand 340;
		my $length = 2 + int rand 6;
		next if grep { exists $days{$_} } $begin - 7 .. $begin + $length;
		change_day($calendar, \%days, $_, 'off') for $begin .. $begin + $length - 1;
		change_day($calendar, \%days, $begin - 1 - int rand 6, 'work');
	}
	return \%days;
}

sub step_list {
	my ($calendar, $year) = @_;
	my ($this_year, $month) = Oracle::year_month_day(today());
	$calendar //= weighted('t-base' => 5, 't-local' => 2, 't-gulf' => 2);
	$year     //= $this_year + weighted(-1 => 1, 0 => 5, 1 => $month > 9 ? 8 : 1);
	my $lists = $world->{list}{$calendar} //= [];
	my ($old) = grep { $_->{year} == $year } reverse @$lists;
	my $days    = new_list($calendar, $year, $old);
	my $version = 1 + grep { $_->{year} == $year } @$lists;
	my $key     = "'$calendar', $year, $version";
	return {
		what => 'list', letters => 'all',
		sql  => [ 'begin', "insert into letterwatch.calendar_list (calendar, year, version, source) values ($key, 'test')",
			'insert into letterwatch.calendar_day (calendar, year, version, day, kind) values '
			  . join(', ', map { "($key, '" . Oracle::to_iso($_) . "', '$days->{$_}')" } sort keys %$days), 'commit' ],
		done => sub { push @$lists, { year => $year, recorded_at => $now, day => $days }; } };
}

# What events do by a rule otherwise than before.
sub other_effects {
	my ($rule) = @_;
	my $some = sub { my @some = grep { chance(0.5) } @_; return \@some; };
	my $is_follow = $rule->{begins} eq 'progress';
	my %new;
	$new{met_by}      = [ @{ $some->(qw(notice progress transfer)) }, 'result' ] if chance(0.4);
	$new{followed_by} = chance(0.5) ? 'followup' : undef if $rule->{rule} eq 'reply';
	delete $new{followed_by} unless any { $_ eq 'progress' } @{ $new{met_by} // $rule->{met_by} };
	$new{followed_by} = undef if $rule->{followed_by} and $new{met_by} and !exists $new{followed_by};
	$new{not_owed_in} = $some->(qw(incomplete referred not_accepted withdrawn duplicate exempt)) if chance(0.4);
	$new{restarts}    = !$rule->{restarts} || 0 if chance(0.2);
	$new{on_transfer} = one_of(qw(keep restart), $is_follow ? () : 'begin')     if chance(0.2);
	$new{on_reopen}   = one_of(qw(keep restart end), $is_follow ? () : 'begin') if chance(0.2);
	$new{may_suspend} = !$rule->{may_suspend} || 0 if chance(0.2) and $rule->{unit} ne 'second';
	$new{may_extend}  = !$rule->{may_extend}  || 0 if chance(0.2) and !$rule->{extend_amount};
	$new{begins}      = one_of(qw(receipt acceptance)) if chance(0.2) and $rule->{begins} =~ /^(receipt|acceptance)$/;
	return %new;
}

sub step_rule {
	my $rule = one_of(grep { $_->{begins} ne 'supervise' } map { @{ $world->{rule}{$_} } } @RULE_SETS);
	my %new = (amount => max(1, $rule->{amount} + int(rand 5) - 2), chance(0.4) ? other_effects($rule) : ());
	$new{responsible_unit} = one_of(qw(petitions case)) if chance(0.2);
	if ($rule->{unit} ne 'second') {
		$new{roll}       = chance(0.5) || 0                                   if chance(0.2);
		$new{end_of_day} = one_of(qw(24:00 17:30 18:00))                      if chance(0.2);
		$new{count_from} = one_of(qw(next_day same_day next_workday))         if chance(0.2);
		$new{month_end}  = chance(0.5) && $rule->{unit} eq 'month' || 0       if chance(0.2);
	}
	my $from  = $rule->{valid_from} ? Oracle::to_iso($rule->{valid_from}) : '-infinity';
	my $value = sub { my ($v) = @_; return !defined $v ? 'null' : ref $v ? "'{" . join(',', @$v) . "}'" : "'$v'" };
	return {
		what => 'rule', letters => 'all',
		sql  => [ 'update letterwatch.rule set ' . join(', ', map { "$_ = " . $value->($new{$_}) } sort keys %new)
			  . " where (rule_set, rule, valid_from) = ('$rule->{rule_set}', '$rule->{rule}', '$from')" ],
		done => sub {
			push @{ $rule->{was} }, { %$rule, was => undef, until => $now };
			@$rule{ keys %new } = values %new;
		} };
}

# Some of the stages that the rule had at first; overdue and the last, which repeats, always. They are numbered anew.
sub step_stages {
	my $key  = one_of(grep { /^t-/ && !/^t-second/ } sort keys %{ $world->{stage} });
	my $all  = $world->{all_stages}{$key} //= $world->{stage}{$key};
	my @kept = grep { $_->{stage} eq 'overdue' || $_->{every} || chance(0.7) } @$all;
	my @new  = map { { %{ $kept[$_] }, stage_no => $_ + 1 } } 0 .. $#kept;
	my ($rule_set, $rule) = split m{/}, $key;
	my @columns = qw(rule_set rule stage_no stage workdays seconds every unit levels_up severity);
	my $row = sub { my ($stage) = @_; '(' . join(', ', map { defined $stage->{$_} ? "'$stage->{$_}'" : 'null' } @columns) . ')' };
	return {
		what => 'stages', letters => 'all',
		sql  => [ 'begin', "delete from letterwatch.stage where (rule_set, rule) = ('$rule_set', '$rule')",
			'insert into letterwatch.stage (' . join(', ', @columns) . ') values ' . join(', ', map { $row->($_) } @new), 'commit' ],
		done => sub { $world->{stage}{$key} = \@new } };
}

sub step_office {
	my $office = $world->{office}{ one_of(@OFFICES) };
	my %new    = (calendar => [qw(t-base t-local t-gulf)], day_begins => [qw(08:30 09:00 11:00)], time_zone => [ keys %Lives::OFFSET_S ],
		rule_set => \@RULE_SETS);
	my $column = weighted(calendar => 6, day_begins => 2, time_zone => 1, rule_set => 1);
	my $value  = one_of(sort @{ $new{$column} });
	return {
		what => "office $column", letters => 'all',
		sql  => [ "update letterwatch.office set $column = '$value' where office_code = '$office->{office_code}'" ],
		done => sub {
			push @{ $office->{was} }, { %$office, was => undef, until => $now };
			$office->{$column} = $value;
		} };
}

# ---- the play -----------------------------------------------------------------------------------------------------

# The moment from which on the last settings are in force: that of the commit.
my $LAST_CHANGE = 'select (extract(epoch from applied_at) * 1000000)::bigint from letterwatch.settings_change
	order by change_id desc limit 1';

my ($session, $me, $step_no, $faults, %broken, %count, @reports) = (undef, undef, 0, 0);

# Reports what differs, and leaves the letter alone from now on.
sub fault {
	my ($what, $letter, $got, $want) = @_;
	return if $letter and $broken{ $letter->{letter_no} }++;
	$faults++;
	@$_ = grep { !$broken{ $_->{letter_no} } } @$_ for \@hot, \@alive;
	my %got  = map { $_ => 1 } @{ $got // [] };
	my %want = map { $_ => 1 } @{ $want // [] };
	my @lines = ("seed $SEED step $step_no at " . Lives::utc($now // $START) . ": $what");
	push @lines, 'database ' . $_ for grep { !$want{$_} } sort keys %got;
	push @lines, 'oracle   ' . $_ for grep { !$got{$_} } sort keys %want;
	if ($letter) {
		my @columns = grep { $_ ne 'letter_no' } @EVENT, 'recorded_at', 'event_id';
		my $show    = sub { my ($row, @names) = @_; join ' ', map { my ($v) = plain($row, $_); defined $v ? "$_=$v" : () } @names };
		push @lines, 'letter   ' . $show->($letter, qw(letter_no office_code received_on received_at rule_set registered_at));
		push @lines, 'event    ' . $show->($_, @columns) for @{ $letter->{events} };
	}
	diag(join("\n", @lines));
	return;
}

# Holds the lines that the database told of a letter against the oracle's. When something was planned for is not told apart
# once its time has come.
sub compare {
	my ($letter, $told, $want) = @_;
	return if $broken{ $letter->{letter_no} };
	my $clock = Lives::utc($now);
	my ($got, $wanted) = map { join "\n", sort map { s/([^|]{26})$/$1 le $clock ? 'due' : $1/er } @$_ } $told, $want;
	fault('what is stored differs', $letter, $told, $want) if $got ne $wanted;
	return;
}

sub told_of {
	my (@letters) = @_;
	return @letters ? "select public.told('{" . join(',', map { $_->{letter_no} } @letters) . "}')" : ();
}

sub compare_all {
	my ($letters, @told) = @_;
	my %told;
	/^(?:state|deadline)\|([^|]+)/ and push @{ $told{$1} }, $_ for @told;
	compare($_, $told{ $_->{letter_no} } // [], [ expected($_) ]) for @$letters;
	return;
}

sub owes { return any { $_->{state} =~ /^(open|suspended)$/ } values %{ $_[0]{deadlines} }; }

sub set_now { return "update public.now set at = '" . Lives::utc($now) . "+00'"; }

sub judge {
	my ($step, @answer) = @_;
	my ($code, $message) = map { /^failed (\S+) (.*)/ ? ($1, $2) : () } @answer;
	my ($letter) = ref $step->{letters} ? @{ $step->{letters} } : ();
	if (!defined $code) {
		$count{ $step->{what} }{accepted}++;
		fault("$step->{what} was accepted, and is $step->{refused}", $letter) if $step->{refused};
		return 1;
	}
	$count{ $step->{what} }{refused}++;
	$count{refusals}{ "$step->{what}: $code " . ($message =~ s/ (L\d+|\d\S*)//gr) }++;
	fault("$step->{what}: $code $message", $letter)
	  if $code !~ /^LW/ or !$step->{refused} && $message =~ /is not possible on|would make the/;
	return 0;
}

sub perform {
	my ($step) = @_;
	my @touched = ref $step->{letters} ? @{ $step->{letters} } : ();
	my @answer  = ask($session, set_now(), @{ $step->{sql} }, told_of(@touched));
	my $done    = judge($step, @answer);
	my $changed = $done && $step->{letters} eq 'all';
	$now = max($now, ask($session, $LAST_CHANGE)) if $changed;
	$step->{done}->(map { /^event\|(\d+)/ } @answer) if $done;
	if ($changed) {
		ask($session, set_now());
		@touched = grep { $step->{what} =~ /^(office|rule)/ || owes($_) } values %letters;
		1 while (ask($session, 'select letterwatch.redate_letters(1000)'))[0];
		ask($session, 'select count(*) from letterwatch.work_replan_queue(1000)'); # what that has left to the next claim
		@answer = ask($session, told_of(@touched));
	}
	@touched = grep { $letters{ $_->{letter_no} } } @touched;
	if ($done) {
		Lives::redate($world, $_, $now) for @touched;
	}
	compare_all(\@touched, @answer);
	push @hot, @touched if ref $step->{letters};
	splice @hot, 0, -8;
	@$_ = grep { @{ $_->{events} } < $LIFE || owes($_) } @$_ for \@hot, \@alive;
	return;
}

# Raises what is due; sometimes at the very moment of the next stage, or a microsecond before it.
sub claim {
	if (chance(0.6)) {
		my $next = min(grep { defined && $_ > $now } map { $_->{next_event_at} } map { values %{ $_->{deadlines} } } values %letters);
		$now = $next - (chance(0.3) ? 1 : 0) if defined $next;
	}
	my @raised = map { Lives::claim($world, $letters{$_}, $now) } sort keys %letters;
	my %of     = map { $_->{letter_no} => $letters{ $_->{letter_no} } } @raised;
	my @answer = ask($session, set_now(), "select public.pass($me)", 'select public.alerts(at) from public.now', told_of(values %of));
	my %alerts = map { $_ => [] } keys %of;
	/^alert\|([^|]+)/ and push @{ $alerts{$1} }, $_ for @answer;
	for my $no (sort keys %alerts) {
		compare($letters{$no}, $alerts{$no}, [ expected_alerts(grep { $_->{letter_no} eq $no } @raised) ]);
	}
	compare_all([ values %of ], @answer);
	fault($_) for grep { /^failed/ } @answer;
	$count{claim}{accepted}++;
	$count{alert}{accepted} += @raised;
	return;
}

# At rest: a change of settings may have left letters to the next claim.
sub check_everything {
	my @answer = ask($session, 'select count(*) from letterwatch.work_replan_queue(1000)', told_of(values %letters), "select 'wrong ' || v::text from letterwatch.verify() v",
		"select 'wrong ' || q::text from letterwatch.replan_queue q", "select 'wrong ' || p::text from letterwatch.parked p");
	compare_all([ values %letters ], @answer);
	fault(join "\n", grep { /^(wrong|failed)/ } @answer) if grep { /^(wrong|failed)/ } @answer;
	return;
}

# The rates of the whole tree and of one office with its tree, as of a moment; undef: now.
sub rates {
	my ($office, $as_of) = @_;
	my $moment = defined $as_of ? "'" . Lives::utc($as_of) . "+00'" : 'null';
	return ask($session, set_now(), map { <<~"SQL" =~ s/\n/ /gr } 'null', "'$office'");
		select 'rate|' || r::text from letterwatch.reply_rate_tree($_, '2009-01-01', '2039-12-01', $moment) r
		SQL
}

sub report_rates {
	my $office = one_of(@OFFICES);
	push @reports, { at => $now, office => $office, rates => [ rates($office) ] };
	return;
}

sub report_again {
	for my $report (@_) {
		my ($got, $want) = ([ rates($report->{office}, $report->{at}) ], $report->{rates});
		fault('the rates as of ' . Lives::utc($report->{at}) . ' differ', undef, $got, $want) if "@$got" ne "@$want";
		$count{'rates again'}{accepted}++;
	}
	return;
}

sub forward {
	my $how = weighted(moment => 880, hours => 85, days => 30, weeks => 5);
	$now += 1 + int(rand({ moment => 5 * $SECOND, hours => 10 * $HOUR, days => 4 * $DAY, weeks => 20 * $DAY }->{$how}));
	return;
}

sub any_step {
	my $do = @alive < $ALIVE && chance(0.2) || !@alive ? 'register'
	  : weighted(event => 70, several => 6, void => 6, correct => 4, claim => 12, list => $LISTS, rule => 0.6, stages => 0.4, office => 0.5);
	return $do eq 'register' ? step_register()
	  : $do eq 'event'       ? step_events(1, \&any_event)
	  : $do eq 'several'     ? step_events(2 + int rand 3, \&any_event)
	  : $do eq 'void'        ? step_events(1, \&a_void)
	  : $do eq 'correct'     ? step_events(1, \&a_correction)
	  : $do eq 'list'        ? step_list()
	  : $do eq 'rule'        ? step_rule()
	  : $do eq 'stages'      ? step_stages()
	  : $do eq 'office'      ? step_office()
	  :                        undef;
}

subtest 'random lives, one step after the other' => sub {
	my $db = new_world('(select at from public.now)');
	$session = $lw->node->background_psql($db, on_error_stop => 0);
	$session->set_query_timer_restart;
	$now = $START;
	ask($session, '\set VERBOSITY terse');
	($me) = ask($session, "select instance from letterwatch.daemon_connect(null, 'test', 1, 'test')");
	$world = read_world($db);
	perform(step_list(@$_)) for map { [ $_, 2009 ], [ $_, 2010 ] } qw(t-base t-local t-gulf);
	for (1 .. $STEPS) {
		$step_no++;
		forward();
		my $step = any_step();
		$step ? perform($step) : claim();
		report_rates() if chance($REPORTS);
		my $is_enough = $faults >= $FAULTS || $step_no == $STEPS;
		next unless $is_enough or $step_no % 500 == 0;
		check_everything();
		report_again($is_enough ? @reports : @reports ? one_of(@reports) : ());
		is($faults, 0, "after $step_no steps");
		last if $is_enough;
	}
	report();
	$session->quit;
};

sub report {
	for my $what (sort grep { $_ ne 'refusals' } keys %count) {
		note(sprintf '%-20s accepted %6d  refused %6d', $what, map { $_ // 0 } @{ $count{$what} }{qw(accepted refused)});
	}
	note("$count{refusals}{$_} $_") for sort keys %{ $count{refusals} };
	return;
}

# ---- four at once -------------------------------------------------------------------------------------------------

# An event to void, whatever number it will have.
sub by_its_kind {
	my ($event) = @_;
	my ($of) = grep { $_->{event_id} == ($event->{of_event} // 0) } @{ $letters{ $event->{letter_no} }{events} };
	my $kind = $of ? $of->{kind} : 'notice';
	$event->{of_event} = "(select max(event_id) from letterwatch.letter_event where letter_no = '$event->{letter_no}' and kind = '$kind')";
	return $event;
}

# The statements of some random steps, as if each went well, for four sessions.
sub scripts {
	my ($steps) = @_;
	my $first  = join '', map { my $step = step_register(); $step->{done}->(); $step->{sql}[0] . ";\n" } 1 .. $ALIVE;
	Lives::redate($world, $_, $now) for values %letters;
	my @script = map { "select instance as me from letterwatch.daemon_connect(null, 'test', $_, 'test') \\gset\n" } 1 .. 4;
	for (1 .. $steps) {
		forward();
		my $step    = any_step();
		my $session = $step && $step->{letters} eq 'all' ? 0 : int rand 4;
		$script[$session] .= $_ . ";\n" for $step ? @{ $step->{sql} } : 'select public.pass(:me)';
		next if !$step or $step->{refused};
		$step->{done}->(map { $no_id_yet++ } 1 .. 9);
		Lives::redate($world, $_, $now) for ref $step->{letters} ? @{ $step->{letters} } : ();
	}
	return ($first, @script);
}

# All letters of a database with their events.
sub read_letters {
	my ($db) = @_;
	my $fact = sub {
		my ($row) = @_;
		for my $name (grep { defined $row->{$_} } keys %$row) {
			$row->{$name} = Oracle::from_iso($row->{$name}) if $name =~ $IS_DAY;
			$row->{$name} = Lives::moment_at(Oracle::from_iso($1), $2, 'Asia/Shanghai') + 8 * $HOUR
			  + sprintf('%.0f', $3 * $SECOND) if $name =~ $IS_MOMENT and $row->{$name} =~ /^(\S+)T(\d\d:\d\d):([\d.]+)/;
		}
		return $row;
	};
	$lw->psql($db, "alter database $db set timezone = 'UTC'");
	my %letters = map { $_->{letter_no} => $fact->({ %$_, events => [] }) } json($db, 'select * from letterwatch.letter');
	push @{ $letters{ $_->{letter_no} }{events} }, $fact->($_)
	  for json($db, 'select * from letterwatch.letter_event order by event_id');
	return %letters;
}

subtest 'random lives, from four sessions at once' => sub {
	my $db = new_world('(select at from public.now)');
	($now, $world, %letters, @alive, @hot) = ($START, read_world($db));
	($step_no, $faults, $ALIVE, $is_relative) = (0, 0, 40, 1);
	my ($first, @script) = scripts($PARALLEL_STEPS);
	$lw->psql($db, $first);
	$lw->set_clock($db, sprintf "timestamptz '%s+00' + (statement_timestamp() - to_timestamp(%d)) * 1000000", Lives::utc($START), time);
	my $directory = PostgreSQL::Test::Utils::tempdir();
	my @running;
	for my $n (0 .. $#script) {
		PostgreSQL::Test::Utils::append_to_file("$directory/$n.sql", $script[$n]);
		my @psql = ('psql', '-X', '-q', '-A', '-t', '-v', 'VERBOSITY=verbose', '-d', $lw->node->connstr($db), '-f', "$directory/$n.sql");
		push @running, IPC::Run::start(\@psql, '<', '/dev/null', '>', "$directory/$n.out", '2>', "$directory/$n.err");
	}
	$_->finish for @running;
	my %errors;
	for my $n (0 .. $#script) {
		my $told = PostgreSQL::Test::Utils::slurp_file("$directory/$n.err");
		while ($told =~ /ERROR:\s+((\w\w)\w+): ([^\n]*)/g) {
			$errors{ $2 eq 'LW' ? $1 : "$1 $3" }++;
		}
	}
	note("$errors{$_} refused with $_") for sort keys %errors;
	is(join("\n", grep { !/^LW/ } sort keys %errors), '', 'nobody meets anything but a refusal');
	1 while $lw->psql($db, 'select letterwatch.redate_letters(1000)');
	$lw->psql($db, 'select letterwatch.work_replan_queue(1000)'); # what that has left to the next claim

	$is_relative = 0;
	$world   = read_world($db);
	%letters = read_letters($db);
	my $events = sum(map { scalar @{ $_->{events} } } values %letters);
	note("$events events of " . keys(%letters) . ' letters');
	cmp_ok($events, '>', $PARALLEL_STEPS / 3, 'much was accepted');
	my %told;
	/^[a-z]+\|([^|]+)/ and push @{ $told{$1} }, what_is_derived($_) for split /\n/, $lw->psql($db, told_of(values %letters));
	for my $letter (map { $letters{$_} } sort keys %letters) {
		Lives::redate($world, $letter, $now);
		compare($letter, $told{ $letter->{letter_no} } // [], [ map { what_is_derived($_) } expected($letter) ]);
	}
	is($faults, 0, 'what is stored is what the facts imply');
	is($lw->psql($db, 'select v from letterwatch.verify() v'), '', 'verify() says so too');
	is($lw->psql($db, 'select q from letterwatch.replan_queue q'), '', 'no planning failed');
};

# A line without what depends on when it was claimed.
sub what_is_derived {
	my ($line) = @_;
	my @fields = split /\|/, $line, -1;
	return join '|', @fields > 14 ? @fields[ 0 .. 13 ] : @fields;
}

done_testing;
