# LetterWatch -- what the tests share: a private PostgreSQL cluster with sql/ installed, and everything made in it.
#
#     use LetterWatch;
#     my $lw     = LetterWatch->new;                      # a cluster; sql/ installed once
#     my $db     = $lw->fresh_database;                   # a new database with sql/ in it
#     my $syslog = LetterWatch::Syslog->new;
#     my $daemon = $lw->start_daemon($db, $syslog, 'timer.max_sleep' => '1s');
#     $lw->psql($db, 'select …');                         # the output; dies of an error
#     wait_until { $syslog->alerts } 5, 'an alert comes'; # a test that fails if it does not
#     invariant_holds($lw, $db, [$syslog]);               # a test: what must hold after whatever went wrong
#
# Nothing waits by a bare sleep: wait_until asks every 10 ms.
package LetterWatch;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();
use Test::More;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use LetterWatch::Daemon;
use LetterWatch::Invariant;
use LetterWatch::Syslog;

our @EXPORT = qw(wait_until wait_for letters_told invariant_holds);
our $TREE   = abs_path(dirname(__FILE__) . '/../..');

# The built daemon; another one (build-asan's, say) by the environment.
our $DAEMON = $ENV{LETTERWATCHD} // "$TREE/build/letterwatchd";

# No statement of a test takes that long: it dies rather than hang.
my $PSQL_LIMIT_S = 180;

my $clusters = 0;

# A running cluster. `settings` go into its postgresql.conf; `install_path` is of another PostgreSQL (own_postgresql). Other
# parameters as PostgreSQL::Test::Cluster's init.
sub new {
	my ($class, %params) = @_;
	my $settings = delete $params{settings} // '';

	# The port only names a unix socket in a directory of this process; given, no TCP port is tried out.
	my @install_path = map { (install_path => $_) } grep { defined } delete $params{install_path};
	my $node = PostgreSQL::Test::Cluster->new('lw' . ++$clusters, port => 5431 + $clusters, @install_path);
	$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ], %params);
	$node->append_conf('postgresql.conf', "max_connections = 50\ntrack_commit_timestamp = on\n$settings");
	$node->start;
	return bless { node => $node, databases => 0 }, $class;
}

sub node { return $_[0]{node} }

# A PostgreSQL of the test's own in a directory: its programs are copies, its libraries links that may be replaced. Its install_path.
# A server finds its files by where its own program lies.
sub own_postgresql {
	my ($dir) = @_;
	my ($bin, $lib, $share) = map { my $path = qx{pg_config --$_}; chomp $path; abs_path($path) } qw(bindir pkglibdir sharedir);
	for my $path ($lib, $share) {
		PostgreSQL::Test::Utils::system_or_bail('mkdir', '-p', "$dir$path");
		PostgreSQL::Test::Utils::system_or_bail('cp', '-rsT', $path, "$dir$path");
	}
	PostgreSQL::Test::Utils::system_or_bail('mkdir', '-p', "$dir$bin");
	PostgreSQL::Test::Utils::system_or_bail('cp', map({ "$bin/$_" } qw(initdb pg_config pg_controldata pg_ctl postgres psql)), "$dir$bin");
	return dirname("$dir$bin");
}

# The name of a new database with sql/ installed, a copy of one that is made at the first call.
sub fresh_database {
	my ($self) = @_;
	$self->_make_template unless $self->{template}++;
	my $name = 'letterwatch_' . ++$self->{databases};
	$self->psql('postgres', "create database $name template letterwatch_template");

	# A copy does not get the settings of its template.
	$self->psql('postgres', <<~"SQL");
		select format('alter database $name set %s = %L', split_part(setting, '=', 1),
			substr(setting, strpos(setting, '=') + 1))
		from pg_database
		join pg_db_role_setting on setdatabase = pg_database.oid and setrole = 0
		cross join unnest(setconfig) as setting
		where datname = 'letterwatch_template' \\gexec
		SQL
	return $name;
}

# A new database with one office, A, and one rule: a notice is due 60 s after receipt, and `overdue` is its only stage. So
# each letter of register() that nobody answers makes one alert.
sub fast_database {
	my ($self) = @_;
	my $db = $self->fresh_database;
	$self->psql($db, <<~'SQL');
		insert into letterwatch.rule_set (rule_set, title) values ('fast', 'One minute');
		insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
		values ('fast', 'notice', 'test', 'receipt', 60, 'second', false, 'petitions', '{notice}');
		insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity)
		values ('fast', 'notice', 1, 'overdue', 0, 3);
		insert into letterwatch.office (office_code, name, rule_set) values ('A', 'Office A', 'fast');
		SQL
	return $db;
}

# One with a role clerk, who is a clerk of that office.
sub fast_database_with_clerk {
	my ($self) = @_;
	my $db = $self->fast_database;
	$self->psql($db, <<~'SQL');
		do $$ begin create role clerk login in role letterwatch_clerk; exception when duplicate_object then null; end $$;
		insert into letterwatch.office_member (db_role, office_code, duty) values ('clerk', 'A', 'clerk');
		SQL
	return $db;
}

# How many of the letters PREFIX, PREFIX-1, PREFIX-2 … have an alert at some of these receivers.
sub letters_told {
	my ($prefix, @receivers) = @_;
	my %letters = map { $_->{fields}{letter} => 1 } map { $_->alerts } @receivers;
	return scalar grep { /^\Q$prefix\E(?:-|\z)/ } keys %letters;
}

# Registers letters PREFIX-1 to PREFIX-count in a fast_database. The first one's period ends first_s seconds from now, the
# others' evenly spread over the following over_s seconds.
sub register {
	my ($self, $database, $prefix, %params) = @_;
	my ($count, $first_s, $over_s) = ($params{count} // 1, $params{first_s} // 0, $params{over_s} // 0);
	$self->psql($database, <<~"SQL");
		insert into letterwatch.letter (letter_no, office_code, received_at)
		select '$prefix-' || n, 'A',
		       letterwatch.clock() - interval '60 s' + make_interval(secs => $first_s + $over_s * (n - 1.0) / $count)
		from generate_series(1, $count) n
		SQL
	return;
}

sub _make_template {
	my ($self) = @_;
	$self->psql('postgres', 'create database letterwatch_template');
	$self->install('letterwatch_template');
	$self->psql('postgres', 'create role letterwatchd login in role letterwatch_daemon');
	return;
}

# Runs sql/install.sql in a database.
sub install {
	my ($self, $database) = @_;
	PostgreSQL::Test::Utils::system_or_bail('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d',
		$self->node->connstr($database), '-f', "$TREE/sql/install.sql");
	return;
}

# The output of SQL run by a superuser, columns parted by |; dies of an error.
sub psql {
	my ($self, $database, $sql) = @_;
	return $self->node->safe_psql($database, $sql, timeout => $PSQL_LIMIT_S);
}

# What psql would say to SQL, as `role` if given: (output, error text). The error text is '' if all went well.
sub try {
	my ($self, $database, $sql, $role) = @_;
	my @params = defined $role ? (connstr => $self->node->connstr($database) . " user=$role") : ();
	my ($status, $out, $err) = $self->node->psql($database, $sql, on_error_stop => 1, timeout => $PSQL_LIMIT_S, @params);
	return ($out, $status == 0 ? '' : $err || "psql: status $status");
}

# Makes letterwatch.clock(), and instant(), say something else: an SQL expression of type timestamptz.
sub set_clock {
	my ($self, $database, $expression) = @_;
	my %function = ('clock() returns timestamptz language sql stable' => $expression,
		# A clock that runs faster does so within a statement, too.
		'instant() returns timestamptz language sql volatile' => $expression =~ s/\bstatement_timestamp\b/clock_timestamp/gr);
	$self->psql($database, join ';', map { "create or replace function letterwatch.$_ as \$clock\$ select ($function{$_})::timestamptz \$clock\$" }
		sort keys %function);
	return;
}

# A running daemon on that database and LetterWatch::Syslog. Settings as 'section.key' => value go into its file.
sub start_daemon {
	my ($self, $database, $syslog, %settings) = @_;
	return LetterWatch::Daemon->start(
		$DAEMON,
		'database.conninfo'    => $self->node->connstr($database) . ' user=letterwatchd',
		'alerts.syslog_socket' => $syslog->path,
		%settings);
}

# wait_for { condition } seconds: the condition's value once it is true, or false when the time is over.
sub wait_for(&$) {
	my ($condition, $limit_s) = @_;
	my $end = clock_gettime(CLOCK_MONOTONIC) + $limit_s;
	while (1) {
		my $late  = clock_gettime(CLOCK_MONOTONIC) >= $end;
		my $value = $condition->();
		return $value if $value or $late;
		select undef, undef, undef, 0.01;
	}
}

# wait_until { condition } seconds, 'what': the same as a test.
sub wait_until(&$$) {
	my ($condition, $limit_s, $what) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $start = clock_gettime(CLOCK_MONOTONIC);
	my $value = &wait_for($condition, $limit_s);
	ok($value, $what) or diag(sprintf 'waited %.1f s', clock_gettime(CLOCK_MONOTONIC) - $start);
	return $value;
}

1;
