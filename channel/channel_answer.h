/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * Filling in a struct channel_answer. Nothing here touches the request ids.
 */
struct token_result;

/* No outcome yet, nothing known: retry_after_ms is -1, all texts are empty. */
void channel_answer_init(struct channel_answer *a);

/*
 * advice: static; NULL: what usually helps with this outcome. The message is cut at the end of a
 * character. status, code and retry_after_ms stay as they are.
 */
void channel_answer_set(struct channel_answer *a, enum channel_outcome outcome, const char *advice,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A request that was not begun: nothing was sent. */
void channel_answer_not_begun(struct channel_answer *a, const struct err *err);

/* A request that is not begun, because the service has told others to wait. */
void channel_answer_wait(struct channel_answer *a, int64_t for_ms);

/* A request that ended without an answer. */
void channel_answer_of_failure(struct channel_answer *a, const struct err *err);

/* No token, and so no request. */
void channel_answer_of_token(struct channel_answer *a, const struct token_result *result,
    const struct err *err);

/* Another outcome, with its usual advice; the message stays. */
void channel_answer_turn(struct channel_answer *a, enum channel_outcome outcome);
