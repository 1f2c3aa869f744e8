/*
 * svc -- what systemd is told: READY, RELOADING, STOPPING, STATUS, WATCHDOG (sd_notify(3)).
 * Owns:  the interval in which the watchdog wants to be pinged.
 * Never: judges whether a ping is deserved: health does, and monitor pings.
 *
 * Without NOTIFY_SOCKET every call does nothing.
 */
#ifndef LETTERWATCH_SVC_H
#define LETTERWATCH_SVC_H

#include <stdint.h>

void svc_ready(void);
/* Carries MONOTONIC_USEC= as Type=notify-reload wants it; svc_ready() ends it. */
void svc_reloading(void);
void svc_stopping(void);
void svc_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void svc_watchdog(void);

/* How often to ping, half of WATCHDOG_USEC, in milliseconds; 0: no watchdog is wanted. */
int64_t svc_watchdog_interval_ms(void);

#endif
