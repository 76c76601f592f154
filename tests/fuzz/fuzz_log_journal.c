/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log_journal.h"
#include "base/log_text.h"
#include "tests/fuzz/log_values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Values of the input, each up to a byte 0x1e; the first is the message too. Read as the journal reads
 * it there are the fields that were given, in their order, and no other one: text from outside forges
 * none.
 */
enum { LENGTH_BYTES = 8 };

static const char *const field_name[LOG_FIELDS_MAX] = { "AUTOREG_A", "AUTOREG_B", "AUTOREG_C",
	"AUTOREG_D", "AUTOREG_E", "AUTOREG_F", "AUTOREG_G", "AUTOREG_H", "AUTOREG_I", "AUTOREG_J",
	"AUTOREG_K", "AUTOREG_L", "AUTOREG_M", "AUTOREG_N", "AUTOREG_O", "AUTOREG_P" };

/* Takes "NAME\n", a length of eight bytes, as many bytes, "\n". */
static struct slice
take_field(struct slice *rest, const char *want)
{
	size_t len = strlen(want);
	uint64_t n = 0;
	struct slice value;

	assert(rest->len > len && memcmp(rest->ptr, want, len) == 0 && rest->ptr[len] == '\n');
	*rest = slice_from(*rest, len + 1);
	assert(rest->len >= LENGTH_BYTES);
	for (int i = LENGTH_BYTES; i > 0; i--)
		n = n << 8 | (unsigned char)rest->ptr[i - 1];
	*rest = slice_from(*rest, LENGTH_BYTES);
	assert(n < rest->len && rest->ptr[n] == '\n');
	value = slice_head(*rest, (size_t)n);
	*rest = slice_from(*rest, (size_t)n + 1);
	return value;
}

static void
check(const struct log_record *r, const struct slice datagram)
{
	struct slice rest = datagram;
	char want[LOG_LINE_MAX];

	assert(slice_eq(take_field(&rest, "MESSAGE"),
	    (struct slice){ want, log_text_plain(r, want) }));
	assert(slice_eq(take_field(&rest, "PRIORITY"), slice_of("4")));
	assert(slice_eq(take_field(&rest, "SYSLOG_IDENTIFIER"), slice_of("autoreg")));
	for (size_t i = 0; i < r->nfield; i++) {
		struct slice value = { want, log_text_lines(r->field[i].value, want) };
		size_t len = strlen(field_name[i]);

		if (rest.len > len && memcmp(rest.ptr, field_name[i], len) == 0)
			assert(slice_eq(take_field(&rest, field_name[i]), value));
		else /* it did not fit */
			assert(datagram.len - rest.len + len + LENGTH_BYTES + 2 + value.len >
			    LOG_JOURNAL_MAX);
	}
	assert(rest.len == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct log_journal journal = { .path = "" };
	static char got[LOG_JOURNAL_MAX + 1];
	struct log_field field[LOG_FIELDS_MAX];
	struct log_record r = { .level = LOG_LEVEL_WARNING, .field = field };
	struct log_sink sink = log_journal_sink(&journal);
	char *text = malloc(size + 1);
	int pair[2];
	ssize_t n;

	assert(text && socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	r.message = text;
	r.nfield = log_values_split((struct slice){ text, size }, field);
	journal.fd = pair[0];
	assert(sink.write(sink.arg, &r));
	n = recv(pair[1], got, sizeof got, MSG_DONTWAIT);
	assert(n > 0 && n <= LOG_JOURNAL_MAX);
	check(&r, (struct slice){ got, (size_t)n });
	(void)close(pair[1]);
	log_journal_close(&journal);
	free(text);
	return 0;
}
