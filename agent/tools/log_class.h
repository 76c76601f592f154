/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/log.h"

/*
 * What there is to log: the one table that the lines, docs/log.md and the journal's catalog come from.
 * Names and ids are a contract with scripts: they are added, never changed.
 */
enum log_class {
	/* the agent */
	LOG_READY,
	LOG_STOPPING,
	LOG_STOP_TOOK_TOO_LONG,
	LOG_HANDLE_LEFT_OPEN,
	LOG_LINES_LOST,
	LOG_NOT_ALIVE,
	LOG_ALIVE_AGAIN,
	LOG_MANAGER_NOT_TOLD,

	/* the configuration */
	LOG_CONFIG_RELOADED,
	LOG_CONFIG_REFUSED,
	LOG_CONFIG_PROBLEM,
	LOG_CONFIG_UNUSABLE,
	LOG_CONFIG_PARTLY_USED,

	/* orders */
	LOG_ORDER,

	/* lists */
	LOG_LIST_TAKEN_IN,
	LOG_LIST_NOT_TAKEN_IN,
	LOG_LIST_REJECTED,
	LOG_LIST_STUCK,
	LOG_LIST_FORGOTTEN,
	LOG_LIST_NOT_RESUMED,
	LOG_LIST_DONE,
	LOG_SPOOL_TROUBLE,
	LOG_SPOOL_STRANGER,
	LOG_REPORT_NOT_WRITTEN,

	/* registration */
	LOG_BATCH_ANSWERED,
	LOG_BATCH_DELAYED,
	LOG_HELD,
	LOG_CLAIMS_ASKED_AGAIN,
	LOG_CLAIMS_NOT_ASKED,
	LOG_UNIT_TAKEN_BACK,
	LOG_UNIT_NOT_TAKEN_BACK,
	LOG_UNIT_TO_TAKE_BACK,

	/* consent */
	LOG_CONSENT_CHANGED,
	LOG_CONSENT_UNKNOWN,
	LOG_LINK_UNKNOWN,

	/* sign-ins and certificates */
	LOG_SIGNED_IN,
	LOG_NOT_SIGNED_IN,
	LOG_SIGN_IN_ENDING,
	LOG_SIGN_IN_LOST,
	LOG_SIGN_IN_NOT_RENEWED,
	LOG_CERTIFICATE_ENDING,
	LOG_KEY_DOES_NOT_SIGN,

	/* hooks */
	LOG_HOOK_SAID,
	LOG_HOOK_NOT_TOLD,
	LOG_HOOK_GIVEN_UP,
	LOG_HOOK_PLACE_LOST,

	/* the store */
	LOG_STORE_FAILED,
	LOG_TRAIL_UNREADABLE,
	LOG_TRAIL_INCOMPLETE,
	LOG_NOT_STARTED,
	LOG_NO_MEMORY,
	NLOG_CLASS,
};

struct log_class_info {
	const char *name; /* "list-taken-in" */
	const char *id;   /* MESSAGE_ID in the journal, 32 hexadecimal digits */
	enum log_level level;
	const char *message; /* begins the line */
	const char *meaning; /* what it means, in sentences */
	const char *advice;  /* what a person should do, in sentences; NULL: nothing */
	uint64_t keys;       /* what may be told of it: bits 1 << enum log_key */
};

const struct log_class_info *log_class_info(enum log_class which);

/* A record of this class, without fields. */
struct log_record log_class_record(enum log_class which);
