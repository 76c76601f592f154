/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/*
 * Has the store forget a list that was begun, in as many pieces as that takes, so that others get
 * their turn in between. It may be forgotten already. Blocks: not for the loop thread.
 */
struct store_async;

/* Errors: those of the store; a part of the list may be forgotten then. */
MUST_USE enum err_code list_abort(struct store_async *writer, int64_t list, struct err *err);
