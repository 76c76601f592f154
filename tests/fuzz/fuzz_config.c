/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "config/config.h"
#include "config/config_show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SHOWN_MAX = 16 * CONFIG_BYTES_MAX };

/* Each has a place, a message and advice, and they are in order. */
static void
check_problems(const struct problems *p)
{
	assert(p->n > 0 && p->n <= PROBLEMS_MAX);
	assert(p->dropped == 0 || p->n == PROBLEMS_MAX);
	for (size_t i = 0; i < p->n; i++) {
		const struct problem *now = &p->item[i];
		const struct problem *before = &p->item[i > 0 ? i - 1 : 0];

		assert(now->at.line > 0 && now->at.column > 0);
		assert(before->at.line <= now->at.line);
		assert(before->at.line < now->at.line || before->at.column <= now->at.column);
		assert(now->message[0] != '\0' && now->advice[0] != '\0');
	}
}

static void
check_values(const struct config *c)
{
	assert(c->version == 1);
	assert(c->state && c->spool && c->control);
	assert(c->batch.max_devices > 0 && c->batch.uploads > 0 && c->batch.in_flight > 0);
	assert(c->poll.first_ms <= c->poll.max_ms && c->poll.max_ms <= c->poll.deadline_ms);
	assert(c->retry.base_ms <= c->retry.max_ms && c->claims.recheck.n > 0);
	assert(c->login.renew_ms <= c->login.lifetime_ms / 2);
	assert((c->hooks.on.n > 0) == (c->hooks.exec.n > 0 || c->hooks.webhook));
	assert(c->hooks.exec.n == 0 || (!c->hooks.webhook && c->hooks.exec.item[0][0] == '/'));
	for (size_t i = 0; i < c->partners.n; i++)
		assert(config_cloud(c, c->partners.item[i].cloud) && c->partners.item[i].tenant);
	for (size_t i = 0; i < c->customers.n; i++) {
		const struct customer *k = &c->customers.item[i];

		assert(k->gate.needs.n > 0);
		assert((k->app != NULL) == (k->via.kind == VIA_INTUNE));
		assert(k->via.kind != VIA_PARTNER || config_partner(c, k->via.name));
		assert(k->via.kind != VIA_OEM || config_oem(c, k->via.name));
	}
}

/* What is shown reads the same again. */
static void
check_shown(const struct config *c)
{
	static struct problems problems;
	struct config *again = NULL;
	struct buf first, second;
	struct err err;

	buf_init(&first, SHOWN_MAX);
	buf_init(&second, SHOWN_MAX);
	config_show(c, DOC_YAML, &first);
	assert(!first.failed);
	if (first.len <= CONFIG_BYTES_MAX) {
		assert(config_parse(buf_slice(&first), "/else", CONFIG_NO_LOOK, &again, &problems,
		           &err) == ERR_OK);
		config_show(again, DOC_YAML, &second);
		assert(slice_eq(buf_slice(&first), buf_slice(&second)));
		config_free(again);
	}
	buf_done(&second);
	buf_done(&first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct problems problems;
	struct slice text = { (const char *)data, size };
	struct config *c = NULL;
	struct err err;

	if (size > CONFIG_BYTES_MAX)
		return 0;
	if (config_parse(text, "/etc/autoreg", CONFIG_NO_LOOK, &c, &problems, &err)) {
		assert(!c && err.code == ERR_FORMAT);
		check_problems(&problems);
		return 0;
	}
	assert(problems.n == 0);
	check_values(c);
	check_shown(c);
	config_free(c);
	return 0;
}
