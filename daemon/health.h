/*
 * health -- pure judgement: facts in, a verdict and its reason out.
 * Owns:  the limits after which something is called degraded or stuck.
 * Never: measures, waits or tells; STATUS=, the watchdog and the degraded / recovered lines all ask it.
 */
#ifndef LETTERWATCH_HEALTH_H
#define LETTERWATCH_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

enum health_state {
	HEALTH_OK,
	HEALTH_DEGRADED, /* alerts cannot be seen or written for longer than HEALTH_GRACE_MS; it heals by itself */
	HEALTH_STUCK,    /* the daemon itself makes no progress: the watchdog is not pinged */
};

enum health_reason {
	HEALTH_REASON_NONE,     /* also of HEALTH_STUCK */
	HEALTH_REASON_DATABASE, /* no connection */
	HEALTH_REASON_QUERY,    /* connected, but the database refuses to claim or to mark */
	HEALTH_REASON_SYSLOG,   /* lines wait, and the socket takes none */
};

#define HEALTH_GRACE_MS 20000  /* the contract: degraded is told within 30 s of losing the database */
#define HEALTH_STUCK_MS 120000 /* twice the safety poll */

/* All moments are clock_ms(); 0 = never, or not now. */
struct health_facts {
	int64_t now_ms;
	int64_t database_down_since_ms; /* 0 while connected */
	int64_t query_failing_since_ms; /* the first call that failed since one succeeded */
	int64_t syslog_down_since_ms;   /* 0 while lines go out or none waits */
	int64_t last_tick_ms; /* the last time that the loop's safety timer ran or that work was done; at first the start */
};

struct health {
	enum health_state state;
	enum health_reason reason;
	int64_t since_ms; /* when the trouble began; 0 when ok */
};

struct health health_judge(const struct health_facts *facts);

/* "ok", "degraded", "stuck". */
const char *health_state_name(enum health_state state);

/* "database", "query", "syslog": the value of reason= in a degraded line. */
const char *health_reason_name(enum health_reason reason);

#endif
