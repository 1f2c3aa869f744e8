/*
 * conf -- the settings: one table of keys, one file into a fresh struct, checked whole.
 * Owns:  the key table (section, key, default, parser, printer); lexing is libinih's.
 * Never: applies a setting; its owner does, at the start and at a reload.
 */
#ifndef LETTERWATCH_CONF_H
#define LETTERWATCH_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONF_DEFAULT_PATH "/etc/letterwatch/letterwatchd.conf"

enum conf_language {
	CONF_LANGUAGE_EN,
	CONF_LANGUAGE_ZH,
	CONF_LANGUAGE_NONE,
};

struct conf {
	char *conninfo;              /* [database] conninfo */
	char *syslog_socket;         /* [alerts] syslog_socket: an absolute path that fits sun_path */
	int facility;                /* [alerts] facility: LOG_LOCAL0 and the like of <syslog.h> */
	char *ident;                 /* [alerts] ident: 1 to 32 printable ASCII characters, no space, ':' or '[' */
	enum conf_language language; /* [alerts] language */
	int rate;                    /* [alerts] rate: lines a second, 0 = no limit */
	int64_t max_sleep_ms;        /* [timer] max_sleep: 1s to 60s, written as 1500ms, 30s, 1min */
	int batch;                   /* [timer] batch: 1 to 10000 */
	int64_t heartbeat_ms;        /* [timer] heartbeat: 1s to 24h, or 0 = none */
	char *listen;                /* [http] listen: "", a loopback ADDRESS:PORT, or unix:PATH */
};

/*
 * The file at `path` (or, with NULL, no file: the defaults) into a fresh struct. `check_conninfo` is 0, or -EINVAL for a string
 * that libpq does not understand.
 * 0: *ret_conf is the caller's. Negative errno: *reterr_msg, the caller's to free, names every fault, one a line, as
 * "file:line: what is wrong", never a value; -EINVAL for a fault in the content, otherwise why the file could not be
 * read. With -ENOMEM it may be NULL.
 */
int conf_load(const char *path, int (*check_conninfo)(const char *conninfo), struct conf **ret_conf, char **reterr_msg)
	__attribute__((warn_unused_result));

/* Frees all; takes NULL. */
void conf_free(struct conf *conf);

/* Writes every key with its value as a configuration file that conf_load reads back (--print-config). A password in the
 * conninfo is written as ********. */
void conf_print(const struct conf *conf, FILE *out);

/* "en", "zh" or "none": what outbox_lines() takes. */
const char *conf_language_name(enum conf_language language);

/* How many alerts to claim at once: `batch`, or what `rate` lets out in a tenth of a second (at least one), if that is less: so the
 * work of the database, too, comes evenly and not in bursts that clerks wait for. */
int conf_claim_size(const struct conf *conf);

#endif
