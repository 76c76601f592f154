/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/service_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/rfc3339.h"

/* What the customer waits for, by the word for the hold. */
static const struct {
	const char *held_for;
	const char *text;
} waits[] = {
	{ "consent", "waits for consent" },
	{ "credentials", "waits for credentials" },
	{ "tag", "waits for a group tag" },
	{ "paused", "is paused" },
};

static const char *
waiting(const char *held_for)
{
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		if (strcmp(waits[i].held_for, held_for) == 0)
			return waits[i].text;
	}
	return "is held";
}

/* "1,240 devices" */
static void
add_count(struct buf *out, uint64_t n, const char *one, const char *many)
{
	uint64_t unit = 1;

	while (n / unit >= 1000)
		unit *= 1000;
	buf_addf(out, "%" PRIu64, n / unit);
	for (unit /= 1000; unit > 0; unit /= 1000)
		buf_addf(out, ",%03" PRIu64, n / unit % 1000);
	buf_addf(out, " %s", n == 1 ? one : many);
}

/* The day only if it is another one. */
static void
add_instant(struct buf *out, int64_t unix_ms, int64_t now_unix_ms)
{
	char at[RFC3339_SIZE], now[RFC3339_SIZE];

	(void)rfc3339_format(unix_ms, at);
	(void)rfc3339_format(now_unix_ms, now);
	if (strncmp(at, now, strlen("2030-01-15")) != 0)
		buf_addf(out, "%.10s ", at);
	buf_addf(out, "%.8s UTC", at + strlen("2030-01-15T"));
}

void
service_text_add(struct buf *out, const struct agent_work *w, bool reload_refused,
    int64_t now_unix_ms)
{
	add_count(out, w->customers, "customer", "customers");
	buf_addf(out, ", ");
	if (w->queued > 0)
		add_count(out, w->queued, "device queued", "devices queued");
	else
		buf_addf(out, "nothing queued");
	if (w->in_flight > 0) {
		buf_addf(out, ", ");
		add_count(out, w->in_flight, "batch on its way", "batches on their way");
	}
	if (w->next_unix_ms > now_unix_ms) {
		buf_addf(out, ", next at ");
		add_instant(out, w->next_unix_ms, now_unix_ms);
	}
	if (w->held > 0)
		buf_addf(out, "; held: %s %s", w->held_customer, waiting(w->held_for));
	if (w->held > 1)
		buf_addf(out, ", and %zu more", w->held - 1);
	if (reload_refused)
		buf_addf(out, "; the last reload was refused");
}
