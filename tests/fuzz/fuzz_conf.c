/*
 * fuzz_conf -- any file is refused whole, with faults that name their lines, or gives settings that print and read back the same.
 */
#include "conf.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pgconn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_file(const void *data, size_t size, char path[64])
{
	int fd = memfd_create("conf", 0);

	assert(fd >= 0);
	assert(write(fd, data, size) == (ssize_t)size);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
}

static void close_file(const char *path)
{
	close((int)strtol(strrchr(path, '/') + 1, NULL, 10));
}

/* Every line of what was refused says where. */
static void check_refusal(const char *message, const char *path)
{
	size_t prefix = strlen(path);

	assert(message && *message);
	for (const char *line = message; *line; line += strcspn(line, "\n"), line += *line == '\n')
		assert(strncmp(line, path, prefix) == 0 && line[prefix] == ':');
}

static char *printed(const struct conf *conf, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	assert(out);
	conf_print(conf, out);
	fclose(out);
	return text;
}

/* What is printed is a file with the same settings, except a password, which it hides. */
static void check_printed(const struct conf *conf)
{
	char path[64];
	char *text, *again, *message = NULL;
	size_t size, again_size;
	struct conf *same = NULL;

	text = printed(conf, &size);
	make_file(text, size, path);
	if (!strstr(text, "********")) {
		assert(conf_load(path, pgconn_check_conninfo, &same, &message) == 0);
		again = printed(same, &again_size);
		assert(again_size == size && memcmp(again, text, size) == 0);
		free(again);
		conf_free(same);
	}
	close_file(path);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	char *message = NULL;
	struct conf *conf = NULL;
	int r;

	make_file(data, size, path);
	r = conf_load(path, pgconn_check_conninfo, &conf, &message);
	if (r == 0)
		check_printed(conf);
	else
		check_refusal(message, path);
	close_file(path);
	conf_free(conf);
	free(message);
	return 0;
}
