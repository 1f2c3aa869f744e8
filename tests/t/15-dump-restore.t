# pg_dump and restore under row security, by a superuser and by the owner of the schema: every row comes back, nothing is amiss, and
# the roles see and are refused what they were before.
use strict;
use warnings;

use LetterWatch;
use Test::More;

my $lw = LetterWatch->new;
my $db = 'letterwatch_owned';
$lw->fresh_database;    # makes the roles
$lw->psql('postgres', <<~'SQL');
	create role letterwatch_owner nologin;
	create role clerk login in role letterwatch_clerk;
	create database letterwatch_owned owner letterwatch_owner;
	SQL

# psql or a tool of the server on a database; as the owner of the schema if so wanted. Its output.
sub run {
	my ($role, @command) = @_;
	local $ENV{PGTZ}      = 'UTC';
	local $ENV{PGOPTIONS} = $role eq 'owner' ? '-c role=letterwatch_owner' : '';
	my ($out, $err) = PostgreSQL::Test::Utils::run_command(\@command);
	is($err, '', "$command[0] by the $role: no complaint");
	return $out;
}

sub dump_of {
	my ($database, @options) = @_;
	return run('superuser', 'pg_dump', @options, $lw->node->connstr($database)) =~ s/^\\(?:un)?restrict .*\n//gmr;
}

run('owner', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $lw->node->connstr($db), '-f', "$LetterWatch::TREE/sql/install.sql");
is($lw->psql($db, q{select distinct pg_get_userbyid(relowner) from pg_class where relnamespace = 'letterwatch'::regnamespace}),
	'letterwatch_owner', 'the schema has an owner who is no superuser');
$lw->psql($db, <<~'SQL');
	insert into letterwatch.office (office_code, name) values ('D', 'Office D'), ('E', 'Office E');
	insert into letterwatch.office_member (db_role, office_code, duty) values ('clerk', 'D', 'clerk');
	insert into letterwatch.letter (letter_no, office_code, received_on, title)
	select o || '-' || n, o, current_date - 10 * n, 'matter ' || n from unnest('{D,E}'::text[]) o, generate_series(1, 12) n;
	insert into letterwatch.petitioner (letter_no, name) select letter_no, 'writer of ' || letter_no from letterwatch.letter;
	select letterwatch.record_notice(letter_no) from letterwatch.letter where letter_no like '%-1%';
	select letterwatch.forget_petitioner('E-2', 'asked for it');
	select count(*) from letterwatch.daemon_connect(null, 'test', 1, 'test') d, letterwatch.claim_due(d.instance, 1000, 'en');
	SQL
cmp_ok($lw->psql($db, 'select count(*) from letterwatch.alert'), '>', 0, 'with alerts');

my $before = dump_of($db);
for my $role ('superuser', 'owner') {
	my $restored = "restored_by_$role";
	$lw->psql('postgres', "create database $restored owner letterwatch_owner");
	my $file = $lw->node->basedir . "/$restored.dump";
	run($role, 'pg_dump', '-Fc', '-f', $file, $lw->node->connstr($db));
	run($role, 'pg_restore', '--exit-on-error', '-d', $lw->node->connstr($restored), $file);

	my %was = map { $_ => 1 } split /\n/, $before;
	my %is  = map { $_ => 1 } split /\n/, dump_of($restored);
	my @differs = ((map { "- $_" } grep { !$is{$_} } sort keys %was), map { "+ $_" } grep { !$was{$_} } sort keys %is);
	is(join("\n", splice @differs, 0, 20), '', "restored by the $role: row by row, right by right");
	is($lw->psql($restored, 'select count(*) from letterwatch.petitioner'), 23, 'every writer');
	is($lw->psql($restored, 'select count(*) from letterwatch.verify()'), 0, 'nothing is amiss');
	is($lw->psql($restored, q{select string_agg(relname, ' ' order by relname) from pg_class where relrowsecurity}),
		'alert deadline intake_batch petitioner', 'row security stands');
	my ($seen) = $lw->try($restored, <<~'SQL', 'clerk');
		select count(*) from letterwatch.petitioner;
		select count(*) from letterwatch.letter_status;
		SQL
	is($seen, "12\n12", 'a clerk sees the office\'s own');
	my (undef, $error) = $lw->try($restored, q{select letterwatch.record_notice('E-5')}, 'clerk');
	like($error, qr/letter E-5 is not of an office of yours/, 'and is refused another\'s');
	($seen, $error) = $lw->try($restored, q{select count(*) from letterwatch.record_notice('D-5')}, 'clerk');
	is($error, '', 'work goes on');
}

# A clerk who dumps gets nothing, whatever is hidden.
my ($out, $err) = PostgreSQL::Test::Utils::run_command([ 'pg_dump', '-t', 'letterwatch.petitioner', $lw->node->connstr($db) . ' user=clerk' ]);
unlike($out, qr/writer of/, 'a clerk dumps no writers');
like($err, qr/row-level security/, 'and is told why');

done_testing;
