# README.md says what is true: its SQL runs in order and gives what it shows (LetterWatch::Document has the kinds of its fences), its
# tables are the database's rows, what it names exists, and its installation works: of "Install as a service" what can be run without
# harm is run. "Now" is the day on which the examples were made.
use strict;
use warnings;

use LetterWatch;
use LetterWatch::Document qw(run slurp spew);
use Test::More;

use constant NOW => "'2026-11-24 10:00+08'";

my $TREE   = $LetterWatch::TREE;
my $doc    = LetterWatch::Document->new('README.md');
my $tmp    = $doc->tmp;
my $readme = $doc->text;
my @blocks = $doc->blocks;

my $lw = LetterWatch->new;
my $db = $lw->fresh_database;
$lw->set_clock($db, NOW);
$lw->psql($db, slurp("$TREE/sql/sample.sql") =~ s/^\\.*//gmr);
my ($syslog, $daemon) = (LetterWatch::Syslog->new);
my @alerts = run_daemon();

# The alerts of the sample letters at that moment, all of them sent. The daemon goes on.
sub run_daemon {
	$daemon = $lw->start_daemon($db, $syslog);
	my $raised = 'select count(*) > 0 and count(*) = count(emitted_at) from letterwatch.alert_log';
	wait_until { $syslog->lines; $lw->psql($db, $raised) eq 't' } 30, 'the daemon has sent what is due';
	return $syslog->alerts;
}

sub paste {
	my ($block) = @_;
	return $doc->paste($lw, $db, $block);
}

subtest 'its SQL runs and gives what it shows' => sub {
	paste($_) for grep { $_->{kind} eq 'sql' && $_->{text} =~ /^create role/m } @blocks;
	$lw->psql($db, q{insert into letterwatch.office_member select 'clerk1', office_code, 'clerk' from letterwatch.office});
	$doc->try_sql($lw, $db);
};

subtest 'its settings keep what is typed out of PostgreSQL\'s log' => sub {
	ok((grep { $_->{kind} eq 'sql' && $_->{text} =~ /log_min_error_statement/ } @blocks), 'it has some');
	spew("$tmp/wrong.csv", "letter_no,office_code,received_on,title\nW-1,S111,2026-02-30,of Zebra\n");
	my $output = paste({ text => <<~'SQL' });
		select * from letterwatch.register_letter('S111', 'EX-1', title => 'of Zebra');
		insert into letterwatch.letter (letter_no, office_code, title) values ('not printable', 'S111', 'of Zebra');
		\copy letterwatch.letter (letter_no, office_code, received_on, title) from 'wrong.csv' with (format csv, header)
		SQL
	is(scalar(() = $output =~ /^ERROR/mg), 3, 'three faults') or diag($output);
	my $log = slurp($lw->node->logfile);
	like($log, qr/EX-1 is taken/, 'are in the log');
	unlike($log, qr/Zebra/, 'and nothing of what the title says');
};

# The cells of a table's rows, by the beginning of its head.
sub table {
	my ($head) = @_;
	my ($body) = $readme =~ /^\Q$head\E[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)/m or die "no table: $head";
	return map { [ map { s/^ | $//gr } split /\|/, s/^\||\|$//gr ] } split /\n/, $body;
}

subtest 'its table of possible events is table transition' => sub {
	my (@said, %statuses);
	for my $row (table('| event | possible with |')) {
		my ($event, $possible, $after) = @$row;
		my ($when)  = $possible =~ /(not|only) while suspended/;
		my ($waits) = $possible =~ /(not|only) while an order waits/;
		for my $status ($possible =~ /`(\w+)`/g) {
			$statuses{$status} = 1;
			push @said, join '|', $event =~ tr/`//dr, $status, $after eq 'the same' ? $status : $after =~ tr/`//dr,
			  map { $_ ? ($_ eq 'only' ? 't' : 'f') : '' } $when, $waits;
		}
	}
	is(join("\n", sort @said),
		sorted(q{select concat_ws(' ', kind, nullif(outcome, '')), status, next_status, when_suspended, when_supervised
			from letterwatch.transition}),
		'every event');
	is(join("\n", sort keys %statuses), sorted(q{select code from letterwatch.term where category = 'status'}), 'every status');
};

# Rows as psql -A writes them, in perl's order.
sub sorted {
	my ($sql) = @_;
	return join "\n", sort split /\n/, $lw->psql($db, $sql);
}

subtest 'its titles are those of table term' => sub {
	my @said;
	for my $row (table('| category | codes |')) {
		push @said, map { /^`(\w+)` (.+) (\S+)$/ ? "$row->[0]|$1|$2|$3" : $_ } split /; /, $row->[1];
	}
	is(join("\n", sort @said), sorted('select category, code, en, zh from letterwatch.term'), 'English and Chinese');
};

subtest 'its stages are those of table stage' => sub {
	my (@said, $above);
	for my $row (table('| rule | warn | due |')) {
		my ($rule, @cells) = @$row;
		@cells = map { $cells[$_] eq 'the same' ? $above->[$_] : $cells[$_] } 0 .. $#cells;
		$above = \@cells;
		my @names = qw(warn due overdue remind escalate);
		for my $i (0 .. $#names) {
			my @offsets = map { s{−}{-}r =~ s{\+}{}r } $cells[$i] =~ /((?:−|\+)?\b\d+\b)(?!th)/g;
			@offsets = ('end') if $cells[$i] eq 'end';
			my $every = $cells[$i] =~ /each (\d+)th/ ? $1 : '';
			push @said, map { $rule =~ tr/`//dr . "|$names[$i]|$offsets[$_]|" . ($_ == $#offsets ? $every : '') } 0 .. $#offsets;
		}
	}
	is(join("\n", sort @said), sorted(q{select rule, stage, coalesce(workdays::text, 'end'), every from letterwatch.stage
		where rule_set = 'procuratorate'}), 'every offset');
};

subtest 'the keys of a log line are those of letterwatchd(8), in that order' => sub {
	my ($section) = slurp("$TREE/conf/man/letterwatchd.8.scd") =~ /^# THE LOG LINE\n(.*?)^# /ms;
	my @keys = map { /\*(\w+)\*/g } $section =~ /^(\*\w+\*(?:, \*\w+\*)*)$/mg;
	my %place = map { $keys[$_] => $_ } 0 .. $#keys;
	my %seen;
	for my $alert (@alerts) {
		$seen{ join ' ', @{ $alert->{keys} } } = join ' ', sort { ($place{$a} // -1) <=> ($place{$b} // -1) } @{ $alert->{keys} };
	}
	is(join("\n", sort keys %seen), join("\n", sort values %seen), 'in order');
	is_deeply([ grep { !defined $place{$_} } map { split / / } keys %seen ], [], 'all of them');
	my @lines = map { split /\n/, $_->{text} } grep { $_->{kind} eq 'log' } @blocks;
	for my $line (grep { /: event=/ } @lines) {
		my $parsed = LetterWatch::Syslog::_parse("<131>$line");
		is_deeply($parsed->{error} // [ grep { !defined $place{$_} } @{ $parsed->{keys} } ], [], substr $line, 0, 60);
	}
};

subtest 'what it names exists' => sub {
	my $code = join "\n", (map { $_->{text} } grep { $_->{kind} eq 'sh' } @blocks), $readme =~ /`([^`\n]+)`/g;
	my $makefile = slurp("$TREE/Makefile");
	for my $target (unique($code =~ /(?:^|sudo |\d )make ([a-z]+)/mg)) {
		like($makefile, qr/^(?:[a-z -]+ )?\Q$target\E(?: [a-z -]+)?:(?!=)/m, "make $target");
	}
	for my $path (unique($code =~ m{(?<![\w/.])((?:daemon|sql|conf|systemd|tests)/[\w./-]*)}g)) {
		ok(-e "$TREE/$path", $path);
	}
	my $conf = slurp("$TREE/conf/letterwatchd.conf");
	for my $key (unique($code =~ /(\[\w+\] \w+)/g)) {
		my ($section, $name) = $key =~ /(\w+)\] (\w+)/;
		like($conf, qr/^\[$section\]\n(?:(?!\[).*\n)*?#$name = ?/m, $key);
	}
	my ($help) = run("$LetterWatch::DAEMON --help");
	for my $option (unique($code =~ /letterwatchd (--[\w-]+)/g)) {
		like($help, qr/\Q$option\E\b/, "letterwatchd $option");
	}
	my $psqlrc = slurp("$TREE/conf/psqlrc");
	for my $word (unique($code =~ /(?:^|\s):(\w+)/mg)) {
		like($psqlrc, qr/^\\set $word /m, ":$word");
	}
	my @needed = map { split / / } slurp("$TREE/tests/tools/deps.sh") =~ /\bset -- (?:"\$@" )?([^;\n]+?)(?= *(?:;|$))/mg;
	my @said   = map { $_->[0] =~ /`([\w-]+)`/g } table('| Debian package | for |');
	s/-\d+-/-\$version-/ for @said;
	is(join("\n", sort @said), join("\n", sort map { tr/"//dr } @needed), 'the packages of deps.sh');
	for my $package (unique(map { split / / } $code =~ /apt-get install (.*)/g)) {
		ok((grep { $_ eq $package } @said), "package $package");
	}
};

sub unique {
	my %seen;
	return grep { !$seen{$_}++ } @_;
}

subtest 'the words of psqlrc are queries that work' => sub {
	my ($words) = slurp("$TREE/conf/psqlrc") =~ /^\\set words (.*)/m;
	my $block = { text => "-- as admin1\n" . join '', map { "$_\n" } $words =~ /(:\w+)/g };
	unlike(paste($block), qr/ERROR/, 'for an admin') or diag(paste($block));
	like(paste({ text => ":words\n" }), qr/:overdue/, ':words lists them');
};

subtest 'its scripts parse' => sub { $doc->try_scripts };

# Each command is run as it stands, but for where it installs to, and for whom it stands for.
subtest 'its installation works' => sub {
	my $machine = LetterWatch->new;
	my $root    = "$tmp/root";
	local @ENV{qw(PGHOST PGPORT PSQLRC)} = ($machine->node->host, $machine->node->port, '/dev/null');
	my $check = '';
	for my $line (map { split /\n/, $_->{text} } grep { $_->{kind} eq 'sh' && $_->{section} eq 'Install as a service' } @blocks) {
		my $command = $line;
		next if $line =~ /^(?:sudo (?:apt-get|systemd-sysusers|systemctl)|journalctl|tail|cd) ?/;
		if ($line =~ /^(?:sudo )?(make.*)/) {
			$command = "make -C '$TREE' " . $1 =~ s/^make ?//r;
			$command .= " DESTDIR=$root" if $line =~ / install /;
		} elsif ($line =~ /^sudo -u postgres (.*)/) {
			$command = $1 =~ s{ /usr/}{ $root/usr/}r;
		} elsif ($line =~ /^sudo -u letterwatch letterwatchd (.*)/) {
			$command = "PGUSER=letterwatch $root/usr/sbin/letterwatchd -c $root/etc/letterwatch/letterwatchd.conf $1";
		} else {
			fail("nobody knows how to try: $line");
			next;
		}
		my ($output, $status) = run($command);
		$check = $output if $line =~ /--check$/;
		unlike($output, qr/(?:ERROR|FATAL|error):/, $line) or diag($output);
		is($status, 0, 'status 0') or diag($output) if $line !~ /--check$/;
	}
	my ($shown) = grep { $_->{kind} eq 'log' && $_->{section} eq 'Install as a service' } @blocks;
	is($check =~ s/^.*syslog.*\n//mr, $shown->{text} =~ s/^.*syslog.*\n//mr, 'the check says what README shows');
	my $pages = join '', map { slurp($_) } glob "$TREE/conf/man/*.scd";
	for my $path (unique($readme =~ m{(/(?:usr|etc)/[\w./-]*\w)}g, $pages =~ m{(/usr/share/letterwatch/[a-z][\w./-]*\w)}g)) {
		ok(-e "$root$path", $path);
	}
	for my $path (unique($readme =~ m{(/var/log/[\w./-]*\w)}g)) {
		like(slurp("$TREE/conf/rsyslog.d/letterwatch.conf"), qr/\Q$path\E/, "$path, by rsyslog");
		like(slurp("$TREE/conf/logrotate.d/letterwatch"), qr/\Q$path\E/, 'and logrotate');
	}
	watch_installed($machine, "$root/usr/sbin/letterwatchd");
};

# The schema belongs to a role that is no superuser: the daemon works with that.
sub watch_installed {
	my ($machine, $program) = @_;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = LetterWatch::Daemon->start($program,
		'database.conninfo'    => $machine->node->connstr('letterwatch') . ' user=letterwatch',
		'alerts.syslog_socket' => $syslog->path);
	wait_until { $syslog->events('start') } 10, 'the installed daemon starts';
	$machine->psql('letterwatch', <<~'SQL');
		insert into letterwatch.office (office_code, name, rule_set, calendar) values ('X', 'Office', 'demo', 'everyday');
		insert into letterwatch.letter (letter_no, office_code, received_at) values ('L-1', 'X', now() - interval '35 seconds');
		SQL
	wait_until { grep { $_->{fields}{stage} eq 'due' } $syslog->alerts } 10, 'and alerts';
	ok($daemon->stop, 'and stops') or diag($daemon->log);
	return;
}

ok($daemon->stop, 'the daemon has gone through all of it') or diag($daemon->log);
done_testing;
