# A database of an earlier version, with letters, events and alerts in it, becomes one of this version: the same schema as a fresh
# one, nothing told twice, nothing amiss.
use strict;
use warnings;

use LetterWatch;
use Test::More;

my $lw    = LetterWatch->new;
my $fresh = $lw->fresh_database;

# The clock of the dump stands still at the moment at which it was made.
my $CLOCK = "timestamptz '2026-03-09 09:00+08'";

sub dump_of {
	my ($database, @options) = @_;
	my ($text) = PostgreSQL::Test::Utils::run_command([ 'pg_dump', @options, $lw->node->connstr($database) ]);
	return $text =~ s/^\\(?:un)?restrict .*\n//gmr;
}

# What one text has and the other has not, whole paragraphs in any order; the first few.
sub difference {
	my ($is, $should) = map { +{ map { $_ => 1 } split /\n\n+/ } } @_;
	my @differs = ((map { "- $_" } grep { !$is->{$_} } sort keys %$should), map { "+ $_" } grep { !$should->{$_} } sort keys %$is);
	return join "\n", splice @differs, 0, 5;
}

# The days of its calendars are left out of a dump: they are derived again, by its own functions.
my %days = (2 => 'select letterwatch.rebuild_calendars()');
$days{$_} = <<~'SQL' for 3 .. 15;
	insert into letterwatch.calendar_date (calendar, day, workday, workdays, next_workday, settled, unsettled, holiday)
	select d.calendar, d.day, d.workday, d.workdays, d.next_workday, d.settled, d.unsettled, d.holiday
	from letterwatch.derive_calendar(array(select c.calendar::text from letterwatch.calendar c), null) d
	union all
	select e.edition, d.day, d.workday, d.workdays, d.next_workday, d.settled, d.unsettled, d.holiday
	from letterwatch.calendar_edition e
	cross join lateral letterwatch.derive_calendar(array[e.calendar::text], e.until) d
	SQL

sub restored {
	my ($version, $db) = @_;
	$lw->psql('postgres', "create database $db");
	my $connstr = $lw->node->connstr($db);
	is(system("zcat $LetterWatch::TREE/tests/data/version-$version.sql.gz | psql -X -q -v ON_ERROR_STOP=1 -d '$connstr' >/dev/null"),
		0, "version $version is restored");
	$lw->psql($db, $days{$version});
	return $db;
}

for my $version (sort keys %days) {
	my $db = restored($version, "from_version_$version");
	my $alerts = q{set timezone = 'UTC'; select string_agg((to_jsonb(a) - 'stage_offset')::text, chr(10) order by alert_id) from letterwatch.alert a};
	my $dates  = q{set timezone = 'UTC'; select string_agg(concat_ws(' ', letter_no, rule, since, state, due_on, closed_on, next_event_at), chr(10)
		order by letter_no, rule, since) from letterwatch.deadline};
	my ($alerts_before, $dates_before) = map { $lw->psql($db, $_) } $alerts, $dates;
	isnt($alerts_before, '', 'with alerts');
	my $unsent = $lw->psql($db, 'select count(*) from letterwatch.outbox');

	$lw->install($db);
	is($lw->psql($db, 'select max(version) from letterwatch.schema_version'),
		$lw->psql($fresh, 'select max(version) from letterwatch.schema_version'), 'and brought to this one');
	$lw->set_clock($db, $CLOCK);
	1 while $lw->psql($db, 'select letterwatch.redate_letters(25)') > 0;
	$lw->psql($db, 'select letterwatch.work_replan_queue(100)');
	is($lw->psql($db, q{select string_agg(v::text, ' ') from letterwatch.verify() v}), '', 'nothing is amiss');
	is($lw->psql($db, $dates), $dates_before, 'no date is another, no stage is forgotten');
	my $claimed = $lw->psql($db, <<~'SQL');
		select count(line_id) from letterwatch.daemon_connect(null, 'test', 2, 'test') d, letterwatch.claim_due(d.instance, 1000, 'none')
		SQL
	is($claimed, $unsent, 'nothing is told again, and what was not sent yet is');
	is($lw->psql($db, $alerts), $alerts_before, 'no alert is another');

	# The clock is put back for the comparison.
	$lw->install($db);
	is(difference(dump_of($db, '--schema-only', '--no-owner'), dump_of($fresh, '--schema-only', '--no-owner')), '',
		'its schema is that of a fresh database');
	$lw->install($db);
	is($lw->psql($db, 'select count(*) from letterwatch.settings_change where redated_at is null'), 0, 'installing again changes nothing');
}

# Stages were changed under version 9: a number is another stage's in alerts raised before.
{
	my ($db, $pending) = map { restored(9, $_) } 'restaged', 'pending';
	$lw->psql($_, <<~'SQL') for $db, $pending;
		begin;
		delete from letterwatch.stage where stage_no = 1 and rule = 'reply';
		update letterwatch.stage set stage_no = stage_no + 100 where rule = 'reply';
		update letterwatch.stage set stage_no = stage_no - 101 where rule = 'reply';
		commit;
		SQL
	my ($out, $error) = PostgreSQL::Test::Utils::run_command([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d',
		$lw->node->connstr($pending), '-f', "$LetterWatch::TREE/sql/install.sql" ]);
	like($error, qr/ERROR:  stages were changed, and not all letters are planned by them yet\nHINT:/, 'before they are planned by them it is refused');
	is($lw->psql($pending, 'select max(version) from letterwatch.schema_version'), '9', 'and nothing is done');

	1 while $lw->psql($db, 'select letterwatch.redate_letters(25)') > 0;
	$lw->install($db);
	my $told = 'from letterwatch.alert a join letterwatch.deadline d using (letter_no, rule, since, due_on) where d.state = \'open\'';
	cmp_ok($lw->psql($db, "select count(*) $told and a.stage_offset is not null"), '>', 50, 'after that what was told is known by what it is');
	is($lw->psql($db, "select count(*) $told and a.stage_offset > coalesce(d.stage_done, '-infinity')"), '0',
		'but where a number may have been another stage\'s');
}

# Installed by a role of its own, as README says, and upgraded by a superuser.
{
	my $db = 'owned';
	$lw->psql('postgres', 'create role upgrade_owner; create database owned owner upgrade_owner');
	my @install = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $lw->node->connstr($db));
	is(system(@install, '-c', 'set role upgrade_owner', '-f', "$LetterWatch::TREE/sql/install.sql"), 0, 'it is installed');
	$lw->psql($db, 'drop function letterwatch.verify(); drop view letterwatch.my_work; alter database owned reset timezone');
	is(system(@install, '-f', "$LetterWatch::TREE/sql/install.sql"), 0, 'and upgraded');
	is($lw->psql($db, <<~'SQL'), '', 'what is new belongs to whom the rest belongs to');
		select string_agg(x.name, ' ')
		from (select oid::regprocedure::text, proowner, pronamespace from pg_proc
		      union all
		      select oid::regclass::text, relowner, relnamespace from pg_class) x (name, owner, namespace)
		where x.namespace = 'letterwatch'::regnamespace and x.owner <> 'upgrade_owner'::regrole
		SQL
	is($lw->psql($db, 'show timezone'), 'Asia/Shanghai', 'the time zone is the database\'s');

	$lw->psql($db, "alter database $db set default_transaction_isolation = 'serializable'");
	is(system(@install, '-f', "$LetterWatch::TREE/sql/install.sql"), 0, 'whatever the isolation of the database\'s transactions');
	$lw->psql($db, "alter database $db set default_transaction_read_only = on");
	is($lw->psql($db, 'select what, detail from letterwatch.check_setup() where not ok'),
		'writing|transactions are read only: default_transaction_read_only of the server, the database or this role', 'a check sees where nothing can be written');
}

# Where its texts cannot be kept.
{
	$lw->psql('postgres', "create database ascii encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0");
	IPC::Run::run([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $lw->node->connstr('ascii'), '-f', "$LetterWatch::TREE/sql/install.sql" ],
		'>&', \my $said);
	like($said, qr/encoding SQL_ASCII: letterwatch needs UTF8\nHINT: .*createdb -T template0 -E UTF8/, 'it is not installed');
}

done_testing;
