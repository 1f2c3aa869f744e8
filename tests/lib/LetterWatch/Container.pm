# LetterWatch::Container -- a root directory booted by systemd-nspawn, with a real systemd and no network. Needs root. It is powered
# off when the object goes.
package LetterWatch::Container;

use strict;
use warnings;

use Time::HiRes qw(sleep time);

our $LIMIT_S = 60; # for booting, and for whatever is waited for

# boot(ROOT): (the running container, undef), or (undef, why it does not boot).
sub boot {
	my ($class, $root) = @_;
	my $log  = "$root.boot.log";
	my $self = bless { nspawn => fork // die "fork: $!" }, $class;
	if (!$self->{nspawn}) {
		setpgrp;
		open STDIN,  '<', '/dev/null';
		open STDOUT, '>', $log or die "$log: $!";
		open STDERR, '>&', \*STDOUT;
		exec 'systemd-nspawn', '-D', $root, '--machine=lw', '--register=no', '--keep-unit', '--private-network',
			'--link-journal=no', '-b' or die "systemd-nspawn: $!";
	}
	my $state = '';
	my $end   = time + $LIMIT_S;
	until ($state =~ /^(running|degraded)/ || time > $end || waitpid($self->{nspawn}, 1)) {
		($self->{init}) = split /\n/, `pgrep -P $self->{nspawn}`;
		$state = $self->inside('systemctl is-system-running') if $self->{init};
		sleep 0.1;
	}
	return ($self, undef) if $state =~ /^(running|degraded)/;
	my ($why) = reverse split /\n/, `tail -n 1 $log`;
	return (undef, 'no systemd boots here: ' . ($why // "state $state"));
}

# The output of a command in it, both streams; its exit status is in $?.
sub inside {
	my ($self, $command, $limit_s) = @_;
	$limit_s //= 30;
	open my $out, '-|', 'nsenter', '-t', $self->{init}, '-a', 'timeout', $limit_s, 'sh', '-c', "exec 2>&1; $command" or die $!;
	local $/;
	my $text = <$out> // '';
	close $out;
	return $text;
}

# True once the condition is, false after LIMIT_S.
sub wait_for {
	my ($condition) = @_;
	my $end = time + $LIMIT_S;
	my $ok;
	sleep 0.1 until ($ok = $condition->()) || time > $end;
	return $ok;
}

# Powered off first, and killed if it does not go.
sub stop {
	my ($self) = @_;
	my $nspawn = delete $self->{nspawn} or return;
	local $?;
	system("kill -s RTMIN+4 $self->{init} 2>/dev/null") if $self->{init};
	my $end = time + 15;
	while (waitpid($nspawn, 1) == 0) {
		kill KILL => $nspawn if time > $end;
		sleep 0.1;
	}
	return;
}

sub DESTROY { $_[0]->stop }

1;
