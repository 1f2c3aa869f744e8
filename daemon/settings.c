#include "settings.h"

#include "conf.h"
#include "log.h"
#include "pgconn.h"

#include <string.h>
#include <unistd.h>

int settings_load(const char *path, struct conf **ret_conf, char **reterr_msg)
{
	if (!path && access(CONF_DEFAULT_PATH, F_OK) == 0)
		path = CONF_DEFAULT_PATH;
	return conf_load(path, pgconn_check_conninfo, ret_conf, reterr_msg);
}

void settings_log_refusal(int error, char *faults)
{
	char *fault;

	if (!faults)
		log_error("settings refused, the running ones stay errno=%d", -error);
	while ((fault = strsep(&faults, "\n")))
		if (*fault)
			log_error("settings refused, the running ones stay fault=\"%s\"", fault);
}
