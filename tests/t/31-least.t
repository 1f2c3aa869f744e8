# How little an intruder finds: what the built file guards against, and what the process calls, opens, writes and listens on.
use strict;
use warnings;

use File::Temp ();
use LetterWatch;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

sub is_installed {
	my ($program) = @_;
	return grep { -x "$_/$program" } split /:/, $ENV{PATH};
}

subtest 'the built file' => sub {
	plan skip_all => 'readelf is not installed' unless is_installed('readelf');
	plan skip_all => 'not the file that make builds' if $ENV{LETTERWATCHD};
	my $read = sub { return scalar qx{readelf -W $_[0] '$LetterWatch::DAEMON'} };
	like($read->('-h'), qr/^\s*Type:\s+DYN /m, 'lies at an address that nobody knows (PIE)');
	my $segments = $read->('-l');
	like($segments, qr/^\s*GNU_STACK .* RW  /m, 'its stack cannot be executed');
	unlike($segments, qr/ RWE /, 'nor anything else that can be written');
	like($segments, qr/^\s*GNU_RELRO /m, 'what the loader has written is read-only afterwards (RELRO)');
	my $dynamic = $read->('-d');
	like($dynamic, qr/\(FLAGS\) .*BIND_NOW/, 'and that is all of it (BIND_NOW)');
	unlike($dynamic, qr/RPATH|RUNPATH|TEXTREL/, 'libraries come from the system only');

	my @calls = map { m{UND (\w+)} } split /\n/, $read->('--dyn-syms');
	ok(scalar(grep({ $_ eq '__stack_chk_fail' } @calls)), 'an overrun of the stack ends it');
	cmp_ok(scalar(grep { /^__(?:v?sn?|v?f|as)printf_chk$/ } @calls), '>=', 3, 'so does a call that writes past a buffer (fortify)');
	is_deeply([ grep { /^(?:v?sprintf|vsnprintf|gets|strcpy|strcat|alloca)$/ } @calls ], [], 'no call that knows no end');
	is_deeply([ grep { /^(?:system|popen|exec\w*|f?execv?e?|v?fork|clone|posix_spawnp?|wordexp|dlopen)$/ } @calls ], [],
		'it cannot start a program');
	is_deeply([ grep { /^(?:creat|open(?:64|at|at64)?|rename\w*|unlinkat|mk\w+|truncate)$/ } @calls ], [], 'nor make or change a file');
	is_deeply([ grep { /^(?:unlink|rmdir|remove)$/ } @calls ], ['unlink'], 'it removes none but the socket of its pages (httpd.c)');
};

my $lw     = LetterWatch->new;
my $db     = $lw->fast_database;
my $syslog = LetterWatch::Syslog->new;

# From start to stop, with an alert, a loss of the database and a reload between; `look` comes before the stop.
sub live {
	my (%params) = @_;
	my $daemon = $lw->start_daemon($db, $syslog);
	$lw->register($db, $params{letter});
	wait_until { grep { $_->{fields}{letter} eq "$params{letter}-1" } $syslog->alerts } 20, 'an alert comes';
	$lw->psql($db, q{select pg_terminate_backend(pid) from pg_stat_activity where usename = 'letterwatchd'});
	$daemon->signal('HUP');
	wait_until { my $log = $daemon->log; $log =~ /settings reloaded/ && $log =~ /connected.*connected/s } 20, 'it is reloaded and connects again';
	$params{look}->($daemon) if $params{look};
	ok($daemon->stop($params{limit_s}), 'it stops') or diag($daemon->log);
	return;
}

# The sockets of one table of the kernel: inode => [ fields ].
sub sockets_of {
	my ($table, $inode_field) = @_;
	my (undef, @lines) = split /\n/, slurp_file("/proc/net/$table");
	return { map { my @fields = split; ($fields[$inode_field] => \@fields) } @lines };
}

subtest 'the running process' => sub {
	live(letter => 'LOOK', look => sub {
		my ($daemon) = @_;
		my $pid = $daemon->pid;
		my %open = map { m{(\d+)$} ? ($1 => readlink $_) : () } glob "/proc/$pid/fd/*";
		my @sockets = map { /^socket:\[(\d+)\]$/ } values %open;
		cmp_ok(scalar @sockets, '>=', 2, 'has sockets: of the database and of syslog');
		for my $table (qw(tcp tcp6 udp udp6)) {
			my $of_all = -e "/proc/net/$table" ? sockets_of($table, 9) : {};
			is_deeply([ grep { $of_all->{$_} } @sockets ], [], "none is $table");
		}
		my $unix = sockets_of('unix', 6);
		is_deeply([ grep { $unix->{$_} && hex($unix->{$_}[3]) & 0x10000 } @sockets ], [], 'it listens on none');
		my @given = ('/dev/null', grep { m{^\Q$daemon->{dir}\E/log$} } values %open);
		my @files = grep { m{^/} } values %open;
		is_deeply([ grep { my $file = $_; !grep { $_ eq $file } @given } @files ], [], 'no file is open but those that it was given') or diag(explain(\%open));
		is_deeply([ glob "/proc/$pid/task/*" ], ["/proc/$pid/task/$pid"], 'it has one thread');
	});
};

subtest 'every call that it makes' => sub {
	plan skip_all => 'strace is not installed' unless is_installed('strace');
	my $report = File::Temp->new;
	my $says = qx{strace -D -o '$report' true 2>&1};
	wait_for { slurp_file("$report") =~ /exited/ } 2 or plan skip_all => "may not trace: $says";
	{
		local $LetterWatch::DAEMON = [ 'strace', '-D', '-f', '-o', "$report", '-e', 'trace=%process,%file,%network', $LetterWatch::DAEMON ];
		live(letter => 'CALL', limit_s => 10);
	}
	wait_until { slurp_file("$report") =~ /^\d+\s+\+\+\+ exited with 0/m } 10, 'is told';
	my @calls = map { /^\d+\s+(\w+\(.*)/ } split /\n/, slurp_file("$report");
	my $made = sub { my ($names) = @_; return [ grep { /^(?:$names)\(/ } @calls ] };
	is(scalar @{ $made->('execve|execveat') }, 1, 'it is started, and starts nothing') or diag(explain($made->('exec\w+')));
	is_deeply($made->('fork|vfork|clone|clone3'), [], 'not even a thread');
	is_deeply($made->('listen|accept|accept4|bind'), [], 'it waits for nobody');
	cmp_ok(scalar @{ $made->('open|openat') }, '>', 5, 'it opens files');
	is_deeply([ grep { /O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)/ } @{ $made->('open|openat|openat2|creat') } ], [], 'none to write');
	is_deeply($made->('creat|rename\w*|unlink\w*|mkdir\w*|rmdir|link\w*|symlink\w*|mknod\w*|truncate|chmod|fchmodat|chown|lchown|fchownat'), [],
		'and changes none');
	is_deeply([ grep { !/AF_UNIX/ } @{ $made->('socket|socketpair|connect') } ], [], 'it speaks to nobody outside this machine');
	my %peers = map { m{sun_path="([^"]*)"} ? ($1 => 1) : () } @{ $made->('connect') };
	is_deeply([ grep { $_ ne $syslog->path && !m{^\Q@{[ $lw->node->host ]}\E/\.s\.PGSQL\.\d+$} } keys %peers ], [], 'but to database and syslog');
};

done_testing;
