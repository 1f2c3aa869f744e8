#include "settings.h"

#include "conf.h"
#include "pgconn.h"

#include <unistd.h>

int settings_load(const char *path, struct conf **ret_conf, char **reterr_msg)
{
	if (!path && access(CONF_DEFAULT_PATH, F_OK) == 0)
		path = CONF_DEFAULT_PATH;
	return conf_load(path, pgconn_check_conninfo, ret_conf, reterr_msg);
}
