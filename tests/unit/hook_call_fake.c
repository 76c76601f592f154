/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hook_call_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct hook_call {
	hook_done_fn *done;
	void *arg;
};

static struct hook_call_fake fake;
static struct hook_call call;
static bool refuses;

void
hook_call_fake_reset(void)
{
	fake = (struct hook_call_fake){ .started = 0 };
	refuses = false;
}

const struct hook_call_fake *
hook_call_fake_last(void)
{
	return &fake;
}

void
hook_call_fake_refuse(void)
{
	refuses = true;
}

void
hook_call_fake_end(enum err_code code)
{
	struct err err;

	assert_true(fake.under_way);
	fake.under_way = false;
	if (code)
		(void)err_set(&err, code, "the hook says no");
	call.done(call.arg, code ? &err : NULL);
}

enum err_code
hook_call_start(const struct hook_call_options *opt, const struct hook_event *e, hook_done_fn *done,
    void *arg, struct hook_call **out, struct err *err)
{
	(void)opt;
	assert_false(fake.under_way);
	if (refuses) {
		refuses = false;
		return err_set(err, ERR_NOMEM, "a hook");
	}
	fake.started++;
	fake.under_way = true;
	fake.cancelled = false;
	fake.id = e->id;
	(void)snprintf(fake.kind, sizeof fake.kind, "%s", e->kind);
	(void)snprintf(fake.json, sizeof fake.json, SLICE_FMT, SLICE_ARG(e->json));
	call = (struct hook_call){ done, arg };
	*out = &call;
	return ERR_OK;
}

void
hook_call_cancel(struct hook_call *c)
{
	assert_ptr_equal(c, &call);
	assert_true(fake.under_way);
	fake.cancelled = true;
}
