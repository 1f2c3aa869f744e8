/*
 * outage -- since when the database cannot be worked with, and whose trouble it is: the way to it, or what it says.
 * Owns:  the moment it began; what has been told of it, so that the same reason is told once.
 * Never: tells people (monitor does) or tries again (pgconn does).
 */
#ifndef LETTERWATCH_OUTAGE_H
#define LETTERWATCH_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

struct pgconn_trouble;

struct outage {
	int64_t since_ms; /* clock_ms(): no claim has succeeded since; 0: all is well */
	bool reached;     /* the latest connection refused a call */
	char last_message[200];
};

/* The start: nothing has succeeded yet. */
void outage_begin(struct outage *outage);
/* A connection was lost, or an attempt to connect failed. */
void outage_tell(struct outage *outage, const struct pgconn_trouble *trouble);
/* Connected, but a call was refused. */
void outage_refuse(struct outage *outage);
/* A claim has succeeded; false if there was no outage. */
bool outage_end(struct outage *outage);

/* For health: clock_ms() since when there is no connection, and since when there is one that is of no use; 0: not now. */
int64_t outage_unreached_since_ms(const struct outage *outage);
int64_t outage_refused_since_ms(const struct outage *outage);

#endif
