# The main job: a letter comes in, its deadlines are watched, the alert is in syslog at its time. The real daemon, a real
# PostgreSQL, a real syslog socket.
use strict;
use warnings;

use LetterWatch;
use Test::More;

my $lw = LetterWatch->new;

# The alert lines of one letter, as "stage rule".
sub told {
	my ($syslog, $letter) = @_;
	return map { "$_->{fields}{stage} $_->{fields}{rule}" } grep { $_->{fields}{letter} eq $letter } $syslog->alerts;
}

# A daemon that has looked once, so that what comes next is told at its time and not at its start.
sub started {
	my ($db, $syslog, %settings) = @_;
	my $daemon = $lw->start_daemon($db, $syslog, %settings);
	wait_until { $lw->psql($db, 'select count(last_pass_at) from letterwatch.daemon_instance') eq '1' } 10, 'the daemon works';
	return $daemon;
}

subtest 'a line comes never before its time, and soon after it' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = started($db, $syslog);
	$lw->register($db, 'S', count => 25, first_s => 2, over_s => 1);
	is(scalar $syslog->alerts, 0, 'nothing is told yet');
	wait_until { $syslog->alerts == 25 } 15, 'each of 25 periods that end in two or three seconds makes a line';

	my %stage_at = map { split /\|/ }
	  split /\n/, $lw->psql($db, 'select letter_no, extract(epoch from late_at) from letterwatch.deadline');
	my @late_s = sort { $a <=> $b } map { $_->{seen_at} - $stage_at{ $_->{fields}{letter} } } $syslog->alerts;
	cmp_ok($late_s[0], '>', 0, 'none came before the end of its period');
	cmp_ok($late_s[12], '<', 0.25, 'one in two within a quarter of a second after it');
	cmp_ok($late_s[24], '<', 2, 'all soon');
	note(sprintf '%.1f to %.1f ms late, as a reader sees it that looks every 10 ms', map { 1000 * $_ } @late_s[ 0, 24 ]);
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'the rule set demo: stages as rows, an answer in time, an answer too late' => sub {
	my $db     = $lw->fresh_database;
	my $syslog = LetterWatch::Syslog->new;
	$lw->psql($db, <<~'SQL');
		insert into letterwatch.office (office_code, name, rule_set) values ('TOP', 'office above', 'demo');
		insert into letterwatch.office (office_code, name, parent_code) values ('A', 'office', 'TOP');
		SQL
	my $daemon = started($db, $syslog);

	# The notice of demo is due after 40 s; due 5 s before, remind 10 s after.
	my $register = sub {
		my ($letter, $ago_s) = @_;
		return "insert into letterwatch.letter (letter_no, office_code, received_at)
			values ('$letter', 'A', letterwatch.clock() - interval '$ago_s s');";
	};
	$lw->psql($db, "begin; @{[ $register->('D-at-once', 38) ]} select * from letterwatch.record_notice('D-at-once'); commit");
	$lw->psql($db, $register->('D-late', 38.5));
	$lw->psql($db, $register->('D-in-time', 38));
	wait_until { told($syslog, 'D-in-time') } 10, 'a letter that comes in after three stages';
	is_deeply([ told($syslog, 'D-in-time') ], ['due notice'], 'makes one line, of the latest of them');
	my ($due) = grep { $_->{fields}{letter} eq 'D-in-time' } $syslog->alerts;
	is_deeply([ @{ $due->{fields} }{qw(covers to unit)} ], [ 3, 'A', 'petitions' ], 'that says so');
	cmp_ok($due->{fields}{late_s}, '>=', 3, 'and how late it is');
	$lw->psql($db, "select * from letterwatch.record_notice('D-in-time')");
	$lw->psql($db, $register->('D-later', 37));

	wait_until { (told($syslog, 'D-later'))[-1] eq 'overdue notice' } 15, 'the period of a letter that came later ends';
	is_deeply([ told($syslog, 'D-in-time') ], ['due notice'], 'by then nothing came of the one that was answered in time');
	is_deeply([ told($syslog, 'D-at-once') ], [], 'nor of the one that was answered with its receipt');
	is_deeply([ told($syslog, 'D-late') ], [ 'due notice', 'overdue notice' ], 'and each stage once of the one that was not');
	is(scalar $syslog->events('cleared'), 0, 'there is nothing to clear');

	my ($overdue) = grep { $_->{fields}{letter} eq 'D-late' && $_->{fields}{stage} eq 'overdue' } $syslog->alerts;
	$lw->psql($db, "select * from letterwatch.record_notice('D-late', handler => 'S-1')");
	if (wait_until { $syslog->events('cleared') } 5, 'an answer after the end clears what was overdue') {
		my ($cleared) = $syslog->events('cleared');
		my $today = $lw->psql($db, q{select (now() at time zone 'Asia/Shanghai')::date});
		is_deeply([ @{ $cleared->{fields} }{qw(id rule office letter by on)} ],
			[ $overdue->{fields}{id}, 'notice', 'A', 'D-late', 'notice', $today ], 'by the id of its last alert');
		is($cleared->{severity}, 5, 'as a notice');
	}
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'a shipped rule: midnight in Shanghai' => sub {
	my $db     = $lw->fresh_database;
	my $syslog = LetterWatch::Syslog->new;
	$lw->psql($db, <<~'SQL');
		insert into letterwatch.office (office_code, name) values ('TOP', 'office above');
		insert into letterwatch.office (office_code, name, parent_code) values ('A', 'office', 'TOP');
		SQL

	# Received on Tuesday 3 March 2026, so the 10th is the last day of the notice; in three seconds it is over.
	my $offset = $lw->psql($db, q{select extract(epoch from timestamptz '2026-03-11 00:00+08' - interval '3 s' - clock_timestamp())});
	$lw->set_clock($db, "statement_timestamp() + interval '$offset s'");
	my $daemon = started($db, $syslog);
	$lw->psql($db, q{insert into letterwatch.letter (letter_no, office_code, received_on) values ('M-1', 'A', '2026-03-03')});
	wait_until { told($syslog, 'M-1') } 10, 'what is past already is told at once';
	wait_until { told($syslog, 'M-1') == 2 } 10, 'and the end of the last day when it comes';
	my ($due, $overdue) = $syslog->alerts;
	my @keys = qw(stage rule letter due days_left workdays_left to unit);
	is_deeply([ @{ $due->{fields} }{@keys} ], [qw(due notice M-1 2026-03-10 0 0 A petitions)], 'the last day: 0 days left');
	is_deeply([ @{ $overdue->{fields} }{@keys} ], [qw(overdue notice M-1 2026-03-10 -1 -1 A petitions)], 'then one day late');
	is_deeply([ $due->{severity}, $overdue->{severity} ], [ 4, 3 ], 'a warning, then an error');
	my $late_s = $overdue->{seen_at} + $offset - $lw->psql($db, q{select extract(epoch from timestamptz '2026-03-11 00:00+08')});
	cmp_ok($late_s, '>', 0, 'not before midnight');
	cmp_ok($late_s, '<', 2, 'and soon after it') or diag("$late_s s");
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'answers that come just when the periods end' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = started($db, $syslog);
	$lw->register($db, 'R', count => 150, first_s => 0.5, over_s => 1.5);
	my $answers = join '', map { "select pg_sleep_until(late_at) from letterwatch.deadline where letter_no = 'R-$_';\n"
		  . "select count(*) from letterwatch.record_notice('R-$_');\n" } 1 .. 150;
	$lw->psql($db, $answers);
	$lw->register($db, 'LAST');
	wait_until { told($syslog, 'LAST-1') } 10, 'a later letter is told';
	note($lw->psql($db, 'select count(*) from letterwatch.alert') - 1 . ' of 150 were told before they were answered');
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'a correction that is made void: what was told stays told' => sub {
	my $db   = $lw->fast_database;
	my $noon = sub { $lw->set_clock($db, "timestamptz '2026-05-14 $_[0]+08' + (statement_timestamp() - pg_postmaster_start_time())") };
	$noon->('12:00');
	$lw->psql($db, <<~'SQL');
		delete from letterwatch.stage where rule_set = 'fast';
		insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity)
		values ('fast', 'notice', 1, 'warn', -30, 5), ('fast', 'notice', 2, 'overdue', 0, 3), ('fast', 'notice', 3, 'escalate', 600, 3);
		insert into letterwatch.letter (letter_no, office_code) values ('V-1', 'A');
		select letterwatch.correct_letter('V-1', 'it came this morning', received_on => '2026-05-14');
		SQL
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_until { told($syslog, 'V-1') } 10, 'corrected to the beginning of the day it is overdue';
	$noon->('13:00');
	$lw->psql($db, q{select letterwatch.void_event(max(event_id), 'it came at noon') from letterwatch.letter_event});
	$lw->psql($db, 'notify letterwatch_due');
	$lw->register($db, 'V-LATER');
	wait_until { told($syslog, 'V-LATER-1') } 10, 'the correction is made void when its own end is over, too';
	is_deeply([ told($syslog, 'V-1') ], ['overdue notice', 'escalate notice'], 'nothing is told that a later stage has outrun');
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'an office that moves to another time zone: what was told stays told' => sub {
	my $db = $lw->fast_database;
	my $on = sub { $lw->set_clock($db, "timestamptz '2026-05-$_[0]+08' + (statement_timestamp() - pg_postmaster_start_time())") };
	$on->('14 12:00');
	$lw->psql($db, <<~'SQL');
		insert into letterwatch.rule_set (rule_set, title) values ('days', 'A week');
		insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
		values ('days', 'notice', 'test', 'receipt', 7, 'day', false, 'petitions', '{notice}');
		insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, severity)
		values ('days', 'notice', 1, 'due', 0, null, 4), ('days', 'notice', 2, 'overdue', null, 0, 3), ('days', 'notice', 3, 'remind', 1, null, 4);
		update letterwatch.office set time_zone = 'Asia/Tokyo', rule_set = 'days' where office_code = 'A';
		insert into letterwatch.letter (letter_no, office_code, received_on) values ('LATE', 'A', '2026-05-01'), ('DUE', 'A', '2026-05-08');
		SQL
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_until { told($syslog, 'LATE') } 10, 'a letter registered late is overdue';
	$on->('15 10:00');
	$lw->psql($db, 'notify letterwatch_due');
	wait_until { told($syslog, 'LATE') == 2 and told($syslog, 'DUE') } 10, 'the next morning, by the clock of Tokyo, it is reminded of';
	$lw->psql($db, q{select letterwatch.correct_letter('LATE', 'a slip', received_on => '2026-04-30')});
	$daemon->signal('STOP');
	$lw->psql($db, q{update letterwatch.office set time_zone = 'Asia/Urumqi' where office_code = 'A'; select letterwatch.redate_letters(1000)});
	$on->('16 03:00');
	$daemon->signal('CONT');
	$lw->psql($db, 'notify letterwatch_due');
	wait_until { told($syslog, 'DUE') == 2 } 10, 'that morning comes once more, and the end of the day, by the clock of Urumqi';
	is_deeply([ told($syslog, 'DUE') ], [ 'due notice', 'overdue notice' ], 'what was told is not told again');
	is_deeply([ told($syslog, 'LATE') ], [ 'overdue notice', 'remind notice', 'remind notice' ],
		'what was silent for its corrected last day is told for it when it comes');
	is($lw->psql($db, q{select string_agg(covers::text, ' ' order by stage_no) from letterwatch.alert where letter_no = 'DUE'}), '1 1',
		'nor stood for by a later alert');
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'signals' => sub {
	my $db     = $lw->fast_database;
	my ($syslog, $other) = map { LetterWatch::Syslog->new } 1, 2;
	my $daemon = started($db, $syslog);

	$daemon->signal('USR1');
	wait_until { $syslog->events('status') } 5, 'SIGUSR1 makes a status line';
	my ($status) = $syslog->events('status');
	is_deeply([ @{ $status->{fields} }{qw(state database)} ], [qw(ok up)], 'that says how it is') or diag($status->{text});

	$daemon->configure('alerts.language' => 'klingon', 'alerts.syslog_socket' => $other->path, 'timer.batch' => 'many');
	$daemon->signal('HUP');
	wait_until { $syslog->events('reload') } 5, 'SIGHUP with a bad file makes a line';
	is(($syslog->events('reload'))[-1]{fields}{result}, 'refused', 'that says it is refused');
	is(scalar(() = $daemon->log =~ /^.*letterwatchd\.conf:\d+: .*$/mg), 2, 'both faults are on stderr') or diag($daemon->log);
	$lw->register($db, 'BAD');
	wait_until { told($syslog, 'BAD-1') } 5, 'the running settings stay: lines come as before';

	$daemon->configure('alerts.language' => 'none', 'alerts.facility' => 'local3', 'alerts.ident' => 'other',
		'timer.batch' => undef);
	$daemon->signal('HUP');
	wait_until { $other->events('reload') } 5, 'SIGHUP with a good file takes it';
	is(($other->events('reload'))[-1]{fields}{result}, 'ok', 'and says so');
	$lw->register($db, 'GOOD');
	wait_until { told($other, 'GOOD-1') } 5, 'the next alert goes to the new socket';
	my ($alert) = $other->alerts;
	is_deeply([ @$alert{qw(facility ident)}, $alert->{fields}{msg} ], [ 19, 'other', undef ],
		'with the new facility and name, and no msg');
	invariant_holds($lw, $db, [ $syslog, $other ]);

	ok($daemon->stop, 'SIGTERM ends it with status 0') or diag($daemon->log);
	is_deeply([ map { $_->{fields}{reason} } $other->events('stop') ], ['SIGTERM'], 'it says so');
	is($lw->psql($db, "select state from letterwatch.daemon_status"), 'stopped', 'the database knows');
};

done_testing;
