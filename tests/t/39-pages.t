# The pages /healthz and /metrics, on loopback and on a unix socket: they say how the daemon is, count what it tells, show the
# database's numbers, and neither they nor who asks for them stand in an alert's way.
use strict;
use warnings;

use File::Temp ();
use HTTP::Tiny;
use IO::Socket::INET;
use IO::Socket::UNIX;
use LetterWatch;
use LetterWatch::Document qw(run slurp spew);
use Test::More;

my $lw     = LetterWatch->new;
my $db     = $lw->fast_database;
my $syslog = LetterWatch::Syslog->new;

my $connections = q{select count(*) from pg_stat_activity where usename = 'letterwatchd'};

# A port of loopback that is free at this moment.
sub free_port {
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "port: $!";
	return $socket->sockport;
}

my $tmp    = File::Temp->newdir;
my $port   = free_port();
my $daemon = $lw->start_daemon($db, $syslog, 'http.listen' => "127.0.0.1:$port");

# The status and the text of a page.
sub get {
	my ($path, $method) = @_;
	my $answer = HTTP::Tiny->new(timeout => 5)->request($method // 'GET', "http://127.0.0.1:$port$path");
	return ($answer->{status}, $answer->{content}, $answer->{headers}{'content-type'} // '');
}

sub metric {
	my ($name) = @_;
	my (undef, $text) = get('/metrics');
	return $text =~ /^letterwatch_\Q$name\E (\S+)$/m ? $1 : 'none';
}

subtest 'all is well' => sub {
	wait_until { (get('/healthz'))[0] == 200 } 10, '/healthz';
	is_deeply([ (get('/healthz'))[1, 2] ], [ "ok\n", 'text/plain; charset=utf-8' ], 'says so');
	is((get('/metrics'))[2], 'text/plain; version=0.0.4; charset=utf-8', '/metrics is in the format of Prometheus');
	is((get('/'))[0], 404, 'there is no other page');
	is((get('/metrics', 'POST'))[0], 501, 'nothing can be sent to it');
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
	print $socket "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	like(do { local $/; <$socket> }, qr{\AHTTP/1.1 200 OK\r\n(?:[^\r\n]+\r\n)*Content-Length: 3\r\n(?:[^\r\n]+\r\n)*\r\nHTTP/1.1 200 .*\r\n\r\nok\n\z}s,
		'but its head can be asked for, and has no body');
	wait_until { metric('database_up') eq '1' } 10, 'the database is up';
	wait_until { metric('since_last_pass_seconds') =~ /^\d+\.\d{3}$/ } 10, 'and was looked at';
};

subtest 'alerts are counted' => sub {
	is(metric('alerts_total{stage="overdue",rule="notice"}'), 'none', 'there is none yet');
	$lw->register($db, 'DUE', count => 3, first_s => 4, over_s => 0.5);
	wait_until { metric('until_next_event_seconds') =~ /^[0-4]\.\d{3}$/ } 4, 'the first is near';
	wait_until { letters_told('DUE', $syslog) == 3 } 10, 'three are told';
	wait_until { metric('alerts_total{stage="overdue",rule="notice"}') eq '3' } 5, 'and counted';
	is(metric('alert_stages_total{stage="overdue",rule="notice"}'), 3, 'each for one stage');
	is(metric('alert_lateness_seconds_count'), 3, 'with their lateness');
	cmp_ok(metric('alert_lateness_seconds_sum'), '>',  0, 'which is measured');
	cmp_ok(metric('alert_lateness_seconds_sum'), '<=', 30, 'in seconds');
	my (undef, $text) = get('/metrics');
	unlike($text, qr/DUE-/, 'no letter stands there');
};

subtest 'the database\'s numbers' => sub {
	$lw->psql($db, q{insert into letterwatch.intake_batch (source, letters, events, rejected) values ('x', 5, 2, 1)});
	$daemon->configure('http.listen' => "127.0.0.1:" . ($port = free_port()));
	$daemon->signal('HUP');
	wait_until { (get('/healthz'))[0] == 200 } 10, 'it has moved to another port';
	$daemon->configure('database.conninfo' => $lw->node->connstr($db) . ' user=letterwatchd options=-cgeqo=on');
	$daemon->signal('HUP'); # another connection: it asks at once
	wait_until { metric('intake_letters_total') eq '5' } 10, 'of the intake';
	is(metric('intake_rejected_total'),             1, 'and what did not fit');
	is(metric('overdue_deadlines{level="1"}'),      3, 'of what is overdue, by level');
	is(metric('outbox_lines'),                      0, 'of what waits');
	is(metric('queued_letters'),                    0, 'of what cannot be planned');
	is($lw->psql($db, $connections), 2, 'over a connection of its own');

	my $web = q{select pid from pg_stat_activity where usename = 'letterwatchd' and query like '%metrics%'};
	$lw->psql($db, 'alter role letterwatchd connection limit 1');
	$lw->psql($db, "select pg_terminate_backend(pid) from ($web) x");
	wait_until { $daemon->log =~ /^no numbers of the database for .metrics: .*too many connections for role/m } 10, 'if there is no room for that one, its log says so';
	$lw->psql($db, 'alter role letterwatchd connection limit -1');
	wait_until { $lw->psql($db, $connections) eq '2' } 20, 'and it comes back';
};

subtest 'promtool takes it' => sub {
	plan skip_all => 'no promtool' if !grep { -x "$_/promtool" } split /:/, $ENV{PATH};
	my $page = spew("$tmp/page", (get('/metrics'))[1]);
	my ($output, $status) = run("promtool check metrics <$page");
	is($status, 0, 'check metrics') or diag($output);
	is($output, '', 'is silent');
	($output, $status) = run("promtool check rules $LetterWatch::TREE/conf/prometheus-rules.yml");
	is($status, 0, 'check rules') or diag($output);
	($output, $status) = run("cd $LetterWatch::TREE/tests && promtool test rules prometheus-rules-test.yml");
	is($status, 0, 'test rules') or diag($output);
	my %shown = map { $_ => 1 } (get('/metrics'))[1] =~ /^# TYPE (letterwatch_\w+)/mg;
	my $rules = slurp("$LetterWatch::TREE/conf/prometheus-rules.yml");
	is_deeply([ grep { !$shown{$_} && $_ ne 'letterwatch_calendar_gap_deadlines' } $rules =~ /\b(letterwatch_\w+)/g ], [],
		'they use what is there');
};

subtest 'whoever asks stands in no alert\'s way' => sub {
	my $most = 0;
	my $look = sub {
		my @open = glob "/proc/@{[ $daemon->pid ]}/fd/*";
		$most = @open if @open > $most;
	};
	my @idle = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Blocking => 0) } 1 .. 400;
	my $before = scalar grep { defined } @idle;
	cmp_ok($before, '>', 300, 'very many connect and say nothing');
	print { $idle[0] } "GET /metrics HTTP/1.1\r\nX: " . 'x' x 20_000 . "\r\n\r\n";
	print { $idle[1] } "\0\xff\n\n\n";
	wait_until { $look->(); $most > 100 } 20, 'more and more are let in'; # the kernel asks again for those it had no room for
	$lw->register($db, 'BESIDE', count => 2, first_s => 1);
	wait_until { $look->(); letters_told('BESIDE', $syslog) == 2 } 10, 'the daemon tells';
	cmp_ok($most, '<', 300, 'and no more, so that it keeps descriptors for itself');
	@idle = ();
	wait_until { (get('/healthz'))[0] == 200 } 20, 'and answers when they have gone';
};

subtest 'the database is away' => sub {
	$lw->node->stop('immediate');
	wait_until { metric('database_up') eq '0' } 10, '/metrics says so at once';
	wait_until { (get('/healthz'))[0] == 503 } 40, '/healthz when it lasts';
	like((get('/healthz'))[1], qr/^degraded reason=database since_s=\d+\n\z/, 'and why');
	is(metric('healthy'), 0, '/metrics, too');
	cmp_ok(metric('database_losses_total'), '>=', 1, 'it was lost');
	$lw->node->start;
	wait_until { $syslog->lines; (get('/healthz'))[0] == 200 } 20, 'it is back';
};

# What stands at the unix socket.
sub get_unix {
	my $socket = IO::Socket::UNIX->new(Peer => "$tmp/http") or return '';
	print $socket "GET /healthz HTTP/1.0\r\n\r\n";
	local $/;
	return <$socket> // '';
}

subtest 'a unix socket' => sub {
	IO::Socket::UNIX->new(Local => "$tmp/http", Listen => 1) or die "socket: $!"; # left by a daemon that was killed
	$daemon->configure('http.listen' => "unix:$tmp/http");
	$daemon->signal('HUP');
	wait_until { get_unix() =~ /^HTTP\S+ 200 .*\r\n\r\nok\n\z/s } 10, 'takes the place of the port';
	is((get('/healthz'))[0], 599, 'where nobody is any more');
	is((stat "$tmp/http")[2] & 0777, 0660, 'for its user and group');
	spew("$tmp/file", 'precious');
	$daemon->configure('http.listen' => "unix:$tmp/file");
	$daemon->signal('HUP');
	wait_until { ($syslog->events('reload'))[-1]{fields}{result} eq 'refused' } 5, 'a place that is taken is refused';
	is(slurp("$tmp/file"), 'precious', 'and left as it is');
	like(get_unix(), qr/ok/, 'the old one stays');
	my $deaf = IO::Socket::UNIX->new(Local => "$tmp/deaf", Listen => 0) or die "socket: $!";
	my @waiting = map { IO::Socket::UNIX->new(Peer => "$tmp/deaf", Blocking => 0) } 1 .. 3; # as many as there is room for
	$daemon->configure('http.listen' => "unix:$tmp/deaf");
	$daemon->signal('HUP');
	wait_until { ($syslog->events('reload')) >= 5 && ($syslog->events('reload'))[-1]{fields}{result} eq 'refused' } 5,
		'where somebody listens and does not answer is a place that is taken';
	$daemon->configure('http.listen' => undef);
	$daemon->signal('HUP');
	wait_until { !-e "$tmp/http" } 5, 'off again';
	wait_until { $lw->psql($db, $connections) eq '1' } 5, 'with its connection to the database';
};

ok($daemon->stop, 'it stops') or diag($daemon->log);

subtest 'a place that cannot be had' => sub {
	$daemon = $lw->start_daemon($db, $syslog, 'http.listen' => "unix:$tmp/nowhere/http");
	$lw->register($db, 'WITHOUT');
	wait_until { letters_told('WITHOUT', $syslog) == 1 } 10, 'alerts come without pages';
	like($daemon->log, qr/pages cannot be shown there .*errno=2\ngoing on without pages/, 'and stderr says so');
	my $reloads = $syslog->events('reload');
	$daemon->configure('alerts.rate' => 500);
	$daemon->signal('HUP');
	wait_until { $syslog->events('reload') > $reloads } 5, 'it reads its settings again';
	is(($syslog->events('reload'))[-1]{fields}{result}, 'ok', 'others are taken all the same');
	mkdir "$tmp/nowhere" or die $!;
	$daemon->signal('HUP');
	wait_until { -S "$tmp/nowhere/http" } 5, 'and so is the place, once it can be had';
	ok($daemon->stop, 'it stops') or diag($daemon->log);
};

done_testing;
