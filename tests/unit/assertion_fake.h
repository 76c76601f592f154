/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A double of auth/client_assertion.h: the test ends each signing. The assertion is "ey.SECRET.+".
 * Certificate and key that are the same secret are no pair.
 */
struct assertion_fake {
	unsigned started;
	bool pending; /* one is under way */
	bool cancelled;
	char audience[256];
	char client_id[64];
	int64_t now_unix_s;
};
struct assertion_fake *assertion_fake(void);

/* Until when its certificate is good. */
enum { ASSERTION_FAKE_NOT_AFTER = 1900000000 };

/* For the next start. */
void assertion_fake_refuse(enum err_code code);

/* Ends what is under way. code: ERR_OK: it is signed. */
void assertion_fake_end(enum err_code code);
