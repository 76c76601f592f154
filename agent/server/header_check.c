/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/header_check.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

/* Of these there may be one; the first two say how long the body is. */
enum single { CONTENT_LENGTH, TRANSFER_ENCODING, HOST, AUTHORIZATION, NSINGLE };

static const char *const single_name[NSINGLE] = {
	[CONTENT_LENGTH] = MHD_HTTP_HEADER_CONTENT_LENGTH,
	[TRANSFER_ENCODING] = MHD_HTTP_HEADER_TRANSFER_ENCODING,
	[HOST] = MHD_HTTP_HEADER_HOST,
	[AUTHORIZATION] = MHD_HTTP_HEADER_AUTHORIZATION,
};

/* What a name is made of. */
static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct seen {
	unsigned times[NSINGLE];
	const char *fault;
};

static const char *
name_fault(struct seen *s, const char *name)
{
	for (size_t i = 0; i < NSINGLE; i++) {
		size_t len = strlen(single_name[i]);

		if (strncasecmp(name, single_name[i], len) != 0)
			continue;
		if (name[len] == '\0' && ++s->times[i] > 1)
			return "a header that there may be once is there twice";
		/* libmicrohttpd puts what stands on the next line behind the name. */
		if (name[len] != '\0' && i <= TRANSFER_ENCODING)
			return "the length of the body is on a line that was continued";
	}
	return NULL;
}

static enum MHD_Result
on_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct seen *s = arg;

	(void)kind;
	if (name[strspn(name, token)] != '\0')
		s->fault = "a header has a blank or the like in its name";
	else if (value && strchr(value, '\r'))
		s->fault = "a header has a carriage return in its value";
	else
		s->fault = name_fault(s, name);
	return s->fault ? MHD_NO : MHD_YES;
}

const char *
header_check_fault(struct MHD_Connection *connection)
{
	struct seen s = { .fault = NULL };

	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &s);
	if (!s.fault && s.times[CONTENT_LENGTH] && s.times[TRANSFER_ENCODING])
		s.fault = "Content-Length and Transfer-Encoding are both there";
	return s.fault;
}
