#include "sweep.h"

#include "backoff.h"
#include "clock.h"
#include "log.h"
#include "store.h"
#include "wakeup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_MS 50
#define CAP_MS 1000               /* part of the promise: lines within 2 s after the database can do it again */
#define BUG_CAP_MS 10000          /* someone has to mend it: asking oftener only fills the server's log */
#define IDLE_US INT64_C(60000000) /* nothing is planned; the wakeup's cap may be shorter */
#define HOLLOW_MAX 8 /* answers without a line that say "ask again at once", before that is not believed any more */

enum sweep_state {
	SWEEP_OFFLINE,   /* no connection; on_up -> GREETING */
	SWEEP_GREETING,  /* daemon_connect() sent; its answer -> LISTENING */
	SWEEP_LISTENING, /* LISTEN sent; its answer -> HANDED */
	SWEEP_HANDED,    /* the outbox has the connection, to send and mark; sweep_go_on() -> CLAIMING */
	SWEEP_CLAIMING,  /* claim_due() sent; lines -> HANDED, none -> WAITING */
	SWEEP_WAITING,   /* wakeup armed; it or a notification -> CLAIMING */
	SWEEP_RETRYING,  /* a call failed; wakeup armed, repeats what is in `retry` */
	SWEEP_STOPPED,   /* sweep_stop(): nothing is asked any more */
};

struct sweep {
	struct store *store;
	struct wakeup *wakeup;
	struct sweep_identity identity;
	struct sweep_callbacks callbacks;
	void *arg;
	int batch;
	const char *language;

	enum sweep_state state;
	enum sweep_state retry; /* while RETRYING: the state of the call that failed */
	bool stopping;          /* goes to STOPPED where it would claim */
	bool notified;          /* a notification came while a claim was under way */
	int hollow;             /* answers in a row: no line, ask again at once */
	int64_t floor_ms;       /* the least sleep while another daemon holds due rows */
	struct backoff backoff;
	struct backoff bug_backoff;
	enum sweep_state failed_in; /* while the facts say that it fails: the state of the call that failed last */
	char last_sqlstate[24];     /* of the failure told last */
	int64_t instance;
	struct sweep_facts facts;
};

static void greet(struct sweep *s);
static void listen_due(struct sweep *s);
static void claim(struct sweep *s);

static const char *state_name(enum sweep_state state)
{
	switch (state) {
	case SWEEP_OFFLINE:
		return "offline";
	case SWEEP_GREETING:
		return "greeting";
	case SWEEP_LISTENING:
		return "listening";
	case SWEEP_HANDED:
		return "sending";
	case SWEEP_CLAIMING:
		return "claiming";
	case SWEEP_WAITING:
		return "waiting";
	case SWEEP_RETRYING:
		return "retrying";
	case SWEEP_STOPPED:
		return "stopped";
	}
	return "?";
}

static void set_state(struct sweep *s, enum sweep_state state)
{
	log_debug("sweep state from=%s to=%s", state_name(s->state), state_name(state));
	s->state = state;
}

/* True if the sweep ends here; on_stopped may have freed it. */
static bool stopped(struct sweep *s)
{
	if (!s->stopping)
		return false;
	set_state(s, SWEEP_STOPPED);
	wakeup_disarm(s->wakeup);
	s->callbacks.on_stopped(s->arg);
	return true;
}

static void fail(struct sweep *s)
{
	s->facts.failures++;
	s->failed_in = s->state;
	if (!s->facts.failing_since_ms)
		s->facts.failing_since_ms = clock_ms();
}

/* What failed has succeeded. */
static void recover(struct sweep *s)
{
	if (s->facts.failing_since_ms)
		log_info("database answers again instance=%lld failed_ms=%lld", (long long)s->instance,
		         (long long)(clock_ms() - s->facts.failing_since_ms));
	s->last_sqlstate[0] = '\0';
	s->facts.failing_since_ms = 0;
}

/* A claim succeeded. */
static void succeed(struct sweep *s)
{
	recover(s);
	s->facts.passed_ms = clock_ms();
	backoff_reset(&s->backoff);
	backoff_reset(&s->bug_backoff);
}

/* --- failures --- */

/* The same failure is told once, not at each try. */
static void tell_failure(struct sweep *s, const struct store_outcome *outcome, int64_t retry_ms)
{
	bool is_bug = outcome->verdict == STORE_BUG;
	const char *sqlstate = outcome->sqlstate[0] ? outcome->sqlstate
	                       : is_bug             ? "none_but_malformed"
	                                            : "none_but_no_memory";

	if (!strcmp(sqlstate, s->last_sqlstate)) {
		log_debug("database call failed again call=%s sqlstate=%s retry_ms=%lld", outcome->call, sqlstate,
		          (long long)retry_ms);
		return;
	}
	snprintf(s->last_sqlstate, sizeof s->last_sqlstate, "%s", sqlstate);
	log_at(is_bug ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "database call failed call=%s sqlstate=%s retry_ms=%lld",
	       outcome->call, sqlstate, (long long)retry_ms);
}

static void retry_later(struct sweep *s, int64_t retry_ms)
{
	s->retry = s->state;
	set_state(s, SWEEP_RETRYING);
	wakeup_arm(s->wakeup, retry_ms * 1000);
}

/* The call that `state` waited for did not succeed. */
static void failed(struct sweep *s, const struct store_outcome *outcome)
{
	struct backoff *backoff = outcome->verdict == STORE_BUG ? &s->bug_backoff : &s->backoff;
	int64_t retry_ms;

	fail(s);
	if (stopped(s))
		return;
	if (outcome->verdict == STORE_RECONNECT) {
		set_state(s, SWEEP_OFFLINE); /* store has dropped the connection: on_down says so, on_up comes again */
	} else {
		retry_ms = backoff_next_ms(backoff, s->callbacks.random(s->arg));
		tell_failure(s, outcome, retry_ms);
		retry_later(s, retry_ms);
	}
	s->callbacks.on_progress(s->arg);
}

/* The database is of another version: nothing is claimed, and it is looked again until somebody has upgraded the one or the other. */
static void misfit(struct sweep *s, int schema_version)
{
	int64_t retry_ms = backoff_next_ms(&s->bug_backoff, s->callbacks.random(s->arg));

	fail(s);
	if (stopped(s))
		return;
	if (strcmp(s->last_sqlstate, "schema") != 0)
		log_error("schema does not fit, run install.sql of this version schema_version=%d wanted=%d "
		          "retry_ms=%lld",
		          schema_version, STORE_SCHEMA, (long long)retry_ms);
	snprintf(s->last_sqlstate, sizeof s->last_sqlstate, "schema");
	retry_later(s, retry_ms);
	s->callbacks.on_progress(s->arg);
}

/* A call could not even be sent. Without a connection on_down follows; otherwise it is memory that lacks. */
static void not_sent(struct sweep *s, int error)
{
	if (error != -ENOTCONN)
		retry_later(s, CAP_MS);
}

/* --- the conversation --- */

static void on_greeted(void *arg, const struct store_outcome *outcome, int64_t instance, int schema_version)
{
	struct sweep *s = arg;

	if (outcome->verdict != STORE_OK) {
		failed(s, outcome);
		return;
	}
	s->instance = instance; /* also where the schema does not fit: it greets again by it */
	if (!store_fits(schema_version)) {
		misfit(s, schema_version);
		return;
	}
	if (!s->facts.failing_since_ms) /* it has been told, and may fail the same way again each second */
		log_info("database connected instance=%lld schema_version=%d", (long long)instance, schema_version);
	s->callbacks.on_greeted(s->arg, instance);
	if (!stopped(s))
		listen_due(s);
}

static void greet(struct sweep *s)
{
	int r;

	set_state(s, SWEEP_GREETING);
	r = store_connect(s->store, s->instance, s->identity.host, s->identity.pid, s->identity.version, on_greeted, s);
	if (r < 0)
		not_sent(s, r);
}

static void on_listening(void *arg, const struct store_outcome *outcome)
{
	struct sweep *s = arg;

	if (outcome->verdict != STORE_OK) {
		failed(s, outcome);
		return;
	}
	if (s->failed_in != SWEEP_CLAIMING) /* or a claim that always fails would seem to fail since now */
		recover(s);
	set_state(s, SWEEP_HANDED);
	s->callbacks.on_turn(s->arg, NULL);
}

/* Before the first claim: the other order loses what becomes due in between. */
static void listen_due(struct sweep *s)
{
	int r;

	set_state(s, SWEEP_LISTENING);
	r = store_listen(s->store, on_listening, s);
	if (r < 0)
		not_sent(s, r);
}

/* How long to sleep after an answer without lines. */
static int64_t delay_us(struct sweep *s, const struct store_next *next)
{
	int64_t wait_us = next->planned ? next->next_in_us : IDLE_US;
	bool hollow = next->planned && wait_us == 0;

	s->hollow = hollow ? s->hollow + 1 : 0;
	if (s->notified)
		return 0;
	if (next->blocked || s->hollow > HOLLOW_MAX) {
		int64_t floor_us = s->floor_ms * 1000;

		s->floor_ms = s->floor_ms * 2 < CAP_MS ? s->floor_ms * 2 : CAP_MS;
		return wait_us > floor_us ? wait_us : floor_us;
	}
	s->floor_ms = FIRST_MS;
	return wait_us;
}

/* Sleeping goes through the timer even for 0 us, so that the loop breathes. */
static void sleep_until_due(struct sweep *s, const struct store_next *next)
{
	int64_t wait_us = delay_us(s, next);

	s->facts.next_ms = next->planned ? clock_ms() + next->next_in_us / 1000 : 0;
	set_state(s, SWEEP_WAITING);
	wakeup_arm(s->wakeup, wait_us);
}

static void on_claimed(void *arg, const struct store_outcome *outcome, struct store_batch *batch)
{
	struct sweep *s = arg;
	struct store_next next;

	if (outcome->verdict != STORE_OK) {
		failed(s, outcome);
		return;
	}
	succeed(s);
	s->facts.passes++;
	if (s->stopping) {
		store_batch_free(batch);
		stopped(s);
		return;
	}
	s->callbacks.on_progress(s->arg);
	if (store_batch_count(batch) > 0) {
		s->hollow = 0;
		set_state(s, SWEEP_HANDED);
		s->callbacks.on_turn(s->arg, batch);
		return;
	}
	next = store_batch_next(batch);
	store_batch_free(batch);
	sleep_until_due(s, &next);
}

static void claim(struct sweep *s)
{
	int r;

	if (stopped(s))
		return;
	set_state(s, SWEEP_CLAIMING);
	wakeup_disarm(s->wakeup);
	s->notified = false;
	r = store_claim(s->store, s->instance, s->batch, s->language, on_claimed, s);
	if (r < 0)
		not_sent(s, r);
}

/* --- outside --- */

int sweep_new(struct store *store, struct wakeup *wakeup, const struct sweep_identity *identity,
              const struct sweep_callbacks *callbacks, void *arg, struct sweep **ret)
{
	struct sweep *s = calloc(1, sizeof *s);

	if (!s)
		return -ENOMEM;
	s->store = store;
	s->wakeup = wakeup;
	s->identity = *identity;
	s->callbacks = *callbacks;
	s->arg = arg;
	s->batch = 1;
	s->language = "en";
	s->floor_ms = FIRST_MS;
	backoff_init(&s->backoff, FIRST_MS, CAP_MS);
	backoff_init(&s->bug_backoff, FIRST_MS, BUG_CAP_MS);
	*ret = s;
	return 0;
}

void sweep_free(struct sweep *sweep)
{
	free(sweep);
}

void sweep_set(struct sweep *sweep, int batch, const char *language)
{
	sweep->batch = batch;
	sweep->language = language;
}

void sweep_on_up(struct sweep *sweep)
{
	if (sweep->state == SWEEP_OFFLINE)
		greet(sweep);
}

void sweep_on_down(struct sweep *sweep)
{
	if (sweep->state == SWEEP_STOPPED)
		return;
	wakeup_disarm(sweep->wakeup);
	sweep->hollow = 0;
	set_state(sweep, SWEEP_OFFLINE);
	stopped(sweep);
}

void sweep_on_notify(struct sweep *sweep)
{
	sweep->notified = true;
	if (sweep->state == SWEEP_WAITING)
		claim(sweep);
}

static void try_again(struct sweep *s)
{
	if (s->retry == SWEEP_GREETING)
		greet(s);
	else if (s->retry == SWEEP_LISTENING)
		listen_due(s);
	else
		claim(s);
}

void sweep_on_wake(struct sweep *sweep)
{
	if (sweep->state == SWEEP_WAITING)
		claim(sweep);
	else if (sweep->state == SWEEP_RETRYING)
		try_again(sweep);
}

void sweep_go_on(struct sweep *sweep)
{
	if (sweep->state == SWEEP_HANDED)
		claim(sweep);
}

void sweep_stop(struct sweep *sweep)
{
	sweep->stopping = true;
	switch (sweep->state) {
	case SWEEP_OFFLINE:
	case SWEEP_WAITING:
	case SWEEP_RETRYING:
		stopped(sweep);
		break;
	case SWEEP_GREETING:
	case SWEEP_LISTENING:
	case SWEEP_HANDED:
	case SWEEP_CLAIMING:
	case SWEEP_STOPPED:
		break; /* the answer, or the outbox, comes first */
	}
}

void sweep_get_facts(const struct sweep *sweep, struct sweep_facts *ret_facts)
{
	*ret_facts = sweep->facts;
	ret_facts->state = state_name(sweep->state);
	ret_facts->instance = sweep->instance;
}
