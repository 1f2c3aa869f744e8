# A canary in every text that may be personal: it is in no line, in no error of ours, in no name of a connection, in no log of the
# daemon. (What people type as SQL is PostgreSQL's to log; README names the settings, and 40-readme.t tries them.)
use strict;
use warnings;

use LetterWatch;
use Test::More;

my $CANARY = 'Zebra';
my $lw     = LetterWatch->new(settings => "log_statement = none\nlog_min_error_statement = panic\nlog_error_verbosity = terse\n");
my $db     = $lw->fresh_database;
my $syslog = LetterWatch::Syslog->new;
$lw->psql($db, <<~'SQL');
	create role clerk login in role letterwatch_clerk;
	insert into letterwatch.office (office_code, name) values ('C', 'Office C'), ('F', 'Office F');
	insert into letterwatch.office_member (db_role, office_code, duty) values ('clerk', 'C', 'clerk');
	insert into letterwatch.letter (letter_no, office_code, received_on, title) values ('F-1', 'F', current_date - 40, 'title Zebra');
	insert into letterwatch.petitioner (letter_no, name, contact, address) values ('F-1', 'name Zebra', 'contact Zebra', 'address Zebra');
	SQL

# A deadline whose alert cannot be raised makes a line, too.
$lw->psql($db, q{alter table letterwatch.alert add constraint not_that_one check (letter_no <> 'C-7')});
my (undef, $error) = $lw->try($db, <<~'SQL', 'clerk');
	set letterwatch.actor = 'actor Zebra';
	insert into letterwatch.letter (letter_no, office_code, received_on, channel, title, source, source_ref)
	select 'C-' || n, 'C', current_date - 10 * n, 'post', 'title Zebra', 'source Zebra', n || ' Zebra' from generate_series(1, 12) n;
	insert into letterwatch.petitioner (letter_no, name, contact, address)
	select 'C-' || n, 'name Zebra', 'contact Zebra', 'address Zebra' from generate_series(1, 12) n;
	select letterwatch.transfer_letter('C-2', 'F', 'reason Zebra');
	select letterwatch.mute_letter('C-3', current_date + 30, 'reason Zebra');
	select letterwatch.record_notice('C-4');
	select letterwatch.record_reply('C-4', 'progress', reason => 'reason Zebra');
	select letterwatch.withdraw_letter('C-5', 'reason Zebra');
	select letterwatch.correct_letter('C-6', 'reason Zebra', received_on => current_date - 70);
	select letterwatch.forget_petitioner('C-6', 'reason Zebra');
	SQL
is($error, '', 'a clerk enters it everywhere');

my $daemon = $lw->start_daemon($db, $syslog);
my $sent   = q{select count(*) > 8 and not exists (select from letterwatch.outbox) from letterwatch.alert};
wait_until { $syslog->lines; $lw->psql($db, $sent) eq 't' } 30, 'alerts come';
(undef, $error) = $lw->try($db, q{set letterwatch.actor = 'actor Zebra'; select letterwatch.record_reply('C-8', 'result', reason => 'reason Zebra')}, 'clerk');
wait_until { $syslog->events('cleared') } 10, 'one is answered late: cleared';
wait_until { $syslog->events('parked') } 10, 'one cannot be raised: parked';
$daemon->signal('USR1');
wait_until { $syslog->events('status') } 10, 'the daemon says how it is';

is_deeply([ grep { $_->{raw} =~ /$CANARY/ } $syslog->lines ], [], 'it is in no line');
is($lw->psql($db, q{select count(*) from letterwatch.log_line where fields::text ~ 'Zebra'}), 0, 'in none that waits');
is($lw->psql($db, q{select count(*) from letterwatch.alert a where a::text ~ 'Zebra'}), 0, 'in no alert');
is($lw->psql($db, q{select count(*) from pg_stat_activity where application_name ~ 'Zebra'}), 0, 'in no name of a connection');
is($lw->psql($db, q{select count(*) from letterwatch.parked p where p::text ~ 'Zebra'}), 0, 'in no error that is kept');

# Every wrong call that carries it in a text of that kind, or that concerns a letter which has it.
my @calls = (
	map({ "select letterwatch.$_" }
		q{register_letter('C', 'C-1', title => 'title Zebra')},
		q{register_letter('F', 'C-99', title => 'title Zebra')},
		q{register_letter('C', 'C 99', title => 'title Zebra')},
		q{register_letter('C', 'C-99', '2999-01-01', title => 'title Zebra')},
		q{suspend_letter('C-1', 'reason Zebra')},
		q{withdraw_letter('F-1', 'reason Zebra')},
		q{exempt_letter('C-1', 'reason Zebra')},
		q{extend_deadline('C-1', 'reply', current_date, 'H1', 'reason Zebra')},
		q{extend_deadline('C-1', 'reply', current_date, 'approved by Zebra', 'why')},
		q{record_notice('C-1', 'handler Zebra')},
		q{record_reply('C-5', 'result', reason => 'reason Zebra')},
		q{reopen_letter('C-1', 'reason Zebra')},
		q{mute_letter('C-1', current_date - 1, 'reason Zebra')},
		q{correct_letter('C-1', 'reason Zebra')},
		q{correct_letter('C-1', 'reason Zebra', received_on => current_date + 1)},
		q{void_event(0, 'reason Zebra')},
		q{forget_petitioner('F-1', 'reason Zebra')},
		q{forget_petitioner('C-6', 'reason Zebra')},
		q{notice_text('F-1')},
		q{letter_history('F-1')}),
	q{insert into letterwatch.letter (office_code, title) values (null, 'title Zebra')},
	q{insert into letterwatch.letter (letter_no, office_code, title, source) values ('C-99', 'C', 'title Zebra', 'source Zebra')},
	q{insert into letterwatch.letter (letter_no, office_code, title, channel) values ('C-99', 'C', 'title Zebra', null)},
	q{insert into letterwatch.letter_event (letter_no, kind, reason) values (null, 'withdraw', 'reason Zebra')},
	q{insert into letterwatch.letter_event (letter_no, kind, reason) values ('C-1', null, 'reason Zebra')},
	q{insert into letterwatch.letter_event (letter_no, kind, reason, occurred_at) values ('C-1', 'withdraw', 'reason Zebra', null)},
	q{insert into letterwatch.petitioner (letter_no, name) values (null, 'name Zebra')},
	q{insert into letterwatch.petitioner (letter_no, name) values ('F-1', 'name Zebra')},
	q{insert into letterwatch.petitioner (letter_no, name) values ('C-1', 'name Zebra')},
	q{insert into letterwatch.petitioner (letter_no, name) values ('C-99', 'name Zebra')},
	q{update letterwatch.petitioner set letter_no = 'C-1', name = 'name Zebra'},
	q{update letterwatch.letter set title = 'title Zebra'},
);
my $errors = '';
for my $call (@calls) {
	my (undef, $says) = $lw->try($db, "\\set VERBOSITY verbose\n$call", 'clerk');
	like($says, qr/ERROR/, "refused: $call");

	# The line that psql repeats is the caller's own, not ours.
	$errors .= join "\n", grep { !/^(?:LINE \d|STATEMENT|QUERY|SQL statement|CONTEXT|PL\/pgSQL|LOCATION)/ } split /\n/, $says;
}
unlike($errors, qr/$CANARY/, 'it is in no message, detail or hint');

ok($daemon->stop, 'the daemon stops') or diag($daemon->log);
unlike($daemon->log, qr/$CANARY/, 'and has not written it');
my $log = PostgreSQL::Test::Utils::slurp_file($lw->node->logfile);
like($log, qr/C-1 is taken/, 'what was refused is in the server\'s log');
unlike($log, qr/$CANARY/, 'without it');

done_testing;
