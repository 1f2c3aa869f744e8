#include "metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GAUGES_KEPT_MS 180000 /* older numbers of the database would be taken for the present ones */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ERRNO_MAX 160 /* above every errno of Linux */

/* The upper ends of the histogram's buckets; the last bucket has none. */
static const int64_t bucket_us[] = {1000,   2000,    5000,    10000,    20000,    50000,
                                    100000, 1000000, 2000000, 10000000, 60000000, 600000000};
static const char *const bucket_s[] = {"0.001", "0.002", "0.005", "0.01", "0.02", "0.05",
                                       "0.1",   "1",     "2",     "10",   "60",   "600"};

struct series {
	char stage[METRICS_CODE_MAX + 1];
	char rule[METRICS_CODE_MAX + 1];
	int64_t lines;
	int64_t stages;
};

/* What SQL's metrics() may return. `label` NULL: the metric has none. */
static const struct gauge_name {
	const char *name;
	const char *label;
	const char *type;
	const char *help;
} gauge_names[] = {
	{"overdue_deadlines", "level", "gauge", "Open deadlines whose period has ended, by the level of their office."},
	{"calendar_gap_deadlines", "year", "gauge",
         "Deadlines that wait for a list of holidays that should be there, by its year."},
	{"outbox_lines", NULL, "gauge", "Lines in the database that no syslog has taken yet, of all daemons."},
	{"queued_letters", NULL, "gauge", "Letters whose planning failed."},
	{"parked_deadlines", NULL, "gauge", "Deadlines whose alert could not be raised."},
	{"intake_letters_total", NULL, "counter", "Letters that came by files and from registries."},
	{"intake_events_total", NULL, "counter", "Events that came by files and from registries."},
	{"intake_rejected_total", NULL, "counter", "Rows of files and registries that did not fit."},
};

struct gauge {
	const struct gauge_name *name;
	char label[METRICS_CODE_MAX + 1];
	int64_t value;
};

struct metrics {
	struct series series[METRICS_SERIES_MAX + 1]; /* the last one is "other" */
	size_t series_count;
	int64_t buckets[COUNT(bucket_us) + 1];
	int64_t late_us;
	int64_t refusals[ERRNO_MAX];
	int64_t losses;
	struct gauge gauges[METRICS_GAUGES_MAX];
	size_t gauge_count;
};

int metrics_new(struct metrics **ret)
{
	struct metrics *metrics = calloc(1, sizeof *metrics);

	if (!metrics)
		return -ENOMEM;
	*ret = metrics;
	return 0;
}

void metrics_free(struct metrics *metrics)
{
	free(metrics);
}

/* --- counting --- */

static bool is_of(const struct series *s, const char *stage, const char *rule)
{
	return strncmp(s->stage, stage, METRICS_CODE_MAX) == 0 && strncmp(s->rule, rule, METRICS_CODE_MAX) == 0;
}

static struct series *find_series(struct metrics *m, const char *stage, const char *rule)
{
	struct series *s = m->series;
	struct series *end = s + m->series_count;

	while (s < end && !is_of(s, stage, rule))
		s++;
	if (s < end)
		return s;
	if (m->series_count == METRICS_SERIES_MAX)
		stage = rule = "other";
	else
		m->series_count++;
	snprintf(s->stage, sizeof s->stage, "%s", stage);
	snprintf(s->rule, sizeof s->rule, "%s", rule);
	return s;
}

void metrics_count_alert(struct metrics *metrics, const char *stage, const char *rule, int64_t covers, int64_t late_us)
{
	struct series *s = find_series(metrics, stage, rule);
	size_t bucket = 0;

	s->lines++;
	s->stages += covers;
	while (bucket < COUNT(bucket_us) && late_us > bucket_us[bucket])
		bucket++;
	metrics->buckets[bucket]++;
	metrics->late_us += late_us;
}

void metrics_count_refusal(struct metrics *metrics, int error)
{
	metrics->refusals[error > 0 && error < ERRNO_MAX ? error : 0]++;
}

void metrics_count_loss(struct metrics *metrics)
{
	metrics->losses++;
}

void metrics_clear_gauges(struct metrics *metrics)
{
	metrics->gauge_count = 0;
}

void metrics_set_gauge(struct metrics *metrics, const char *name, const char *label, int64_t value)
{
	struct gauge *gauge = &metrics->gauges[metrics->gauge_count];

	if (metrics->gauge_count == METRICS_GAUGES_MAX)
		return;
	for (size_t i = 0; i < COUNT(gauge_names); i++) {
		if (strcmp(name, gauge_names[i].name) != 0)
			continue;
		gauge->name = &gauge_names[i];
		gauge->value = value;
		snprintf(gauge->label, sizeof gauge->label, "%s", label);
		metrics->gauge_count++;
	}
}

/* --- text --- */

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP letterwatch_%s %s\n# TYPE letterwatch_%s %s\n", name, help, name, type);
}

static void one(FILE *out, const char *name, const char *type, const char *help, int64_t value)
{
	head(out, name, type, help);
	fprintf(out, "letterwatch_%s %" PRId64 "\n", name, value);
}

/* Of two moments, in seconds; nothing if one of them is none. */
static void span(FILE *out, const char *name, const char *help, int64_t from_ms, int64_t to_ms)
{
	int64_t ms = to_ms > from_ms ? to_ms - from_ms : 0;

	if (!from_ms || !to_ms)
		return;
	head(out, name, "gauge", help);
	fprintf(out, "letterwatch_%s %" PRId64 ".%03d\n", name, ms / 1000, (int)(ms % 1000));
}

/* A label's value: backslash, quote and newline are escaped, as the format wants it. */
static void label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '\\' || *value == '"')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

static void render_series(const struct metrics *m, FILE *out, const char *name, const char *help, bool stages)
{
	head(out, name, "counter", help);
	for (const struct series *s = m->series; s < m->series + COUNT(m->series) && s->lines > 0; s++) {
		fprintf(out, "letterwatch_%s{", name);
		label(out, "stage", s->stage);
		fputc(',', out);
		label(out, "rule", s->rule);
		fprintf(out, "} %" PRId64 "\n", stages ? s->stages : s->lines);
	}
}

static void render_lateness(const struct metrics *m, FILE *out)
{
	int64_t count = 0;

	head(out, "alert_lateness_seconds", "histogram", "From a stage's time to its line in syslog.");
	for (size_t i = 0; i < COUNT(bucket_us); i++) {
		count += m->buckets[i];
		fprintf(out, "letterwatch_alert_lateness_seconds_bucket{le=\"%s\"} %" PRId64 "\n", bucket_s[i], count);
	}
	count += m->buckets[COUNT(bucket_us)];
	fprintf(out, "letterwatch_alert_lateness_seconds_bucket{le=\"+Inf\"} %" PRId64 "\n", count);
	fprintf(out, "letterwatch_alert_lateness_seconds_sum %" PRId64 ".%06d\n", m->late_us / 1000000,
	        (int)(m->late_us % 1000000));
	fprintf(out, "letterwatch_alert_lateness_seconds_count %" PRId64 "\n", count);
}

static void render_refusals(const struct metrics *m, FILE *out)
{
	head(out, "syslog_refusals_total", "counter", "How often syslog took no line, by errno.");
	for (int error = 0; error < ERRNO_MAX; error++) {
		const char *name = error > 0 ? strerrorname_np(error) : NULL;

		if (m->refusals[error] > 0)
			fprintf(out, "letterwatch_syslog_refusals_total{errno=\"%s\"} %" PRId64 "\n",
			        name ? name : "other", m->refusals[error]);
	}
}

/* By name, so that the numbers of one stand together, as the format wants it. */
static void render_gauges(const struct metrics *m, FILE *out)
{
	for (const struct gauge_name *name = gauge_names; name < gauge_names + COUNT(gauge_names); name++) {
		bool headed = false;

		for (const struct gauge *g = m->gauges; g < m->gauges + m->gauge_count; g++) {
			if (g->name != name)
				continue;
			if (!headed)
				head(out, name->name, name->type, name->help);
			headed = true;
			fprintf(out, "letterwatch_%s", name->name);
			if (name->label) {
				fputc('{', out);
				label(out, name->label, g->label);
				fputc('}', out);
			}
			fprintf(out, " %" PRId64 "\n", g->value);
		}
	}
}

void metrics_render(const struct metrics *metrics, const struct metrics_facts *facts, FILE *out)
{
	int64_t now_ms = facts->now_ms;

	head(out, "build_info", "gauge", "The daemon's version.");
	fprintf(out, "letterwatch_build_info{version=\"%s\"} 1\n", facts->version);
	one(out, "healthy", "gauge", "1 while alerts can be seen and written.", facts->healthy);
	one(out, "database_up", "gauge", "1 while the daemon is connected to the database.", facts->database_up);
	span(out, "uptime_seconds", "Since the start.", facts->started_ms, now_ms);
	span(out, "since_last_pass_seconds", "Since the last claim that succeeded.", facts->passed_ms, now_ms);
	span(out, "until_next_event_seconds", "Until something is due.", now_ms, facts->next_ms);
	one(out, "passes_total", "counter", "Claims that succeeded.", facts->passes);
	one(out, "failures_total", "counter", "Calls that the database refused.", facts->failures);
	one(out, "database_losses_total", "counter", "Connections to the database that were lost.", metrics->losses);
	one(out, "lines_total", "counter", "Lines sent, of any event.", facts->lines);
	one(out, "unsent_lines", "gauge", "Lines claimed that syslog has not taken yet.", facts->unsent);
	one(out, "unmarked_lines", "gauge", "Lines sent that the database does not know of yet.", facts->unmarked);
	render_series(metrics, out, "alerts_total", "Alerts sent, by stage and rule.", false);
	render_series(metrics, out, "alert_stages_total", "Stages that these alerts stand for.", true);
	render_lateness(metrics, out);
	render_refusals(metrics, out);
	span(out, "database_numbers_age_seconds", "How old the numbers below are.", facts->gauges_ms, now_ms);
	if (facts->gauges_ms && now_ms - facts->gauges_ms <= GAUGES_KEPT_MS)
		render_gauges(metrics, out);
}
