/*
 * settings -- a configuration that is checked to the end: the file, and what only libpq can judge of it.
 * Owns:  which file is read when none is named.
 * Never: repeats a connection string in a message: it may hold a password.
 */
#ifndef LETTERWATCH_SETTINGS_H
#define LETTERWATCH_SETTINGS_H

struct conf;

/* Like conf_load(), with the connection string checked too. `path` NULL: the default file if there is one, or else the
 * defaults. */
int settings_load(const char *path, struct conf **ret_conf, char **reterr_msg) __attribute__((warn_unused_result));

#endif
