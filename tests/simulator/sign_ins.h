/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/simulator/chance.h"
#include "tests/simulator/scenario.h"

/*
 * People who sign in with a code: the codes that were given out, and what became of each. Nothing
 * is ever removed, because tokens point to who brought them about. Times are those of
 * simulator_now_ms().
 */

enum {
	SIGN_INS_MAX = 10000,
	SIGN_IN_DEVICE_CODE_BYTES = 128,
	SIGN_IN_USER_CODE_BYTES = 10,
	SIGN_IN_LIFE_S = 900,
	SIGN_IN_INTERVAL_S = 5,
	SIGN_IN_SLOWER_S = 5,
};

struct sign_in {
	struct sign_in *next;
	char device_code[SIGN_IN_DEVICE_CODE_BYTES];
	char user_code[SIGN_IN_USER_CODE_BYTES];
	char *client_id;
	char *target; /* the permission that is asked for, as it stands in a scope */
	bool offline; /* a refresh token is wanted */
	bool openid;
	char *account;
	char *tenant;
	json_t *roles; /* a list of texts */
	bool mfa;
	enum sign_in_end end; /* SIGN_IN_OPEN: nobody has decided yet */
	uint64_t decided_ms;  /* when the end is, or was; SCENARIO_NEVER: open */
	uint64_t expires_ms;
	uint64_t interval_ms;
	uint64_t next_ms; /* not to be asked again before */
	bool redeemed;
};

struct sign_ins {
	struct sign_in *first; /* the newest */
	uint64_t n;
};

/*
 * A new code. plan: how it ends by itself; NULL leaves that to sign_ins_decide(), and tenant and a
 * made-up account are who it will be. NULL: there are too many.
 */
struct sign_in *sign_ins_add(struct sign_ins *all, struct chance *ids,
    const struct sign_in_plan *plan, const char *tenant, uint64_t now_ms);

/* NULL if there is none. */
struct sign_in *sign_ins_find(const struct sign_ins *all, const char *device_code);

/* The person does it now. False: no such code, or it is over. */
bool sign_ins_decide(struct sign_ins *all, const char *user_code, enum sign_in_end end,
    uint64_t now_ms);

/* How it stands: SIGN_IN_OPEN until it is decided, SIGN_IN_EXPIRE when its time is over. */
enum sign_in_end sign_ins_state(const struct sign_in *s, uint64_t now_ms);

/* A question before the interval is over: from now on it is longer. */
bool sign_ins_hurried(struct sign_in *s, uint64_t now_ms);

/* For tests: a list, the newest first. */
json_t *sign_ins_show(const struct sign_ins *all, uint64_t now_ms);

void sign_ins_done(struct sign_ins *all);
