#!/usr/bin/perl
#
# burst.pl [STAGES [ROUNDS]]: STAGES (100000) alerts due at once, to the last line received and marked as sent.
#
# Each of ROUNDS (3) rounds, in fresh copies of one database, under 3,600 offices:
#   daemon  from its start on. Meanwhile clerks enter 200 events a second of other letters (open loop); their 95th percentile is
#           what they wait;
#   limited such clerks for a minute, in turns of 8 s, alone and beside a daemon with rate = 2000, so that what the disk does by itself
#           falls on both; the ratio is the median of those of a turn to the one before it;
#   held    the same as the first, while a reader holds a snapshot from before, so that nothing dead can be removed; the first 200,000
#           only, about a minute;
#   bare    the same writes by bare statements, with as many rows in each as a batch of the daemon has: UPDATE of deadline, INSERT
#           into alert and outbox, COMMIT; DELETE from outbox, INSERT into alert_sent, COMMIT. Beside the same clerks.
# Prints the rates and ratios of the medians, and the daemon's memory; never fails because of a time. Run by run.sh.
#
use strict;
use warnings;

use File::Temp ();
use FindBin;

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my $STAGES = shift // 100_000;
my $ROUNDS = shift // 3;
my $BATCH  = 1000;
my $CLERKS = 200; # entries a second
my $TURNS  = 3;
my $TURN_S = 8;
my $HELD   = 200_000;

my $lw = LetterWatch->new(settings => <<~'END');
	fsync = on
	synchronous_commit = on
	shared_buffers = 1GB
	max_wal_size = 8GB
	log_statement = none
	END
my $db = country($lw, 3600);

# Of each due letter the notice is missed today, and nothing else is due: one alert.
$lw->psql($db, <<~"SQL");
	insert into letterwatch.rule_set (rule_set, title) values ('burst', 'One minute');
	insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
	values ('burst', 'notice', 'test', 'receipt', 60, 'second', false, 'petitions', '{notice}');
	insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity) values ('burst', 'notice', 1, 'overdue', 0, 3);
	insert into letterwatch.letter (letter_no, office_code, rule_set, received_at)
	select 'D' || n, 'O' || 1 + n % 3600, 'burst', letterwatch.clock() - interval '1 minute' - n * interval '1 us'
	from generate_series(1, $STAGES) n;
	insert into letterwatch.letter (letter_no, office_code) select 'C' || n, 'O' || 1 + n % 3600 from generate_series(1, 10000) n;
	SQL
$lw->psql($db, 'vacuum analyze');

# Clerks, for so many seconds; what they wait in ms (95th percentile) once they have made their plans.
sub clerks {
	my ($database, $seconds) = @_;
	return pgbench($lw, $database, <<~'SQL', '-c', 8, '-T', int $seconds, '-R', $CLERKS);
		\set n random(1, 10000)
		insert into letterwatch.letter_event (letter_no, kind, handler) values ('C' || :n, 'assign', 'H1');
		SQL
}
sub wait_ms { return percentile(95, waiting_ms($_[0], without_s => 3)) }

sub memory_kb {
	my ($daemon) = @_;
	open my $file, '<', '/proc/' . $daemon->pid . '/status' or die $!;
	my %kb = map { /^(RssAnon|VmRSS):\s+(\d+) kB/ ? ($1 => $2) : () } <$file>;
	return @kb{qw(RssAnon VmRSS)};
}

# The daemon begins beside clerks: alerts a second, to so many received and marked, how long the clerks wait, and its memory.
sub burst {
	my ($database, $count) = @_;
	my $run    = clerks($database, 8 + $count / 4000);
	my $syslog = LetterWatch::Syslog->new;
	my $marked = "select count(*) >= $count from letterwatch.alert_sent";
	sleep 4;
	my $daemon;
	my $seconds = seconds {
		$daemon = $lw->start_daemon($database, $syslog);
		receive($syslog, $count, 3600) >= $count or die "not all came\n";
		wait_for { $lw->psql($database, $marked) eq 't' } 60 or die "not all marked\n";
	};
	my @memory = memory_kb($daemon);
	$daemon->stop;
	return ($count / $seconds, wait_ms($run), @memory);
}

# Clerks in turns alone and beside a daemon with rate = 2000: how long they wait in each turn, alone and beside it, and the
# alerts a second.
sub limited {
	my ($database) = @_;
	my $run    = clerks($database, 3 + $TURNS * 2 * ($TURN_S + 1));
	my $syslog = LetterWatch::Syslog->new;
	sleep 3;
	my (@alone, @beside);
	for (1 .. $TURNS) {
		push @alone, time;
		sleep $TURN_S;
		push @beside, time;
		my $daemon = $lw->start_daemon($database, $syslog, 'alerts.rate' => 2000);
		receive($syslog, $STAGES, $TURN_S);
		$daemon->stop;
	}
	my @all = transactions($run);
	my $p95 = sub {
		my ($from) = @_;
		return percentile(95, map { $_->{ms} } grep { $_->{at} >= $from && $_->{at} < $from + $TURN_S } @all);
	};
	return ([ map { $p95->($_) } @alone ], [ map { $p95->($_) } @beside ],
		$lw->psql($database, 'select count(*) from letterwatch.alert_sent') / $TURN_S / $TURNS);
}

my $PREPARE = <<~"SQL";
	create table raised as
	select a.*, s.sent_at, s.instance, d.stage_done, d.reached, d.next_event_at, row_number() over (order by a.stage_at) / $BATCH as batch
	from letterwatch.alert a
	join letterwatch.alert_sent s on s.line_id = a.alert_id
	join letterwatch.deadline d on d.letter_no = a.letter_no and d.rule = a.rule and d.since = a.since;
	SQL
my $ALERT = 'alert_id, letter_no, rule, since, due_on, stage_no, occurrence, stage, severity, office_code, to_office, unit, handler,'
  . ' stage_at, raised_at, late_s, covers, registered_late, provisional, days_left, workdays_left, stage_offset';
my $BARE = <<~"SQL";
	do \$do\$
	begin
		for b in 0 .. $STAGES / $BATCH loop
			perform set_config('synchronous_commit', 'off', true);
			update letterwatch.deadline d
			set stage_done = r.stage_done, reached = r.reached, next_event_at = r.next_event_at
			from raised r
			where r.batch = b and d.letter_no = r.letter_no and d.rule = r.rule and d.since = r.since;
			insert into letterwatch.alert ($ALERT) select $ALERT from raised where batch = b;
			insert into letterwatch.outbox (line_id, stage_at, instance, leased_until)
			select alert_id, stage_at, instance, 'infinity' from raised where batch = b;
			commit;
			with gone as (
				delete from letterwatch.outbox o using raised r where r.batch = b and o.line_id = r.alert_id returning o.line_id
			)
			insert into letterwatch.alert_sent (line_id, sent_at, instance)
			select r.alert_id, r.sent_at, r.instance from gone g join raised r on r.alert_id = g.line_id;
			commit;
		end loop;
	end
	\$do\$;
	SQL

my (%rate, %wait);
for my $round (1 .. $ROUNDS) {
	my ($rate, $wait, @memory) = burst(copy_of($lw, $db, 'burst'), $STAGES);
	push @{ $rate{daemon} }, $rate;
	push @{ $wait{daemon} }, $wait;

	my ($alone, $limited, $limited_rate) = limited(copy_of($lw, $db, 'limited'));
	push @{ $wait{alone} }, @$alone;
	push @{ $wait{limited} }, @$limited;

	copy_of($lw, $db, 'held');
	my $reader = $lw->node->background_psql('held');
	$reader->query_safe('begin isolation level repeatable read; select count(*) from letterwatch.deadline');
	my ($held_rate) = burst('held', $STAGES < $HELD ? $STAGES : $HELD);
	push @{ $rate{held} }, $held_rate;
	$reader->quit;

	$lw->psql('burst', $PREPARE);
	my $dir = File::Temp->newdir;
	$lw->psql('burst', "copy raised to '$dir/raised'");
	copy_of($lw, $db, 'bare');
	$lw->psql('bare', $_) for 'create table raised (like letterwatch.alert)', 'alter table raised add sent_at timestamptz, add instance bigint,'
	  . ' add stage_done float8, add reached float8, add next_event_at timestamptz, add batch bigint', "copy raised from '$dir/raised'",
	  'create index on raised (batch)', 'vacuum analyze raised', 'checkpoint';
	my $run = clerks('bare', 8 + $STAGES / 4000);
	sleep 4;
	push @{ $rate{bare} }, $STAGES / psql_seconds($lw, 'bare', '-c', 'set session_replication_role = replica', '-c', $BARE);
	push @{ $wait{bare} }, wait_ms($run);
	report("%d alerts: daemon %.0f a second, beside a held snapshot %.0f, bare %.0f; clerks wait (p95) %.1f ms beside it, %.1f beside bare, in turns alone"
		. " and with rate = 2000 (%.0f a second)%s; memory %d kB anonymous, %d resident\n", $STAGES, $rate, $held_rate, $rate{bare}[-1], $wait, $wait{bare}[-1],
		$limited_rate, join(',', map { sprintf ' %.1f %.1f', $alone->[$_], $limited->[$_] } 0 .. $TURNS - 1), @memory);
}
my ($daemon_rate, $bare_rate, $held_rate) = map { median(@{ $rate{$_} }) } qw(daemon bare held);
my ($alone, $beside) = map { median(@{ $wait{$_} }) } qw(alone daemon);
my $limited = median(map { $wait{limited}[$_] / $wait{alone}[$_] } 0 .. $#{ $wait{alone} });
figure("$STAGES alerts due at once, a second",                    '%.0f', $daemon_rate);
figure('to the rate of the bare statements',                      '%.2f', $daemon_rate / $bare_rate, 'at least', 0.6);
figure('beside a held snapshot, to the rate without',             '%.2f', $held_rate / $daemon_rate, 'at least', 0.5);
figure('clerks wait meanwhile (p95), to the same without',        '%.2f', $beside / $alone);
figure('clerks wait with rate = 2000 (p95), to the same without', '%.2f', $limited, 'at most', 1.3);
