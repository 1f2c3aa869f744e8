# Under a real systemd, as an administrator would have it: the unit in its sandbox, PostgreSQL with peer authentication,
# journald and rsyslog. An overlay of this machine's own root is booted in a container; nothing in it reaches the machine.
# Needs root, the right to mount, and Debian's systemd: skipped, with the reason, where one of them is missing.
use strict;
use warnings;

use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/../lib";
use LetterWatch::Container;
use Test::More;
use Time::HiRes qw(time);

plan skip_all => 'needs root' if $>;
for my $program ('/sbin/init', '/usr/bin/systemd-nspawn', '/usr/bin/nsenter', '/usr/sbin/rsyslogd') {
	plan skip_all => "$program is not there" if !-x $program;
}

my $work = File::Temp::tempdir('/var/tmp/lw-systemd.XXXX');
my $root = "$work/root";
my $machine;

sub run { return system(@_) == 0 }

# Unmounts and removes everything.
sub finish {
	my $status = $?;
	$machine->stop if $machine;
	run("umount $root 2>/dev/null; umount $work 2>/dev/null; rmdir $work");
	$? = $status;
}
END { finish() if defined $work }
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);

sub inside { return $machine->inside(@_) }

sub until_true {
	my ($what, $condition) = @_;
	return ok(LetterWatch::Container::wait_for($condition), $what);
}

sub psql {
	my ($sql, $database) = @_;
	$database //= 'letterwatch';
	return inside("runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d $database -c \"$sql\"");
}

sub journal { return inside('journalctl -u letterwatchd --no-pager -o cat') }
sub main_pid { my $pid = inside('systemctl show -p MainPID --value letterwatchd'); chomp $pid; return $pid }

run("mount -t tmpfs tmpfs $work 2>/dev/null && mkdir $work/upper $work/work $root") or plan skip_all => 'may not mount';
run("mount -t overlay overlay -o lowerdir=/,upperdir=$work/upper,workdir=$work/work $root 2>/dev/null")
	or plan skip_all => 'may not mount an overlay of /';
run("rm -rf $root/etc/systemd/system/multi-user.target.wants $root/usr/sbin/policy-rc.d $root/etc/postgresql/*"
	. " $root/var/lib/postgresql/*");
run("make -s install DESTDIR=$root PREFIX=/usr >/dev/null") or BAIL_OUT('make install failed');
run("systemd-sysusers --root=$root 2>/dev/null");
run("systemctl -q --root=$root enable rsyslog postgresql letterwatchd letterwatch-intake.path >/dev/null 2>&1");

($machine, my $why) = LetterWatch::Container->boot($root);
plan skip_all => $why if !$machine;

is(inside('systemctl is-active letterwatchd'), "active\n", 'it starts and waits for a database that is not there');
inside('pg_createcluster --start $(ls /usr/lib/postgresql | sort -n | tail -1) main');
psql('create database letterwatch', 'postgres');
is(inside('runuser -u postgres -- psql -qX -v ON_ERROR_STOP=1 -d letterwatch -f /usr/share/letterwatch/sql/install.sql'),
	'', 'the installed schema installs');
psql('create role letterwatch login; grant letterwatch_daemon to letterwatch');
psql("insert into letterwatch.office (office_code, name, calendar, rule_set) values ('T', 'Test', 'everyday', 'demo')");
until_true('peer authentication lets it in from its sandbox', sub { journal() =~ /database connected/ });

sub alert_of {
	my ($letter) = @_;
	psql("select letterwatch.register_letter('T', '$letter', letterwatch.clock() - interval '45 seconds')");
	until_true("the alert of $letter is in the journal", sub { journal() =~ /stage=overdue rule=notice office=T letter=$letter/ });
	return until_true("the alert of $letter is in the file of rsyslog's snippet",
		sub { inside('cat /var/log/letterwatch/alerts.log') =~ /letter=$letter / });
}
alert_of('T-1');

# The folder and the registry, each by its unit in its sandbox.
psql('create role \\"letterwatch-intake\\" login in role letterwatch_intake');
sub put {
	my ($name, $text, $owner) = @_;
	return inside("printf '$text' >/var/spool/letterwatch/$name; chown $owner /var/spool/letterwatch/$name; cd /var/spool/letterwatch; mv $name in/");
}
sub status_of {
	my ($letter) = @_;
	return psql("select status from letterwatch.letter_status where letter_no = '$letter'");
}
put('a.csv', 'letter_no,office_code,notice_at\\nF-1,T,2026-01-01 10:00\\nF-2,T,\\nF-3,X,\\n', 'nobody:letterwatch-intake');
until_true('a file of another user that comes into the folder is taken', sub { status_of('F-2') eq "registered\n" });
until_true('what does not fit is given back', sub { inside('cat /var/spool/letterwatch/rejected/a.*.csv') =~ /^2,.*before its receipt.*^4,"letter F-3 cannot/ms });
until_true('the file is done', sub { inside('ls /var/spool/letterwatch/in /var/spool/letterwatch/work; ls /var/spool/letterwatch/done') =~ /a\..*\.csv\n$/ });
put('b.CSV', 'letter_no,office_code\\nF-4,T\\n', 'root:root; chmod 600 /var/spool/letterwatch/b.CSV');
until_true('one that it may not read is left', sub { inside('systemctl show -p SubState --value letterwatch-intake') eq "auto-restart\n" });
inside('chmod 644 /var/spool/letterwatch/in/b.CSV; systemctl restart letterwatch-intake');
until_true('and taken once it may', sub { status_of('F-4') eq "registered\n" });
unlike(inside('journalctl -u letterwatch-intake -o cat --no-pager'), qr/F-\d|a\.csv|b\.CSV/, 'the journal has neither names nor contents');
is(inside('systemctl show -p Result --value letterwatch-intake.path'), "success\n", 'the folder is still watched');
inside('systemctl stop letterwatch-intake.path letterwatch-intake; cd /var/spool/letterwatch/work; mkdir 20260101-000000-1;'
	. ' printf "letter_no,office_code\nF-6,T\n" >20260101-000000-1/c.csv; chown -R letterwatch-intake: 20260101-000000-1;'
	. ' systemctl start --no-block letterwatch-intake.path');
until_true('what was left half-way when the machine went down is taken', sub { status_of('F-6') eq "registered\n" });

psql("create schema letterwatch_source; create view letterwatch_source.letter as select 7 as source_ref, 'T' as office_code, 'F-5' as letter_no;"
	. ' grant usage on schema letterwatch_source to letterwatch_intake; grant select on letterwatch_source.letter to letterwatch_intake');
inside('systemctl start letterwatch-pull.service');
is(status_of('F-5'), "registered\n", 'a registry is looked at');
is(inside('systemctl show -p Result --value letterwatch-pull'), "success\n", 'and all is well') or diag(inside('journalctl -u letterwatch-pull'));

unlike(inside('runuser -u letterwatch -- letterwatchd --check'), qr/FAIL/, '--check finds all right as the service\'s user');
like(inside('cat /proc/' . main_pid() . '/status'), qr/^Umask:\s+0077\n.*^CapEff:\s+0+\n.*^NoNewPrivs:\s+1\n.*^Seccomp:\s+2\n/ms,
	'the sandbox is on: no capability, no new privileges, a filter of system calls');

# Another program in the unit's place tries what the daemon must not be able to do. As root without the sandbox it can.
my $PROBES = <<~'END';
	use strict;
	use warnings;
	my %probe = (
		'write to /etc'             => sub { open my $file, '>', '/etc/probe' },
		'write to /usr'             => sub { open my $file, '>', '/usr/probe' },
		'write to /var/lib'         => sub { open my $file, '>', '/var/lib/probe' },
		'see a home'                => sub { open my $file, '<', '/root/probe' },
		'see what others put in /tmp' => sub { open my $file, '<', '/tmp/probe' },
		'see more of /proc'         => sub { open my $file, '<', '/proc/meminfo' },
		'open a netlink socket'     => sub { socket my $socket, 16, 3, 0 },
		'make a user namespace'     => sub { syscall(272, 0x10000000) == 0 },
		'mount'                     => sub { my ($none, $to, $type) = ("none\0", "/mnt\0", "tmpfs\0"); syscall(165, $none, $to, $type, 0, 0) == 0 },
		'give a file away'          => sub { my $path = "/tmp/own\0"; open my $file, '>', '/tmp/own'; syscall(92, $path, 1, 1) == 0 },
		'map memory to write and run' => sub { syscall(9, 0, 4096, 7, 0x22, -1, 0) != -1 },
		'change its personality'    => sub { syscall(135, 0x0008) != -1 },
		'raise its priority'        => sub { syscall(141, 0, 0, -5) == 0 },
		'run as real time'          => sub { my $param = pack 'i', 1; syscall(144, 0, 1, $param) == 0 },
		'make a set-uid file'       => sub { open my $file, '>', '/tmp/suid'; chmod 04755, '/tmp/suid' },
	);
	$| = 1;
	for my $name (sort keys %probe) {
		my $pid = fork // die;
		exit($probe{$name}->() ? 0 : 1) if !$pid;
		waitpid $pid, 0;
		print "can $name\n" if $? == 0;
	}
	print "done\n";
	END

SKIP: {
	skip 'the probes are system calls of x86_64', 2 if `uname -m` ne "x86_64\n";
	open my $file, '>', "$root/usr/local/bin/probe" or die $!;
	print $file $PROBES;
	close $file;
	inside('touch /root/probe /tmp/probe; sed "s|^ExecStart=.*|ExecStart=/usr/bin/perl /usr/local/bin/probe|; s/^Type=.*/Type=oneshot/; /^Restart/d;'
		. ' /^WatchdogSec/d; /^RuntimeDirectory/d; /^User=/d; /^Group=/d" /usr/lib/systemd/system/letterwatchd.service >/run/systemd/system/probe.service; systemctl start probe');
	is(inside('journalctl -u probe -o cat --no-pager -t perl'), "done\n", 'even as root nothing can be done in it that the daemon need not do');
	my $probes = () = $PROBES =~ /=> sub/g;
	my @can = inside('perl /usr/local/bin/probe') =~ /^can (.*)/mg;
	is(scalar @can, $probes, 'that it could without') or diag(join "\n", @can);
}

is(inside('systemctl show -p WatchdogUSec --value letterwatchd'), "2min 30s\n", 'systemd watches it');

# The database wants a password; the watchdog is in a hurry.
psql("alter role letterwatch password 'k9-secret'");
inside('sed -i "1i local letterwatch letterwatch scram-sha-256" /etc/postgresql/*/main/pg_hba.conf; systemctl reload postgresql');
inside('printf "[letterwatch]\\ndbname=letterwatch\\npassword=k9-secret\\n" >/etc/letterwatch/pg_service.conf; chmod 600 /etc/letterwatch/pg_service.conf');
inside('sed -i "s/^#conninfo = .*/conninfo = service=letterwatch/" /etc/letterwatch/letterwatchd.conf; mkdir /etc/systemd/system/letterwatchd.service.d');
inside('printf "[Service]\\nLoadCredential=pg_service.conf:/etc/letterwatch/pg_service.conf\\nEnvironment=PGSERVICEFILE=%%d/pg_service.conf\\nWatchdogSec=4\\nTimeoutAbortSec=1\\n"'
	. ' >/etc/systemd/system/letterwatchd.service.d/local.conf; systemctl daemon-reload; systemctl restart letterwatchd');
is(inside("runuser -u letterwatch -- psql -wXqAt -d letterwatch -c 'select 1' 2>&1 | grep -c 'no password supplied'"), "1\n", 'the database wants a password');
sub sessions { return psql("select count(*) from pg_stat_activity where application_name = 'letterwatchd'") }
until_true('which the daemon has as a credential', sub { sessions() eq "1\n" });
unlike(inside('cat /proc/' . main_pid() . '/environ; journalctl -o cat --no-pager -u letterwatchd'), qr/k9-secret/, 'and nobody sees');

my $pid = main_pid();
inside("kill -9 $pid");
until_true('killed, it is back', sub { my $new = main_pid(); $new && $new != $pid && inside('systemctl is-active letterwatchd') eq "active\n" });
alert_of('T-2');

$pid = main_pid();
inside('systemctl reload letterwatchd');
until_true('a good file is taken over', sub { journal() =~ /event=reload result=ok/ });
inside('echo "[alerts]\nrate = many" >>/etc/letterwatch/letterwatchd.conf; systemctl reload letterwatchd');
until_true('a bad file is refused', sub { journal() =~ /event=reload result=refused/ });
is(main_pid(), $pid, 'and the daemon goes on');
inside("sed -i '/^rate = many/d' /etc/letterwatch/letterwatchd.conf");

# Stopped, it is found out by the watchdog.
$pid = main_pid();
inside("kill -STOP $pid");
until_true('a daemon that makes no progress is killed by the watchdog, and back', sub { my $new = main_pid(); $new && $new != $pid && sessions() eq "1\n" })
	or diag(inside('systemctl status -n 20 letterwatchd'));
like(inside('journalctl -u letterwatchd -o cat --no-pager'), qr/Watchdog timeout/, 'for that reason');
alert_of('T-3');

# More than three times as long as the watchdog waits.
$pid = main_pid();
inside('systemctl stop postgresql');
until_true('the database is stopped', sub { inside('systemctl is-active postgresql@*-main') ne "active\n" });
my $stopped = time;
until_true('and stays away', sub { time > $stopped + 13 });
is(main_pid(), $pid, 'the watchdog is content with a daemon that waits for it');
like(inside('systemctl show -p StatusText --value letterwatchd'), qr/./, 'which says how it is');
inside('systemctl start postgresql');
until_true('it is started again, and the daemon is connected', sub { sessions() eq "1\n" });
alert_of('T-4');
is(main_pid(), $pid, 'the same daemon');

my $began = time;
inside('systemctl stop letterwatchd');
cmp_ok(time - $began, '<', 2, 'it stops within 2 s');
is(inside('systemctl show -p Result --value letterwatchd'), "success\n", 'and well');
done_testing;
