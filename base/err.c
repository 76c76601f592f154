/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { MSG_BYTES = sizeof(((struct err *)0)->msg) };

/* Cut at the end of msg. */
static void __attribute__((format(printf, 2, 0)))
format(char msg[MSG_BYTES], const char *fmt, va_list ap)
{
	if (vsnprintf(msg, MSG_BYTES, fmt, ap) < 0)
		msg[0] = '\0';
}

static void
append(char msg[MSG_BYTES], const char *text)
{
	size_t len = strlen(msg);

	if (snprintf(msg + len, MSG_BYTES - len, ": %s", text) < 0)
		msg[len] = '\0';
}

/* Messages are made elsewhere and put in place here, because an argument may be the old message. */
static enum err_code
put(struct err *err, enum err_code code, const char msg[MSG_BYTES])
{
	assert(code != ERR_OK);
	err->code = code;
	memcpy(err->msg, msg, MSG_BYTES);
	return code;
}

enum err_code
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	char msg[MSG_BYTES] = "";
	va_list ap;

	va_start(ap, fmt);
	format(msg, fmt, ap);
	va_end(ap);
	return put(err, code, msg);
}

enum err_code
err_errno(struct err *err, int errnum, const char *fmt, ...)
{
	char msg[MSG_BYTES] = "";
	char reason[128];
	va_list ap;

	va_start(ap, fmt);
	format(msg, fmt, ap);
	va_end(ap);
	append(msg, strerror_r(errnum, reason, sizeof reason));
	return put(err, ERR_IO, msg);
}

enum err_code
err_wrap(struct err *err, const char *fmt, ...)
{
	char msg[MSG_BYTES] = "";
	va_list ap;

	va_start(ap, fmt);
	format(msg, fmt, ap);
	va_end(ap);
	append(msg, err->msg);
	return put(err, err->code, msg);
}
