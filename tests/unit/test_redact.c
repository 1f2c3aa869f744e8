#include "redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_shown(const char *conninfo, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	redact_conninfo(conninfo, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void pairs_without_a_secret_stand_as_they_are(void **state)
{
	(void)state;
	assert_shown("", "");
	assert_shown("dbname=letterwatch", "dbname=letterwatch");
	assert_shown("host = a,b  dbname='a b' passfile=/x options='-c a=\\'b\\''",
	             "host = a,b  dbname='a b' passfile=/x options='-c a=\\'b\\''");
	assert_shown("service=letterwatch ", "service=letterwatch ");
}

static void a_password_among_pairs_is_hidden(void **state)
{
	(void)state;
	assert_shown("password=geheim host=a", "password=******** host=a");
	assert_shown("host=a password = geheim", "host=a password = ********");
	assert_shown("host=a sslpassword=geheim", "host=a sslpassword=********");
	assert_shown("password= host=a", "password= ********"); /* as libpq reads it: "host=a" is the value */
	assert_shown("password=\f\n\v\rgeheim=x user=a", "password=\f\n\v\r******** user=a");
	assert_shown("user=a\fpassword\n=\fgeheim", "user=a\fpassword\n=\f********");
}

static void a_quoted_password_is_hidden_whole(void **state)
{
	(void)state;
	assert_shown("password='ge heim' host=a", "password=******** host=a");
	assert_shown("password='ge\\'he im' host=a", "password=******** host=a");
	assert_shown("password=ge\\ heim host=a", "password=******** host=a");
	assert_shown("password='ge heim host=a", "password=********");
	assert_shown("password=geheim\\", "password=********");
}

static void what_is_no_pair_is_hidden(void **state)
{
	(void)state;
	assert_shown("password=ge heim", "password=******** ********");
	assert_shown("geheim", "********");
	assert_shown("host=a geheim x=y", "host=a ********");
}

static void a_uri_without_a_secret_stands_as_it_is(void **state)
{
	(void)state;
	assert_shown("postgresql://", "postgresql://");
	assert_shown("postgresql:///letterwatch?host=/run/postgresql",
	             "postgresql:///letterwatch?host=/run/postgresql");
	assert_shown("postgres://user@[::1]:5432,b:5433/db?sslmode=require&application_name=x",
	             "postgres://user@[::1]:5432,b:5433/db?sslmode=require&application_name=x");
}

static void a_password_in_a_uri_is_hidden(void **state)
{
	(void)state;
	assert_shown("postgresql://user:geheim@host:5432/db", "postgresql://user:********@host:5432/db");
	assert_shown("postgres://:geheim@host", "postgres://:********@host");
	assert_shown("postgresql://user:ge@he:im@host/db", "postgresql://user:********@host/db");
	assert_shown("postgresql://user:ge?heim@host/db", "postgresql://user:********@host/db");
	assert_shown("postgresql://user:ge/heim@host/db", "postgresql://********");
}

static void a_password_among_the_parameters_of_a_uri_is_hidden(void **state)
{
	(void)state;
	assert_shown("postgresql://h/db?password=geheim&user=a", "postgresql://h/db?password=********&user=a");
	assert_shown("postgresql://h/db?user=a&sslpassword=geheim", "postgresql://h/db?user=a&sslpassword=********");
	assert_shown("postgresql://u:geheim@h/db?password=geheim", "postgresql://u:********@h/db?password=********");
	assert_shown("postgresql://h/db?p%61ssword=geheim", "postgresql://h/db?p%61ssword=********");
}

/* libpq takes what is before the first @ for the user, a reader what is behind the ? for a parameter. */
static void a_uri_that_can_be_read_in_two_ways_is_hidden(void **state)
{
	(void)state;
	assert_shown("postgresql://?password=ge@heim", "postgresql://********");
	assert_shown("postgresql://a?b=c&@h&d=postgresql://h?sslpassword=geheim", "postgresql://********");
	assert_shown("postgresql://u:x@h?sslpassword=@geheim", "postgresql://********");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_without_a_secret_stand_as_they_are),
		cmocka_unit_test(a_password_among_pairs_is_hidden),
		cmocka_unit_test(a_quoted_password_is_hidden_whole),
		cmocka_unit_test(what_is_no_pair_is_hidden),
		cmocka_unit_test(a_uri_without_a_secret_stands_as_it_is),
		cmocka_unit_test(a_password_in_a_uri_is_hidden),
		cmocka_unit_test(a_password_among_the_parameters_of_a_uri_is_hidden),
		cmocka_unit_test(a_uri_that_can_be_read_in_two_ways_is_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
