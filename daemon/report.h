/*
 * report -- --check and --status: asks once and prints.
 * Owns:  a connection of its own for as long as it takes, REPORT_LIMIT_MS at most.
 * Never: claims or marks, or writes to syslog.
 */
#ifndef LETTERWATCH_REPORT_H
#define LETTERWATCH_REPORT_H

#include <stdbool.h>

#define REPORT_LIMIT_MS 10000

struct conf;
struct event_base;

/* Both print to stdout. True if all is well. */
bool report_check(struct event_base *base, const struct conf *conf);
bool report_status(struct event_base *base, const struct conf *conf);

#endif
