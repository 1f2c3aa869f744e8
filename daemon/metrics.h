/*
 * metrics -- what the daemon has counted, as Prometheus text (exposition format 0.0.4).
 * Owns:  the names, the help and the labels of every metric; the counts.
 * Never: measures, reads a clock, or holds a letter's number: a label is a stage, a rule, a level, a year or an errno.
 */
#ifndef LETTERWATCH_METRICS_H
#define LETTERWATCH_METRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define METRICS_CODE_MAX 32    /* bytes of a stage's or rule's name; the rest is cut off */
#define METRICS_SERIES_MAX 256 /* pairs of stage and rule; what comes beyond is counted as "other" */
#define METRICS_GAUGES_MAX 128 /* numbers of the database */

struct metrics;

/* What is true now. All moments are clock_ms(); 0: never, or nothing is planned. */
struct metrics_facts {
	const char *version;
	bool healthy; /* health: ok */
	bool database_up;
	int64_t now_ms;
	int64_t started_ms;
	int64_t passed_ms; /* the last claim that succeeded */
	int64_t next_ms;   /* the next event */
	int64_t gauges_ms; /* the database's numbers came; 0: they are not written */
	int64_t passes;
	int64_t failures; /* calls that the database refused */
	int64_t lines;    /* sent, of any event */
	int64_t unsent;   /* lines claimed, not sent yet */
	int64_t unmarked; /* lines sent, which the database does not know yet */
};

/* 0: *ret is the caller's. -ENOMEM. */
int metrics_new(struct metrics **ret) __attribute__((warn_unused_result));
void metrics_free(struct metrics *metrics);

/* The kernel has the line of an alert, which stands for `covers` stages, `late_us` microseconds after its stage's time. */
void metrics_count_alert(struct metrics *metrics, const char *stage, const char *rule, int64_t covers, int64_t late_us);
/* Syslog took no line, for this errno. */
void metrics_count_refusal(struct metrics *metrics, int error);
/* A connection to the database was lost. */
void metrics_count_loss(struct metrics *metrics);

/* The database's numbers, all anew: first clear, then each of SQL's metrics(); a name that is not known is passed over. */
void metrics_clear_gauges(struct metrics *metrics);
void metrics_set_gauge(struct metrics *metrics, const char *name, const char *label, int64_t value);

void metrics_render(const struct metrics *metrics, const struct metrics_facts *facts, FILE *out);

#endif
