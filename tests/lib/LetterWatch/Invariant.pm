# LetterWatch::Invariant -- what must hold after whatever went wrong:
# every stage whose time came while its deadline was open is covered by exactly one alert row, its own or a later stage's of the
# same deadline and date; none was raised before its time, or after the transaction that answers had committed; each row has
# a line with its id, and each line a row; what is stored is what the facts imply. What had ended before a first load
# (letterwatch.baseline) has no stages.
package LetterWatch::Invariant;

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

our @EXPORT = qw(invariant_holds);

# A stage that came that shortly before the answer, or before we look, may not have been claimed in time.
my $GRACE = '1 second';

# A query for the stages that came while their deadline was open and are not covered by exactly one alert; of: 'all' deadlines, or
# only those still 'open' (where nobody could look for a while, what was answered meanwhile was not told). Beyond the last stage
# each repetition counts one.
sub uncovered {
	my ($of) = @_;
	my $open = $of eq 'open' ? "and d.state = 'open'" : '';
	return <<"SQL";
		with came as (
			select d.letter_no, d.rule, d.since, d.due_on, d.dated_at, n.stage_no, t.at, g.measure
			from letterwatch.deadline d
			join letterwatch.office_setting o on o.office_code = d.office_code
			join letterwatch.stage_plan g on g.rule_set = d.rule_set and g.rule = d.rule
			left join letterwatch.letter_event e on e.event_id = d.closed_event
			cross join lateral (
				select g.last_no + coalesce(greatest(0, least(letterwatch.clock(), e.recorded_at)::date - d.due_on) / g.every, 0) + 1
			) l (last_no)
			cross join lateral generate_series(d.first_stage, case when g.every is null then g.last_no else l.last_no end) n (stage_no)
			cross join lateral letterwatch.stage_time(o.calendar, o.time_zone, o.day_begins,
				((d.overdue_at - interval '1 microsecond') at time zone o.time_zone)::date, d.overdue_at,
				g.measure, g.offsets, g.every, n.stage_no) t
			left join lateral (
				select p.calendar, p.time_zone, p.day_begins
				from letterwatch.office_setting_past p
				where p.office_code = d.office_code and p.until > d.dated_at
				order by p.until
				limit 1
			) p on true
			-- By the settings of then the end was another instant, if it was that of the last day.
			cross join lateral (
				select case when d.overdue_at = d.late_at then (d.late_at at time zone o.time_zone) at time zone p.time_zone
				            else d.overdue_at end
			) f (overdue_at)
			left join lateral letterwatch.stage_time(p.calendar, p.time_zone, p.day_begins,
				((f.overdue_at - interval '1 microsecond') at time zone p.time_zone)::date, f.overdue_at,
				g.measure, g.offsets, g.every, n.stage_no) w (at) on p.time_zone is not null
			where not (d.baseline and d.overdue_at > d.late_at)
			  and coalesce(d.muted_until <= letterwatch.clock(), true) -- what is held back is told then
			  and greatest(t.at, d.dated_at) <= least(letterwatch.clock(), e.recorded_at) - interval '$GRACE'
			  -- What was past when the end was moved, by the settings of then, stays silent, if by then a later stage had been told.
			  and (least(t.at, w.at) > d.dated_at
			       or not exists (select from letterwatch.deadline_change c
			                      where (c.letter_no, c.rule, c.since) = (d.letter_no, d.rule, d.since) and c.old_due is not null)
			          and not exists (select from letterwatch.alert a
			                          where (a.letter_no, a.rule, a.since) = (d.letter_no, d.rule, d.since)
			                            and a.raised_at < d.dated_at and n.stage_no < a.stage_no + a.occurrence - a.covers))
			  $open
		)
		select format('%s %s stage %s: %s alerts', c.letter_no, c.rule, c.stage_no, n.alerts)
		from came c
		cross join lateral (
			select count(*)
			from letterwatch.alert a
			where (a.letter_no, a.rule, a.since, a.due_on) = (c.letter_no, c.rule, c.since, c.due_on)
			  and (a.stage_offset is null) = (c.measure = 'second')
			  and c.stage_no between a.stage_no + a.occurrence - a.covers and a.stage_no + a.occurrence - 1
		) n (alerts)
		where n.alerts <> 1
SQL
}

my %faults = (
	'a stage that came is covered by exactly one alert' => uncovered('all'),
	'no two alerts stand for the same stage' => <<'SQL',
		select format('%s %s %s: stages %s to %s, after %s', letter_no, rule, due_on, first_no, last_no, told_no)
		from (
			select a.*, stage_no + occurrence - covers as first_no, stage_no + occurrence - 1 as last_no,
			       max(stage_no + occurrence - 1) over (
			       	partition by letter_no, rule, since, due_on, stage_offset is null -- under rules that count seconds: others' stages
			       	order by stage_no + occurrence groups between unbounded preceding and 1 preceding) as told_no
			from letterwatch.alert a
		) x
		where told_no >= first_no
SQL
	'none was raised before its time' => <<'SQL',
		select format('%s %s %s: raised at %s for %s', letter_no, rule, stage, raised_at, stage_at)
		from letterwatch.alert
		where raised_at < stage_at
SQL
	'none was raised after the answer had committed' => <<'SQL',
		select format('%s %s %s: committed at %s', a.letter_no, a.rule, a.stage, pg_xact_commit_timestamp(a.xmin))
		from letterwatch.alert a
		join letterwatch.deadline d using (letter_no, rule, since)
		join letterwatch.letter_event e on e.event_id = d.closed_event
		where pg_xact_commit_timestamp(a.xmin) > pg_xact_commit_timestamp(e.xmin)
		  and not exists (select from letterwatch.letter_event v -- which may have opened it again for a while
		                  where v.letter_no = d.letter_no and v.kind in ('void', 'correct') and v.event_id > e.event_id)
SQL
	'each was marked as sent' => <<"SQL",
		select letter_no || ' ' || stage
		from letterwatch.alert a
		where a.raised_at < letterwatch.clock() - interval '$GRACE'
		  and not exists (select from letterwatch.alert_sent s where s.line_id = a.alert_id)
SQL
	'verify() finds nothing amiss' => <<'SQL',
		select what || ' ' || letter_no
		from letterwatch.verify()
SQL
);

# invariant_holds($lw, DATABASE, [ every LetterWatch::Syslog it wrote to ], repeated => { id => 1, … })
# repeated: alerts whose line may have come oftener than once. coverage => 'none': that stages are covered is seen to by the caller.
# A subtest; gives the daemon ten seconds to come to rest.
sub invariant_holds {
	my ($lw, $database, $receivers, %params) = @_;
	my $repeated = $params{repeated} // {};
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	subtest 'the invariant holds' => sub {
		LetterWatch::wait_for(sub { _at_rest($lw, $database, $receivers) }, 10) or diag('the daemon does not come to rest');
		for my $what (sort keys %faults) {
			next if $what =~ /covered/ and ($params{coverage} // '') eq 'none';
			is($lw->psql($database, "select string_agg(fault, E'\\n') from ($faults{$what} limit 5) x (fault)"), '', $what);
		}
		_lines_and_rows($lw, $database, $receivers, $repeated);
	};
	return;
}

# Nothing to send, nothing due. Reads the receivers too, or the daemon could wait for us.
sub _at_rest {
	my ($lw, $database, $receivers) = @_;
	$_->lines for @$receivers;
	return $lw->psql($database, <<~'SQL') eq 't';
		select not exists (select from letterwatch.outbox)
		   and not exists (select from letterwatch.deadline where next_event_at <= letterwatch.clock())
		SQL
}

# An alert as its row and as its line say it.
my @said = qw(id stage rule office letter due days_left workdays_left to unit);

# The lines of one event, as text => how often.
sub _count {
	my ($receivers, $event, @keys) = @_;
	my %count;
	$count{ join ' ', @{ $_->{fields} }{@keys} }++ for map { $_->events($event) } @$receivers;
	return \%count;
}

sub _lines_and_rows {
	my ($lw, $database, $receivers, $repeated) = @_;
	my $told = _count($receivers, 'alert', @said);    # before the rows: each line's row is there by then
	my @rows = split /\n/, $lw->psql($database, <<~'SQL');
		select concat_ws(' ', alert_id, stage, rule, office_code, letter_no, due_on, days_left, workdays_left, to_office, unit)
		from letterwatch.alert
		SQL
	my %row = map { $_ => 1 } @rows;
	is_deeply([ _first(grep { !$row{$_} } keys %$told) ], [], 'each line has an alert');

	my @untold;
	LetterWatch::wait_for(sub { $told = _count($receivers, 'alert', @said); !(@untold = grep { !$told->{$_} } @rows) }, 3);
	is_deeply([ _first(@untold) ], [], 'each alert has a line that says the same');

	my $times = _count($receivers, 'alert', 'id');
	is_deeply([ _first(grep { $times->{$_} > 1 && !$repeated->{$_} } keys %$times) ], [], 'no line comes twice');

	my %clearing;
	$clearing{$_}++ for split /\n/, $lw->psql($database, "select fields[4] from letterwatch.log_line where event = 'cleared'");
	my $cleared = _count($receivers, 'cleared', 'id');
	$_ = 1 for @$cleared{ grep { $repeated->{$_} } keys %$cleared };
	is_deeply($cleared, \%clearing, 'what was cleared has its line, once');

	my @lines = map { $_->lines } @$receivers;
	is_deeply([ _first(map { $_->{error} // () } @lines) ], [], 'every line is a syslog line in logfmt');
	note(scalar(@rows) . ' alerts, ' . scalar(@lines) . ' lines');
	return;
}

sub _first {
	my @all = @_;
	return @all > 5 ? (@all[ 0 .. 4 ], '… of ' . @all) : @all;
}

1;
