# The daemon from start to stop, against a real database and a syslog receiver.
use strict;
use warnings;

use LetterWatch;
use Test::More;
use Time::HiRes qw(time);

my $lw     = LetterWatch->new;
my $db     = $lw->fresh_database;
my $syslog = LetterWatch::Syslog->new;

# A rule of one second, so that a whole life passes while one looks.
$lw->psql($db, <<'SQL');
insert into letterwatch.rule_set (rule_set, title) values ('second', 'One second');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
values ('second', 'notice', 'test', 'receipt', 1, 'second', false, 'petitions', '{notice}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity)
values ('second', 'notice', 1, 'overdue', 0, 3);
insert into letterwatch.office (office_code, name, rule_set) values ('A', 'Office A', 'second');
SQL

my $daemon = $lw->start_daemon($db, $syslog);
wait_until { $syslog->events('start') } 10, 'it says that it has started';
is($daemon->log =~ /error/i ? $daemon->log : '', '', 'and complains of nothing');

$lw->psql($db, q{insert into letterwatch.letter (letter_no, office_code, received_at) values ('L-1', 'A', now())});
my $registered = time;
if (wait_until { $syslog->alerts } 10, 'a letter that nobody answers makes an alert') {
	my ($alert) = $syslog->alerts;
	my $late_s = time - $registered - 1;
	cmp_ok($late_s, '<', 0.5, 'at its time') or diag(sprintf '%.3f s late', $late_s);
	is_deeply([ @$alert{qw(severity facility ident pid)} ], [ 3, 16, 'letterwatchd', $daemon->pid ], 'its header is right');
	is_deeply([ @{ $alert->{fields} }{qw(stage rule office letter to unit)} ], [qw(overdue notice A L-1 A petitions)],
		'it says what is due, and who must act');
	is($alert->{keys}[-1], 'msg', 'msg is last');
	wait_until {
		$lw->psql($db, "select count(*) from letterwatch.alert_log where alert_id = '$alert->{fields}{id}'
			and emitted_at is not null") eq '1'
	} 5, 'alert_log knows it by its id, as delivered';
}

$lw->psql($db, q{insert into letterwatch.letter (letter_no, office_code, received_at) values ('L-2', 'A', now())});
$lw->psql($db, q{select letterwatch.record_notice('L-2')});
$lw->psql($db, q{insert into letterwatch.letter (letter_no, office_code, received_at) values ('L-3', 'A', now())});
wait_until { grep { $_->{fields}{letter} eq 'L-3' } $syslog->alerts } 10, 'a letter registered later has its alert';
is(scalar(grep { $_->{fields}{letter} eq 'L-2' } $syslog->alerts), 0, 'one that was answered before has none');

$daemon->signal('USR1');
wait_until { $syslog->events('status') } 5, 'SIGUSR1 makes a status line';
$daemon->configure('alerts.facility' => 'nonsense');
$daemon->signal('HUP');
wait_until { grep { $_->{fields}{result} eq 'refused' } $syslog->events('reload') } 5, 'a bad file is refused at SIGHUP';
ok($daemon->alive, 'and the daemon goes on');

ok($daemon->stop, 'SIGTERM ends it within 2 s, with status 0') or diag($daemon->log);
wait_until { $syslog->events('stop') } 1, 'it says so';
is_deeply([ map { $_->{error} // () } $syslog->lines ], [], 'every line was a syslog line in logfmt');
is($lw->psql($db, 'select count(*) from letterwatch.verify()'), '0', 'verify() finds nothing amiss');

done_testing;
