/*
 * redact -- a conninfo as it may be shown.
 * Owns:  which keywords of libpq are secrets, and where their values end.
 * Never: judges whether libpq would take it; where that is in doubt, too much is hidden.
 */
#ifndef LETTERWATCH_REDACT_H
#define LETTERWATCH_REDACT_H

#include <stdio.h>

/* Writes a conninfo (keyword=value pairs or a URI) with ******** in place of passwords and the like. */
void redact_conninfo(const char *conninfo, FILE *out);

#endif
