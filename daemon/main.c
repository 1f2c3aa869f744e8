/*
 * main -- arguments, one event base, exit status.
 * A newcomer reads on in daemon.h, sweep.c, store.h and sql/functions/claim_due.sql.
 */
#include "conf.h"
#include "daemon.h"
#include "log.h"
#include "report.h"
#include "settings.h"

#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum exit_status {
	EXIT_STOPPED = 0, /* on request, or what was asked for is done */
	EXIT_CANNOT = 1,  /* cannot start, or the check found something wrong */
	EXIT_USAGE = 2,   /* usage, or bad configuration */
};

enum mode {
	MODE_RUN,
	MODE_CHECK = 256, /* beyond every option character */
	MODE_CHECK_CONFIG,
	MODE_STATUS,
	MODE_PRINT_CONFIG,
	MODE_VERSION,
	MODE_HELP,
	MODE_USAGE,
};

struct arguments {
	const char *path;
	enum mode mode;
};

static const char help[] =
	"usage: letterwatchd [-c FILE] [OPTION]\n"
	"Sends an alert to syslog for each deadline of a letter that comes near or is missed.\n"
	"Stays in the foreground; SIGTERM stops, SIGHUP reloads, SIGUSR1 writes a status line.\n"
	"\n"
	"  -c, --config FILE   settings (default " CONF_DEFAULT_PATH ")\n"
	"  -v, --verbose       tell each change of state on stderr\n"
	"      --check         try database, schema, role, calendar and syslog socket; a line each\n"
	"      --check-config  read the settings and name every fault\n"
	"      --print-config  print the settings in force, defaults included\n"
	"      --status        print what the database knows of running daemons\n"
	"      --version       print the version\n"
	"  -h, --help          print this\n"
	"\n"
	"Exit status: 0 stopped on request, 1 cannot start or check failed, 2 usage or bad settings.\n";

static struct arguments parse(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"verbose", no_argument, NULL, 'v'},
		{"check", no_argument, NULL, MODE_CHECK},
		{"check-config", no_argument, NULL, MODE_CHECK_CONFIG},
		{"print-config", no_argument, NULL, MODE_PRINT_CONFIG},
		{"status", no_argument, NULL, MODE_STATUS},
		{"version", no_argument, NULL, MODE_VERSION},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct arguments arguments = {.path = NULL, .mode = MODE_RUN};
	int c;

	while ((c = getopt_long(argc, argv, "c:vh", options, NULL)) != -1) {
		if (c == 'c')
			arguments.path = optarg;
		else if (c == 'v')
			log_set_level(LOG_LEVEL_DEBUG);
		else if (c == 'h')
			arguments.mode = MODE_HELP;
		else if (c == '?')
			return (struct arguments){.mode = MODE_USAGE};
		else
			arguments.mode = (enum mode)c;
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[optind]);
		arguments.mode = MODE_USAGE;
	}
	return arguments;
}

/* The timers are as exact as the kernel's: a line is due within milliseconds of its time. */
static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	if (event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static enum exit_status run_daemon(struct event_base *base, const char *path, struct conf **conf)
{
	struct daemon *daemon = NULL;
	int r = daemon_new(base, path, *conf, &daemon);

	if (r == 0) {
		*conf = NULL; /* the daemon's now */
		r = daemon_run(daemon);
	}
	daemon_free(daemon);
	if (r < 0)
		log_error("cannot run reason=\"%s\"", strerror(-r));
	else
		log_info("stopped");
	return r < 0 ? EXIT_CANNOT : EXIT_STOPPED;
}

static enum exit_status run_with_base(const struct arguments *arguments, struct conf **conf)
{
	struct event_base *base = new_base();
	enum exit_status status;

	/* libpq waits for getaddrinfo(): a name server that does not answer holds the loop for a second, not for ten. */
	setenv("RES_OPTIONS", "timeout:1 attempts:1", 0);
	if (!base) {
		log_error("cannot start reason=\"no event loop\"");
		return EXIT_CANNOT;
	}
	if (arguments->mode == MODE_CHECK)
		status = report_check(base, *conf) ? EXIT_STOPPED : EXIT_CANNOT;
	else if (arguments->mode == MODE_STATUS)
		status = report_status(base, *conf) ? EXIT_STOPPED : EXIT_CANNOT;
	else
		status = run_daemon(base, arguments->path, conf);
	event_base_free(base);
	return status;
}

static enum exit_status run_with_conf(const struct arguments *arguments)
{
	struct conf *conf = NULL;
	char *faults = NULL;
	enum exit_status status = EXIT_STOPPED;
	int r = settings_load(arguments->path, &conf, &faults);

	if (r == -ENOMEM) { /* no fault of the file: it may go well the next time */
		log_error("cannot start reason=\"%s\"", strerror(-r));
		status = EXIT_CANNOT;
	} else if (r < 0) {
		fputs(faults, stderr);
		status = EXIT_USAGE;
	} else if (arguments->mode == MODE_CHECK_CONFIG) {
		puts("settings ok");
	} else if (arguments->mode == MODE_PRINT_CONFIG) {
		conf_print(conf, stdout);
	} else {
		status = run_with_base(arguments, &conf);
	}
	free(faults);
	conf_free(conf);
	return status;
}

int main(int argc, char **argv)
{
	struct arguments arguments = parse(argc, argv);

	switch (arguments.mode) {
	case MODE_VERSION:
		puts("letterwatchd " LETTERWATCH_VERSION);
		return EXIT_STOPPED;
	case MODE_HELP:
		fputs(help, stdout);
		return EXIT_STOPPED;
	case MODE_USAGE:
		fputs("try 'letterwatchd --help'\n", stderr);
		return EXIT_USAGE;
	case MODE_RUN:
	case MODE_CHECK:
	case MODE_CHECK_CONFIG:
	case MODE_STATUS:
	case MODE_PRINT_CONFIG:
		break;
	}
	return (int)run_with_conf(&arguments);
}
