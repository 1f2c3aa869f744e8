#include "outage.h"

#include "clock.h"
#include "log.h"
#include "pgconn.h"

#include <stdio.h>
#include <string.h>

void outage_begin(struct outage *outage)
{
	*outage = (struct outage){.since_ms = clock_ms()};
}

/* Attempts follow each other within a second. */
static void tell(struct outage *o, const struct pgconn_trouble *trouble)
{
	const char *sqlstate = trouble->sqlstate[0] ? trouble->sqlstate : "none";
	const char *message = trouble->was_up ? sqlstate : trouble->message;

	if (!strcmp(message, o->last_message))
		log_debug("database still away what=\"%s\" retry_ms=%lld", trouble->what, (long long)trouble->retry_ms);
	else if (trouble->was_up)
		log_warning("database lost what=\"%s\" sqlstate=%s retry_ms=%lld", trouble->what, sqlstate,
		            (long long)trouble->retry_ms);
	else
		log_warning("database not reached what=\"%s\" message=\"%s\" retry_ms=%lld", trouble->what,
		            trouble->message, (long long)trouble->retry_ms);
	snprintf(o->last_message, sizeof o->last_message, "%s", message);
}

void outage_tell(struct outage *outage, const struct pgconn_trouble *trouble)
{
	tell(outage, trouble);
	if (!outage->since_ms || !trouble->was_up)
		outage->reached = false;
	if (!outage->since_ms)
		outage->since_ms = clock_ms();
}

void outage_refuse(struct outage *outage)
{
	outage->reached = true;
}

bool outage_end(struct outage *outage)
{
	bool there_was = outage->since_ms != 0;

	if (there_was)
		*outage = (struct outage){.since_ms = 0};
	return there_was;
}

int64_t outage_unreached_since_ms(const struct outage *outage)
{
	return outage->reached ? 0 : outage->since_ms;
}

int64_t outage_refused_since_ms(const struct outage *outage)
{
	return outage->reached ? outage->since_ms : 0;
}
