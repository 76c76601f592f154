/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/sign_ins.h"

#include <stdlib.h>
#include <string.h>

#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"

/* Eight letters that nobody confuses, in two groups. */
static void
make_user_code(struct chance *ids, char out[SIGN_IN_USER_CODE_BYTES])
{
	static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";

	for (size_t i = 0; i < SIGN_IN_USER_CODE_BYTES - 1; i++)
		out[i] = letters[chance_below(ids, sizeof letters - 1)];
	out[SIGN_IN_USER_CODE_BYTES - 1] = '\0';
}

static void
follow_plan(struct sign_in *s, const struct sign_in_plan *plan, const char *tenant, uint64_t now_ms)
{
	s->account = must_copy(plan->account);
	s->tenant = must_copy(plan->tenant ? plan->tenant : tenant);
	s->mfa = plan->mfa;
	s->end = plan->end;
	s->decided_ms = plan->end == SIGN_IN_OPEN ? SCENARIO_NEVER : now_ms + plan->after_ms;
	for (size_t i = 0; i < plan->roles.n; i++)
		json_make_append(s->roles, json_string(plan->roles.item[i]));
}

struct sign_in *
sign_ins_add(struct sign_ins *all, struct chance *ids, const struct sign_in_plan *plan,
    const char *tenant, uint64_t now_ms)
{
	static const struct sign_in_plan by_hand = {
		.account = SCENARIO_ACCOUNT,
		.mfa = true,
		.end = SIGN_IN_OPEN,
	};
	struct sign_in *s;

	if (all->n == SIGN_INS_MAX)
		return NULL;
	s = must_have(calloc(1, sizeof *s));
	chance_text(ids, s->device_code, sizeof s->device_code);
	make_user_code(ids, s->user_code);
	s->roles = must_have(json_array());
	s->expires_ms = now_ms + SIGN_IN_LIFE_S * 1000;
	s->interval_ms = SIGN_IN_INTERVAL_S * 1000;
	follow_plan(s, plan ? plan : &by_hand, tenant, now_ms);
	s->next = all->first;
	all->first = s;
	all->n++;
	return s;
}

struct sign_in *
sign_ins_find(const struct sign_ins *all, const char *device_code)
{
	struct sign_in *s = all->first;

	while (s && strcmp(s->device_code, device_code) != 0)
		s = s->next;
	return s;
}

bool
sign_ins_decide(struct sign_ins *all, const char *user_code, enum sign_in_end end, uint64_t now_ms)
{
	struct sign_in *s = all->first;

	while (s && strcmp(s->user_code, user_code) != 0)
		s = s->next;
	if (!s || sign_ins_state(s, now_ms) != SIGN_IN_OPEN)
		return false;
	s->end = end;
	s->decided_ms = now_ms;
	return true;
}

enum sign_in_end
sign_ins_state(const struct sign_in *s, uint64_t now_ms)
{
	if (s->decided_ms <= now_ms && s->decided_ms < s->expires_ms)
		return s->end;
	return now_ms >= s->expires_ms ? SIGN_IN_EXPIRE : SIGN_IN_OPEN;
}

bool
sign_ins_hurried(struct sign_in *s, uint64_t now_ms)
{
	bool hurried = now_ms < s->next_ms;

	if (hurried)
		s->interval_ms += SIGN_IN_SLOWER_S * 1000;
	s->next_ms = now_ms + s->interval_ms;
	return hurried;
}

json_t *
sign_ins_show(const struct sign_ins *all, uint64_t now_ms)
{
	json_t *out = must_have(json_array());

	for (const struct sign_in *s = all->first; s; s = s->next)
		json_make_append(out,
		    json_pack("{s:s, s:s, s:s, s:s, s:b}", "user_code", s->user_code, "client_id",
		        s->client_id, "account", s->account, "state",
		        scenario_sign_in_words()[sign_ins_state(s, now_ms)], "redeemed",
		        s->redeemed));
	return out;
}

void
sign_ins_done(struct sign_ins *all)
{
	struct sign_in *next;

	for (struct sign_in *s = all->first; s; s = next) {
		next = s->next;
		json_decref(s->roles);
		free(s->tenant);
		free(s->account);
		free(s->target);
		free(s->client_id);
		free(s);
	}
	*all = (struct sign_ins){ 0 };
}
