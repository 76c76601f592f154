/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/*
 * The trail's event of a list that is over, "list_done": how many of its devices are in which state.
 * A list may be over again and again, because somebody had it retried; it is told again only if
 * what there is to tell has changed. Belongs into the work that marks the list as reported.
 *
 * Errors: the store's, ERR_NOT_FOUND (there is no such list).
 */
MUST_USE enum err_code list_done_note(struct store *s, int64_t list, struct err *err);
