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

/* Why other settings were refused: `faults` (NULL, or lent to be cut up) as settings_load() names them, or the negative errno. */
void settings_log_refusal(int error, char *faults);

#endif
