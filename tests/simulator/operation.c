/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/operation.h"

#include <stddef.h>

enum service
operation_service(enum operation op)
{
	switch (op) {
	case OPERATION_TOKEN:
	case OPERATION_DEVICE_CODE:
		return SERVICE_ENTRA;
	case OPERATION_MAKER_TOKEN:
	case OPERATION_VALIDATE:
	case OPERATION_REGISTER:
	case OPERATION_PROGRESS:
		return SERVICE_MAKER;
	default:
		return SERVICE_PARTNER_CENTER;
	}
}

bool
operation_is_for_token(enum operation op)
{
	return operation_service(op) == SERVICE_ENTRA || op == OPERATION_MAKER_TOKEN;
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
		[OPERATION_MAKER_TOKEN] = "maker_token",
		[OPERATION_VALIDATE] = "validate",
		[OPERATION_REGISTER] = "register",
		[OPERATION_PROGRESS] = "progress",
		[OPERATION_UNKNOWN] = "unknown",
		[OPERATION_CONTROL] = "control",
		[OPERATION_ANY] = "any",
		NULL,
	};

	return word;
}
