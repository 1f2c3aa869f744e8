#!/usr/bin/perl
#
# idle.pl [SECONDS [LETTERS]]: what the daemon needs while nothing happens, and how soon it tells when it starts late.
#
# For SECONDS (300) it watches LETTERS (100000) letters of which none is due soon: its memory, how often it wakes (voluntary context
# switches of the process) and its processor time, as an hour's and a day's. Then all of them are due: the time from its start
# to its first alert. Never fails because of a figure. Run by run.sh.
#
use strict;
use warnings;

use FindBin;

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my $SECONDS = shift // 300;
my $LETTERS = shift // 100_000;

my $lw = LetterWatch->new(settings => "fsync = on\nshared_buffers = 512MB\nmax_wal_size = 4GB\n");
my $db = country($lw, 3600);
$lw->psql($db, <<~"SQL");
	insert into letterwatch.letter (letter_no, office_code) select 'L' || n, 'O' || 1 + n % 3600 from generate_series(1, $LETTERS) n;
	SQL
$lw->psql($db, 'vacuum analyze');

# Of a process: waits, processor seconds, anonymous and resident kB.
sub state_of {
	my ($pid) = @_;
	open my $status, '<', "/proc/$pid/status" or die $!;
	my %value = map { /^(\w+):\s+(\d+)/ ? ($1 => $2) : () } <$status>;
	open my $file, '<', "/proc/$pid/schedstat" or die $!;
	my ($ns) = split ' ', <$file>;
	return ($value{voluntary_ctxt_switches}, $ns / 1e9, $value{RssAnon}, $value{VmRSS});
}

my $syslog = LetterWatch::Syslog->new;
my $daemon = $lw->start_daemon($db, $syslog);
wait_for { $syslog->events('start') } 10 or die "the daemon does not start\n" . $daemon->log;
sleep 5;
my ($waits, $cpu_s) = state_of($daemon->pid);
sleep $SECONDS;
my ($more_waits, $more_cpu_s, $anonymous_kb, $resident_kb) = state_of($daemon->pid);
$daemon->stop;
figure('an idle daemon wakes, times an hour',           '%.0f', ($more_waits - $waits) * 3600 / $SECONDS,   'at most', 130);
figure('its processor time, seconds a day',             '%.2f', ($more_cpu_s - $cpu_s) * 86_400 / $SECONDS, 'at most', 2);
figure('its anonymous memory, MB',                      '%.1f', $anonymous_kb / 1024,                       'at most', 4);
figure('its resident memory with shared libraries, MB', '%.1f', $resident_kb / 1024,                        'at most', 12);

$lw->set_clock($db, "statement_timestamp() + interval '100 days'");
$syslog->clear;
my $first = seconds {
	$daemon = $lw->start_daemon($db, $syslog);
	wait_for { $syslog->alerts } 60 or die "no alert\n";
};
figure(sprintf('from its start to the first alert, %d deadlines due, s', 2 * $LETTERS), '%.2f', $first, 'at most', 1);
$daemon->stop;
