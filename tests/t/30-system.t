# What surrounds the daemon on a Debian system: the unit, rsyslog's and logrotate's snippets, make install.
# None of it is put in place: each is read from the tree, or from an install into a temporary directory.
use strict;
use warnings;

use File::Temp ();
use LetterWatch;
use LetterWatch::Document qw(run slurp spew);
use Test::More;

my $tmp = File::Temp->newdir;

sub which {
	my ($program) = @_;
	my ($path) = grep { -x } map { "$_/$program" } split /:/, $ENV{PATH};
	return $path;
}

subtest 'make install puts everything under DESTDIR and PREFIX' => sub {
	my $prefix = '/opt/lw';
	my ($output, $status) = run("make -C '$LetterWatch::TREE' install DESTDIR=$tmp/root PREFIX=$prefix");
	is($status, 0, 'it succeeds') or diag($output);
	ok(-x "$tmp/root$prefix/sbin/letterwatchd", 'the daemon');
	ok(-e "$tmp/root$prefix/share/letterwatch/sql/install.sql", 'the SQL');
	ok(-e "$tmp/root/etc/letterwatch/letterwatchd.conf", 'the configuration');
	like(slurp("$tmp/root$prefix/lib/systemd/system/letterwatchd.service"), qr{^ExecStart=$prefix/sbin/letterwatchd$}m,
		'the unit starts the installed daemon');
	ok(-e "$tmp/root$prefix/lib/sysusers.d/letterwatch.conf", 'the users');
	ok(-e "$tmp/root$prefix/lib/tmpfiles.d/letterwatch.conf", 'the folder of CSV files');
	like(slurp("$tmp/root$prefix/lib/systemd/system/letterwatch-intake.service"), qr{^ExecStart=$prefix/lib/letterwatch/letterwatch-intake$}m,
		'the unit of the folder starts the installed script');
	like(slurp("$tmp/root$prefix/lib/letterwatch/letterwatch-intake"), qr{:-$prefix/share/letterwatch/sql/import.psql}, 'which finds the installed SQL');
	ok(-x "$tmp/root$prefix/lib/letterwatch/letterwatch-intake", 'and is a program');
	ok(-e "$tmp/root$prefix/share/letterwatch/sql/import.psql", 'which is there');
	ok(-e "$tmp/root$prefix/lib/systemd/system/$_", $_) for qw(letterwatch-intake.path letterwatch-pull.service letterwatch-pull.timer);

	spew("$tmp/root/etc/letterwatch/letterwatchd.conf", "# mine\n");
	run("make -C '$LetterWatch::TREE' install DESTDIR=$tmp/root PREFIX=$prefix");
	is(slurp("$tmp/root/etc/letterwatch/letterwatchd.conf"), "# mine\n", 'a second install leaves an edited file alone');
};

subtest 'systemd finds nothing to say about the units' => sub {
	plan skip_all => 'systemd-analyze is not installed' unless which('systemd-analyze');
	my %program = ('/usr/sbin/' => "$LetterWatch::TREE/build/", '/usr/lib/letterwatch/' => "$LetterWatch::TREE/systemd/");
	my @units = map { m{([^/]+)$} } glob "$LetterWatch::TREE/systemd/*.{service,path,timer}";
	for my $unit (@units) {
		spew("$tmp/$unit", slurp("$LetterWatch::TREE/systemd/$unit") =~ s{^(ExecStart=)(/usr/sbin/|/usr/lib/letterwatch/)}{$1$program{$2}}mr);
	}
	for my $unit (@units) {
		my ($output) = run("systemd-analyze verify --man=no $tmp/$unit");
		is($output, '', "$unit: verify prints nothing");
		next if $unit !~ /service$/;
		($output, my $status) = run("systemd-analyze security --offline=true --threshold=15 $tmp/$unit");
		is($status, 0, "$unit: an exposure of at most 1.5") or diag($output);
	}
};

# A real rsyslogd with a snippet, with paths and owners that a plain user may write.
sub start_rsyslogd {
	my ($snippet) = @_;
	$snippet =~ s{/var/log/letterwatch/}{$tmp/log/}g;
	$snippet =~ s{(?:dir|file)(?:Owner|Group)="\w+"}{}g;
	my $conf = spew("$tmp/rsyslog.conf", <<~"END" . $snippet);
		module(load="imuxsock" SysSock.Use="off")
		input(type="imuxsock" Socket="$tmp/dev-log")
		END
	my $pid = fork // die $!;
	exec 'setpriv', '--pdeathsig', 'KILL', which('rsyslogd'), '-n', '-f', $conf, '-i', "$tmp/rsyslogd.pid" or die $! unless $pid;
	wait_until { -S "$tmp/dev-log" } 10, 'rsyslogd is up';
	return $pid;
}

sub send_lines {
	my (@lines) = @_;
	my $socket = IO::Socket::UNIX->new(Type => Socket::SOCK_DGRAM(), Peer => "$tmp/dev-log") or die $!;
	$socket->send("<131>Nov  4 09:00:00 $_") for @lines;
	return;
}

subtest 'rsyslog takes the snippet, and passes a line with Chinese in it unchanged' => sub {
	my $rsyslogd = which('rsyslogd') or plan skip_all => 'rsyslogd is not installed';
	my $snippet = slurp("$LetterWatch::TREE/conf/rsyslog.d/letterwatch.conf");
	my $check   = spew("$tmp/check.conf", "module(load=\"imuxsock\" SysSock.Use=\"off\")\n$snippet");
	my ($output, $status) = run("$rsyslogd -N1 -f $check");
	is($status, 0, 'it is valid') or diag($output);

	my $pid = start_rsyslogd($snippet);
	my $text   = 'event=alert id=1 msg="石家庄 \"来信\" 逾期"';
	send_lines("letterwatchd[42]: $text", 'other[42]: event=alert id=2', 'letterwatchd[42]: event=stop');
	my $log = "$tmp/log/alerts.log";
	wait_until { -e $log && slurp($log) =~ /event=stop/ } 10, 'the last line is in the file';
	my @lines = split /\n/, slurp($log);
	is(scalar @lines, 2, "only the daemon's lines are there");
	like($lines[0], qr/ letterwatchd\[42\]: \Q$text\E$/, 'as they were sent');
	kill 'TERM', $pid;
	waitpid $pid, 0;
};

subtest 'rsyslog gives each office its alerts' => sub {
	my $rsyslogd = which('rsyslogd') or plan skip_all => 'rsyslogd is not installed';
	my $snippet = slurp("$LetterWatch::TREE/conf/rsyslog.d/letterwatch-offices.conf");
	my $mailing = $snippet =~ s/^# (?=module|template)//gmr =~ s/^#(?=\t)//gmr;
	for ([ 'as it is', $snippet ], [ 'with mail', $mailing ]) {
		my ($what, $text) = @$_;
		my $check = spew("$tmp/check.conf", "module(load=\"imuxsock\" SysSock.Use=\"off\")\n$text");
		my ($output, $status) = run("$rsyslogd -N1 -f $check");
		is($status, 0, "it is valid $what") or diag($output);
		unlike($output, qr/error|warning/i, 'and nothing is said about it');
	}
	like($mailing, qr/^\t\taction\(type="ommail"/m, 'mail is an action');

	my $pid = start_rsyslogd($snippet);
	my @said = (
		'event=alert id=1 stage=warn rule=reply office=S111 letter=A-1 to=S111 unit=case msg="one"',
		'event=alert id=2 stage=escalate rule=reply office=S111 letter=A-2 to=S11 unit=case msg="two"',
		'event=alert id=3 stage=warn rule=feedback office=S112 letter=A-3 to=S112 unit=case msg="three to=S1 office=S1"',
		'event=cleared id=3 rule=feedback office=S112 letter=A-3 due=2026-11-24 by=feedback on=2026-11-24',
		'event=digest office=S11 day=2026-11-24 overdue=1 due_today=0 due_soon=0 suspended=0',
		'event=digest office=S1.x-y day=2026-11-24 overdue=1 due_today=0 due_soon=0 suspended=0',
		'event=intake source="x office=S999 to=S998 rule=feedback" file=f.csv', 'event=alert id=4 office=../../S111 to=..', 'event=status host=vm');
	send_lines((map { "letterwatchd[42]: $_" } @said), 'other[42]: event=alert office=S111 to=S1', "letterwatchd[42]: $said[0]");
	my $says = sub { my ($name) = @_; return -e "$tmp/log/$name" ? join ' ', slurp("$tmp/log/$name") =~ /letterwatchd\[42\]: (event=\w+ \w+=[\w.-]+)/g : '' };
	wait_until { $says->('offices/S111.log') =~ /id=1 .* event=alert id=1/ } 10, 'the last line is in its file';
	is($says->('offices/S111.log'), 'event=alert id=1 event=alert id=2 event=alert id=1', 'an office has what is said of its letters');
	is($says->('offices/S112.log'), 'event=alert id=3 event=cleared id=3', 'and no other office has it');
	is($says->('offices/S11.log'), 'event=alert id=2 event=digest office=S11', 'an office above has what is escalated to it, and its digest');
	is($says->('supervisors.log'), 'event=alert id=2 event=alert id=3 event=cleared id=3',
		'those who supervise have escalations and what concerns ordered reports');
	is(join(' ', sort map { m{([^/]+)$} } glob "$tmp/log/offices/*"), 'S1.x-y.log S11.log S111.log S112.log',
		'nothing else becomes a file');
	kill 'TERM', $pid;
	waitpid $pid, 0;
};

subtest 'logrotate takes the snippet' => sub {
	my $logrotate = which('logrotate') or plan skip_all => 'logrotate is not installed';
	my $path = spew("$tmp/rotate.conf", slurp("$LetterWatch::TREE/conf/logrotate.d/letterwatch"));
	chmod 0644, $path;
	my ($output, $status) = run("$logrotate -d -s $tmp/state $path");
	is($status, 0, 'it is valid');
	unlike($output, qr/^error/m, 'without an error') or diag($output);
};

done_testing;
