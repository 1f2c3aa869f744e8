# Registries: one in another cluster, read through postgres_fdw by two mapping views, also when the link breaks; and one in the same
# database, by a trigger of its own.
use strict;
use warnings;

use LetterWatch;
use POSIX ();
use Test::More;

# The registry knows nothing of letterwatch: its own names, numbers and codes. While cut_at is set, its session ends at that row.
my $registry = LetterWatch->new(settings => "log_statement = all\n");
$registry->psql('postgres', <<'SQL');
create table brief (nr int primary key, stelle text, eingang date, betreff text, bescheid date, art text, geaendert timestamp not null default now());
create index on brief (geaendert);
create table vorgang (id int primary key, brief int not null, was text, am date, geaendert timestamp not null default now());
create table cut_at (nr int);
create function cut(nr int) returns int language plpgsql as $$
begin
	if exists (select from public.cut_at c where c.nr = cut.nr) then
		perform pg_terminate_backend(pg_backend_pid());
	end if;
	return nr;
end $$;
create view registered as select nr, stelle, eingang, betreff, bescheid, art, geaendert, cut(nr) from brief;
insert into brief (nr, stelle, eingang, betreff, bescheid, art)
select n, case when n % 100 = 0 then '999' else '110' end, date '2026-11-01' - n % 50, 'Canary ' || n,
       case when n % 4 = 0 then date '2026-11-02' end, case when n % 4 = 0 then 'referred' end
from generate_series(1, 1000) n;
insert into vorgang (id, brief, was, am) values (1, 1, 'progress', '2026-11-03'), (2, 100, 'progress', '2026-11-03');
SQL

my $lw = LetterWatch->new;
my $db = $lw->fresh_database;
$lw->set_clock($db, "'2026-11-10 10:00+08'");
my ($host, $port) = ($registry->node->host, $registry->node->port);
$lw->psql($db, <<"SQL");
insert into letterwatch.office (office_code, name) values ('A', 'Office A'), ('B', 'Office B');
insert into letterwatch.office_alias (source, alias, office_code) values ('briefe', '110', 'A');
create role intake login in role letterwatch_intake;
create extension postgres_fdw;
create server registry foreign data wrapper postgres_fdw options (host '$host', port '$port', dbname 'postgres');
create user mapping for public server registry options (user '@{[ (getpwuid $<)[0] ]}', password_required 'false');
create schema registry;
import foreign schema public limit to (registered, vorgang) from server registry into registry;
create schema letterwatch_source;
create view letterwatch_source.letter as
select 'briefe' as source, nr as source_ref, stelle as office_code, eingang as received_on, betreff as title, bescheid as notice_at,
       art as outcome, geaendert as changed_at
from registry.registered;
create view letterwatch_source.event as
select 'briefe' as source, id as source_ref, brief as letter_ref, was as kind, am as occurred_at, geaendert as changed_at
from registry.vorgang;
grant usage on schema letterwatch_source to letterwatch_intake;
grant select on all tables in schema letterwatch_source to letterwatch_intake;
SQL

# What a pull says: letters|events|known|rejected, or its error.
sub pull {
	my ($arguments) = @_;
	my ($output, $error) = $lw->try($db, 'select * from letterwatch.pull_sources(' . ($arguments // '') . ')', 'intake');
	return $error || $output;
}

sub query { return $lw->psql($db, $_[0]) }

my $FOOTPRINT = <<'SQL';
select (select count(*) from letterwatch.letter), (select count(*) from letterwatch.letter_event), (select count(*) from letterwatch.intake_batch),
	(select count(*) from letterwatch.intake_rejected), (select count(*) from letterwatch.intake_mark), (select count(*) from letterwatch.log_line)
SQL

subtest 'the link breaks in the middle: nothing is half done' => sub {
	$registry->psql('postgres', 'insert into cut_at values (700)');
	like(pull(), qr/ERROR.*(?:terminating connection|server closed)/s, 'the session over there ends at the 700th row');
	is(query($FOOTPRINT), '0|0|0|0|0|0', 'nothing stands');
	$registry->psql('postgres', 'delete from cut_at');
	$registry->node->stop('immediate');
	like(pull(), qr/ERROR.*could not connect/, 'the whole server is away');
	is(query($FOOTPRINT), '0|0|0|0|0|0', 'nothing stands');
	$registry->node->start;
};

subtest 'the next time all of it comes' => sub {
	is(pull(), '990|241|0|11', 'but for what does not fit');
	is(query(q{select count(*) from letterwatch.letter_state where status = 'referred' and office_code = 'A'}), 240, 'letters with their notices');
	is(query(q{select kind from letterwatch.letter_event where source_ref = '1'}), 'progress', 'events found their letters');
	is(query(q{select what, source_ref, reason from letterwatch.intake_rejects where source_ref in ('100', '2') order by 1}),
		"event|2|there is no letter 100 of source briefe\nletter|100|letter 100 cannot be registered: unknown office 999",
		'what does not fit is named by its number there, and nothing else of it');
	unlike(query('select string_agg(r::text, chr(10)) from letterwatch.intake_rejected r'), qr/Canary/, 'no title is there');
	is(query(q{select array_to_string(fields, ' ') from letterwatch.log_line where event = 'intake'}),
		'event intake source registry letters 990 events 241 known 0 rejected 11', 'a line says what came');
};

subtest 'then only what is new or changed' => sub {
	$registry->psql('postgres', q{update brief set geaendert = geaendert - interval '1 day'; update vorgang set geaendert = geaendert - interval '1 day'});
	is(pull("overlap => '0'"), '0|0|0|0', 'nothing is new, and what does not fit is not told again');
	is(query('select count(*) from letterwatch.log_line'), 1, 'no line');
	$registry->psql('postgres', <<~'SQL');
		insert into brief (nr, stelle, eingang) values (1001, '110', '2026-11-09');
		update brief set eingang = '2026-10-20', geaendert = now() where nr = 1;
		update brief set bescheid = '2026-11-09', art = 'accepted', geaendert = now() where nr = 2;
		update brief set bescheid = '2026-11-03', geaendert = now() where nr = 4;
		update brief set stelle = '999', geaendert = now() where nr = 5;
		SQL
	$lw->psql($db, q{insert into letterwatch.office_alias (source, alias, office_code) values ('briefe', '999', 'B')});
	is(pull("overlap => '0'"), '11|12|0|3', 'new ones, changed ones, and those whose code is known by now');
	is(query(q{select s.received_on from letterwatch.letter_state s join letterwatch.letter l using (letter_no) where l.source_ref = '1'}),
		'2026-10-20', 'another day of receipt corrects');
	is(query(q{select s.status from letterwatch.letter_state s join letterwatch.letter l using (letter_no) where l.source_ref = '2'}), 'accepted', 'a notice is added');
	is(query(q{select source_ref, regexp_replace(reason, 'L\d+-\d+', 'L') from letterwatch.intake_rejects order by 1}),
		"2|letter L: progress is not possible on 2026-11-03, when its status is referred\n4|letter L: notice referred is not possible on 2026-11-03, when its status is referred\n5|letter L came from office A, not B",
		'a notice that was told otherwise, and another office, are for people');
	my $log = PostgreSQL::Test::Utils::slurp_file($registry->node->logfile);
	like($log, qr/DECLARE c\d+ CURSOR FOR.*\n?.*FROM public\.registered WHERE .*geaendert > /, 'the condition is sent to the registry');
	is(pull('whole => true'), '0|0|1000|0', 'all of it compared: nothing else is new');
	$lw->psql($db, q{set letterwatch.rejects = 'keep'; insert into letterwatch.intake_letter (source, source_ref, office_code) values ('other', 'AB-1', 'NOWHERE')});
	is(pull("overlap => '0'"), '0|0|0|0', 'what another source brought, and did not fit, stops nothing');
	$lw->psql($db, q{delete from letterwatch.intake_rejected where source = 'other'});
};

subtest 'without changed_at, by what is not here' => sub {
	$lw->psql($db, <<~'SQL');
		drop view letterwatch_source.letter, letterwatch_source.event;
		create view letterwatch_source.letter as
		select 'briefe' as source, nr as source_ref, stelle as office_code, eingang as received_on from registry.registered;
		grant select on letterwatch_source.letter to letterwatch_intake;
		SQL
	$registry->psql('postgres', q{insert into brief (nr, stelle, eingang) values (1002, '110', '2026-11-09')});
	is(pull(), '1|0|0|0', 'what is new');
	is(pull(), '0|0|0|0', 'comes once');
};

subtest 'a day that is none, and a number that comes twice' => sub {
	$lw->psql($db, <<~'SQL');
		create schema twice;
		create table twice.letter (source_ref text, office_code text, received_on text, notice_at text, changed_at timestamptz not null default now());
		insert into twice.letter values ('z1', 'A', '0000-01-01', null), ('z2', 'A', '2026-11-02', null),
			('d1', 'A', '2026-11-02', null), ('d1', 'A', '2026-11-02', '2026-13-45'),
			('d2', 'A', '2026-11-02', '2026-13-45'), ('d2', 'A', '2026-11-02', null);
		drop view letterwatch_source.letter;
		create view letterwatch_source.letter as select 'twice' as source, * from twice.letter;
		grant usage on schema twice to letterwatch_intake;
		grant select on letterwatch_source.letter to letterwatch_intake;
		SQL
	my $noted = q{select string_agg(source_ref || ' ' || reason, ', ' order by source_ref) from letterwatch.intake_rejects where source = 'twice'};
	my $wrong = 'd1 notice_at is no moment, d2 notice_at is no moment, z1 received_on is no day';
	is(pull(), '3|0|0|3', 'each stays out by itself');
	is(query($noted), $wrong, 'and is noted');
	for my $arguments ("overlap => '0'", 'whole => true') {
		like(pull($arguments), qr/^0\|0\|[23]\|0$/, "$arguments: it is not told again");
		is(query($noted), $wrong, 'and stays noted');
	}
	$lw->psql($db, q{delete from twice.letter where notice_at is not null; update twice.letter set received_on = '2026-11-03'});
	pull('whole => true');
	is(query($noted), '', 'until it is mended');
};

subtest 'a mapping view that is wrong is named' => sub {
	$lw->psql($db, 'create view letterwatch_source.event as select 1 as source_ref, 2 as lettre; grant select on letterwatch_source.event to letterwatch_intake');
	like(pull(), qr/letterwatch_source.event has an unknown column lettre/, 'an unknown column');
	$lw->psql($db, 'drop view letterwatch_source.event; create view letterwatch_source.event as select 2 as letter_no; grant select on letterwatch_source.event to letterwatch_intake');
	like(pull(), qr/has no column source_ref/, 'no number');
	$lw->psql($db, 'drop view letterwatch_source.event');
};

subtest 'a registry in the same database: its own trigger' => sub {
	$lw->psql($db, <<~'SQL');
		create role registry login in role letterwatch_intake;
		alter role registry set letterwatch.rejects = 'keep';
		create table public.post (id int primary key, office text, arrived date);
		grant insert on public.post to registry;
		create function public.post_to_letterwatch() returns trigger language plpgsql as $$
		begin
			insert into letterwatch.intake_letter (source, source_ref, office_code, received_on) values ('post', new.id, new.office, new.arrived);
			return null;
		end $$;
		create trigger letterwatch after insert on public.post for each row execute function public.post_to_letterwatch();
		SQL
	my (undef, $error) = $lw->try($db, q{insert into public.post values (1, 'A', '2026-11-09'), (2, 'Z', '2026-11-09'), (3, 'A', '2027-01-01')}, 'registry');
	is($error, '', 'its transaction stands whatever is refused');
	is(query('select count(*) from public.post'), 3, 'all its rows');
	is(query(q{select source_ref from letterwatch.letter where source = 'post'}), 1, 'the one that fits is a letter');
	is(query(q{select source_ref, reason from letterwatch.intake_rejects where source = 'post' order by 1}),
		"2|letter 2 cannot be registered: unknown office Z\n3|letter 3 cannot be registered: its day of receipt, 2027-01-01, lies in the future",
		'the others are noted');
	(undef, $error) = $lw->try($db, q{set letterwatch.rejects = ''; insert into public.post values (4, 'Z', '2026-11-09')}, 'registry');
	like($error, qr/unknown office Z/, 'without the setting it is refused');
};

subtest 'two at a time bring a letter once' => sub {
	my $other = $lw->node->background_psql($db);
	my $insert = q{insert into letterwatch.intake_letter (office_code, source, source_ref) values ('A', 'both', 'x')};
	$other->query_safe('begin');
	$other->query_safe($insert);
	my $waits = 'select count(*) from pg_stat_activity where wait_event_type = \'Lock\' and datname = current_database()';
	my $pid   = fork // die $!;
	if (!$pid) {
		my (undef, $error) = $lw->try($db, $insert);
		POSIX::_exit($error ? 1 : 0);
	}
	wait_until { query($waits) eq '1' } 10, 'the second waits for the first';
	$other->query_safe('commit');
	waitpid $pid, 0;
	is($?, 0, 'and goes on without an error');
	$other->quit;
	is(query(q{select count(*) from letterwatch.letter where source = 'both'}), 1, 'the letter is there once');
};

is(query('select count(*) from letterwatch.verify()'), 0, 'verify() finds nothing amiss');
done_testing;
