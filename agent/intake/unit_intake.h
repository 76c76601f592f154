/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/slice.h"
#include "config/config.h"
#include "config/oem_profile.h"
#include "store/store.h"

/*
 * Units into the store, one by one, as a production line finishes them: read, checked as the rows of
 * lists are, and stored. The rows of a day are a list of units of their customer. What a maker's
 * service could not take is refused at once. A hash is proven and fills what is missing; for a maker's
 * customer it is then forgotten, because it is neither sent nor needed.
 *
 * Thread: the loop's.
 */
struct store_async;
struct unit_intake;

struct unit_intake_options {
	const struct clock *clock;
	const struct random *random;
	const struct config *config;
	struct oem_profile *const *profile; /* one for each OEM of the configuration */
	struct store_async *writer;
	void *arg;
	void (*on_taken)(void *arg); /* one more is durable; before it is told */
};

/*
 * Reads what customers want of their devices; blocks on the disk. All in it must outlive the object.
 * Errors: ERR_NOMEM, and those of wanted_devices_new(); *out is untouched then.
 */
MUST_USE enum err_code unit_intake_new(const struct unit_intake_options *opt,
    struct unit_intake **out, struct err *err);

/* Borrowed by the callback. */
struct unit_answer {
	bool accepted;                 /* and durable */
	struct slice serial;           /* as it was taken, or given; may be empty */
	struct store_unit_taken taken; /* accepted */
	const char *code;              /* refused: "serial-mismatch"; static */
	struct slice message;          /* refused: why */
	struct slice advice;           /* and what to do */
};

/* err: NULL, or why nobody could tell: nothing was stored. */
typedef void unit_fn(void *arg, const struct unit_answer *answer, const struct err *err);

/*
 * Takes one unit. text: see unit_text.h; customer: whose it is if it does not say so, or NULL. Both
 * are read during the call. Answers come in the order of the units.
 *
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside take; otherwise
 * never. Units that are under way cannot be cancelled, and those who give them bound how
 * many there are. Errors: ERR_NOMEM, ERR_IO (no randomness),
 * ERR_CANCELLED (closing).
 */
MUST_USE enum err_code unit_intake_take(struct unit_intake *u, struct slice text,
    const char *customer, unit_fn *done, void *arg, struct err *err);

/*
 * Takes no more, waits for the answers of those under way, frees the object and calls closed on the
 * loop thread: inside close, if nothing is under way.
 */
void unit_intake_close(struct unit_intake *u, void (*closed)(void *arg), void *arg);
