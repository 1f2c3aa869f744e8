#!/usr/bin/perl
#
# torture.pl [SECONDS [SEED]]: clerks, daemons, and everything that can go wrong, for SECONDS (120); then what must hold.
#
# Three daemons (two write to one syslog receiver, one to another; two reach the database through proxies that fail as networks do),
# four clerks that register, answer, transfer, correct and void at random, an administrator who changes rules and lists, a clock
# that runs through months, and faults, one every second or so. Every ROUND seconds all is left in peace until the daemons come to
# rest, and each stage that came while its deadline was open must be covered by exactly one alert; at the end the whole invariant
# of LetterWatch::Invariant, that no line came twice oftener than a fault can explain, and that clerks met nothing but refusals and
# faults. Run by run.sh. The seed is printed and repeats the same faults and the same clerks, as far as time does.
#
use strict;
use warnings;

use FindBin;
use List::Util qw(sum0);
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use lib "$FindBin::Bin/../lib";
use LetterWatch;
use LetterWatch::Ledger;
use LetterWatch::Proxy;

my $SECONDS = shift // 120;
my $SEED    = srand(shift // time);
my $ROUND   = 30;
my $BATCH   = 50;
my $CLERKS  = 4;

diag("seed $SEED, $SECONDS s");

my $lw = LetterWatch->new(settings => "max_connections = 40\nsuperuser_reserved_connections = 5\nmax_wal_size = 512MB\nlog_statement = none\nrestart_after_crash = on\n");
my $db = $lw->fresh_database;

sub now { return clock_gettime(CLOCK_MONOTONIC) }
sub pause { my ($seconds) = @_; select undef, undef, undef, $seconds; return }
sub one_of { return $_[ rand @_ ] }

# ---- the stage -----------------------------------------------------------------------------------------------------

$lw->psql($db, <<'SQL');
create table public.shift (by interval not null);
insert into public.shift values ('0');
grant select on public.shift to public;
insert into letterwatch.office (office_code, name, parent_code)
values ('N', 'nation', null), ('P', 'province', 'N'), ('C', 'city', 'P'), ('K', 'county', 'C'), ('L', 'other county', 'C');
insert into letterwatch.office (office_code, name, parent_code, rule_set) values ('X', 'other regime', 'P', 'xinfang-2022');
insert into letterwatch.rule_set (rule_set, title) values ('quick', 'Seconds');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by, not_owed_in)
values ('quick', 'notice', 'test', 'receipt', 8, 'second', false, 'petitions', '{notice,progress,result}', '{withdrawn,duplicate,exempt}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity)
values ('quick', 'notice', 1, 'warn', -4, 5), ('quick', 'notice', 2, 'due', -1, 4), ('quick', 'notice', 3, 'overdue', 0, 3),
       ('quick', 'notice', 4, 'remind', 5, 4), ('quick', 'notice', 5, 'escalate', 20, 3);
insert into letterwatch.office (office_code, name, parent_code, rule_set) values ('Q', 'quick', 'C', 'quick');
SQL
$lw->set_clock($db, 'statement_timestamp() + (select by from public.shift)');

my @ledgers = map { LetterWatch::Ledger->new } 1, 2;
my @proxies = map { LetterWatch::Proxy->new($lw->node) } 1, 2;
my $direct  = 'host=' . $lw->node->host . ' port=' . $lw->node->port;
my @role    = ([ $direct, $ledgers[0] ], [ $proxies[0]->conninfo, $ledgers[0] ], [ $proxies[1]->conninfo, $ledgers[1] ]);
my (@daemons, @begins_at);

sub start_daemon {
	my ($n) = @_;
	my ($conninfo, $ledger) = @{ $role[$n] };
	$daemons[$n] = LetterWatch::Daemon->start(
		$LetterWatch::DAEMON,
		'database.conninfo'    => "$conninfo dbname=$db user=letterwatchd",
		'alerts.syslog_socket' => $ledger->path,
		'timer.max_sleep'      => '1s',
		'timer.batch'          => $BATCH);
	return;
}

# ---- clerks --------------------------------------------------------------------------------------------------------

my @OFFICES = qw(K K L L C X Q);

# A random statement of a clerk who has registered so many letters.
sub clerk_statement {
	my ($prefix, $registered) = @_;
	my $letter = sprintf "'%s-%d'", $prefix, 1 + int($$registered - rand(rand(2) < 1 ? 40 : 400)) % ($$registered || 1);
	if (!$$registered or rand() < 0.35) {
		my $office = one_of(@OFFICES);
		$$registered++;
		return "insert into letterwatch.letter (letter_no, office_code) values ('$prefix-$$registered', '$office');";
	}
	my $call = one_of(
		("record_notice($letter, handler => 'H1')") x 3,
		"record_notice($letter, outcome => '" . one_of(qw(incomplete referred not_accepted)) . "')",
		"assign_letter($letter, 'case', 'H2')",
		("record_reply($letter, 'progress')") x 2,
		"record_reply($letter, 'result')",
		"transfer_letter($letter, '" . one_of(qw(K L C)) . "', 'theirs')",
		"restart_letter($letter)",
		"correct_letter($letter, 'slip', office_code => '" . one_of(qw(K L)) . "')",
		"correct_letter($letter, 'slip', received_on => (letterwatch.clock() at time zone 'Asia/Shanghai')::date - " . int(rand 9) . ')',
		"withdraw_letter($letter, 'asked')",
		"exempt_letter($letter, 'anonymous')",
		"reopen_letter($letter, 'again')",
		"mute_letter($letter, (letterwatch.clock() at time zone 'Asia/Shanghai')::date + " . (1 + int rand 20) . ", 'busy')",
		"suspend_letter($letter, 'expert')",
		"resume_letter($letter)",
		"void_event((select event_id from letterwatch.letter_event where letter_no = $letter and kind <> 'void' order by random() limit 1), 'slip')");
	return "select count(*) from letterwatch.$call;";
}

# A clerk is a process that runs psql again and again; what psql complained of is in its file.
sub start_clerk {
	my ($n, $complaints) = @_;
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	my ($stop, $registered, $parent) = (0, 0, getppid);
	local $SIG{TERM} = sub { $stop = 1 };
	srand($SEED + $n);
	open STDOUT, '>', '/dev/null' or die $!;
	open STDERR, '>>', $complaints or die $!;
	while (!$stop and getppid == $parent) {
		open my $psql, '|-', 'psql', '-X', '-q', '-v', 'VERBOSITY=sqlstate', '-d', "$direct dbname=$db user=postgres" or die $!;
		local $SIG{PIPE} = 'IGNORE';
		print $psql clerk_statement("W$n", \$registered), "\n" for 1 .. 20;
		close $psql;
		pause(0.2);
	}
	POSIX::_exit(0);
}

# ---- the clock -----------------------------------------------------------------------------------------------------

# The output of a statement of ours, which may meet a server that is down: then undef.
sub ask {
	my ($sql) = @_;
	my ($out, $error) = eval { $lw->try($db, $sql) };    # psql may be gone before it was told
	return defined $error && $error eq '' ? $out : undef;
}

sub try_sql { return defined ask(@_) }

sub step_clock {
	my ($hours) = @_;
	return try_sql("update public.shift set by = by + interval '$hours hours'");
}

# ---- faults --------------------------------------------------------------------------------------------------------

my @continue;    # [ when, pid ]: to be set going again
my @held;        # processes that run beside us for a while

# A process of its own sets it going again: we may come to wait for it ourselves.
sub stop_for {
	my ($pid, $seconds) = @_;
	kill 'STOP', $pid;
	push @continue, [ now() + $seconds, $pid ];
	my $helper = fork // die "fork: $!";
	if (!$helper) {
		pause($seconds);
		kill 'CONT', $pid;
		POSIX::_exit(0);
	}
	push @held, $helper;
	return;
}

sub backend_of {
	my ($what) = @_;
	return ask("select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
		and $what order by random() limit 1");
}

my $is_daemon = "application_name = 'letterwatchd'";

my %fault = (
	'daemon killed' => sub {
		my $n = int rand @daemons;
		return 0 unless $daemons[$n];
		$daemons[$n]->kill9;
		($daemons[$n], $begins_at[$n]) = (undef, now() + rand 2);
		return 1;
	},
	'daemon stopped and started' => sub {
		my $n = int rand @daemons;
		return 0 unless $daemons[$n];
		$daemons[$n]->signal('CONT');
		$daemons[$n]->stop(5) or fail('a daemon does not stop when it is asked to');
		($daemons[$n], $begins_at[$n]) = (undef, now() + rand 1);
		return 1;
	},
	'daemon halted' => sub {
		my $daemon = one_of(grep { defined } @daemons) or return 0;
		stop_for($daemon->pid, rand 4);
		return 1;
	},
	'daemon without descriptors' => sub {
		my $daemon = one_of(grep { defined } @daemons) or return 0;
		system('prlimit', '--pid', $daemon->pid, '--nofile=' . (3 + int rand 8) . ':') == 0 or return 0;
		push @continue, [ now() + rand 3, sub { system 'prlimit', '--pid', $daemon->pid, '--nofile=1024:' if $daemon->alive } ];
		return 1;
	},
	'daemon without memory' => sub {
		my $daemon = one_of(grep { defined } @daemons) or return 0;
		system('prlimit', '--pid', $daemon->pid, '--as=1000000:') == 0 or return 0;
		push @continue, [ now() + rand 3, sub { system 'prlimit', '--pid', $daemon->pid, '--as=unlimited:' if $daemon->alive } ];
		return 1;
	},
	'its connection terminated' => sub { try_sql("select pg_terminate_backend(pid) from pg_stat_activity where $is_daemon") },
	'all connections terminated' => sub {
		try_sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
	},
	'its backend halted' => sub {
		my $pid = backend_of($is_daemon) or return 0;
		stop_for($pid, rand 4);
		return 1;
	},
	"a clerk's backend halted" => sub {
		my $pid = backend_of("not $is_daemon and backend_type = 'client backend'") or return 0;
		stop_for($pid, rand 3);
		return 1;
	},
	'backend killed' => sub {
		my $pid = backend_of("backend_type = 'client backend'") or return 0;
		return kill 'KILL', $pid;
	},
	'database killed' => sub {
		$lw->node->kill9;
		pause(rand 2);
		return start_database();
	},
	'database restarted' => sub {
		set_going();
		$lw->node->stop(one_of(qw(fast immediate)), fail_ok => 1) or return 0;
		pause(rand 1);
		return start_database();
	},
	'network cut'      => sub { one_of(@proxies)->cut;                return 1 },
	'network half open' => sub { one_of(@proxies)->stall(rand 5);      return 1 },
	'answers lost'     => sub { one_of(@proxies)->lose(rand 1);       return 1 },
	'connections refused' => sub { my $proxy = one_of(@proxies); $proxy->refuse(rand 3); $proxy->cut; return 1 },
	'syslog full'      => sub { one_of(@ledgers)->pause(rand 4);      return 1 },
	'syslog absent'    => sub { one_of(@ledgers)->die_for(rand 3);    return 1 },
	'syslog replaced'  => sub { one_of(@ledgers)->replace;            return 1 },
	'clock stepped back' => sub { step_clock(-rand 3) },
	'clock stepped far'  => sub { step_clock(24 + rand 100) },
	'a table locked' => sub {
		my $table = one_of(qw(outbox deadline planning replan_queue alert_sent settings_change letter_event));
		my $mode  = one_of('access exclusive', 'exclusive', 'share');
		hold("begin; set local lock_timeout = '1s'; lock table letterwatch.$table in $mode mode; select pg_sleep(" . rand(2) . '); rollback');
		return 1;
	},
	'a snapshot held' => sub {
		hold('begin isolation level repeatable read; select count(*) from letterwatch.deadline; select pg_sleep(' . rand(8) . '); commit');
		return 1;
	},
	'no connection left' => sub {
		hold('select pg_sleep(' . (1 + rand 2) . ')') for 1 .. 40;
		return 1;
	},
	'disk full' => sub {
		my $disk = $ENV{LW_SMALL_DISK} or return 0;
		my $left = fill($disk);
		pause(rand 3);
		unlink "$disk/full" or die "$disk/full: $!";
		diag("the disk filled but for $left bytes") if $left > 1 << 20;
		return start_database();    # a server that cannot write its log ends
	},
	'a rule changed' => sub {
		my $days = 5 + int rand 5;
		try_sql("update letterwatch.rule set amount = $days where rule_set = 'procuratorate' and rule = 'notice'");
	},
	'a list of holidays imported' => sub {
		my $day = int rand 300;
		try_sql(<<~"SQL");
			begin;
			insert into letterwatch.calendar_import (day, kind, holiday)
			select to_char(d, 'YYYY-MM-DD'), 'off', 'holiday'
			from (select extract(year from letterwatch.clock())::int) y (year)
			cross join lateral (
				select make_date(y.year, 1, 1) + $day + n from generate_series(0, 4) n
				union select make_date(y.year, 1, 1)) d (d)
			where extract(year from d) = y.year and extract(isodow from d) < 6;
			select letterwatch.import_calendar('cn', extract(year from letterwatch.clock())::int, 'torture');
			commit;
			SQL
	},
	'office moved' => sub {
		my $zone = one_of('Asia/Shanghai', 'Asia/Urumqi', 'Asia/Tokyo');
		try_sql("update letterwatch.office set time_zone = '$zone' where office_code = 'L'");
	},
	'lines asked for again' => sub {
		my $lines = ask("select letterwatch.resend_alerts(letterwatch.clock() - interval '1 hour', letterwatch.clock())") // return 0;
		$main::asked_again += $lines;
		return 1;
	},
);
our $asked_again = 0;

# Takes all room that is left on a disk; what is left then.
sub fill {
	my ($disk) = @_;
	open my $file, '>', "$disk/full" or die "$disk/full: $!";
	my $block = "\0" x (1 << 20);
	1 while syswrite $file, $block;
	close $file;
	return (POSIX::floor((split ' ', qx(df -B1 --output=avail '$disk'))[1]));
}

# Statements in a psql of its own, which runs beside us.
sub hold {
	my ($sql) = @_;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		exec 'psql', '-X', '-q', '-d', "$direct dbname=$db user=postgres", '-c', $sql or POSIX::_exit(127);
	}
	push @held, $pid;
	return;
}

# What is halted does not heed the end of its server.
sub set_going {
	$_->[0] = 0 for @continue;
	tend();
	return;
}

# A killed server may leave processes that hold its memory for a moment. Each try has a log of its own: of one that fails PostgreSQL's
# module prints the whole, onto a disk that is small.
sub start_database {
	set_going();
	for (1 .. 200) {
		if (!defined $lw->node->{_pid}) {
			$lw->node->rotate_logfile;
			$lw->node->start(fail_ok => 1);
		}
		return 1 if try_sql('select 1');
		pause(0.1);
		$lw->node->{_pid} = undef;    # of one that was still dying
	}
	BAIL_OUT('the database does not start again');
}

# Sets going what was halted, starts daemons that were killed, and sees to those that died by themselves.
sub tend {
	for my $entry (grep { $_->[0] <= now() } @continue) {
		ref $entry->[1] ? $entry->[1]->() : kill 'CONT', $entry->[1];
	}
	@continue = grep { $_->[0] > now() } @continue;
	@held     = grep { waitpid($_, WNOHANG) == 0 } @held;
	for my $n (0 .. 2) {
		if ($daemons[$n] and !$daemons[$n]->alive) {
			diag("a daemon ended by itself, status $daemons[$n]{status}: " . substr $daemons[$n]->log, -500);
			fail('a daemon ends only when it is told to');
			$daemons[$n] = undef;
			$begins_at[$n] = now();
		}
		start_daemon($n) if !$daemons[$n] and ($begins_at[$n] // 0) <= now();
	}
	return;
}

# ---- what must hold ------------------------------------------------------------------------------------------------

# Whether nothing is left to do. A clerk may be halted while its statement is still under way.
sub at_rest {
	return (ask(<<~'SQL') // '') eq 't';
		select not exists (select from letterwatch.outbox)
		   and not exists (select from letterwatch.settings_change where redated_at is null)
		   and not exists (select from letterwatch.replan_queue)
		   and not exists (select from letterwatch.parked)
		   and not exists (select from letterwatch.deadline where next_event_at <= letterwatch.clock())
		   and not exists (select from pg_stat_activity
		                   where backend_type = 'client backend' and pid <> pg_backend_pid() and state = 'active'
		                     and wait_event_type is distinct from 'Lock' and application_name not like 'letterwatch%')
		SQL
}

# What is known of a letter, for whoever looks for the cause.
sub story_of {
	my ($letter) = @_;
	return $lw->psql($db, <<~"SQL");
		select 'now ' || letterwatch.clock() union all
		select d::text from letterwatch.deadline d where letter_no = '$letter' union all
		select * from (select concat_ws(' ', rule, stage, stage_no, covers, due_on, stage_at, raised_at) from letterwatch.alert
			where letter_no = '$letter' order by raised_at) a union all
		select c::text from letterwatch.deadline_change c where letter_no = '$letter' union all
		select * from (select concat_ws(' ', event_id, kind, outcome, occurred_at, recorded_at, until, received_on, of_event)
			from letterwatch.letter_event where letter_no = '$letter' order by event_id) e
		SQL
}

my $rounds = 0;

# All faults end. What came while it was open is told now; what is answered from now on was told before.
sub come_to_rest {
	set_going();
	$begins_at[$_] = 0 for 0 .. 2;
	my $rested = wait_for { tend(); at_rest() } 90;
	unless (ok($rested, 'the daemons come to rest after round ' . ++$rounds)) {
		diag($lw->psql($db, <<~'SQL'));
			select 'outbox ' || count(*) from letterwatch.outbox union all
			select 'due ' || count(*) from letterwatch.deadline where next_event_at <= letterwatch.clock() union all
			select q::text from letterwatch.replan_queue q union all
			select p::text from letterwatch.parked p union all
			select c::text from letterwatch.settings_change c where redated_at is null
			SQL
		diag(substr $_->log, -700) for grep { defined } @daemons;
	}
	my $uncovered = $lw->psql($db, LetterWatch::Invariant::uncovered('open') . ' limit 5');
	is($uncovered, '', 'each stage that came is covered by one alert') or diag(story_of($uncovered =~ /^(\S+)/));
	return;
}

# ---- the play ------------------------------------------------------------------------------------------------------

my $complaints = PostgreSQL::Test::Utils::tempdir() . '/complaints';
start_daemon($_) for 0 .. 2;
my @clerks = map { start_clerk($_, $complaints) } 1 .. $CLERKS;
my (%done, $faults);
my ($end, $round_end) = (now() + $SECONDS, now() + $ROUND);
while (now() < $end) {
	step_clock(rand 8);
	my $name = one_of(sort keys %fault);
	if ($fault{$name}->()) {
		$done{$name}++;
		$faults++;
	}
	my $until = now() + rand 1;
	while (now() < $until) {
		tend();
		pause(0.05);
	}
	if (now() > $round_end) {
		kill 'STOP', @clerks;
		come_to_rest();
		kill 'CONT', @clerks;
		$round_end = now() + $ROUND;
	}
}
kill 'CONT', @clerks;
kill 'TERM', @clerks;
set_going();
waitpid $_, 0 for @clerks;
come_to_rest();

my %count;
$count{ $_->{fields}{id} }++ for map { $_->events('alert') } @ledgers;
my %repeated = map { $_->{fields}{id} => 1 } map { $_->events('alert'), $_->events('cleared') } @ledgers;
invariant_holds($lw, $db, \@ledgers, repeated => \%repeated, coverage => 'none');
my $again    = sum0(map { $_ - 1 } values %count);
my $breaking = sum0(map { $done{$_} // 0 } grep { /daemon|connection|backend|database|network|answers|table|syslog|clock/ } keys %done);
cmp_ok($again - $asked_again, '<=', $breaking * $BATCH * 2, "$again lines came again: $asked_again were asked for, the others a fault explains");

my %met;
for (split /\n/, PostgreSQL::Test::Utils::slurp_file($complaints)) {
	my ($state) = /(?:ERROR|FATAL|PANIC):\s+([0-9A-Z]{5})$/ or next;
	$met{$state}++;
}
# Refusals; a server that ends, starts or has no room; a lock timeout cannot come: clerks have none.
is(join(' ', grep { !/^(LW...|57P0.|53[13]00|08...|25006)$/ } sort keys %met), '', 'clerks meet refusals and a server that is away, nothing else');

is($lw->psql($db, 'select count(*) from letterwatch.alert where letter_no not in (select letter_no from letterwatch.letter)'), 0,
	'each alert has its letter');
diag(sprintf '%d faults in %d rounds: %s', $faults, $rounds, join ', ', map { "$_ $done{$_}" } sort keys %done);
diag('clerks met ' . join ', ', map { "$_ $met{$_}" } sort keys %met);
diag($lw->psql($db, <<~'SQL'));
	select format('%s letters, %s events, %s alerts for %s stages, %s lines, %s changes of dates',
		(select count(*) from letterwatch.letter), (select count(*) from letterwatch.letter_event),
		(select count(*) from letterwatch.alert), (select sum(covers) from letterwatch.alert),
		(select count(*) from letterwatch.alert_sent), (select count(*) from letterwatch.deadline_change))
	SQL
$_->stop(5) for grep { defined } @daemons;
done_testing;
