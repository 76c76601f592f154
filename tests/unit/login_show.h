/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "store/store.h"

/*
 * What the store says of sign-ins, a line each: who has signed in, the holds, and the trail. The test
 * fails unless it is exactly what is wanted.
 */
void login_show_expect(struct store *s, const char *logins, const char *holds, const char *events);
