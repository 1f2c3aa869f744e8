#include "conf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char directory[32];
	char path[64];
	struct conf *conf;
	char *message;
};

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	snprintf(f->directory, sizeof(f->directory), "/tmp/lw-conf.XXXXXX");
	*state = f;
	if (mkdtemp(f->directory) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/a.conf", f->directory);
	return 0;
}

static void forget(struct fixture *f)
{
	conf_free(f->conf);
	free(f->message);
	f->conf = NULL;
	f->message = NULL;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	forget(f);
	unlink(f->path);
	rmdir(f->directory);
	test_free(f);
	return 0;
}

/* In place of libpq. */
static int judge_conninfo(const char *conninfo)
{
	return strstr(conninfo, "nonsense") != NULL ? -EINVAL : 0;
}

static int load_bytes(struct fixture *f, const char *text, size_t length)
{
	FILE *file = fopen(f->path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	forget(f);
	return conf_load(f->path, judge_conninfo, &f->conf, &f->message);
}

static void assert_loads(struct fixture *f, const char *text)
{
	int result = load_bytes(f, text, strlen(text));

	if (result != 0)
		fail_msg("%s: %s", text, f->message);
	assert_null(f->message);
}

/* `expected`: the faults, "%" in place of the file's path. */
static void assert_refused_bytes(struct fixture *f, const char *text, size_t length, const char *expected)
{
	char wanted[2048] = "";

	for (size_t i = 0; *expected != '\0'; expected++) {
		if (*expected == '%')
			i += (size_t)snprintf(wanted + i, sizeof(wanted) - i, "%s", f->path);
		else
			wanted[i++] = *expected;
	}
	assert_int_equal(load_bytes(f, text, length), -EINVAL);
	assert_null(f->conf);
	assert_string_equal(f->message, wanted);
}

static void assert_refused(struct fixture *f, const char *text, const char *expected)
{
	assert_refused_bytes(f, text, strlen(text), expected);
}

/* conf_print's text, the caller's to free. */
static char *printed(const struct conf *conf)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	conf_print(conf, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_same(const struct conf *a, const struct conf *b)
{
	assert_string_equal(a->conninfo, b->conninfo);
	assert_string_equal(a->syslog_socket, b->syslog_socket);
	assert_int_equal(a->facility, b->facility);
	assert_string_equal(a->ident, b->ident);
	assert_int_equal(a->language, b->language);
	assert_int_equal(a->rate, b->rate);
	assert_int_equal(a->max_sleep_ms, b->max_sleep_ms);
	assert_int_equal(a->batch, b->batch);
	assert_int_equal(a->heartbeat_ms, b->heartbeat_ms);
	assert_string_equal(a->listen, b->listen);
}

static void without_a_file_the_defaults_hold(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(conf_load(NULL, judge_conninfo, &f->conf, &f->message), 0);
	assert_string_equal(f->conf->conninfo, "dbname=letterwatch");
	assert_string_equal(f->conf->syslog_socket, "/dev/log");
	assert_int_equal(f->conf->facility, LOG_LOCAL0);
	assert_string_equal(f->conf->ident, "letterwatchd");
	assert_int_equal(f->conf->language, CONF_LANGUAGE_EN);
	assert_int_equal(f->conf->rate, 0);
	assert_int_equal(f->conf->max_sleep_ms, 60000);
	assert_int_equal(f->conf->batch, 1000);
	assert_int_equal(f->conf->heartbeat_ms, 3600000);
	assert_string_equal(f->conf->listen, "");
}

static void an_empty_file_gives_the_defaults(void **state)
{
	struct fixture *f = *state;
	struct conf *defaults = NULL;

	assert_int_equal(conf_load(NULL, judge_conninfo, &defaults, &f->message), 0);
	assert_loads(f, "");
	assert_same(f->conf, defaults);
	assert_loads(f, "\n  # comment\n; another = one\n[database]\n[timer]\n");
	assert_same(f->conf, defaults);
	conf_free(defaults);
}

static void every_key_is_read(void **state)
{
	struct fixture *f = *state;

	assert_loads(f,
	             "[database]\nconninfo = service=x\n"
	             "[alerts]\nsyslog_socket=/run/x\n facility : daemon\nident\t=\twatch-1 \nlanguage=zh\nrate=20\r\n"
	             "[timer]\nmax_sleep=1500ms\nbatch=7\nheartbeat=24h\n"
	             "[http]\nlisten=127.0.0.1:9630");
	assert_string_equal(f->conf->conninfo, "service=x");
	assert_string_equal(f->conf->syslog_socket, "/run/x");
	assert_int_equal(f->conf->facility, LOG_DAEMON);
	assert_string_equal(f->conf->ident, "watch-1");
	assert_int_equal(f->conf->language, CONF_LANGUAGE_ZH);
	assert_int_equal(f->conf->rate, 20);
	assert_int_equal(f->conf->max_sleep_ms, 1500);
	assert_int_equal(f->conf->batch, 7);
	assert_int_equal(f->conf->heartbeat_ms, 86400000);
	assert_string_equal(f->conf->listen, "127.0.0.1:9630");
}

static void a_claim_is_no_more_than_the_rate_lets_out_soon(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "[timer]\nbatch=500\n");
	assert_int_equal(conf_claim_size(f->conf), 500);
	assert_loads(f, "[timer]\nbatch=500\n[alerts]\nrate=2000\n");
	assert_int_equal(conf_claim_size(f->conf), 200);
	assert_loads(f, "[timer]\nbatch=500\n[alerts]\nrate=1\n");
	assert_int_equal(conf_claim_size(f->conf), 1);
	assert_loads(f, "[timer]\nbatch=500\n[alerts]\nrate=1000000\n");
	assert_int_equal(conf_claim_size(f->conf), 500);
}

static void a_byte_order_mark_is_passed_over(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "\xEF\xBB\xBF[timer]\nbatch = 2\n");
	assert_int_equal(f->conf->batch, 2);
}

static void a_section_may_come_twice(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "[timer]\nbatch=2\n[alerts]\nrate=3\n[timer]\nmax_sleep=2s\n");
	assert_int_equal(f->conf->batch, 2);
	assert_int_equal(f->conf->max_sleep_ms, 2000);
}

static void a_conninfo_may_hold_comment_signs_and_equals_signs(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "[database]\nconninfo = host=a ; options='-c x=y' # : [\n");
	assert_string_equal(f->conf->conninfo, "host=a ; options='-c x=y' # : [");
}

static void every_facility_has_the_value_of_syslog_h(void **state)
{
	static const struct {
		const char *name;
		int code;
	} expected[] = {
		{"user", LOG_USER},     {"mail", LOG_MAIL},         {"daemon", LOG_DAEMON}, {"auth", LOG_AUTH},
		{"syslog", LOG_SYSLOG}, {"lpr", LOG_LPR},           {"news", LOG_NEWS},     {"uucp", LOG_UUCP},
		{"cron", LOG_CRON},     {"authpriv", LOG_AUTHPRIV}, {"ftp", LOG_FTP},       {"local0", LOG_LOCAL0},
		{"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},     {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
		{"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},     {"local7", LOG_LOCAL7},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "[alerts]\nfacility = %s\n", expected[i].name);
		assert_loads(f, text);
		assert_int_equal(f->conf->facility, expected[i].code);
	}
}

static void durations_have_units(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "[timer]\nmax_sleep = 1000ms\n");
	assert_int_equal(f->conf->max_sleep_ms, 1000);
	assert_loads(f, "[timer]\nmax_sleep = 30s\n");
	assert_int_equal(f->conf->max_sleep_ms, 30000);
	assert_loads(f, "[timer]\nmax_sleep = 1min\n");
	assert_int_equal(f->conf->max_sleep_ms, 60000);
	assert_loads(f, "[timer]\nheartbeat = 1000ms\n");
	assert_int_equal(f->conf->heartbeat_ms, 1000);
	assert_loads(f, "[timer]\nheartbeat = 0\n");
	assert_int_equal(f->conf->heartbeat_ms, 0);
	assert_loads(f, "[timer]\nheartbeat = 0s\n");
	assert_int_equal(f->conf->heartbeat_ms, 0);
}

static void values_out_of_their_bounds_are_refused(void **state)
{
	static const char *const bad[] = {
		"[timer]\nmax_sleep = 30\n",
		"[timer]\nmax_sleep = 999ms\n",
		"[timer]\nmax_sleep = 61s\n",
		"[timer]\nmax_sleep = 2min\n",
		"[timer]\nmax_sleep = s\n",
		"[timer]\nmax_sleep = 30 s\n",
		"[timer]\nmax_sleep = -1s\n",
		"[timer]\nmax_sleep = 99999999999999999999s\n",
		"[timer]\nmax_sleep =\n",
		"[timer]\nmax_sleep = 0\n",
		"[timer]\nheartbeat = 999ms\n",
		"[timer]\nheartbeat = 25h\n",
		"[timer]\nheartbeat = 60\n",
		"[timer]\nbatch = 0\n",
		"[timer]\nbatch = 10001\n",
		"[timer]\nbatch = 1x\n",
		"[timer]\nbatch = +1\n",
		"[timer]\nbatch = 5 ; comment\n",
		"[timer]\nbatch = 4294967297\n",
		"[alerts]\nrate = -1\n",
		"[alerts]\nrate = 1000001\n",
		"[alerts]\nrate = 0x10\n",
		"[alerts]\nident =\n",
		"[alerts]\nident = a b\n",
		"[alerts]\nident = a:\n",
		"[alerts]\nident = a[1]\n",
		"[alerts]\nident = 信\n",
		"[alerts]\nident = abcdefghijklmnopqrstuvwxyzabcdefg\n",
		"[alerts]\nlanguage = EN\n",
		"[alerts]\nlanguage = de\n",
		"[alerts]\nfacility = kern\n",
		"[alerts]\nfacility = LOCAL0\n",
		"[alerts]\nsyslog_socket = dev/log\n",
		"[alerts]\nsyslog_socket =\n",
		"[http]\nlisten = 0.0.0.0:80\n",
		"[http]\nlisten = 192.0.2.1:80\n",
		"[http]\nlisten = 127.0.0.1\n",
		"[http]\nlisten = 127.0.0.1:0\n",
		"[http]\nlisten = 127.0.0.1:65536\n",
		"[http]\nlisten = [::]:80\n",
		"[http]\nlisten = [::1]\n",
		"[http]\nlisten = localhost:80\n",
		"[http]\nlisten = 80\n",
		"[http]\nlisten = unix:run/x\n",
		"[http]\nlisten = unix:\n",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (load_bytes(f, bad[i], strlen(bad[i])) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(strstr(f->message, "a.conf:2: "));
		assert_non_null(strstr(f->message, " must be "));
	}
}

static void pages_are_shown_on_loopback_or_a_unix_socket(void **state)
{
	static const char *const good[] = {"", "127.0.0.1:1", "127.255.0.9:65535", "[::1]:9630",
	                                   "unix:/run/letterwatch/http"};
	struct fixture *f = *state;
	char text[256];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "[http]\nlisten = %s\n", good[i]);
		assert_loads(f, text);
		assert_string_equal(f->conf->listen, good[i]);
	}
	snprintf(text, sizeof(text), "[http]\nlisten = unix:/%0107d\n", 0);
	assert_int_equal(load_bytes(f, text, strlen(text)), -EINVAL);
}

static void a_socket_path_must_fit_its_address(void **state)
{
	struct fixture *f = *state;
	char text[256];

	snprintf(text, sizeof(text), "[alerts]\nsyslog_socket = /%0106d\n", 0);
	assert_loads(f, text);
	assert_int_equal(strlen(f->conf->syslog_socket), 107);
	snprintf(text, sizeof(text), "[alerts]\nsyslog_socket = /%0107d\n", 0);
	assert_refused(f, text, "%:2: syslog_socket must be an absolute path of at most 107 bytes\n");
}

static void every_fault_is_named_with_its_line(void **state)
{
	struct fixture *f = *state;

	assert_refused(
		f,
		"batch = 1\n[timer]\nbatch = x\nbatch = 2\ncolour = red\nnonsense\n\n[alerts]\nbatch = 3\nrate = 1\n"
		"rate = 1\n[nowhere]\nkey = 1\n[timer\n[timer] x\n[Ti mer]\nmore nonsense",
		"%:1: key batch stands before the first [section]\n"
		"%:3: batch must be a whole number from 1 to 10000\n"
		"%:4: batch is already set on line 3\n"
		"%:5: unknown key colour in [timer]\n"
		"%:6: neither [section], key = value nor # comment\n"
		"%:9: unknown key batch in [alerts]\n"
		"%:11: rate is already set on line 10\n"
		"%:12: unknown section [nowhere]\n"
		"%:14: a section's name ends with ']'\n"
		"%:15: nothing may follow the ']' of a section\n"
		"%:16: unknown section\n"
		"%:17: neither [section], key = value nor # comment\n");
}

static void an_indented_line_continues_no_value(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "[database]\nconninfo = host=a\n  port=1\n  and more\n",
	               "%:3: unknown key port in [database]\n"
	               "%:4: neither [section], key = value nor # comment\n");
}

static void a_line_that_is_too_long_is_refused_not_cut(void **state)
{
	struct fixture *f = *state;
	char text[8192];

	snprintf(text, sizeof(text), "[database]\nconninfo = x=%0*d\n[timer]\nbatch = 2\n", 4094 - 1 - 13, 0);
	assert_loads(f, text);
	assert_int_equal(strlen(f->conf->conninfo), 4094 - 1 - 11);
	assert_int_equal(f->conf->batch, 2);
	snprintf(text, sizeof(text), "[database]\nconninfo = x=%0*d\n[timer]\nbatch = y\n", 4095 - 1 - 13, 0);
	assert_refused(f, text,
	               "%:2: the line is longer than 4094 bytes\n%:4: batch must be a whole number from 1 to 10000\n");
	memset(text, 'a', sizeof(text));
	assert_refused_bytes(f, text, sizeof(text), "%:1: the line is longer than 4094 bytes\n");
}

static void control_characters_are_refused(void **state)
{
	static const char text[] = "[database]\nconninfo = a\0b\n\x1B[31m\nconninfo = \x7F\n";
	struct fixture *f = *state;

	assert_refused_bytes(f, text, sizeof(text) - 1,
	                     "%:2: control character in the line\n%:3: control character in the line\n"
	                     "%:4: control character in the line\n");
}

static void no_message_repeats_what_may_be_a_password(void **state)
{
	static const char *const texts[] = {
		"conninfo = password=geheim\n",
		"[database]\nconninfo = a\nconninfo = password=geheim\n",
		"[database]\nconninfo postgresql://u:geheim@h/db\n",
		"[database]\nhost=a password geheim:x\nhost geheim = 1\n",
		"[databse]\nconninfo = password=geheim\n",
		"[geheim ist es]\n[geheim\n",
		"[database]\npassword geheim\n",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(load_bytes(f, texts[i], strlen(texts[i])), -EINVAL);
		if (strstr(f->message, "geheim") != NULL)
			fail_msg("%s", f->message);
	}
}

static void a_conninfo_that_libpq_refuses_is_a_fault_like_any_other(void **state)
{
	assert_refused(*state, "[timer]\nbatch=0\n[database]\n\nconninfo = nonsense\n[alerts]\nrate=-1\n",
	               "%:2: batch must be a whole number from 1 to 10000\n"
	               "%:5: conninfo must be a libpq connection string\n"
	               "%:7: rate must be a whole number from 0 (no limit) to 1000000\n");
}

static void a_file_that_cannot_be_read_is_an_error_of_its_own(void **state)
{
	struct fixture *f = *state;
	char expected[128];

	assert_int_equal(conf_load(f->path, judge_conninfo, &f->conf, &f->message), -ENOENT);
	snprintf(expected, sizeof(expected), "%s: No such file or directory\n", f->path);
	assert_string_equal(f->message, expected);
	forget(f);
	assert_int_equal(conf_load(f->directory, judge_conninfo, &f->conf, &f->message), -EISDIR);
	snprintf(expected, sizeof(expected), "%s: Is a directory\n", f->directory);
	assert_string_equal(f->message, expected);
	assert_null(f->conf);
}

static void what_is_printed_loads_back_to_the_same(void **state)
{
	struct fixture *f = *state;
	struct conf *before;
	char *text;

	assert_loads(f, "[database]\nconninfo = host=a options='b ; # c' dbname=d\n"
	                "[alerts]\nsyslog_socket=/run/x y\nfacility=authpriv\nident=w;#=\nlanguage=none\nrate=1000000\n"
	                "[timer]\nmax_sleep=1001ms\nbatch=10000\nheartbeat=0\n[http]\nlisten=unix:/run/x y\n");
	before = f->conf;
	f->conf = NULL;
	text = printed(before);
	assert_loads(f, text);
	assert_same(f->conf, before);
	free(text);
	conf_free(before);
}

static void the_defaults_are_printed_as_they_are_documented(void **state)
{
	struct fixture *f = *state;
	char *text;

	assert_int_equal(conf_load(NULL, judge_conninfo, &f->conf, &f->message), 0);
	text = printed(f->conf);
	assert_string_equal(
		text,
		"[database]\nconninfo = dbname=letterwatch\n\n"
		"[alerts]\nsyslog_socket = /dev/log\nfacility = local0\nident = letterwatchd\nlanguage = en\nrate = 0\n\n"
		"[timer]\nmax_sleep = 60s\nbatch = 1000\nheartbeat = 1h\n\n"
		"[http]\nlisten =\n");
	free(text);
}

static void a_password_is_not_printed(void **state)
{
	struct fixture *f = *state;
	char *text;

	assert_loads(f, "[database]\nconninfo = host=a password='ge heim' dbname=d\n");
	assert_string_equal(f->conf->conninfo, "host=a password='ge heim' dbname=d");
	text = printed(f->conf);
	assert_non_null(strstr(text, "conninfo = host=a password=******** dbname=d\n"));
	free(text);
}

static void a_language_has_the_name_the_database_knows(void **state)
{
	(void)state;
	assert_string_equal(conf_language_name(CONF_LANGUAGE_EN), "en");
	assert_string_equal(conf_language_name(CONF_LANGUAGE_ZH), "zh");
	assert_string_equal(conf_language_name(CONF_LANGUAGE_NONE), "none");
}

/* -- the file that is shipped -- */

static FILE *open_shipped(void)
{
	const char *path = getenv("LETTERWATCH_CONF");
	FILE *file = fopen(path != NULL ? path : "conf/letterwatchd.conf", "r");

	assert_non_null(file);
	return file;
}

/* The shipped file's sections and keys as conf_print writes them: a comment "#key = value" is a key, "# prose" is none. */
static char *shipped_settings(void)
{
	FILE *file = open_shipped();
	char line[1024];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (line[0] == '[')
			fprintf(out, "%s%s", ftell(out) > 0 ? "\n" : "", line);
		else if (line[0] == '#' && line[1] >= 'a' && line[1] <= 'z')
			fputs(line + 1, out);
		else
			assert_true(line[0] == '#' || line[0] == '\n'); /* nothing is set */
	}
	fclose(file);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void the_shipped_file_documents_every_key_with_its_default(void **state)
{
	struct fixture *f = *state;
	char *shipped = shipped_settings();
	char *text;

	assert_int_equal(conf_load(NULL, judge_conninfo, &f->conf, &f->message), 0);
	text = printed(f->conf);
	assert_string_equal(shipped, text);
	free(text);
	free(shipped);
}

static void the_shipped_file_loads_clean_to_the_defaults(void **state)
{
	struct fixture *f = *state;
	const char *path = getenv("LETTERWATCH_CONF");
	struct conf *defaults = NULL;
	int result;

	assert_int_equal(conf_load(NULL, judge_conninfo, &defaults, &f->message), 0);
	result = conf_load(path != NULL ? path : "conf/letterwatchd.conf", judge_conninfo, &f->conf, &f->message);
	if (result != 0)
		fail_msg("%s", f->message);
	assert_same(f->conf, defaults);
	conf_free(defaults);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_file_the_defaults_hold),
		TEST(an_empty_file_gives_the_defaults),
		TEST(every_key_is_read),
		TEST(a_claim_is_no_more_than_the_rate_lets_out_soon),
		TEST(a_byte_order_mark_is_passed_over),
		TEST(a_section_may_come_twice),
		TEST(a_conninfo_may_hold_comment_signs_and_equals_signs),
		TEST(every_facility_has_the_value_of_syslog_h),
		TEST(durations_have_units),
		TEST(values_out_of_their_bounds_are_refused),
		TEST(pages_are_shown_on_loopback_or_a_unix_socket),
		TEST(a_socket_path_must_fit_its_address),
		TEST(every_fault_is_named_with_its_line),
		TEST(an_indented_line_continues_no_value),
		TEST(a_line_that_is_too_long_is_refused_not_cut),
		TEST(control_characters_are_refused),
		TEST(no_message_repeats_what_may_be_a_password),
		TEST(a_conninfo_that_libpq_refuses_is_a_fault_like_any_other),
		TEST(a_file_that_cannot_be_read_is_an_error_of_its_own),
		TEST(what_is_printed_loads_back_to_the_same),
		TEST(the_defaults_are_printed_as_they_are_documented),
		TEST(a_password_is_not_printed),
		TEST(a_language_has_the_name_the_database_knows),
		TEST(the_shipped_file_documents_every_key_with_its_default),
		TEST(the_shipped_file_loads_clean_to_the_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
