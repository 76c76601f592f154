/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "tests/simulator/chance.h"
#include "tests/simulator/sign_ins.h"

/*
 * A token that looks like a JWT and tells who signed in: header, payload, and a signature that
 * nobody can check. No two are the same. For the caller to free.
 */
char *token_text(const struct sign_in *s, struct chance *ids, const char *audience,
    int64_t now_unix_s, uint64_t life_s);
