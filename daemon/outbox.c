#include "outbox.h"

#include "backoff.h"
#include "clock.h"
#include "log.h"
#include "logfmt.h"
#include "store.h"
#include "syslogger.h"
#include "timer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_FIRST_MS 50
#define RETRY_CAP_MS 1000
#define CLOCK_EVERY 16 /* lines between two looks at the clock */

enum outbox_state {
	OUTBOX_EMPTY,     /* holds no line; outbox_take() -> SENDING */
	OUTBOX_SENDING,   /* the next turn of the loop sends a slice; after the last line -> MARKING */
	OUTBOX_THROTTLED, /* the rate is used up; the timer -> SENDING */
	OUTBOX_BLOCKED,   /* syslog takes no line; on_ready -> SENDING, the end of the hold -> MARKING what was sent */
	OUTBOX_MARKING,   /* mark_emitted() sent; its answer -> LEAVING, or SHUT while syslog takes no line */
	OUTBOX_RETRYING,  /* it failed; the timer -> MARKING */
	OUTBOX_SHUT,      /* lines were given up; nothing is claimed until on_ready -> LEAVING */
	OUTBOX_LEAVING,   /* the next turn of the loop calls on_done -> EMPTY */
};

struct outbox {
	struct store *store;
	struct syslogger *syslogger;
	struct outbox_callbacks callbacks;
	void *arg;
	struct event *timer; /* of the state; 0 ms for "the next turn of the loop" */

	enum outbox_state state;
	bool finishing;
	bool syslog_down; /* FULL or GONE, and no on_ready since */
	int64_t instance;
	struct store_batch *batch;
	size_t next; /* of the batch, to be sent */
	int64_t hold_until_ms;
	int64_t blocked_since_ms;
	int64_t failing_since_ms;
	struct store_id *ids; /* sent, not marked */
	size_t id_count;
	size_t id_size;
	int64_t sent;
	int64_t failures;
	struct backoff backoff;
	char last_sqlstate[6]; /* of the failure told last */

	int rate; /* a bucket of tokens: a line costs 1000, `rate` come in a millisecond */
	int64_t tokens;
	int64_t tokens_at_ms;
};

static const char *state_name(enum outbox_state state)
{
	switch (state) {
	case OUTBOX_EMPTY:
		return "empty";
	case OUTBOX_SENDING:
		return "sending";
	case OUTBOX_THROTTLED:
		return "throttled";
	case OUTBOX_BLOCKED:
		return "blocked";
	case OUTBOX_MARKING:
		return "marking";
	case OUTBOX_RETRYING:
		return "retrying";
	case OUTBOX_SHUT:
		return "shut";
	case OUTBOX_LEAVING:
		return "leaving";
	}
	return "?";
}

static void set_state(struct outbox *o, enum outbox_state state)
{
	log_debug("outbox state from=%s to=%s", state_name(o->state), state_name(state));
	event_del(o->timer);
	o->state = state;
}

/* By a timer: an event made active in its own callback runs again before the loop has looked at any socket or signal. */
static void on_next_turn(struct outbox *o, enum outbox_state state)
{
	set_state(o, state);
	timer_set_ms(o->timer, 0);
}

static void drop_batch(struct outbox *o)
{
	store_batch_free(o->batch);
	o->batch = NULL;
	o->next = 0;
}

static size_t unsent(const struct outbox *o)
{
	return o->batch ? store_batch_count(o->batch) - o->next : 0;
}

/* --- marking --- */

static void mark(struct outbox *o);

/* Nothing is left to do but to claim; not into a syslog that takes nothing, where another daemon's may. */
static void leave(struct outbox *o)
{
	if (o->syslog_down && !o->finishing)
		set_state(o, OUTBOX_SHUT);
	else
		on_next_turn(o, OUTBOX_LEAVING);
}

static void mark_later(struct outbox *o, int64_t retry_ms)
{
	set_state(o, OUTBOX_RETRYING);
	timer_set_ms(o->timer, retry_ms);
}

/* Until it is marked nothing more is claimed, or the same lines would be sent again and again. */
static void mark_failed(struct outbox *o, const struct store_outcome *outcome)
{
	int64_t retry_ms = backoff_next_ms(&o->backoff, o->callbacks.random(o->arg));

	o->failures++;
	if (outcome->verdict == STORE_RECONNECT)
		return; /* store has dropped the connection: on_down follows */
	if (!o->failing_since_ms)
		o->failing_since_ms = clock_ms();
	if (strcmp(outcome->sqlstate, o->last_sqlstate) != 0) {
		memcpy(o->last_sqlstate, outcome->sqlstate, sizeof o->last_sqlstate);
		log_at(outcome->verdict == STORE_BUG ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
		       "sent lines cannot be marked call=%s sqlstate=%s lines=%zu retry_ms=%lld", outcome->call,
		       outcome->sqlstate, o->id_count, (long long)retry_ms);
	}
	if (o->finishing)
		leave(o);
	else
		mark_later(o, retry_ms);
	o->callbacks.on_trouble(o->arg);
}

static void on_marked(void *arg, const struct store_outcome *outcome)
{
	struct outbox *o = arg;

	if (outcome->verdict != STORE_OK) {
		mark_failed(o, outcome);
		return;
	}
	backoff_reset(&o->backoff);
	o->last_sqlstate[0] = '\0';
	o->failing_since_ms = 0;
	o->id_count = 0;
	leave(o);
}

static void mark(struct outbox *o)
{
	int r;

	drop_batch(o);
	if (o->id_count == 0) {
		leave(o);
		return;
	}
	set_state(o, OUTBOX_MARKING);
	r = store_mark(o->store, o->instance, o->ids, o->id_count, on_marked, o);
	if (r < 0 && r != -ENOTCONN) /* without a connection on_down follows */
		mark_later(o, RETRY_CAP_MS);
}

/* --- the rate --- */

/* A burst of a tenth of a second, or of one line. */
static int64_t bucket_size(const struct outbox *o)
{
	return o->rate > 10 ? (int64_t)o->rate * 100 : 1000;
}

/* True if a line may go; it is paid for when it is sent. */
static bool has_token(struct outbox *o, int64_t now_ms)
{
	int64_t elapsed_ms = now_ms - o->tokens_at_ms;
	int64_t size = bucket_size(o);

	if (o->rate == 0)
		return true;
	if (elapsed_ms > 1000) /* fills any bucket, and does not overflow */
		elapsed_ms = 1000;
	o->tokens += elapsed_ms * o->rate;
	o->tokens_at_ms = now_ms;
	if (o->tokens > size)
		o->tokens = size;
	return o->tokens >= 1000;
}

static void throttle(struct outbox *o, int64_t now_ms)
{
	int64_t wait_ms = (bucket_size(o) - o->tokens + o->rate - 1) / o->rate;

	if (wait_ms > o->hold_until_ms - now_ms)
		wait_ms = o->hold_until_ms - now_ms;
	set_state(o, OUTBOX_THROTTLED);
	timer_set_ms(o->timer, wait_ms);
}

/* --- sending --- */

static void render(const struct store_line *line, struct logfmt *text)
{
	logfmt_begin(text);
	for (size_t i = 0; i < line->pair_count; i++)
		logfmt_add(text, line->pairs[i].key, line->pairs[i].value, line->pairs[i].length);
}

/* A line that cannot be understood is still told, by its id, or it would come back with each claim. */
static void render_unreadable(const struct store_line *line, struct logfmt *text)
{
	log_error("claimed line cannot be read, only its id is sent id=%s", line->id.text);
	logfmt_begin(text);
	logfmt_add_string(text, "event", "unreadable");
	logfmt_add_string(text, "id", line->id.text);
}

static enum syslogger_result send_next(struct outbox *o)
{
	struct store_line line;
	struct logfmt text;
	enum syslogger_result result;

	if (store_batch_line(o->batch, o->next, &line) == 0)
		render(&line, &text);
	else
		render_unreadable(&line, &text);
	result = syslogger_send(o->syslogger, line.severity, text.text, text.length);
	if (result != SYSLOGGER_SENT) {
		o->callbacks.on_refused(o->arg, syslogger_last_errno(o->syslogger));
		return result;
	}
	o->ids[o->id_count++] = line.id;
	o->next++;
	o->sent++;
	o->blocked_since_ms = 0;
	if (o->rate)
		o->tokens -= 1000;
	o->callbacks.on_sent(o->arg, &line);
	return result;
}

static void block(struct outbox *o, int64_t now_ms)
{
	o->syslog_down = true;
	if (!o->blocked_since_ms)
		o->blocked_since_ms = now_ms;
	set_state(o, OUTBOX_BLOCKED);
	timer_set_ms(o->timer, o->hold_until_ms - now_ms);
	o->callbacks.on_trouble(o->arg);
}

/* Sends until the batch is through, something is in the way, or the loop has been kept long enough. */
static void send_slice(struct outbox *o)
{
	int64_t began_ms = clock_ms();
	int64_t now_ms = began_ms;

	for (unsigned n = 1; unsent(o) > 0 && now_ms < o->hold_until_ms; n++) {
		if (!has_token(o, now_ms)) {
			throttle(o, now_ms);
			return;
		}
		if (send_next(o) != SYSLOGGER_SENT) {
			block(o, now_ms);
			return;
		}
		if (n % CLOCK_EVERY == 0)
			now_ms = clock_ms();
		if (now_ms - began_ms >= OUTBOX_SLICE_MS) {
			on_next_turn(o, OUTBOX_SENDING);
			return;
		}
	}
	mark(o);
}

static void hand_back(struct outbox *o)
{
	set_state(o, OUTBOX_EMPTY);
	o->callbacks.on_done(o->arg);
}

static void give_up(struct outbox *o)
{
	log_warning("lines held too long, claimed again when syslog takes them unsent=%zu sent=%zu errno=%d", unsent(o),
	            o->id_count, syslogger_last_errno(o->syslogger));
	mark(o);
}

static void go_on(struct outbox *o)
{
	switch (o->state) {
	case OUTBOX_SENDING:
	case OUTBOX_THROTTLED:
		send_slice(o);
		break;
	case OUTBOX_BLOCKED:
		give_up(o);
		break;
	case OUTBOX_RETRYING:
		mark(o);
		break;
	case OUTBOX_LEAVING:
		hand_back(o);
		break;
	case OUTBOX_EMPTY:
	case OUTBOX_MARKING:
	case OUTBOX_SHUT:
		break;
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	go_on(arg);
}

/* --- outside --- */

int outbox_new(struct event_base *base, struct store *store, struct syslogger *syslogger,
               const struct outbox_callbacks *callbacks, void *arg, struct outbox **ret)
{
	struct outbox *o = calloc(1, sizeof *o);

	if (!o)
		return -ENOMEM;
	o->store = store;
	o->syslogger = syslogger;
	o->callbacks = *callbacks;
	o->arg = arg;
	backoff_init(&o->backoff, RETRY_FIRST_MS, RETRY_CAP_MS);
	o->timer = evtimer_new(base, on_timer, o);
	if (!o->timer) {
		free(o);
		return -ENOMEM;
	}
	*ret = o;
	return 0;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	drop_batch(outbox);
	event_free(outbox->timer);
	free(outbox->ids);
	free(outbox);
}

void outbox_set_rate(struct outbox *outbox, int rate)
{
	outbox->rate = rate;
	if (outbox->state == OUTBOX_THROTTLED)
		on_next_turn(outbox, OUTBOX_SENDING);
}

/* Room for the ids of a whole batch, before its first line goes out: what was sent can then always be marked. */
static bool make_room(struct outbox *o, size_t count)
{
	struct store_id *ids;

	if (o->id_count + count <= o->id_size)
		return true;
	ids = reallocarray(o->ids, o->id_count + count, sizeof *ids);
	if (!ids)
		return false;
	o->ids = ids;
	o->id_size = o->id_count + count;
	return true;
}

void outbox_take(struct outbox *outbox, int64_t instance, struct store_batch *batch)
{
	drop_batch(outbox);
	outbox->instance = instance;
	outbox->hold_until_ms = clock_ms() + OUTBOX_HOLD_MS;
	outbox->batch = batch;
	if (batch && !make_room(outbox, store_batch_count(batch))) {
		log_warning("no memory for claimed lines, claimed again lines=%zu retry_ms=%d", unsent(outbox),
		            RETRY_CAP_MS);
		drop_batch(outbox);
		mark_later(outbox, RETRY_CAP_MS);
		return;
	}
	on_next_turn(outbox, OUTBOX_SENDING);
}

void outbox_on_ready(struct outbox *outbox)
{
	outbox->syslog_down = false;
	if (outbox->state == OUTBOX_BLOCKED)
		on_next_turn(outbox, OUTBOX_SENDING);
	else if (outbox->state == OUTBOX_SHUT)
		on_next_turn(outbox, OUTBOX_LEAVING);
	if (!unsent(outbox))
		outbox->blocked_since_ms = 0;
}

void outbox_on_down(struct outbox *outbox)
{
	if (unsent(outbox) > 0)
		log_debug("unsent lines dropped with the connection lines=%zu", unsent(outbox));
	drop_batch(outbox);
	if (outbox->state != OUTBOX_EMPTY)
		set_state(outbox, OUTBOX_EMPTY);
}

void outbox_finish(struct outbox *outbox)
{
	outbox->finishing = true;
	switch (outbox->state) {
	case OUTBOX_SENDING:
	case OUTBOX_THROTTLED:
	case OUTBOX_BLOCKED:
	case OUTBOX_RETRYING:
	case OUTBOX_SHUT:
		mark(outbox);
		break;
	case OUTBOX_EMPTY:
	case OUTBOX_MARKING:
	case OUTBOX_LEAVING:
		break;
	}
}

void outbox_get_facts(const struct outbox *outbox, struct outbox_facts *ret_facts)
{
	*ret_facts = (struct outbox_facts){
		.state = state_name(outbox->state),
		.unsent = unsent(outbox),
		.unmarked = outbox->id_count,
		.sent = outbox->sent,
		.failures = outbox->failures,
		.blocked_since_ms = outbox->blocked_since_ms,
		.failing_since_ms = outbox->failing_since_ms,
	};
}
