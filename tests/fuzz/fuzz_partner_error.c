/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "channel/channel_answer.h"
#include "partner/partner_error.h"

/*
 * The first two bytes are the status, the rest is the body. The code and the text are one line of UTF-8
 * each, no long word of base64 gets through, no error is taken for a success, and a 5xx never
 * for a refusal that would have a device sent elsewhere.
 */
enum { WORD_MAX = 64 };

static void
check_text(const char *text)
{
	struct slice rest = slice_of(text);
	size_t word = 0;

	while (rest.len > 0)
		assert(utf8_take(&rest) >= 0);
	for (; *text; text++) {
		assert((unsigned char)*text >= ' ');
		word = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=",
		           *text)
		    ? word + 1
		    : 0;
		assert(word <= WORD_MAX);
	}
}

static void
check_answer(unsigned status, const struct partner_error *e)
{
	struct channel_answer a;

	channel_answer_init(&a);
	partner_error_judge(status, e, &a);
	assert(a.outcome != CHANNEL_DONE && a.outcome <= CHANNEL_STOPPED);
	assert(a.status == status && a.advice && a.message[0]);
	assert(strlen(a.message) < sizeof a.message);
	assert(strcmp(a.code, e->code) == 0);
	if (status >= 500 && status != 501 && status != 505)
		assert(a.outcome == CHANNEL_SERVER);
	if (partner_error_says_exists(status, e))
		assert(status == 400 || status == 409);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct partner_error e;
	unsigned status;

	if (size < 2)
		return 0;
	status = 300 + (data[0] * 256u + data[1]) % 300;
	partner_error_parse((struct slice){ (const char *)data + 2, size - 2 }, &e);
	assert(memchr(e.code, '\0', sizeof e.code) && memchr(e.text, '\0', sizeof e.text));
	check_text(e.text);
	check_text(e.code);
	check_answer(status, &e);
	return 0;
}
