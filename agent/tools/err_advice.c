/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/err_advice.h"

static const char *const advice[] = {
	[ERR_OK] = "",
	[ERR_NOMEM] = "Free some memory and try again.",
	[ERR_IO] = "Check the path, its permissions and the free space.",
	[ERR_FORMAT] = "Check that this is the right file.",
	[ERR_LIMIT] = "Split the input into smaller parts.",
	[ERR_USAGE] = "Try 'autoreg help'.",
	[ERR_EXISTS] = "Remove it, or choose another name.",
	[ERR_INTERRUPTED] = "Nothing was written; start again.",
	[ERR_NOT_FOUND] = "Check the name or the number.",
	[ERR_BUSY] = "Wait for the other to end, or stop it.",
	[ERR_CONNECT] = "Check the address, the network and the proxy.",
	[ERR_NET] = "Try again later.",
	[ERR_TIMEOUT] = "Try again later, or allow more time.",
	[ERR_TLS] = "Check the address, and whether a proxy stands between.",
	[ERR_CANCELLED] = "Start again.",
};

const char *
err_advice(enum err_code code)
{
	return advice[code];
}
