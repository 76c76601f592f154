/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

/*
 * What a service says about one device, in words that all services share. The codes of the
 * deployment service behind them are the same in every channel; its names outrank its numbers,
 * because a number has been seen with another's name. Source: sources.md#device-codes
 */
enum verdict_class {
	VERDICT_NONE, /* not settled */
	VERDICT_OK,
	VERDICT_ALREADY_HERE,
	VERDICT_CLAIMED_ELSEWHERE,
	VERDICT_NOT_FOUND,
	VERDICT_BAD_HASH,
	VERDICT_BAD_INPUT,
	VERDICT_NO_CONSENT,
	VERDICT_AUTH,
	VERDICT_THROTTLED,
	VERDICT_TRANSIENT,
	VERDICT_DIRECTORY,
	VERDICT_CONFIG,
	VERDICT_UNEXPECTED,
};

enum { NVERDICT = VERDICT_UNEXPECTED + 1 };

/* "claimed_elsewhere"; NULL for VERDICT_NONE. Static. */
const char *verdict_class_name(enum verdict_class class);

/* What a person should do about it; "" where there is nothing to do. Static. */
const char *verdict_class_advice(enum verdict_class class);

/* The same by the class's name; "" for a name that is none. */
const char *verdict_advice_for(struct slice class_name);

enum { VERDICT_NAME_SIZE = 64, VERDICT_MESSAGE_SIZE = 256 };

/* A plain value. Texts from outside are cut to fit and kept verbatim otherwise. */
struct verdict {
	enum verdict_class class;
	int32_t code;                       /* 808; 0: none was given */
	char name[VERDICT_NAME_SIZE];       /* "ZtdDeviceAssignedToOtherTenant" */
	char message[VERDICT_MESSAGE_SIZE]; /* one sentence for people */
};

/*
 * From what the service gave: code 0 and an empty name are "no error". A known name decides, then
 * the number; what is not known at all is VERDICT_UNEXPECTED.
 */
void verdict_from_code(int32_t code, struct slice name, struct verdict *out);

/* One that the agent reached by itself. */
void verdict_set(struct verdict *out, enum verdict_class class, int32_t code, const char *name,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
