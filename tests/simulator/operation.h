/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a request asks for: the words of a scenario, of the record and of the counters. */
enum operation {
	OPERATION_TOKEN,
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

/* Indexed by enum operation, NULL at the end. */
const char *const *operation_words(void);
