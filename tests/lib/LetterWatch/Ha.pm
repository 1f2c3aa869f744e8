# LetterWatch::Ha -- PostgreSQL as it is run where it must not stop: Patroni on two "machines" over three etcd, one server the other's
# synchronous standby. All of it is on the loopback of the test's own network (use LetterWatch::Namespace 'net'), and ends with the
# object.
package LetterWatch::Ha;

use strict;
use warnings;

use File::Temp ();
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP ();
use LetterWatch;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();

my ($ETCD, $PEER, $REST, $POSTGRES) = (2379, 2479, 8008, 5501); # the first port of each

sub new {
	my ($class) = @_;
	_loopback_up();
	my $self = bless { dir => File::Temp->newdir, pid => {} }, $class;
	$self->{node} = [ map { PostgreSQL::Test::Cluster->new("machine$_", port => $POSTGRES + $_) } 0, 1 ];
	$self->_start_etcd($_) for 0 .. 2;
	$self->start($_) for 0, 1;
	return $self;
}

# Sets the loopback going: struct ifreq of netdevice(7).
sub _loopback_up {
	my ($SIOCSIFFLAGS, $IFF_UP) = (0x8914, 1);
	my $socket = IO::Socket::INET->new(Proto => 'udp') or die $!;
	ioctl $socket, $SIOCSIFFLAGS, pack('Z16 s x22', 'lo', $IFF_UP) or die "loopback: $!";
	return;
}

sub _url { return 'http://127.0.0.1:' . $_[0] }

sub _start_etcd {
	my ($self, $n) = @_;
	return $self->_spawn("etcd$n", 'etcd', '--name', "etcd$n", '--data-dir', "$self->{dir}/etcd$n",
		'--listen-client-urls', _url($ETCD + $n), '--advertise-client-urls',       _url($ETCD + $n),
		'--listen-peer-urls',   _url($PEER + $n), '--initial-advertise-peer-urls', _url($PEER + $n),
		'--initial-cluster', join(',', map { "etcd$_=" . _url($PEER + $_) } 0 .. 2), '--initial-cluster-state', 'new');
}

# Machine n, 0 or 1: its Patroni, which starts PostgreSQL.
sub start {
	my ($self, $n) = @_;
	my $node = $self->{node}[$n];
	my ($bin) = map { chomp; $_ } qx{pg_config --bindir};
	my %user = map { $_ => { username => 'postgres', password => 'none' } } qw(superuser replication rewind);
	my $file = "$self->{dir}/machine$n.yml"; # JSON is YAML
	PostgreSQL::Test::Utils::append_to_file($file, JSON::PP->new->canonical->encode({
		scope => 'letterwatch', name => "machine$n",
		restapi => { map { $_ => '127.0.0.1:' . ($REST + $n) } qw(listen connect_address) },
		etcd3 => { hosts => [ map { '127.0.0.1:' . ($ETCD + $_) } 0 .. 2 ] },
		bootstrap => {
			dcs => { ttl => 20, loop_wait => 1, retry_timeout => 5, synchronous_mode => JSON::PP::true,
				postgresql => { use_pg_rewind => JSON::PP::true,
					parameters => { max_connections => 50, track_commit_timestamp => 'on', wal_log_hints => 'on' } } },
			initdb => [ { encoding => 'UTF8' }, { locale => 'C.UTF-8' } ] },
		postgresql => {
			listen => '127.0.0.1:' . $node->port, connect_address => '127.0.0.1:' . $node->port,
			data_dir => $node->data_dir, bin_dir => $bin, pgpass => "$self->{dir}/pgpass$n", authentication => \%user,
			basebackup => { checkpoint => 'fast' },
			pg_hba => [ 'local all all trust', map { "host $_ all 127.0.0.1/32 trust" } qw(all replication) ],
			parameters => { unix_socket_directories => $node->host } } })) unless -e $file;
	return $self->_spawn("machine$n", 'patroni', $file);
}

# Its output goes where the logs of a failed run are kept.
sub _spawn {
	my ($self, $name, @command) = @_;
	my $log = "$PostgreSQL::Test::Utils::log_path/$name.log";
	$self->{pid}{$name} = fork // die "fork: $!";
	if (!$self->{pid}{$name}) {
		open STDIN,  '<',  '/dev/null' or die $!;
		open STDOUT, '>>', $log        or die "$log: $!";
		open STDERR, '>&', \*STDOUT    or die $!;
		delete @ENV{ grep { /^PG/ } keys %ENV };
		exec 'setpriv', '--pdeathsig', 'KILL', @command or POSIX::_exit(127);
	}
	return;
}

# What machine n's server says to a question; '' where there is none.
sub _ask {
	my ($self, $n, $sql) = @_;
	my $connstr = $self->{node}[$n]->connstr('postgres') . ' connect_timeout=5';
	my $answer = qx{psql -XAt -d "$connstr" -c "$sql" 2>/dev/null} // '';
	chomp $answer;
	return $answer;
}

# The number of the machine whose server can write; undef: none.
sub leader {
	my ($self) = @_;
	my ($leader) = grep { $self->_ask($_, 'select pg_is_in_recovery()') eq 'f' } 0, 1;
	return $leader;
}

# One attempt to write, wherever that is possible: whether it has committed, as far as the server said so.
sub try_write {
	my ($self, $database, $sql) = @_;
	my $conninfo = $self->conninfo($database) =~ s/user=\w+//r;
	return system(qq{psql -Xq -d "$conninfo connect_timeout=5" -c "$sql" >/dev/null 2>&1}) == 0;
}

# Its LetterWatch, within so many seconds.
sub primary {
	my ($self, $limit_s) = @_;
	my $n = LetterWatch::wait_for(sub { my $leader = $self->leader; defined $leader ? "0$leader" : '' }, $limit_s // 10);
	return $n eq '' ? undef : bless { node => $self->{node}[$n] }, 'LetterWatch';
}

# Whether one would take over: Patroni has written it down in etcd, a moment after it is one to the primary.
sub has_synchronous_standby {
	my ($self, $limit_s) = @_;
	return LetterWatch::wait_for(sub {
		my $leader = $self->leader // return 0;
		return HTTP::Tiny->new(timeout => 5)->get(_url($REST + 1 - $leader) . '/sync')->{success};
	}, $limit_s);
}

# For the daemon: whichever of the two can write.
sub conninfo {
	my ($self, $database) = @_;
	return sprintf('host=127.0.0.1,127.0.0.1 port=%s target_session_attrs=read-write dbname=%s user=letterwatchd',
		join(',', map { $_->port } @{ $self->{node} }), $database);
}

# The death of a machine: its Patroni, its server, all of that one's processes.
sub kill9 {
	my ($self, $n) = @_;
	my $patroni = delete $self->{pid}{"machine$n"} or return;
	my $postmaster = $self->_postmaster($n);
	my @backends = $postmaster ? split ' ', qx{pgrep -P $postmaster} : ();
	kill KILL => grep { $_ } $patroni, $postmaster, @backends;
	waitpid $patroni, 0;
	return;
}

sub _postmaster {
	my ($self, $n) = @_;
	open my $file, '<', $self->{node}[$n]->data_dir . '/postmaster.pid' or return undef;
	my ($pid) = <$file>;
	return $pid + 0;
}

# What the machines wrote last, for a failed test.
sub log {
	my ($self) = @_;
	return join "\n", map { qx{tail -n 15 $PostgreSQL::Test::Utils::log_path/$_.log 2>/dev/null} } qw(machine0 machine1 etcd0);
}

sub DESTROY {
	my ($self) = @_;
	local $?;
	$self->kill9($_) for grep { $self->{node}[$_] } 0, 1;
	kill KILL => values %{ $self->{pid} };
	waitpid $_, 0 for values %{ $self->{pid} };
	return;
}

1;
