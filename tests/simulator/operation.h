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
	OPERATION_UNKNOWN,
	OPERATION_CONTROL,
	OPERATION_ANY, /* only in faults */
};

enum { OPERATION_COUNT = OPERATION_ANY };

/* Is it Entra ID that is asked? Its requests are forms, without a token or a customer. */
bool operation_is_entra(enum operation op);

/* Indexed by enum operation, NULL at the end. */
const char *const *operation_words(void);
