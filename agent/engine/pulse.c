/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/pulse.h"

#include "agent/sending/dispatch.h"
#include "http/http_loop.h"
#include "store/store_async.h"

/* Later than this is late; before, a timer may be about to fire. */
enum { LATE_MS = 5000 };

static const char *const complaint[NPULSE_PART] = {
	[PULSE_WRITER] = "the thread that writes the store does not answer",
	[PULSE_READER] = "the thread that reads the store does not answer",
	[PULSE_REQUESTS] = "requests do not end in their time",
	[PULSE_QUEUE] = "what is due is not taken",
};

static enum err_code
nothing(struct store *s, void *arg, struct err *err)
{
	(void)s;
	(void)arg;
	(void)err;
	return ERR_OK;
}

/* A store that fails is alive: the error is told to those who wanted something of it. */
static void
on_answer(void *arg, const struct err *err)
{
	struct pulse_thread *t = arg;

	(void)err;
	t->asked = false;
}

/* Whether it has answered to the last beat; asks it for the next. */
static bool
has_answered(struct pulse_thread *t, struct store_async *sa)
{
	struct err err;

	if (t->asked)
		return false;
	t->asked = store_async_start(sa, nothing, on_answer, t, &err) == ERR_OK;
	return t->asked; /* without memory for this little there is no life either */
}

const char *
pulse_beat(struct pulse *p, const struct pulse_parts *parts)
{
	const bool lives[NPULSE_PART] = {
		[PULSE_WRITER] = has_answered(&p->thread[PULSE_WRITER], parts->writer),
		[PULSE_READER] = has_answered(&p->thread[PULSE_READER], parts->reader),
		[PULSE_REQUESTS] = http_loop_late_ms(parts->http) < LATE_MS,
		[PULSE_QUEUE] = !parts->dispatch || !dispatch_is_stuck(parts->dispatch, LATE_MS),
	};
	const char *why = NULL;

	for (int i = NPULSE_PART - 1; i >= 0; i--) {
		p->silent[i] = lives[i] ? 0 : p->silent[i] + 1;
		if (p->silent[i] >= PULSE_SILENT_MAX)
			why = complaint[i];
	}
	return why;
}
