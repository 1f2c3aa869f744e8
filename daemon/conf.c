#include "conf.h"

#include "redact.h"

#include <ctype.h>
#include <errno.h>
#include <event2/util.h>
#include <ini.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define LINE_SIZE 4096 /* the longest line of a file, with its newline and NUL */
#define NAME_MAX_LENGTH 32
#define DIGITS "0123456789"

struct key {
	const char *section;
	const char *name;
	const char *standard; /* the default, as one would write it */
	const char *wanted;   /* what a value must be; a fault names it, and never the value */
	/* 0, -EINVAL, -ENOMEM */
	int (*parse)(const char *text, void *field);
	void (*print)(const void *field, FILE *out);
	size_t offset;
};

/* As the C library's LOG_USER and so on: the number of RFC 3164, section 4.1.1, above three bits of severity. */
static const struct facility {
	const char *name;
	int code;
} facilities[] = {
	{"user", 1 << 3},    {"mail", 2 << 3},    {"daemon", 3 << 3},  {"auth", 4 << 3},    {"syslog", 5 << 3},
	{"lpr", 6 << 3},     {"news", 7 << 3},    {"uucp", 8 << 3},    {"cron", 9 << 3},    {"authpriv", 10 << 3},
	{"ftp", 11 << 3},    {"local0", 16 << 3}, {"local1", 17 << 3}, {"local2", 18 << 3}, {"local3", 19 << 3},
	{"local4", 20 << 3}, {"local5", 21 << 3}, {"local6", 22 << 3}, {"local7", 23 << 3},
};

static const char *const languages[] = {
	[CONF_LANGUAGE_EN] = "en",
	[CONF_LANGUAGE_ZH] = "zh",
	[CONF_LANGUAGE_NONE] = "none",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* -- values: from text -- */

static int parse_text(const char *text, void *field)
{
	char **string = field;
	char *copy = strdup(text);

	if (copy == NULL)
		return -ENOMEM;
	free(*string);
	*string = copy;
	return 0;
}

static int parse_socket_path(const char *text, void *field)
{
	struct sockaddr_un address;

	if (text[0] != '/' || strlen(text) >= sizeof(address.sun_path))
		return -EINVAL;
	return parse_text(text, field);
}

static bool is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *ip4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)address;

	if (address->ss_family == AF_INET)
		return ntohl(ip4->sin_addr.s_addr) >> 24 == 127 && ip4->sin_port != 0;
	return IN6_IS_ADDR_LOOPBACK(&ip6->sin6_addr) && ip6->sin6_port != 0;
}

static int parse_listen(const char *text, void *field)
{
	struct sockaddr_storage address;
	int length = sizeof(address);

	if (strncmp(text, "unix:", 5) == 0) {
		if (text[5] != '/' || strlen(text + 5) >= sizeof(((struct sockaddr_un *)0)->sun_path))
			return -EINVAL;
	} else if (text[0] != '\0') {
		if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &length) != 0 ||
		    !is_loopback(&address))
			return -EINVAL;
	}
	return parse_text(text, field);
}

static int parse_ident(const char *text, void *field)
{
	size_t length = strlen(text);

	if (length < 1 || length > NAME_MAX_LENGTH)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] <= ' ' || text[i] >= 0x7F || text[i] == ':' || text[i] == '[')
			return -EINVAL;
	}
	return parse_text(text, field);
}

static int parse_facility(const char *text, void *field)
{
	for (size_t i = 0; i < COUNT(facilities); i++) {
		if (strcmp(text, facilities[i].name) == 0) {
			*(int *)field = facilities[i].code;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_language(const char *text, void *field)
{
	for (size_t i = 0; i < COUNT(languages); i++) {
		if (strcmp(text, languages[i]) == 0) {
			*(enum conf_language *)field = (enum conf_language)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(const char *text, long least, long most, int *ret)
{
	size_t digits = strspn(text, DIGITS);
	long value;

	if (digits < 1 || digits > 9 || text[digits] != '\0')
		return -EINVAL;
	value = strtol(text, NULL, 10);
	if (value < least || value > most)
		return -EINVAL;
	*ret = (int)value;
	return 0;
}

static int parse_rate(const char *text, void *field)
{
	return parse_number(text, 0, 1000000, field);
}

static int parse_batch(const char *text, void *field)
{
	return parse_number(text, 1, 10000, field);
}

static int parse_duration(const char *text, int64_t *ret_ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}};
	size_t digits = strspn(text, DIGITS);

	if (digits < 1 || digits > 9)
		return -EINVAL;
	for (size_t i = 0; i < COUNT(units); i++) {
		if (strcmp(text + digits, units[i].name) == 0) {
			*ret_ms = strtol(text, NULL, 10) * units[i].ms;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_max_sleep(const char *text, void *field)
{
	int64_t ms = 0;
	int result = parse_duration(text, &ms);

	if (result == 0 && (ms < 1000 || ms > 60000))
		result = -EINVAL;
	if (result == 0)
		*(int64_t *)field = ms;
	return result;
}

static int parse_heartbeat(const char *text, void *field)
{
	int64_t ms = 0;
	int result = strcmp(text, "0") == 0 ? 0 : parse_duration(text, &ms);

	if (result == 0 && ms != 0 && (ms < 1000 || ms > 86400000))
		result = -EINVAL;
	if (result == 0)
		*(int64_t *)field = ms;
	return result;
}

/* -- values: to text, after a blank -- */

static void print_text(const void *field, FILE *out)
{
	const char *text = *(char *const *)field;

	if (*text != '\0')
		fprintf(out, " %s", text);
}

static void print_number(const void *field, FILE *out)
{
	fprintf(out, " %d", *(const int *)field);
}

static void print_facility(const void *field, FILE *out)
{
	for (size_t i = 0; i < COUNT(facilities); i++) {
		if (facilities[i].code == *(const int *)field)
			fprintf(out, " %s", facilities[i].name);
	}
}

static void print_language(const void *field, FILE *out)
{
	fprintf(out, " %s", conf_language_name(*(const enum conf_language *)field));
}

static void print_duration(const void *field, FILE *out)
{
	long ms = (long)*(const int64_t *)field;

	if (ms != 0 && ms % 3600000 == 0)
		fprintf(out, " %ldh", ms / 3600000);
	else if (ms % 1000 == 0)
		fprintf(out, " %lds", ms / 1000);
	else
		fprintf(out, " %ldms", ms);
}

static void print_conninfo(const void *field, FILE *out)
{
	fputc(' ', out);
	redact_conninfo(*(char *const *)field, out);
}

/* -- the table -- */

#define FIELD(name) offsetof(struct conf, name)

/* Keys of a section stand together: conf_print begins a section where the name changes. */
/* clang-format off */
static const struct key keys[] = {
	{"database", "conninfo", "dbname=letterwatch", "a libpq connection string",
		parse_text, print_conninfo, FIELD(conninfo)},
	{"alerts", "syslog_socket", "/dev/log", "an absolute path of at most 107 bytes",
		parse_socket_path, print_text, FIELD(syslog_socket)},
	{"alerts", "facility", "local0", "a facility of syslog(3) in lower case, local0 to local7, daemon or another",
		parse_facility, print_facility, FIELD(facility)},
	{"alerts", "ident", "letterwatchd", "1 to 32 printable ASCII characters without space, ':' and '['",
		parse_ident, print_text, FIELD(ident)},
	{"alerts", "language", "en", "en, zh or none",
		parse_language, print_language, FIELD(language)},
	{"alerts", "rate", "0", "a whole number from 0 (no limit) to 1000000",
		parse_rate, print_number, FIELD(rate)},
	{"timer", "max_sleep", "60s", "a duration from 1s to 60s, written as 1500ms, 30s or 1min",
		parse_max_sleep, print_duration, FIELD(max_sleep_ms)},
	{"timer", "batch", "1000", "a whole number from 1 to 10000",
		parse_batch, print_number, FIELD(batch)},
	{"timer", "heartbeat", "1h", "a duration from 1s to 24h, written as 30s, 5min or 1h, or 0 for none",
		parse_heartbeat, print_duration, FIELD(heartbeat_ms)},
	{"http", "listen", "", "empty, a loopback ADDRESS:PORT such as 127.0.0.1:9630 or [::1]:9630, or unix:PATH",
		parse_listen, print_text, FIELD(listen)},
};
/* clang-format on */

#define KEYS COUNT(keys)

static int set_key(struct conf *conf, const struct key *key, const char *text)
{
	return key->parse(text, (char *)conf + key->offset);
}

static const struct key *find_key(const char *section, const char *name)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(section, keys[i].section) == 0 && strcmp(name, keys[i].name) == 0)
			return &keys[i];
	}
	return NULL;
}

static bool is_section(const char *name, size_t length)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (strlen(keys[i].section) == length && memcmp(keys[i].section, name, length) == 0)
			return true;
	}
	return false;
}

/* -- reading a file --
 * libinih calls take_pair for each key = value, without a line number, and reports only the first line that it does not
 * understand. So it is given the lines one by one by read_line, which counts them, and which sees at the next line
 * whether the one before came to take_pair. */

struct reading {
	const char *path;
	int (*check_conninfo)(const char *conninfo);
	struct conf *conf;
	FILE *file;
	FILE *faults; /* the messages, a line each */
	bool is_faulty;
	int result; /* 0, or a negative errno that has nothing to do with the content */
	int line;
	char *text; /* the line, as getline gave it */
	size_t size;
	bool is_pair_due;    /* the line should come to take_pair */
	bool is_section_bad; /* its keys are passed over: the section's header is the fault */
	int set_on[KEYS];    /* the line that set the key; 0: none */
};

static void fault(struct reading *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void fault(struct reading *r, const char *fmt, ...)
{
	va_list args;

	r->is_faulty = true;
	fprintf(r->faults, "%s:%d: ", r->path, r->line);
	va_start(args, fmt);
	vfprintf(r->faults, fmt, args);
	va_end(args);
	fputc('\n', r->faults);
}

/* What does not look like a name is not repeated in a message: it may be a piece of a conninfo. */
static bool is_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] != '_' && !islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]))
			return false;
	}
	return length > 0 && length <= NAME_MAX_LENGTH;
}

static void take_value(struct reading *r, const struct key *key, const char *text)
{
	int *set_on = &r->set_on[key - keys];
	int result;

	if (*set_on != 0) {
		fault(r, "%s is already set on line %d", key->name, *set_on);
		return;
	}
	*set_on = r->line;
	result = set_key(r->conf, key, text);
	if (result == 0 && key->offset == FIELD(conninfo))
		result = r->check_conninfo(r->conf->conninfo);
	if (result == -EINVAL)
		fault(r, "%s must be %s", key->name, key->wanted);
	else if (result != 0)
		r->result = result;
}

static int take_pair(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;
	const struct key *key = find_key(section, name);

	r->is_pair_due = false;
	if (r->is_section_bad)
		return 1;
	if (!is_name(name, strlen(name)))
		fault(r, "what stands before the first '=' or ':' is no name of a key");
	else if (section[0] == '\0')
		fault(r, "key %s stands before the first [section]", name);
	else if (key == NULL)
		fault(r, "unknown key %s in [%s]", name, section);
	else
		take_value(r, key, value);
	return 1;
}

static bool check_section(struct reading *r, const char *name)
{
	size_t length = strcspn(name, "]");
	const char *rest = name + length;

	r->is_section_bad = true;
	if (*rest == '\0')
		fault(r, "a section's name ends with ']'");
	else if (rest[1 + strspn(rest + 1, " \t\r\n")] != '\0')
		fault(r, "nothing may follow the ']' of a section");
	else if (!is_name(name, length))
		fault(r, "unknown section");
	else if (!is_section(name, length))
		fault(r, "unknown section [%.*s]", (int)length, name);
	else
		r->is_section_bad = false;
	return !r->is_section_bad;
}

static bool has_control_character(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (((unsigned char)text[i] < ' ' && strchr("\t\r\n", text[i]) == NULL) || text[i] == 0x7F ||
		    text[i] == '\0')
			return true;
	}
	return false;
}

/* Whether libinih should see the line; what is wrong with it otherwise is told here. */
static bool check_line(struct reading *r, size_t length)
{
	const char *start = r->text + strspn(r->text, " \t\r\n");

	if (length >= LINE_SIZE - 1)
		fault(r, "the line is longer than %d bytes", LINE_SIZE - 2);
	else if (has_control_character(r->text, length))
		fault(r, "control character in the line");
	else if (*start == '[')
		return check_section(r, start + 1);
	else {
		r->is_pair_due = *start != '\0' && *start != '#' && *start != ';';
		return true;
	}
	return false;
}

static void check_taken(struct reading *r)
{
	if (r->is_pair_due)
		fault(r, "neither [section], key = value nor # comment");
	r->is_pair_due = false;
}

/* For libinih: the next line of at most `size` bytes into `buffer`, NULL at the end. */
static char *read_line(char *buffer, int size, void *arg)
{
	static const char byte_order_mark[] = "\xEF\xBB\xBF";
	struct reading *r = arg;
	ssize_t length;

	check_taken(r);
	errno = 0;
	length = getline(&r->text, &r->size, r->file);
	if (length < 0) {
		if (!feof(r->file))
			r->result = errno != 0 ? -errno : -EIO;
		return NULL;
	}
	r->line++;
	if (r->line == 1 && strncmp(r->text, byte_order_mark, 3) == 0)
		memset(r->text, ' ', 3);
	snprintf(buffer, (size_t)size, "%s", check_line(r, (size_t)length) ? r->text : "\n");
	return buffer;
}

/* libinih's settings are variables of the library. Its own would cut a conninfo at " ;", take an indented line for more of
 * the value before, and cut lines at 200 bytes. */
static int read_file(struct reading *r)
{
	int parsed;

	ini_allow_inline_comments = false;
	ini_allow_multiline = false;
	ini_max_line = LINE_SIZE;
	r->file = fopen(r->path, "re");
	if (r->file == NULL)
		return -errno;
	parsed = ini_parse_stream(read_line, r, take_pair, r);
	if (r->result != 0)
		return r->result;
	if (parsed == -2)
		return -ENOMEM;
	return r->is_faulty ? -EINVAL : 0;
}

static int read_path(struct reading *r)
{
	int result = read_file(r);

	if (result != 0 && result != -EINVAL)
		fprintf(r->faults, "%s: %s\n", r->path, strerror(-result));
	if (r->file != NULL)
		fclose(r->file);
	free(r->text);
	return result;
}

static int set_defaults(struct conf *conf)
{
	int result = 0;

	for (size_t i = 0; i < KEYS && result == 0; i++)
		result = set_key(conf, &keys[i], keys[i].standard);
	return result;
}

int conf_load(const char *path, int (*check_conninfo)(const char *conninfo), struct conf **ret_conf, char **reterr_msg)
{
	struct reading r = {.path = path, .check_conninfo = check_conninfo};
	char *message = NULL;
	size_t message_size = 0;
	int result = -ENOMEM;

	r.conf = calloc(1, sizeof(*r.conf));
	r.faults = open_memstream(&message, &message_size);
	if (r.conf == NULL || r.faults == NULL)
		goto out;
	result = set_defaults(r.conf);
	if (result == 0 && path != NULL)
		result = read_path(&r);
out:
	if (r.faults != NULL && fclose(r.faults) != 0 && result == 0)
		result = -ENOMEM;
	if (result == 0) {
		*ret_conf = r.conf;
		r.conf = NULL;
	} else {
		*reterr_msg = message;
		message = NULL;
	}
	free(message);
	conf_free(r.conf);
	return result;
}

void conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	free(conf->conninfo);
	free(conf->syslog_socket);
	free(conf->ident);
	free(conf->listen);
	free(conf);
}

void conf_print(const struct conf *conf, FILE *out)
{
	const char *section = "";

	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(section, keys[i].section) != 0) {
			fprintf(out, "%s[%s]\n", i > 0 ? "\n" : "", keys[i].section);
			section = keys[i].section;
		}
		fprintf(out, "%s =", keys[i].name);
		keys[i].print((const char *)conf + keys[i].offset, out);
		fputc('\n', out);
	}
}

const char *conf_language_name(enum conf_language language)
{
	return languages[language];
}

int conf_claim_size(const struct conf *conf)
{
	int share = conf->rate >= 10 ? conf->rate / 10 : 1;

	return conf->rate > 0 && share < conf->batch ? share : conf->batch;
}
