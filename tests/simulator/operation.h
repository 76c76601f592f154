/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* What a request asks for: the words of a scenario, of the record and of the counters. */
enum operation {
	OPERATION_TOKEN,
	OPERATION_DEVICE_CODE,
	OPERATION_CREATE,
	OPERATION_APPEND,
	OPERATION_BATCHES,
	OPERATION_DEVICES,
	OPERATION_STATUS,
	OPERATION_CUSTOMER,
	OPERATION_CUSTOMERS,
	OPERATION_RELATIONSHIP,
	OPERATION_MAKER_TOKEN,
	OPERATION_VALIDATE,
	OPERATION_REGISTER,
	OPERATION_PROGRESS,
	OPERATION_UNKNOWN,
	OPERATION_CONTROL,
	OPERATION_ANY, /* only in faults */
};

enum { OPERATION_COUNT = OPERATION_ANY };

/* Who is asked. What is unknown is asked of Partner Center. */
enum service { SERVICE_ENTRA, SERVICE_PARTNER_CENTER, SERVICE_MAKER };

enum service operation_service(enum operation op);

/* Does it ask for a token, or how to get one? Such requests are forms, and come without a token. */
bool operation_is_for_token(enum operation op);

/* Indexed by enum operation, NULL at the end. */
const char *const *operation_words(void);
