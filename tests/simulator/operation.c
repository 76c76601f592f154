/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/operation.h"

#include <stddef.h>

bool
operation_is_entra(enum operation op)
{
	return op == OPERATION_TOKEN || op == OPERATION_DEVICE_CODE;
}

const char *const *
operation_words(void)
{
	static const char *const word[] = {
		[OPERATION_TOKEN] = "token",
		[OPERATION_DEVICE_CODE] = "device_code",
		[OPERATION_CREATE] = "create",
		[OPERATION_APPEND] = "append",
		[OPERATION_BATCHES] = "batches",
		[OPERATION_DEVICES] = "devices",
		[OPERATION_STATUS] = "status",
		[OPERATION_CUSTOMER] = "customer",
		[OPERATION_CUSTOMERS] = "customers",
		[OPERATION_RELATIONSHIP] = "relationship",
		[OPERATION_UNKNOWN] = "unknown",
		[OPERATION_CONTROL] = "control",
		[OPERATION_ANY] = "any",
		NULL,
	};

	return word;
}
