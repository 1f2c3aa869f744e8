#include "backoff.h"

void backoff_init(struct backoff *b, int64_t first_ms, int64_t cap_ms)
{
	b->first_ms = first_ms;
	b->cap_ms = cap_ms;
	b->current_ms = first_ms;
}

int64_t backoff_next_ms(struct backoff *b, uint32_t random)
{
	int64_t whole_ms = b->current_ms;
	int64_t least_ms = whole_ms - whole_ms / 2; /* rounded up: a delay of 0 would spin */

	/* Compared by halves, so that no cap is too large to double up to. */
	b->current_ms = whole_ms > b->cap_ms / 2 ? b->cap_ms : whole_ms * 2;
	return least_ms + random % (whole_ms - least_ms + 1);
}

void backoff_reset(struct backoff *b)
{
	b->current_ms = b->first_ms;
}
