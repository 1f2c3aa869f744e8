/*
 * settings -- where the configuration comes from, and who judges what conf cannot: libpq its connection string.
 * Owns:  which file is read when none is named.
 * Never: reads or checks anything itself.
 */
#ifndef LETTERWATCH_SETTINGS_H
#define LETTERWATCH_SETTINGS_H

struct conf;

/* Like conf_load(). `path` NULL: the default file if there is one, or else the defaults. */
int settings_load(const char *path, struct conf **ret_conf, char **reterr_msg) __attribute__((warn_unused_result));

#endif
