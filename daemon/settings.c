#include "settings.h"

#include "conf.h"
#include "pgconn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the first line that begins with the key; keys are unique in the file. */
static int find_line(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	int line = 0, found = 0;

	if (!file)
		return 0;
	while (!found && getline(&text, &size, file) >= 0) {
		line++;
		if (!strncmp(text + strspn(text, " \t"), key, strlen(key)))
			found = line;
	}
	free(text);
	fclose(file);
	return found;
}

/* Without libpq's words: they quote the string, and it may hold a password. */
static int refuse_conninfo(const char *path, char **reterr_msg)
{
	if (asprintf(reterr_msg, "%s:%d: conninfo: not a connection string that libpq can read\n",
	             path ? path : "default", path ? find_line(path, "conninfo") : 0) < 0)
		*reterr_msg = NULL;
	return -EINVAL;
}

int settings_load(const char *path, struct conf **ret_conf, char **reterr_msg)
{
	struct conf *conf = NULL;
	int r;

	if (!path && access(CONF_DEFAULT_PATH, F_OK) == 0)
		path = CONF_DEFAULT_PATH;
	r = conf_load(path, &conf, reterr_msg);
	if (r < 0)
		return r;
	r = pgconn_check_conninfo(conf->conninfo);
	if (r < 0) {
		conf_free(conf);
		return refuse_conninfo(path, reterr_msg);
	}
	*ret_conf = conf;
	return 0;
}
