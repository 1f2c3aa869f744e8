#!/usr/bin/perl
#
# due_dates.pl -- the second opinion on the last day of a period.
#
# Counts as a careful clerk counts with a wall calendar: one day after the
# other, no tables, no shortcuts. It shares no code and no data with the
# schema; its calendar is tests/data/cn-official-days.tsv, taken from the
# State Council's notices. Where it and due_date() differ, one of them is wrong.
#
# Owns:  the reading of the law (Criminal Procedure Law §105, Civil Code
#        §§201-203) as plain steps.
# Never: asks the database, or is fast.
#
# usage: due_dates.pl [--calendar FILE] [--from DAY] [--to DAY] [RULE ...]
#   RULE = set:rule:amount:unit[:count_from[:month_end[:roll]]]
#     unit        day | workday | month
#     count_from  next_day (default) | same_day | next_workday
#     month_end   0 (default) | 1      roll  1 (default) | 0
# prints rule_set, rule, received, due, tab-separated, a line a day and rule.
#
use strict;
use warnings;

package Oracle;

use File::Basename qw(dirname);

our @SHIPPED = (
	'procuratorate:notice:7:day',
	'procuratorate:reply:3:month',
	'procuratorate-workdays:notice:7:workday',
	'procuratorate-workdays:reply:3:month');

our $CALENDAR = dirname(__FILE__) . '/../data/cn-official-days.tsv';

# ---- days: a day is its Julian day number, so that "the next day" is + 1 ----

sub day_number
{
	my ($year, $month, $day) = @_;
	my $a = int((14 - $month) / 12);
	my $y = $year + 4800 - $a;
	my $m = $month + 12 * $a - 3;

	return $day + int((153 * $m + 2) / 5) + 365 * $y + int($y / 4)
	  - int($y / 100) + int($y / 400) - 32045;
}

sub from_iso
{
	my ($text) = @_;

	$text =~ /^(\d{4})-(\d\d)-(\d\d)$/ or die "not a day: $text\n";
	return day_number($1, $2, $3);
}

# Fliegel and Van Flandern, 1968.
sub year_month_day
{
	my ($number) = @_;
	my $l = $number + 68569;
	my $n = int(4 * $l / 146097);
	$l -= int((146097 * $n + 3) / 4);
	my $i = int(4000 * ($l + 1) / 1461001);
	$l = $l - int(1461 * $i / 4) + 31;
	my $j   = int(80 * $l / 2447);
	my $day = $l - int(2447 * $j / 80);
	$l = int($j / 11);

	return (100 * ($n - 49) + $i + $l, $j + 2 - 12 * $l, $day);
}

sub to_iso { return sprintf '%04d-%02d-%02d', year_month_day($_[0]); }

# Monday is 0; Julian day 0 was a Monday.
sub weekday { return $_[0] % 7; }

sub days_in_month
{
	my ($year, $month) = @_;
	my $leap = ($year % 4 == 0 && $year % 100 != 0) || $year % 400 == 0;

	return 29 if $month == 2 && $leap;
	return (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[ $month - 1 ];
}

# ---- the calendar: Monday to Friday, but for the days that the lists name ----

sub read_calendar
{
	my ($path) = @_;
	my %kind_of;

	open my $in, '<', $path or die "$path: $!\n";
	while (my $line = <$in>)
	{
		next if $line =~ /^\s*(#|$)/;
		chomp $line;
		my ($day, $kind) = split /\t/, $line;
		die "$path:$.: neither off nor work\n" unless $kind =~ /^(off|work)$/;
		$kind_of{ from_iso($day) } = $kind;
	}
	close $in;
	return \%kind_of;
}

sub is_working
{
	my ($calendar, $day) = @_;
	my $kind = $calendar->{$day};

	return $kind eq 'work' if defined $kind;
	return weekday($day) < 5;
}

sub next_working
{
	my ($calendar, $day) = @_;

	do { $day++ } until is_working($calendar, $day);
	return $day;
}

# The n-th working day after (n > 0) or before (n < 0) a day; 0 is the day.
sub working_day_offset
{
	my ($calendar, $day, $n) = @_;
	my $step = $n < 0 ? -1 : 1;

	for (1 .. abs $n)
	{
		do { $day += $step } until is_working($calendar, $day);
	}
	return $day;
}

# ---- the periods -----------------------------------------------------------

# The first day that counts.
sub day_one
{
	my ($rule, $calendar, $start) = @_;

	return $start if $rule->{count_from} eq 'same_day';
	return next_working($calendar, $start) if $rule->{count_from} eq 'next_workday';
	return $start + 1;
}

sub end_by_days
{
	my ($rule, $calendar, $start) = @_;
	my $day     = day_one($rule, $calendar, $start);
	my $counted = 0;

	for (;;)
	{
		$counted++ if $rule->{unit} eq 'day' || is_working($calendar, $day);
		return $day if $counted == $rule->{amount};
		$day++;
	}
}

# (year, month) some months later, one month after the other.
sub months_later
{
	my ($year, $month, $amount) = @_;

	for (1 .. $amount)
	{
		$month++;
		($year, $month) = ($year + 1, 1) if $month > 12;
	}
	return ($year, $month);
}

sub end_by_months
{
	my ($rule, $calendar, $start) = @_;

	# Where the starting day does not count, the period ends on the day that
	# corresponds to it. Where the first day counts, it ends the day before
	# the one that corresponds to that first day.
	my $inclusive = $rule->{count_from} ne 'next_day';
	my $anchor    = $inclusive ? day_one($rule, $calendar, $start) : $start;

	my ($year, $month, $day) = year_month_day($anchor);
	my ($to_year, $to_month) = months_later($year, $month, $rule->{amount});
	my $length     = days_in_month($to_year, $to_month);
	my $month_last = day_number($to_year, $to_month, $length);

	# No such day in that month: its last day, whichever way it is counted.
	return $month_last if $day > $length;
	return day_number($to_year, $to_month, $day) - 1 if $inclusive;
	return $month_last
	  if $rule->{month_end} && $day == days_in_month($year, $month);
	return day_number($to_year, $to_month, $day);
}

sub last_day
{
	my ($rule, $calendar, $start) = @_;
	my $end =
	    $rule->{unit} eq 'month'
	  ? end_by_months($rule, $calendar, $start)
	  : end_by_days($rule, $calendar, $start);

	if ($rule->{roll})
	{
		$end++ until is_working($calendar, $end);
	}
	return $end;
}

# ---- the program -------------------------------------------------------------

sub parse_rule
{
	my ($text) = @_;
	my %rule;

	@rule{qw(set name amount unit count_from month_end roll)} = split /:/, $text;
	$rule{count_from} //= 'next_day';
	$rule{month_end}  //= 0;
	$rule{roll}       //= 1;
	die "not a rule: $text\n"
	  unless ($rule{amount} // '') =~ /^[1-9]\d*$/
	  && ($rule{unit} // '') =~ /^(day|workday|month)$/
	  && $rule{count_from} =~ /^(next_day|same_day|next_workday)$/;
	return \%rule;
}

sub main
{
	my %option = (
		calendar => $CALENDAR,
		from     => '2019-01-01',
		to       => '2026-12-31');

	while (@ARGV && $ARGV[0] =~ /^--(calendar|from|to)$/)
	{
		$option{$1} = $ARGV[1];
		splice @ARGV, 0, 2;
	}
	my $calendar = read_calendar($option{calendar});
	my @rules    = map { parse_rule($_) } @ARGV ? @ARGV : @SHIPPED;

	foreach my $rule (@rules)
	{
		foreach my $day (from_iso($option{from}) .. from_iso($option{to}))
		{
			print join("\t", $rule->{set}, $rule->{name}, to_iso($day),
				to_iso(last_day($rule, $calendar, $day))), "\n";
		}
	}
	return;
}

main() unless caller;

1;
