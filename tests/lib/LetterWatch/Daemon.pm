# LetterWatch::Daemon -- one letterwatchd with a configuration file of its own.
# It is killed when the object goes, and (by the kernel) when the test dies.
package LetterWatch::Daemon;

use strict;
use warnings;

use File::Temp ();
use POSIX qw(WNOHANG);

# start(PROGRAM, 'section.key' => value, …); PROGRAM: a path, or a command that ends with one: [ 'valgrind', …, path ].
sub start {
	my ($class, $program, %settings) = @_;
	my $self = bless { program => $program, dir => File::Temp->newdir }, $class;
	$self->configure(%settings);
	$self->{pid} = fork // die "fork: $!";
	if (!$self->{pid}) {
		open STDIN,  '<',  '/dev/null'  or die $!;
		open STDOUT, '>>', $self->_file('log') or die $!;
		open STDERR, '>>', $self->_file('log') or die $!;
		delete @ENV{ grep { /^PG/ } keys %ENV };    # what it needs stands in its file
		exec 'setpriv', '--pdeathsig', 'KILL', (ref $program ? @$program : $program), '-c', $self->conf_file or POSIX::_exit(127);
	}
	return $self;
}

# Writes the configuration file anew, with these settings changed (undef: left out); reload by signal('HUP').
sub configure {
	my ($self, %changed) = @_;
	my $settings = $self->{settings} //= {};
	%$settings = (%$settings, %changed);
	open my $file, '>', $self->conf_file or die $!;
	for my $name (sort grep { defined $settings->{$_} } keys %$settings) {
		my ($section, $key) = split /\./, $name;
		print $file "[$section]\n$key = $settings->{$name}\n";
	}
	close $file or die $!;
	return;
}

sub pid       { return $_[0]{pid} }
sub conf_file { return $_[0]->_file('letterwatchd.conf') }
sub _file     { return "$_[0]{dir}/$_[1]" }

sub signal {
	my ($self, $name) = @_;
	return kill $name, $self->{pid};
}

# All that it has written to stdout and stderr.
sub log {
	my ($self) = @_;
	open my $file, '<', $self->_file('log') or return '';
	local $/;
	return <$file> // '';
}

# Whether it runs; its wait status is in status() afterwards.
sub alive {
	my ($self) = @_;
	return 0 if defined $self->{status};
	return 1 if waitpid($self->{pid}, WNOHANG) == 0;
	$self->{status} = $?;
	return 0;
}

sub status { return $_[0]{status} }

# Asks it to stop; true if it has, with exit status 0, within the seconds (the contract's 2 if not given).
sub stop {
	my ($self, $limit_s) = @_;
	$self->signal('TERM');
	return $self->ended($limit_s // 2) && $self->{status} == 0;
}

# Waits for its end; false if it still runs after so many seconds.
sub ended {
	my ($self, $limit_s) = @_;
	return LetterWatch::wait_for(sub { !$self->alive }, $limit_s);
}

sub kill9 {
	my ($self) = @_;
	return unless $self->alive;
	$self->signal('KILL');
	waitpid $self->{pid}, 0;
	$self->{status} = $?;
	return;
}

sub DESTROY {
	my ($self) = @_;
	local ($?, $!);
	$self->kill9 if $self->{pid};
	return;
}

1;
