# Who watches the watcher: signs of life in the database and in the log, trouble that is told in time, a watchdog that wants progress,
# and a question that another machine can ask. The trouble: the database is out of reach; and PostgreSQL's files were replaced by
# those of another minor version without a restart, so that new sessions cannot load plpgsql.
use strict;
use warnings;

use File::Temp ();
use IO::Socket::UNIX;
use LetterWatch;
use LetterWatch::Proxy;
use Socket qw(SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(time);

my $dir     = File::Temp->newdir;
my $install = LetterWatch::own_postgresql("$dir");
my $lw      = LetterWatch->new(install_path => $install);
my $plpgsql = "$install/lib/plpgsql.so";

# A fast_database with a clerk of its office.
sub office {
	my $db = $lw->fast_database;
	$lw->psql($db, <<~'SQL');
		do $$ begin
			create role clerk login in role letterwatch_clerk;
			create role monitor login in role letterwatch_reader;
		exception when duplicate_object then null; end $$;
		insert into letterwatch.office_member (db_role, office_code, duty) values ('clerk', 'A', 'clerk');
		SQL
	return $db;
}

my @watched;

# What a systemd would hear of a daemon that wants to be watched each second; and the daemon.
sub start_watched {
	my ($db, $syslog, %settings) = @_;
	my $path   = "$dir/notify." . $db;
	my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path) or die $!;
	$socket->blocking(0);
	local @ENV{qw(NOTIFY_SOCKET WATCHDOG_USEC)} = ($path, 4_000_000);
	my $daemon = $lw->start_daemon($db, $syslog, %settings);
	my $watched = { socket => $socket, heard => '', daemon => $daemon };
	push @watched, $watched;
	return $watched;
}

# What all of them have said so far is heard: a socket that nobody reads stops the daemon, as a hanging systemd would.
sub hear {
	for my $watched (@watched) {
		while (defined $watched->{socket}->recv(my $message, 4096)) {
			$watched->{heard} .= "$message\n";
		}
	}
	return 1;
}

# What check-letterwatch says, and its status.
sub check {
	my ($conninfo) = @_;
	local $ENV{PGCONNECT_TIMEOUT} = 5;
	my $said = qx{$LetterWatch::TREE/conf/check-letterwatch "$conninfo" 2>&1};
	return [ $said, $? >> 8 ];
}

subtest 'signs of life' => sub {
	my $db     = office();
	my $syslog = LetterWatch::Syslog->new;
	my $as     = $lw->node->connstr($db) . ' user=monitor';
	like(check($as)->[0], qr/^CRITICAL: no daemon watches \(none ever did\)/, 'from elsewhere: that there never was a daemon is seen');

	my $daemon = $lw->start_daemon($db, $syslog, 'timer.max_sleep' => '1s', 'timer.heartbeat' => '1s');
	my $sign   = 'select last_pass_at from letterwatch.daemon_status';
	wait_until { $lw->psql($db, $sign) ne '' } 10, 'a daemon works';
	my $first = $lw->psql($db, $sign);
	wait_until { $lw->psql($db, $sign) gt $first } 5, 'it looks again and again, though there is nothing to do';
	wait_until { $syslog->events('status') >= 2 } 5, 'and says so in the log';
	is(($syslog->events('status'))[-1]{fields}{state}, 'ok', 'how it is');
	like(check($as)->[0], qr/^OK: 1 daemon at work \| running=1 silent=\d+s pending=0\n\z/, 'from elsewhere: all is well');
	is(check($as)->[1], 0, 'as a plugin says it');
	$lw->psql($db, "update pg_database set datcollversion = 'of old' where datname = '$db'");
	is(check($as)->[1], 0, 'whatever psql says beside it');
	$lw->psql($db, "update pg_database set datcollversion = null where datname = '$db'");

	$daemon->configure('timer.heartbeat' => '0');
	$daemon->signal('HUP');
	wait_until { $syslog->events('reload') } 5, 'signs in the log are turned off';
	my $signs = $syslog->events('status');
	$first = $lw->psql($db, $sign);
	wait_until { $lw->psql($db, $sign) gt $first } 5, 'it goes on';

	# Nobody writes that down: the view says it by itself, as time passes.
	my $state = 'select state from letterwatch.daemon_status';
	$daemon->signal('STOP');
	is($lw->psql($db, $state), 'running', 'it is stopped; nobody knows yet');
	$lw->set_clock($db, "statement_timestamp() + interval '110 s'");
	is($lw->psql($db, $state), 'running', 'that it sleeps for a minute, and takes a while, is nothing');
	$lw->set_clock($db, "statement_timestamp() + interval '125 s'");
	is($lw->psql($db, $state), 'stale', 'after two minutes it is stale');
	my ($said, $status) = @{ check($as) };
	like($said, qr/^CRITICAL: no daemon watches \(last sign 12\d s ago\) \| running=0/, 'from elsewhere: an alarm');
	is($status, 2, 'as a plugin says it');
	$daemon->signal('CONT');
	wait_until { $lw->psql($db, $state) eq 'running' } 5, 'it goes on, and is running';
	is(scalar $syslog->events('status'), $signs, 'no sign came into the log');
	$lw->set_clock($db, 'statement_timestamp()');
	ok($daemon->stop, 'it stops');
	is($lw->psql($db, $state), 'stopped', 'the view says that, too');

	my $late = "update letterwatch.daemon_instance set stopped_at = null, last_pass_at = now(), next_event_at = now() - interval '130 s'";
	$lw->psql($db, $late);
	like(check($as)->[0], qr/^CRITICAL: what was due 13\d s ago is not told/, 'from elsewhere: a daemon that looks, and tells nothing, is an alarm');
	like(check("host=$dir user=monitor dbname=$db")->[0], qr/^CRITICAL: the database does not answer: /, 'and so is no answer');
	is(check("host=$dir user=monitor dbname=$db")->[1], 2, 'as a plugin says it');
};

# Two daemons are in trouble at the same time: one cannot reach the database, the other finds one that cannot plan or claim.
subtest 'trouble' => sub {
	my ($lost_db, $broken_db) = map { office() } 1, 2;
	my ($lost_log, $broken_log) = map { LetterWatch::Syslog->new } 1, 2;
	my $proxy = LetterWatch::Proxy->new($lw->node);
	my $lost   = start_watched($lost_db, $lost_log, 'database.conninfo' => $proxy->conninfo . " dbname=$lost_db user=letterwatchd");
	my $broken = start_watched($broken_db, $broken_log);
	wait_until { $_->events('start') } 10, 'a daemon works' for $lost_log, $broken_log;
	wait_until { hear() && $lost->{heard} =~ /READY=1.*WATCHDOG=1/s && $broken->{heard} =~ /READY=1.*WATCHDOG=1/s } 5, 'and tells systemd so';
	my $clerk_before = $lw->node->background_psql($broken_db);
	$clerk_before->query_safe('set role clerk');
	is($clerk_before->query_safe(q{select count(*) from letterwatch.register_letter('A', 'BEFORE-1')}), 1, 'a clerk is at work');
	$lw->register($broken_db, 'DUE', count => 3, first_s => 1, over_s => 1);
	$lw->register($lost_db, 'DUE', count => 3, first_s => 1, over_s => 1);

	my $since = time;
	$proxy->refuse(600);
	$proxy->cut;
	rename $plpgsql, "$plpgsql.new" or die $!;

	my $rows = sub {
		my ($text) = PostgreSQL::Test::Utils::run_command(
			[ 'pg_dump', '--data-only', '--exclude-table-data=letterwatch.daemon_instance', $lw->node->connstr($broken_db) ]);
		return $text =~ s/^(?:\\(?:un)?restrict|SELECT pg_catalog.setval).*\n//gmr;
	};
	wait_until { letters_told('DUE', $broken_log) == 3 } 10, 'a session that was there before goes on: the daemon tells';
	wait_until { $lw->psql($broken_db, 'select count(*) from letterwatch.outbox') eq '0' } 5, 'and marks';
	is($clerk_before->query_safe(q{select count(*) from letterwatch.record_notice('BEFORE-1')}), 0, 'so does a clerk');
	my $before = $rows->();
	for my $write (
		q{insert into letterwatch.letter (letter_no, office_code) values ('X-1', 'A')},
		qq{copy letterwatch.letter (letter_no, office_code) from stdin;\nX-2\tA\nX-3\tA\n\\.\n},
		q{select count(*) from letterwatch.register_letter('A', 'X-4')},
		q{select count(*) from letterwatch.record_notice('DUE-1')},
		q{insert into letterwatch.letter_event (letter_no, kind) values ('DUE-1', 'notice')},
		q{insert into letterwatch.petitioner (letter_no, name) values ('DUE-1', 'Wang')},
		q{insert into letterwatch.intake_letter (letter_no, office_code) values ('X-5', 'A')},
		q{begin; insert into letterwatch.petitioner (letter_no, name) values ('DUE-2', 'Li'); select count(*) from letterwatch.record_notice('DUE-2'); commit})
	{
		my (undef, $error) = $lw->try($broken_db, $write, 'clerk');
		like($error, qr/could not access file "\$libdir\/plpgsql"/, 'refused: ' . substr $write =~ s/\s+/ /gr, 0, 60);
	}
	my (undef, $error) = $lw->try($broken_db, q{update letterwatch.rule set amount = 61 where rule_set = 'fast'});
	like($error, qr/could not access file/, 'a change of rules, too');
	is($rows->(), $before, 'nothing is half written');
	my $broken_since = time;
	$lw->psql($broken_db, "select pg_terminate_backend(pid) from pg_stat_activity
		where application_name = 'letterwatchd' and datname = current_database()");

	$_->{heard} = '' for @watched;
	wait_until { hear() && $lost_log->events('degraded') } 30, 'that the database is lost is told within 30 s';
	cmp_ok(time - $since, '>', 15, 'but not at once: it may come back');
	wait_until { hear() && $broken_log->events('degraded') } 30, 'and that it refuses all';
	cmp_ok(time - $broken_since, '<', 30, 'as soon');
	for ([ 'database', $lost_log, $lost ], [ 'query', $broken_log, $broken ]) {
		my ($reason, $log, $watched) = @$_;
		my ($line) = $log->events('degraded');
		is_deeply([ $line->{severity}, $line->{fields}{reason} ], [ 3, $reason ], "$reason: as an error with its reason");
		like($line->{fields}{since}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'and since when');
		like($watched->{daemon}->log, qr/degraded, goes on trying reason=$reason/, 'on stderr, too');
		cmp_ok(scalar(() = $watched->{heard} =~ /^WATCHDOG=1$/mg), '>=', 3, 'the watchdog is content all the time');
		like($watched->{heard}, qr/^STATUS=degraded: $reason$/m, 'and systemd can say why nothing is told');
		ok($watched->{daemon}->alive, 'the daemon goes on');
	}

	rename "$plpgsql.new", $plpgsql or die $!;
	$lw->node->restart;
	$proxy->refuse(0);
	for ([ $lost_db, $lost_log, $lost, 'database' ], [ $broken_db, $broken_log, $broken, 'query' ]) {
		my ($db, $log, $watched, $reason) = @$_;
		wait_until { hear() && $log->events('recovered') } 10, 'after the restart it says that it has recovered';
		$lw->register($db, 'AFTER', count => 3);
		is(($lw->try($db, q{select count(*) from letterwatch.register_letter('A', 'X-1')}, 'clerk'))[1], '', 'clerks go on');
		wait_until { letters_told('AFTER', $log) == 3 && letters_told('DUE', $log) == 3 } 10, 'all is told';
		is((grep { $_->{fields}{reason} eq $reason } $log->events('degraded')), 1, 'the trouble was told once');
		ok($watched->{daemon}->alive, 'by the same daemon');
		invariant_holds($lw, $db, [$log], $log == $broken_log ? () : (repeated => { map { $_->{fields}{id} => 1 } $log->alerts }));
	}
};

done_testing;
