#!/usr/bin/perl
#
# growth.pl [LETTERS…]: whether work that concerns a few letters takes longer where there are more of them.
#
# For each of LETTERS (100000 1000000) a database with so many open letters of two months under 3,600 offices. In each three rounds of
#   letters    20,000 by COPY;
#   events     the result of each of these by COPY;
#   alerts     20,000 that are due at once, from the daemon's start to the last line received and marked as sent;
#   re-dating  about 7,000 deadlines of 20,000 letters by a list of holidays of a region of its own;
#   few        about 1,000 so, of a district with 3,000 letters: for the most part a session's first plans, so it has no ratio,
# each beside the same rows by bare statements in a copy of the database: with all indexes and constraints, but no trigger. Prints the
# medians and their ratios, and how these grow; never fails because of a time. Run by run.sh.
#
use strict;
use warnings;

use File::Temp ();
use FindBin;

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my @LETTERS = @ARGV ? @ARGV : (100_000, 1_000_000);
my $OFFICES = 3600;
my $SOME    = 20_000;
my $ROUNDS  = 3;

my $lw = LetterWatch->new(settings => <<~'END');
	fsync = on
	synchronous_commit = on
	shared_buffers = 2GB
	max_wal_size = 8GB
	maintenance_work_mem = 512MB
	log_statement = none
	END
my $dir = File::Temp->newdir;

my @TABLES = qw(letter letter_state deadline);
my %columns;

sub columns_of {
	my ($db, $table) = @_;
	return $columns{$table} //= $lw->psql($db, <<~"SQL");
		select string_agg(attname, ', ' order by attnum)
		from pg_attribute
		where attrelid = 'letterwatch.$table'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
		SQL
}

sub run { my ($db, @commands) = @_; return psql_seconds($lw, $db, map { ('-c', $_) } @commands); }

# A database with so many open letters, and a bare copy. The first 100,000 letters are registered, the others bare copies of these. The
# offices of the region and those of the district have a calendar of their own.
sub databases {
	my ($letters) = @_;
	my $db     = country($lw, $OFFICES);
	my $first  = $letters < 100_000 ? $letters : 100_000;
	my $region   = int(20_000 * $OFFICES / $letters);
	my $district = $region + (int(3000 * $OFFICES / $letters) || 1);
	$lw->psql($db, <<~"SQL");
		insert into letterwatch.rule_set (rule_set, title) values ('growth', 'A reply'), ('burst', 'One minute');
		insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
		values ('growth', 'reply', 'test', 'receipt', 3, 'month', 'case', '{result}');
		insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
		values ('burst', 'notice', 'test', 'receipt', 60, 'second', false, 'petitions', '{notice}');
		insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, severity)
		values ('growth', 'reply', 1, 'before', -5, null, 4), ('growth', 'reply', 2, 'overdue', null, 0, 3), ('burst', 'notice', 1, 'overdue', null, 0, 3);
		insert into letterwatch.calendar (calendar, parent, title) values ('region', 'cn', 'of the benchmark'), ('district', 'cn', 'of the benchmark');
		update letterwatch.office set rule_set = 'growth';
		update letterwatch.office o
		set calendar = case when n.n <= $region then 'region' else 'district' end
		from generate_series(1, $district) n
		where o.office_code = 'O' || n;
		analyze letterwatch.office, letterwatch.office_setting;
		insert into letterwatch.letter (letter_no, office_code, received_on)
		select 'L' || n, 'O' || 1 + n % $OFFICES, current_date - n % 59 from generate_series(1, $first) n;
		vacuum analyze;
		alter table letterwatch.letter disable trigger admit_letter, disable trigger queue_replicated;
		SQL
	run($db, 'set session_replication_role = replica', map {
		my $columns = columns_of($db, $_);
		my $of_copy = $columns =~ s/\bletter_no\b/'L' || k || '-' || letter_no/r;
		"insert into letterwatch.$_ ($columns) select $of_copy from letterwatch.$_, generate_series(2, $letters / $first) k"
	} @TABLES);
	$lw->psql($db, 'alter table letterwatch.letter enable replica trigger admit_letter, enable replica trigger queue_replicated');
	run($db, 'vacuum analyze', 'checkpoint');
	return ($db, bare_copy_of($lw, $db, 'bare'));
}

# Some rows of the one database for the other; the command by which it takes them.
sub taken {
	my ($db, $table, $query) = @_;
	run($db, "\\copy ($query) to '$dir/$table'");
	return "\\copy $table from '$dir/$table'";
}
sub rows_taken {
	my ($db, $like) = @_;
	return map {
		my $columns = columns_of($db, $_);
		taken($db, "letterwatch.$_", "select $columns from letterwatch.$_ where letter_no ~ '$like'") =~ s/ from / ($columns) from /r
	} @TABLES;
}

# A table of that query's rows in the other database.
sub table_taken {
	my ($db, $bare, $table, $query) = @_;
	run($db, "create table $table as $query");
	my $shape = $lw->psql($db, "select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum) from pg_attribute
		where attrelid = '$table'::regclass and attnum > 0");
	run($bare, "create table $table ($shape)", taken($db, $table, "select * from $table"), "analyze $table", 'checkpoint');
	return;
}

# Each returns the seconds of ours and of the bare statements. The letters of a round have its number in theirs.
sub letters {
	my ($db, $bare, $round) = @_;
	run($db, "\\copy (select 'A$round-' || n, 'O' || 1 + n % $OFFICES, current_date - n % 59 from generate_series(1, $SOME) n) to '$dir/letters'");
	my $ours = run($db, "\\copy letterwatch.letter (letter_no, office_code, received_on) from '$dir/letters'");
	my @rows = rows_taken($db, "^A$round-");
	run($bare, 'checkpoint');
	return ($ours, run($bare, 'begin', @rows, 'commit'));
}

sub events {
	my ($db, $bare, $round) = @_;
	run($db, "\\copy (select 'A$round-' || n, 'result' from generate_series(1, $SOME) n) to '$dir/events'", 'checkpoint');
	my $copy = "\\copy letterwatch.letter_event (letter_no, kind) from '$dir/events'";
	my $ours = run($db, $copy);
	table_taken($db, $bare, "state_$round",  "select * from letterwatch.letter_state where letter_no ~ '^A$round-'");
	table_taken($db, $bare, "closed_$round", "select * from letterwatch.deadline where letter_no ~ '^A$round-'");
	return ($ours, run($bare, 'begin', $copy, <<~"SQL", 'commit'));
		update letterwatch.letter_state t
		set status = s.status, status_on = s.status_on, status_event = s.status_event, last_event = s.last_event
		from state_$round s
		where s.letter_no = t.letter_no;
		update letterwatch.deadline t
		set state = d.state, closed_event = d.closed_event, closed_on = d.closed_on, verdict = d.verdict, changed_at = d.changed_at,
		    stage_done = d.stage_done, next_event_at = d.next_event_at
		from closed_$round d
		where d.letter_no = t.letter_no and d.rule = t.rule and d.since = t.since
		SQL
}

my $IS_DONE = <<~'SQL';
	select i.next_event_at > now() and not exists (select from letterwatch.outbox)
	from letterwatch.daemon_instance i
	order by i.instance desc
	limit 1
	SQL

# The daemon, until it has told so many alerts and marked them all; 0: until it has told what comes by the day.
sub seconds_to_tell {
	my ($db, $count) = @_;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon;
	my $seconds = seconds {
		$daemon = $lw->start_daemon($db, $syslog);
		die "not all told\n" unless receive($syslog, $count, 600) == $count;
		wait_for { receive($syslog, 1e9, 0); $lw->psql($db, $IS_DONE) eq 't' } 60 or die "not all marked\n";
	};
	$daemon->stop;
	return $seconds;
}

sub alerts {
	my ($db, $bare, $round) = @_;
	seconds_to_tell($db, 0);
	run($db, <<~"SQL");
		insert into letterwatch.letter (letter_no, office_code, rule_set, received_at)
		select 'D$round-' || n, 'O' || 1 + n % $OFFICES, 'burst', letterwatch.clock() - interval '1 minute' - n * interval '1 us'
		from generate_series(1, $SOME) n
		SQL
	run($bare, rows_taken($db, "^D$round-"));
	run($_, 'vacuum letterwatch.deadline', 'checkpoint') for $db, $bare;
	my $ours = seconds_to_tell($db, $SOME);
	table_taken($db, $bare, "raised_$round", <<~"SQL");
		select a.*, s.sent_at, s.instance, d.stage_done, d.reached, d.next_event_at, row_number() over (order by a.stage_at) / 1000 as batch
		from letterwatch.alert a
		join letterwatch.alert_sent s on s.line_id = a.alert_id
		join letterwatch.deadline d on d.letter_no = a.letter_no and d.rule = a.rule and d.since = a.since
		where a.letter_no ~ '^D$round-'
		SQL
	die "not all raised\n" unless $lw->psql($bare, "select count(*) from raised_$round") == $SOME;
	run($bare, "create index on raised_$round (batch)");
	my $columns = columns_of($db, 'alert');
	return ($ours, run($bare, <<~"SQL"));
		do \$do\$
		begin
			for b in 0 .. $SOME / 1000 loop
				perform set_config('synchronous_commit', 'off', true);
				update letterwatch.deadline d
				set stage_done = r.stage_done, reached = r.reached, next_event_at = r.next_event_at
				from raised_$round r
				where r.batch = b and d.letter_no = r.letter_no and d.rule = r.rule and d.since = r.since;
				insert into letterwatch.alert ($columns) select $columns from raised_$round where batch = b;
				insert into letterwatch.outbox (line_id, stage_at, instance, leased_until)
				select alert_id, stage_at, instance, 'infinity' from raised_$round where batch = b;
				commit;
				with gone as (
					delete from letterwatch.outbox o using raised_$round r where r.batch = b and o.line_id = r.alert_id returning o.line_id
				)
				insert into letterwatch.alert_sent (line_id, sent_at, instance)
				select r.alert_id, r.sent_at, r.instance from gone g join raised_$round r on r.alert_id = g.line_id;
				commit;
			end loop;
		end
		\$do\$
		SQL
}

sub redating {
	my ($db, $bare, $round, $calendar) = @_;
	my $of   = "${calendar}_$round";
	my $year = $lw->psql($db, 'select extract(year from current_date + 45)');
	# The third month from today on, in which a third of the letters end, has some free days more, in each round others.
	run($db, <<~"SQL", "create table before_$of as select * from letterwatch.deadline where state = 'open' and due_on >= current_date + 45", 'checkpoint');
		begin;
		insert into letterwatch.calendar_list (calendar, year, version, source) values ('$calendar', $year, $round, 'a list of the benchmark');
		insert into letterwatch.calendar_day (calendar, year, version, day, kind, holiday)
		select '$calendar', $year, $round, c.day, 'off', 'free'
		from letterwatch.calendar_date c
		where c.calendar = 'cn' and c.workday and c.day between current_date + 45 and current_date + 65
		  and extract(isodow from c.day)::int in ($round, $round + 1, $round + 2)
		  and extract(year from c.day) = $year;
		commit
		SQL
	my $ours = redating_seconds($lw, $db);
	table_taken($db, $bare, "after_$of", <<~"SQL");
		select a.*, o.due_on as old_due
		from letterwatch.deadline a
		join before_$of o using (letter_no, rule, since)
		where (o.due_on, o.late_at, o.overdue_at, o.provisional, o.next_event_at) is distinct from
		      (a.due_on, a.late_at, a.overdue_at, a.provisional, a.next_event_at)
		SQL
	report("  %d deadlines re-dated\n", $lw->psql($bare, "select count(*) from after_$of"));
	return ($ours, run($bare, 'set synchronous_commit = off', <<~"SQL"));
		with changed as (
			update letterwatch.deadline b
			set due_on = a.due_on, late_at = a.late_at, overdue_at = a.overdue_at, provisional = a.provisional,
			    next_event_at = a.next_event_at, dated_at = a.dated_at, changed_at = a.changed_at
			from after_$of a
			where a.letter_no = b.letter_no and a.rule = b.rule and a.since = b.since
			returning b.letter_no, b.rule, b.since, a.old_due, b.due_on
		)
		insert into letterwatch.deadline_change (letter_no, rule, since, old_due, new_due, why)
		select letter_no, rule, since, old_due, due_on, 'bare' from changed where old_due <> due_on
		SQL
}

my %WORK = (
	letters     => \&letters,
	events      => \&events,
	alerts      => \&alerts,
	're-dating' => sub { redating(@_, 'region') },
	few         => sub { redating(@_, 'district') },
);
my @GROWING = ('letters', 'events', 'alerts', 're-dating');
my %ratio;
for my $letters (@LETTERS) {
	my ($db, $bare) = databases($letters);
	my %took;
	for my $round (1 .. $ROUNDS) {
		for my $name (@GROWING, 'few') {
			my ($ours_s, $bare_s) = $WORK{$name}->($db, $bare, $round);
			push @{ $took{$name}{ours} }, $ours_s;
			push @{ $took{$name}{bare} }, $bare_s;
		}
	}
	my %s = map { my $of = $took{$_}; $_ => { ours => median(@{ $of->{ours} }), bare => median(@{ $of->{bare} }) } } keys %took;
	for my $name (@GROWING) {
		$ratio{$name}{$letters} = $s{$name}{ours} / $s{$name}{bare};
		report("%8d letters, %-9s %6.2f s, bare %6.2f s: %.2f\n", $letters, $name, $s{$name}{ours}, $s{$name}{bare}, $ratio{$name}{$letters});
	}
	figure("re-dating about 1000 of $letters letters, s beyond 1.5 times the bare statements", '%.2f', $s{few}{ours} - 1.5 * $s{few}{bare},
		'at most', 0.1);
	$lw->psql('postgres', "drop database $_") for $db, $bare;
}
for my $letters (@LETTERS[ 1 .. $#LETTERS ]) {
	figure("$_ among $letters letters, its ratio to that among $LETTERS[0]", '%.2f', $ratio{$_}{$letters} / $ratio{$_}{ $LETTERS[0] }, 'at most', 1.2)
	  for @GROWING;
}
