#include "svc.h"

#include "clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

void svc_ready(void)
{
	sd_notify(0, "READY=1");
}

void svc_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_us());
}

void svc_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void svc_status(const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (char *c = text; *c != '\0'; c++) {
		if (*c == '\n')
			*c = ' '; /* a newline would begin another assignment */
	}
	sd_notifyf(0, "STATUS=%s", text);
}

void svc_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}

int64_t svc_watchdog_interval_ms(void)
{
	uint64_t timeout_us = 0;
	int64_t half_ms;

	if (sd_watchdog_enabled(0, &timeout_us) <= 0)
		return 0;
	half_ms = (int64_t)(timeout_us / 2000);
	return half_ms > 0 ? half_ms : 1;
}
