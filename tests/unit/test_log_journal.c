/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log_text.h"
#include "tests/unit/sandbox.h"

#define LENGTH(a) (sizeof(a) / sizeof(a)[0])

static const char path[] = "journal";

/* The other side: a datagram socket in the sandbox. */
static int
listen_there(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(at.sun_path, path, sizeof path);
	(void)unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

/* Reads one, as journald's documentation tells to. "NAME=value\n" for each field. */
static void
read_fields(int fd, char *out, size_t size)
{
	char got[LOG_JOURNAL_MAX + 1];
	ssize_t n = recv(fd, got, sizeof got, MSG_DONTWAIT);
	const char *p = got;

	assert_in_range(n, 1, LOG_JOURNAL_MAX);
	*out = '\0';
	while (p < got + n) {
		const char *end = memchr(p, '\n', (size_t)(got + n - p));
		size_t used = strlen(out);
		size_t len = 0;

		assert_non_null(end);
		assert_null(memchr(p, '=', (size_t)(end - p)));
		for (int i = 8; i > 0; i--)
			len = len << 8 | (unsigned char)end[i];
		assert_in_range(len, 0, got + n - end - 10);
		assert_int_equal(end[9 + len], '\n');
		(void)snprintf(out + used, size - used, "%.*s=%.*s\n", (int)(end - p), p, (int)len,
		    end + 9);
		p = end + 9 + len + 1;
	}
}

static void
assert_fields(int fd, const char *want)
{
	char got[LOG_JOURNAL_MAX];

	read_fields(fd, got, sizeof got);
	assert_string_equal(got, want);
}

static bool
say(struct log_journal *j, const struct log_record *r)
{
	struct log_sink sink = log_journal_sink(j);

	return sink.write(sink.arg, r);
}

static void
open_journal(struct log_journal *j)
{
	struct err err;

	assert_int_equal(log_journal_open(j, path, &err), ERR_OK);
}

static void
test_fields(void **state)
{
	static const struct {
		enum log_level level;
		const char *want;
	} tc[] = {
		{ LOG_LEVEL_ERROR, "3" },
		{ LOG_LEVEL_WARNING, "4" },
		{ LOG_LEVEL_INFO, "6" },
		{ LOG_LEVEL_TRACE, "7" },
	};
	const struct log_field field[] = {
		{ .name = "batch_id", .value = slice_of("7") },
		{ .name = "error", .value = slice_of("one\ntwo\r\xff") },
	};
	struct log_record r = {
		.event = "list-done",
		.id = "00112233445566778899aabbccddeeff",
		.message = "list done",
		.field = field,
		.nfield = LENGTH(field),
	};
	struct log_journal j;
	int fd = listen_there();

	(void)state;
	open_journal(&j);
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char want[512];

		r.level = tc[i].level;
		assert_true(say(&j, &r));
		(void)snprintf(want, sizeof want,
		    "MESSAGE=list done batch_id=7 error=\"one\\ntwo\\r\xef\xbf\xbd\"\nPRIORITY=%s\n"
		    "SYSLOG_IDENTIFIER=autoreg\nMESSAGE_ID=00112233445566778899aabbccddeeff\n"
		    "AUTOREG_EVENT=list-done\nAUTOREG_BATCH_ID=7\n"
		    "AUTOREG_ERROR=one\ntwo\xef\xbf\xbd\xef\xbf\xbd\n",
		    tc[i].want);
		assert_fields(fd, want);
	}
	r = (struct log_record){ .level = LOG_LEVEL_TRACE, .message = "a -> b" };
	assert_true(say(&j, &r));
	assert_fields(fd, "MESSAGE=a -> b\nPRIORITY=7\nSYSLOG_IDENTIFIER=autoreg\n");
	log_journal_close(&j);
	(void)close(fd);
}

/* A value cannot be read as another field, and what does not fit is left out as a whole. */
static void
test_hostile(void **state)
{
	static char big[10 * 1024];
	struct log_field field[LOG_FIELDS_MAX];
	struct log_record r = { .message = "m", .field = field, .nfield = 1 };
	static char got[LOG_JOURNAL_MAX * 2];
	struct log_journal j;
	int fd = listen_there();

	(void)state;
	open_journal(&j);
	field[0] = (struct log_field){ .name = "file", .value = slice_of("x\nPRIORITY=0\n") };
	assert_true(say(&j, &r));
	assert_fields(fd,
	    "MESSAGE=m file=\"x\\nPRIORITY=0\\n\"\nPRIORITY=3\n"
	    "SYSLOG_IDENTIFIER=autoreg\nAUTOREG_FILE=x\nPRIORITY=0\n\n");
	for (int byte = 0; byte < 256; byte++) {
		memset(big, byte, sizeof big);
		for (size_t i = 0; i < LOG_FIELDS_MAX; i++)
			field[i] = (struct log_field){ .name = "k", .value = { big, sizeof big } };
		r.nfield = LOG_FIELDS_MAX;
		assert_true(say(&j, &r));
		read_fields(fd, got, sizeof got);
	}
	log_journal_close(&j);
	(void)close(fd);
}

/* Full: nobody waits. Gone: nobody minds. There again: it is found. */
static void
test_who_does_not_read(void **state)
{
	const struct log_record r = { .level = LOG_LEVEL_INFO, .message = "m" };
	struct log_journal j;
	struct err err;
	int fd;

	(void)state;
	assert_int_equal(log_journal_open(&j, path, &err), ERR_CONNECT);
	assert_int_equal(j.fd, -1);
	fd = listen_there();
	open_journal(&j);
	while (say(&j, &r))
		;
	assert_false(say(&j, &r));
	assert_fields(fd, "MESSAGE=m\nPRIORITY=6\nSYSLOG_IDENTIFIER=autoreg\n");
	assert_true(say(&j, &r));
	(void)close(fd);
	assert_false(say(&j, &r));
	fd = listen_there();
	assert_true(say(&j, &r));
	assert_fields(fd, "MESSAGE=m\nPRIORITY=6\nSYSLOG_IDENTIFIER=autoreg\n");
	log_journal_close(&j);
	(void)close(fd);
}

static void
test_is_stream(void **state)
{
	int fd = listen_there();
	struct stat st;
	char right[64], wrong[64];

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	(void)snprintf(right, sizeof right, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	(void)snprintf(wrong, sizeof wrong, "%ju:%ju1", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	assert_true(log_journal_is_stream(fd, right));
	assert_false(log_journal_is_stream(fd, wrong));
	assert_false(log_journal_is_stream(fd, ""));
	assert_false(log_journal_is_stream(fd, NULL));
	assert_false(log_journal_is_stream(-1, right));
	(void)close(fd);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_enter, sandbox_leave)
	const struct CMUnitTest tests[] = {
		TEST(test_fields),
		TEST(test_hostile),
		TEST(test_who_does_not_read),
		TEST(test_is_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
