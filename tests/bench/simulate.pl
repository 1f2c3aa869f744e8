#!/usr/bin/perl
#
# simulate.pl [YEARS [LETTERS [SEED]]]: YEARS (1) years of a country, day by day on a stepped clock, with the real daemon.
#
# LETTERS (1000000) a year to 3,600 offices of four levels: four of five to the counties. Each has a notice, most within four days, one in
# 120 late or never; one in ten is asked for material and completes it, one in five is referred or not accepted. Of the accepted some
# are answered within weeks, most before three months are over, one in a hundred late or never, one in ten with a progress reply before
# the result; some are passed on, withdrawn, or reopened. What is due on a day is entered on that day, as clerks would; then the
# night falls, and the daemon tells what it has to.
# Prints each year's letters, events and alerts by stage, the shares as reply_rate_tree says them, the time, the memory of the daemon
# and the size of the database; at the end what verify() finds amiss. Run by run.sh; make simulate YEARS=3.
#
use strict;
use warnings;

use FindBin;
use POSIX qw(strftime);
use Time::Local qw(timegm);

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my $YEARS   = shift // 1;
my $LETTERS = shift // 1_000_000;
my $SEED    = shift // 1;
my $DAY_S   = 86_400;

my $lw = LetterWatch->new(settings => "shared_buffers = 2GB\nmax_wal_size = 8GB\nmaintenance_work_mem = 512MB\nwork_mem = 16MB\n");
my $db = $lw->fresh_database;

# Its last day is 31 October 2026, so that all its lists of holidays are there.
my $first = timegm(0, 0, 0, 1, 10, 2026 - $YEARS);
my $last  = timegm(0, 0, 0, 31, 9, 2026);
sub iso { return strftime('%Y-%m-%d', gmtime $_[0]) }

sub set_clock {
	my ($day, $time) = @_;
	$lw->set_clock($db, sprintf "timestamptz '%s %s+08'", iso($day), $time);
	return;
}

set_clock($first, '08:00');
$lw->psql($db, <<~'SQL');
	insert into letterwatch.office (office_code, name) values ('N', 'nation');
	insert into letterwatch.office (office_code, name, parent_code) select 'P' || n, 'province', 'N' from generate_series(0, 30) n;
	insert into letterwatch.office (office_code, name, parent_code) select 'C' || n, 'city', 'P' || n % 31 from generate_series(0, 309) n;
	insert into letterwatch.office (office_code, name, parent_code) select 'T' || n, 'county', 'C' || n % 310 from generate_series(0, 3257) n;
	analyze letterwatch.office, letterwatch.office_setting;

	-- What clerks will do, and when.
	create table todo (day date, letter_no text, kind text, outcome text, to_office text, reason text);
	create index on todo (day);

	-- The letters of a day, and all that will become of each.
	create procedure receive(today date, many int) language plpgsql as $$
	begin
		create temp table fresh on commit drop as
		select letterwatch.new_letter_no() as letter_no,
		       case when place < 0.8 then 'T' || floor(random() * 3258) when place < 0.95 then 'C' || floor(random() * 310)
		            when place < 0.99 then 'P' || floor(random() * 31) else 'N' end as office_code,
		       case when kind < 0.1 then 'incomplete' when kind < 0.2 then 'referred' when kind < 0.3 then 'not_accepted'
		            else 'accepted' end as outcome,
		       today + case when late < 0.004 then 8 + floor(random() * 20)::int when late < 0.008 then 100000
		                    when late < 0.9 then floor(random() * 4)::int else 4 + floor(random() * 3)::int end as notice_on,
		       random() as later
		from (select random() as place, random() as kind, random() as late from generate_series(1, many)) r;
		insert into letterwatch.letter (letter_no, office_code) select f.letter_no, f.office_code from fresh f;
		with notice as (
			select f.*, case f.outcome when 'incomplete' then f.notice_on + 5 + floor(random() * 20)::int else f.notice_on end as complete_on
			from fresh f
		), answer as (
			select n.*, case when n.later < 0.005 then n.complete_on + 95 + floor(random() * 30)::int
			                 when n.later < 0.01 then 100000 + n.complete_on
			                 else n.complete_on + 3 + floor(random() * 80)::int end as result_on
			from notice n
			where n.outcome in ('accepted', 'incomplete')
		)
		insert into todo (day, letter_no, kind, outcome, to_office, reason)
		select n.notice_on, n.letter_no, 'notice', n.outcome, null, null from notice n
		union all
		select n.complete_on, n.letter_no, 'restart', null, null, null from notice n where n.outcome = 'incomplete'
		union all
		select n.complete_on + 1, n.letter_no, 'notice', 'accepted', null, null from notice n where n.outcome = 'incomplete'
		union all
		select a.complete_on + 2, a.letter_no, 'transfer', null, 'P' || floor(random() * 31), 'theirs' from answer a
		where a.later between 0.03 and 0.05 and a.office_code !~ '^P'
		union all
		select a.complete_on + 3, a.letter_no, 'notice', 'accepted', null, null from answer a
		where a.later between 0.03 and 0.05 and a.office_code !~ '^P'
		union all
		select a.result_on - 1, a.letter_no, 'progress', null, null, null from answer a where a.later between 0.1 and 0.2
		union all
		select a.result_on + case when a.later between 0.1 and 0.2 then 20 else 0 end, a.letter_no,
		       case when a.later > 0.98 then 'withdraw' else 'result' end, null, null, null from answer a
		union all
		select a.result_on + 10, a.letter_no, 'reopen', null, null, 'the writer asks again' from answer a where a.later between 0.2 and 0.205
		union all
		select a.result_on + 30, a.letter_no, 'result', null, null, null from answer a where a.later between 0.2 and 0.205;
	end $$;

	-- What is to be done on a day: of each letter one thing a statement, as it would come.
	create procedure work(today date) language plpgsql as $$
	begin
		for nth in 1 .. 3 loop
			insert into letterwatch.letter_event (letter_no, kind, outcome, to_office, reason)
			select t.letter_no, t.kind, t.outcome, t.to_office, t.reason
			from (select x.*, row_number() over (partition by x.letter_no order by x.ctid) as turn from todo x where x.day = today) t
			join letterwatch.letter_state s on s.letter_no = t.letter_no
			where t.turn = nth
			  and exists (select from letterwatch.transition p
			              where p.status = s.status and p.kind = t.kind and p.outcome = coalesce(t.outcome, ''));
			exit when not found;
		end loop;
		delete from todo where day = today;
	end $$;
	SQL
my $syslog = LetterWatch::Syslog->new;
my $daemon = $lw->start_daemon($db, $syslog, 'timer.max_sleep' => '1s');

# The lines of an event so far, forgotten when they are counted.
my %lines;
sub count_lines {
	while (defined $syslog->{socket}->recv(my $line, 65536)) {
		my ($event, $stage) = $line =~ /event=(\S+)(?:.* stage=(\S+))?/ or next;
		$lines{ $event eq 'alert' ? $stage : $event }++;
	}
	return;
}

# All that is due by now is told.
my $REST = <<~'SQL';
	select not exists (select from letterwatch.deadline where next_event_at <= letterwatch.clock())
	   and not exists (select from letterwatch.outbox) and not exists (select from letterwatch.replan_queue)
	SQL
sub night {
	my $limit = 600;
	$lw->psql($db, 'notify letterwatch_due');
	wait_for { count_lines(); $lw->psql($db, $REST) eq 't' } 600 or die "the daemon does not come to rest\n" . $daemon->log;
	return;
}

my $session = $lw->node->background_psql($db, timeout => 3600);
$session->set_query_timer_restart; # the limit is one query's
$session->query_safe(sprintf 'select setseed(%.6f)', $SEED / 1000);
my ($events, $received, $day, $year_s) = (0, 0, $first, 0);
while ($day <= $last) {
	my $of_day = int($LETTERS / 365 + 0.5);
	$year_s += seconds {
		set_clock($day, '10:00');
		$session->query_safe(sprintf q{call receive('%s', %d)}, iso($day), $of_day);
		$session->query_safe(sprintf q{call work('%s')}, iso($day));
		set_clock($day, '23:00');
		night();
	};
	$received += $of_day;
	$day += $DAY_S;
	next if iso($day) !~ /-11-01$/;

	my ($this) = iso($day - $DAY_S) =~ /^(\d+)/;
	open my $status, '<', '/proc/' . $daemon->pid . '/status' or die $!;
	my ($anonymous_kb) = map { /^RssAnon:\s+(\d+)/ ? $1 : () } <$status>;
	$events = $lw->psql($db, 'select count(*) from letterwatch.letter_event') - $events;
	report("%d/%d: %d letters, %d events in %.0f s; daemon %d kB, database %s\n", $this - 1, $this % 100, $received, $events, $year_s, $anonymous_kb,
		$lw->psql($db, 'select pg_size_pretty(pg_database_size(current_database()))'));
	report("  lines: %s\n", join ', ', map { "$_ $lines{$_}" } sort keys %lines);
	my ($from, $upto) = (iso($day - 365 * $DAY_S), iso($day - $DAY_S));
	report("  %s\n", $lw->psql($db, <<~"SQL"));
		select string_agg(format('%s: %s due, %s in time, %s late, %s open and overdue, rate %s', rule, due, in_time, late, open_overdue, rate), '; '
		                  order by rule)
		from letterwatch.reply_rate_tree(null, '$from', '$upto')
		where line = 'total' and month is null
		SQL
	(%lines, $received, $year_s) = ();
	$events = $lw->psql($db, 'select count(*) from letterwatch.letter_event');
}
$session->quit;
$daemon->stop;
report("verify(): %s\n", $lw->node->safe_psql($db, q{select string_agg(v::text, ' ') from letterwatch.verify() v}) || 'nothing amiss');
