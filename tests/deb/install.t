# The Debian package, as an administrator meets it: built without a network and installed into a clean root of each release of Debian
# that SUITES names, under its own systemd; an upgrade keeps settings and data; a purge leaves nothing of ours, and the database.
# "make check-deb" runs it, as root: the roots come from a mirror (MIRROR), and take minutes.
use strict;
use warnings;

use Cwd qw(getcwd);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/../lib";
use LetterWatch::Container;
use Test::More;

plan skip_all => 'needs root' if $>;

my @suites = split ' ', $ENV{SUITES} // 'bookworm trixie';
my $mirror = $ENV{MIRROR} // 'http://deb.debian.org/debian';
my $tree   = getcwd();
my $cache  = "$tree/build/roots";
my $work   = File::Temp::tempdir('/var/tmp/lw-deb.XXXX');
my $machine;

sub run { return system(@_) == 0 }

sub finish {
	my $status = $?;
	$machine->stop if $machine;
	run("rm -rf $work");
	$? = $status;
}
END { finish() if defined $work }
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);

# A fresh directory with a root of `suite` that has these packages beyond the smallest; the archive is kept for the next run.
sub root_with {
	my ($suite, $name, @packages) = @_;
	my $archive = "$cache/$suite-$name.tar";
	if (!-e $archive) {
		diag("making $archive");
		run("mkdir -p $cache");
		run('mmdebstrap', '--quiet', '--variant=minbase', '--include=' . join(',', @packages), $suite, "$cache/new.tar", $mirror)
			or BAIL_OUT("no root of $suite");
		rename "$cache/new.tar", $archive or die "$archive: $!";
	}
	my $root = "$work/$suite-$name";
	run("mkdir $root && tar -xf $archive -C $root") or BAIL_OUT("$archive cannot be read");
	return $root;
}

# The package, built in a root of its release without a network.
sub build {
	my ($suite) = @_;
	my $root = root_with($suite, 'build', qw(build-essential debhelper dh-sequence-installsysusers libcmocka-dev libevent-dev libinih-dev
		libpq-dev libsystemd-dev pkg-config scdoc));
	run("mkdir $root/source && cp -r daemon conf sql systemd tests Makefile README.md $root/source/ && cp -r conf/debian $root/source/debian");
	ok(run("unshare -n chroot $root sh -c 'cd /source && dpkg-buildpackage --build=binary --no-sign' >$work/build.log 2>&1"),
		'it builds without a network') or diag(`tail -n 30 $work/build.log`);
	my ($package) = grep { !/dbgsym/ } glob "$root/letterwatch_*.deb";
	return $package;
}

# The same as a later version.
sub later {
	my ($package) = @_;
	run("rm -rf $work/later && dpkg-deb -R $package $work/later && sed -i 's/^Version: .*/Version: 99/' $work/later/DEBIAN/control"
		. " && dpkg-deb --root-owner-group -b $work/later $work/later.deb >/dev/null") or die 'a later version';
	return "$work/later.deb";
}

sub inside { return $machine->inside(@_) }

sub psql {
	my ($sql, $database) = @_;
	$database //= 'letterwatch';
	return inside("runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d $database -c \"$sql\"");
}

sub until_true {
	my ($what, $condition) = @_;
	return ok(LetterWatch::Container::wait_for($condition), $what);
}

sub alert_of {
	my ($letter) = @_;
	psql("select letterwatch.register_letter('T', '$letter', letterwatch.clock() - interval '45 seconds')");
	return until_true("the alert of $letter is in rsyslog's file", sub { inside('cat /var/log/letterwatch/alerts.log') =~ /letter=$letter / });
}

# A file of the container's.
sub there { return inside("ls -d $_[0] 2>/dev/null") =~ tr/\n// }

for my $suite (@suites) {
	subtest $suite => sub {
		my $package = build($suite) or return;
		my $root    = root_with($suite, 'run', qw(ca-certificates systemd-sysv dbus rsyslog logrotate postgresql));
		run("cp $package $root/package.deb && cp /etc/resolv.conf $root/etc/resolv.conf && cp " . later($package) . " $root/later.deb") or die;
		ok(run("chroot $root sh -c 'apt-get -qq update && apt-get -qq -y --no-install-recommends install /package.deb' >$work/install.log 2>&1"),
			'it installs with what it depends on') or diag(`tail -n 30 $work/install.log`);
		($machine, my $why) = LetterWatch::Container->boot($root);
		$machine or return fail($why);

		is(inside('systemctl is-enabled letterwatchd letterwatch-intake.path letterwatch-pull.timer'), "disabled\n" x 3, 'nothing is at work yet');
		is(inside('dpkg --verify letterwatch'), '', 'its files are as they were packed');
		like(inside('id letterwatch && id letterwatch-intake'), qr/uid=.*\n.*uid=/, 'its users are there');
		is(inside('stat -c %A:%U /var/spool/letterwatch/in'), "drwxrws---:letterwatch-intake\n", 'and the folder');

		# As README says.
		inside('pg_lsclusters -h | grep -q . || pg_createcluster $(ls /usr/lib/postgresql) main; systemctl start postgresql');
		until_true('PostgreSQL runs', sub { psql('select 1', 'postgres') eq "1\n" });
		inside('runuser -u postgres -- psql -qX -f /usr/share/letterwatch/sql/roles.sql');
		psql('create database letterwatch', 'postgres');
		is(inside('runuser -u postgres -- psql -qX -v ON_ERROR_STOP=1 -d letterwatch -f /usr/share/letterwatch/sql/install.sql', 120),
			'', 'the schema installs');
		psql('create role letterwatch login in role letterwatch_daemon');
		psql("insert into letterwatch.office (office_code, name, calendar, rule_set) values ('T', 'Test', 'everyday', 'demo')");
		inside('echo "[timer]" >>/etc/letterwatch/letterwatchd.conf; echo "heartbeat = 2h" >>/etc/letterwatch/letterwatchd.conf');
		unlike(inside('runuser -u letterwatch -- letterwatchd --check'), qr/FAIL/, '--check finds all right');
		inside('systemctl restart rsyslog; systemctl enable --now letterwatchd');
		alert_of('BEFORE');

		my $before = inside('systemctl show -p MainPID --value letterwatchd');
		like(inside('dpkg -i /later.deb; dpkg-query -W -f \'${Version} ${db:Status-Status}\' letterwatch', 120), qr/99 installed\z/, 'a later version is installed');
		until_true('and is at work', sub { inside('systemctl is-active letterwatchd') eq "active\n" });
		isnt(inside('systemctl show -p MainPID --value letterwatchd'), $before, 'in the place of the old one');
		like(inside('cat /etc/letterwatch/letterwatchd.conf'), qr/^heartbeat = 2h$/m, 'the settings are kept');
		alert_of('AFTER');
		is(psql('select count(*) from letterwatch.letter'), "2\n", 'the data, too');

		inside('touch /var/spool/letterwatch/in/left.tmp');
		inside('dpkg -P letterwatch', 120);
		is($?, 0, 'it can be purged');
		is(inside('systemctl is-active letterwatchd'), "inactive\n", 'it is stopped');
		is(there('/etc/letterwatch /etc/rsyslog.d/letterwatch.conf /etc/logrotate.d/letterwatch /usr/share/letterwatch /usr/sbin/letterwatchd'
				. ' /usr/lib/systemd/system/letterwatch* /etc/systemd/system/*/letterwatch* /var/log/letterwatch /usr/share/man/man?/letterwatch*'),
			0, 'nothing of ours is left');
		is(there('/var/spool/letterwatch/in/left.tmp'), 1, 'but for what waits to be taken in');
		is(psql('select count(*) from letterwatch.alert where letter_no is not null') > 0, 1, 'and the database');
		$machine->stop;
		undef $machine;
	};
}
done_testing;
