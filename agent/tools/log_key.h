/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * The names of what an event of the log may tell beside its message. The set is closed, so that each
 * is documented (docs/log.md) and means the same everywhere: "customer" in a line of text is
 * AUTOREG_CUSTOMER in the journal.
 *
 * The name of a constant says what its values are: texts, or numbers.
 */
enum log_key {
	LOG_TEXT_ACCOUNT,
	LOG_TEXT_ACTOR,
	LOG_NUMBER_ATTEMPT,
	LOG_NUMBER_BATCH_ID,
	LOG_TEXT_CODE,
	LOG_NUMBER_COLUMN,
	LOG_TEXT_CUSTOMER,
	LOG_NUMBER_DEVICES,
	LOG_TEXT_ENDS,
	LOG_TEXT_ERROR,
	LOG_TEXT_FILE,
	LOG_TEXT_FOLDER,
	LOG_TEXT_HOOK,
	LOG_NUMBER_HTTP_STATUS,
	LOG_TEXT_KIND,
	LOG_NUMBER_LINE,
	LOG_NUMBER_LIST,
	LOG_NUMBER_LOST,
	LOG_TEXT_ORDER,
	LOG_TEXT_OUTCOME,
	LOG_TEXT_PARTNER,
	LOG_TEXT_REASON,
	LOG_NUMBER_REFUSED,
	LOG_NUMBER_REPEATED,
	LOG_TEXT_REQUEST_ID,
	LOG_TEXT_SCOPE,
	LOG_NUMBER_SETTLED,
	LOG_TEXT_STATE,
	LOG_NUMBER_TRAIL_ID,
	LOG_TEXT_WAS,
	LOG_TEXT_WHAT,
	NLOG_KEY,
};

/* "batch_id" */
const char *log_key_name(enum log_key key);

/* Does it differ each time that the same happens (base/log_fold.h)? */
bool log_key_varies(enum log_key key);

/* What it tells, for people. */
const char *log_key_meaning(enum log_key key);
