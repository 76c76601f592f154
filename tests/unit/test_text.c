/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/text.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	FILE_MAX = 2 * 1024 * 1024,
	TEXT_MAX = 3 * FILE_MAX,
	PIPE_BYTES = 1024 * 1024,
	CHUNK_MAX = 32, /* the reader always asks for more than that */
};

struct outcome {
	enum text_encoding encoding;
	enum text_fault fault;
	uint64_t offset;
	size_t len;
};

static char file[FILE_MAX];
static char decoded[TEXT_MAX];
static char expected[TEXT_MAX];

/* --- feeding ---------------------------------------------------------------------------------- */

static int
file_of(const char *bytes, size_t n)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* A pipe from which every read() gives one chunk; the first one is as long as a head. */
static int
pipe_of(const char *bytes, size_t n, size_t chunk)
{
	int end[2];

	assert_int_equal(pipe2(end, O_DIRECT | O_CLOEXEC), 0);
	assert_true(fcntl(end[1], F_SETPIPE_SZ, PIPE_BYTES) >= 0);
	assert_int_equal(write(end[1], bytes, TEXT_HEAD), TEXT_HEAD);
	for (size_t i = TEXT_HEAD; i < n; i += chunk) {
		size_t len = n - i < chunk ? n - i : chunk;

		assert_int_equal(write(end[1], bytes + i, len), len);
	}
	(void)close(end[1]);
	return end[0];
}

/* Reads all of fd into decoded. */
static struct outcome
decode(int fd, size_t cap)
{
	struct outcome o = { .len = 0 };
	struct text *t = NULL;
	struct err err;
	uint64_t before;
	size_t n;

	assert_int_equal(text_open(fd, &t, &err), ERR_OK);
	do {
		size_t room = TEXT_MAX - o.len < cap ? TEXT_MAX - o.len : cap;

		before = text_consumed(t);
		assert_int_equal(text_read(t, decoded + o.len, room, &n, &err), ERR_OK);
		assert_true(n <= room);
		assert_true(text_consumed(t) >= before);
		o.len += n;
	} while (n > 0);
	assert_int_equal(text_read(t, decoded, cap, &n, &err), ERR_OK); /* the end stays the end */
	assert_int_equal(n, 0);
	o.encoding = text_encoding(t);
	o.fault = text_fault(t, &o.offset);
	assert_int_equal(o.offset, text_consumed(t));
	assert_int_equal(text_fault(t, NULL), o.fault);
	text_close(t);
	return o;
}

static void
assert_outcome(struct outcome got, struct outcome want)
{
	assert_int_equal(got.encoding, want.encoding);
	assert_int_equal(got.fault, want.fault);
	if (want.fault != TEXT_WHOLE)
		assert_int_equal(got.offset, want.offset);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(decoded, expected, want.len);
}

/* --- tables ----------------------------------------------------------------------------------- */

#define BYTES(s) (s), sizeof(s) - 1

struct body {
	const char *name;
	const char *bytes;
	size_t nbytes;
	const char *text;
	enum text_encoding encoding;
	enum text_fault fault;
	size_t offset;
};

/* Behind ASCII. */
static const struct body utf8[] = {
	{ "nothing", BYTES(""), "", TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "ascii", BYTES("a,b\r\n"), "a,b\r\n", TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "characters of 2, 3, 4 bytes", BYTES("é€😀!"), "é€😀!", TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "least and greatest of each length",
	    BYTES("\x01\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"
	          "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"),
	    "\x01\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"
	    "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
	    TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "overlong, 2 bytes", BYTES("é\xC0\x80z"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "overlong, 2 bytes, higher", BYTES("é\xC1\xBFz"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "overlong, 3 bytes", BYTES("é\xE0\x9F\xBFz"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "overlong, 4 bytes", BYTES("é\xF0\x8F\xBF\xBFz"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "first surrogate", BYTES("é\xED\xA0\x80z"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "last surrogate", BYTES("é\xED\xBF\xBFz"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "beyond U+10FFFF", BYTES("é\xF4\x90\x80\x80z"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "no first byte", BYTES("é\xF5\x80\x80\x80z"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "lone second byte", BYTES("é\x80z"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "character broken off", BYTES("é\xE2\x82z"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "third byte bad", BYTES("é\xF0\x9F\xC0z"), "é", TEXT_UTF8, TEXT_MIXED, 2 },
	{ "windows-1252 appended", BYTES("café caf\xE9\n"), "café caf", TEXT_UTF8, TEXT_MIXED, 9 },
	{ "half of 2 at the end", BYTES("é\xC3"), "é\uFFFD", TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "half of 4 at the end", BYTES("é\xF0\x9F\x98"), "é\uFFFD", TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "mark inside", BYTES("a\uFEFFz"), "a\uFEFFz", TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "NUL and text", BYTES("ab\0cd"), "ab", TEXT_UTF8, TEXT_NUL, 2 },
	{ "NULs and text", BYTES("é\0\0\0\0\0c"), "é", TEXT_UTF8, TEXT_NUL, 2 },
	{ "NULs to the end", BYTES("ab\r\n\0\0\0\0\0"), "ab\r\n", TEXT_UTF8, TEXT_NUL_TAIL, 4 },
	{ "one NUL at the end", BYTES("ab\0"), "ab", TEXT_UTF8, TEXT_NUL_TAIL, 2 },
	{ "UTF-16 appended", BYTES("ab\r\nc\0d\0"), "ab\r\nc", TEXT_UTF8, TEXT_NUL, 5 },
	{ "end-of-file mark", BYTES("ab\x1A"), "ab", TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "end-of-file mark alone", BYTES("\x1A"), "", TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "only the last mark goes", BYTES("ab\x1A\x1A"), "ab\x1A", TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "mark in the middle", BYTES("\x1A\x1Aq\x1A\x1A\x1Aé"), "\x1A\x1Aq\x1A\x1A\x1Aé",
	    TEXT_UTF8, TEXT_WHOLE, 0 },
	{ "mark, then NULs", BYTES("ab\x1A\0\0"), "ab", TEXT_UTF8, TEXT_NUL_TAIL, 3 },
	{ "windows-1252", BYTES("caf\xE9;\x80\xFFz"), "café;€ÿz", TEXT_WINDOWS_1252, TEXT_WHOLE,
	    0 },
	{ "windows-1252 at the end", BYTES("caf\xE9"), "café", TEXT_WINDOWS_1252, TEXT_WHOLE, 0 },
	{ "windows-1252, like the half of 3", BYTES("a\xE2\x82"), "aâ‚", TEXT_WINDOWS_1252,
	    TEXT_WHOLE, 0 },
	{ "windows-1252, then what would be UTF-8", BYTES("\xE9 é"), "é Ã©", TEXT_WINDOWS_1252,
	    TEXT_WHOLE, 0 },
	{ "windows-1252, undefined", BYTES("\x81\x8D\x8F\x90\x9D!"),
	    "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD!", TEXT_WINDOWS_1252, TEXT_WHOLE, 0 },
	{ "windows-1252, NUL", BYTES("\351a\0b"), "éa", TEXT_WINDOWS_1252, TEXT_NUL, 2 },
	{ "windows-1252, NULs to the end", BYTES("\351a\0\0"), "éa", TEXT_WINDOWS_1252,
	    TEXT_NUL_TAIL, 2 },
	{ "windows-1252, mark", BYTES("\xE9\x1A"), "é", TEXT_WINDOWS_1252, TEXT_WHOLE, 0 },
};

/* Behind a mark: a promise that is kept, or the file is two files. */
static const struct body utf8_mark[] = {
	{ "ascii", BYTES("abc"), "abc", TEXT_UTF8_BOM, TEXT_WHOLE, 0 },
	{ "two bytes", BYTES("é"), "é", TEXT_UTF8_BOM, TEXT_WHOLE, 0 },
	{ "windows-1252", BYTES("caf\xE9 "), "caf", TEXT_UTF8_BOM, TEXT_MIXED, 3 },
	{ "half", BYTES("caf\xC3"), "caf\uFFFD", TEXT_UTF8_BOM, TEXT_WHOLE, 0 },
};

/* In little endian; the test turns them round for big endian. */
static const struct body utf16[] = {
	{ "nothing", BYTES(""), "", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "ascii", BYTES("a\0,\0b\0\n\0"), "a,b\n", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "2 and 3 bytes", BYTES("\xE9\0\xAC\x20\x00\x01"), "é€Ā", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "pair", BYTES("\x3D\xD8\x00\xDE!\0"), "😀!", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "last pair", BYTES("\xFF\xDB\xFF\xDF"), "\xF4\x8F\xBF\xBF", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "lone high", BYTES("\x3D\xD8!\0"), "\uFFFD!", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "lone low", BYTES("\x00\xDE!\0"), "\uFFFD!", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "high, high, low", BYTES("\x3D\xD8\x3D\xD8\x00\xDE"), "\uFFFD😀", TEXT_UTF16LE, TEXT_WHOLE,
	    0 },
	{ "high at the end", BYTES("a\0\x3D\xD8"), "a\uFFFD", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "odd length", BYTES("a\0b"), "a\uFFFD", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "odd length behind a high", BYTES("\x3D\xD8z"), "\uFFFD", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "greatest unit", BYTES("\xFF\xFF"), "\uFFFF", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "NUL and text", BYTES("a\0\0\0b\0"), "a", TEXT_UTF16LE, TEXT_NUL, 2 },
	{ "NULs to the end", BYTES("a\0\0\0\0\0\0"), "a", TEXT_UTF16LE, TEXT_NUL_TAIL, 2 },
	{ "mark", BYTES("a\0\x1A\0"), "a", TEXT_UTF16LE, TEXT_WHOLE, 0 },
	{ "mark inside", BYTES("\x1A\0\x3D\xD8\x00\xDE"), "\x1A😀", TEXT_UTF16LE, TEXT_WHOLE, 0 },
};

/* How a text begins in front of a body: at least a mark, or a whole head with the mark in it. */
struct front {
	const char *mark;
	size_t mark_len;
	const char *fill; /* to the end of the head */
	size_t fill_len;
	bool swap; /* the body is turned round */
};

static const struct front plain = { BYTES(""), BYTES("p"), false };
static const struct front utf8_bom = { BYTES("\xEF\xBB\xBF"), BYTES("p"), false };
static const struct front utf16le = { BYTES("\xFF\xFE"), BYTES("p\0"), false };
static const struct front utf16be = { BYTES("\xFE\xFF"), BYTES("\0p"), true };

/* Makes the file and what should come out of it. Returns the length of the file. */
static size_t
build(const struct front *f, const struct body *b, bool filled, struct outcome *want)
{
	size_t n = f->mark_len, front;

	memcpy(file, f->mark, n);
	want->len = 0;
	for (; filled && n < TEXT_HEAD; n += f->fill_len) {
		memcpy(file + n, f->fill, f->fill_len);
		expected[want->len++] = 'p';
	}
	front = n;
	memcpy(file + n, b->bytes, b->nbytes);
	for (size_t i = 0; f->swap && i + 1 < b->nbytes; i += 2) {
		file[n + i] = b->bytes[i + 1];
		file[n + i + 1] = b->bytes[i];
	}
	memcpy(expected + want->len, b->text, strlen(b->text));
	want->len += strlen(b->text);
	want->encoding = f->swap ? TEXT_UTF16BE : b->encoding;
	want->fault = b->fault;
	want->offset = front + b->offset;
	return n + b->nbytes;
}

static void
check_body(const struct front *f, const struct body *b)
{
	struct outcome want;
	size_t n = build(f, b, false, &want);

	print_message("  %s\n", b->name);
	assert_outcome(decode(file_of(file, n), 64), want);
	assert_outcome(decode(file_of(file, n), TEXT_MAX), want);
	n = build(f, b, true, &want);
	for (size_t cap = 64; cap <= 70; cap++)
		assert_outcome(decode(file_of(file, n), cap), want);
	for (size_t chunk = 1; chunk <= CHUNK_MAX && chunk <= b->nbytes; chunk++)
		assert_outcome(decode(pipe_of(file, n, chunk), 64), want);
}

static void
bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof utf8 / sizeof utf8[0]; i++)
		check_body(&plain, &utf8[i]);
	for (size_t i = 0; i < sizeof utf8_mark / sizeof utf8_mark[0]; i++)
		check_body(&utf8_bom, &utf8_mark[i]);
	for (size_t i = 0; i < sizeof utf16 / sizeof utf16[0]; i++) {
		check_body(&utf16le, &utf16[i]);
		check_body(&utf16be, &utf16[i]);
	}
}

/* Without a mark, from the NULs of the first 64 bytes. */
static void
sniffing(void **state)
{
	static const struct body tc[] = {
		{ "empty", BYTES(""), "", TEXT_UTF8, TEXT_WHOLE, 0 },
		{ "little endian", BYTES("a\0b\0\n\0"), "ab\n", TEXT_UTF16LE, TEXT_WHOLE, 0 },
		{ "little endian, one unit", BYTES("a\0"), "a", TEXT_UTF16LE, TEXT_WHOLE, 0 },
		{ "little endian, not all ASCII", BYTES("a\0\xAC\x20z\0"), "a€z", TEXT_UTF16LE,
		    TEXT_WHOLE, 0 },
		{ "big endian", BYTES("\0a\0b\0\n"), "ab\n", TEXT_UTF16BE, TEXT_WHOLE, 0 },
		{ "NULs at both", BYTES("a\0\0b"), "a", TEXT_UTF8, TEXT_NUL, 1 },
		{ "nothing but NULs", BYTES("\0\0\0\0"), "", TEXT_UTF8, TEXT_NUL_TAIL, 0 },
		{ "one NUL", BYTES("\0"), "", TEXT_UTF8, TEXT_NUL_TAIL, 0 },
		{ "UTF-16 behind one line", BYTES("5CD1\r\n5\0C\0D\0\r\0\n\0"), "5CD1\r\n5",
		    TEXT_UTF8, TEXT_NUL, 7 },
		{ "two bytes of a mark of three", BYTES("\xEF\xBB"), "ï»", TEXT_WINDOWS_1252,
		    TEXT_WHOLE, 0 },
		{ "mark alone", BYTES("\xEF\xBB\xBF"), "", TEXT_UTF8_BOM, TEXT_WHOLE, 0 },
		{ "mark alone, 16", BYTES("\xFF\xFE"), "", TEXT_UTF16LE, TEXT_WHOLE, 0 },
		{ "mark of UTF-32", BYTES("\xFF\xFE\0\0a\0\0\0"), "", TEXT_UTF16LE, TEXT_NUL, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct outcome want = { tc[i].encoding, tc[i].fault, tc[i].offset,
			strlen(tc[i].text) };

		print_message("  %s\n", tc[i].name);
		memcpy(expected, tc[i].text, want.len);
		assert_outcome(decode(file_of(tc[i].bytes, tc[i].nbytes), 64), want);
	}
}

/* --- against iconv ---------------------------------------------------------------------------- */

static size_t
convert(const char *to, const char *from, const char *src, size_t n, char *dst)
{
	iconv_t cd = iconv_open(to, from);
	char *in = file + FILE_MAX - n; /* iconv() wants a pointer to char, not const */
	char *out = dst;
	size_t room = TEXT_MAX;

	memmove(in, src, n);
	assert_true(cd != (iconv_t)-1);
	assert_int_equal(iconv(cd, &in, &n, &out, &room), 0);
	assert_int_equal(iconv_close(cd), 0);
	return (size_t)(out - dst);
}

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* n characters of UTF-16, little endian: runs of ASCII, then something else. Returns the bytes. */
static size_t
random_utf16(uint64_t *seed, size_t n, char *dst)
{
	size_t len = 0;

	while (n-- > 0) {
		uint64_t r = next_random(seed);
		uint32_t unit = (uint32_t)(r >> 32) & 0xFFFF;

		if (r % 100 < 90 || unit == 0)
			unit = 1 + (uint32_t)(r >> 32) % 0x7F;
		if (unit >= 0xD800 && unit < 0xE000) {
			uint32_t high = 0xD800 | (unit & 0x3FF);

			dst[len++] = (char)(high & 0xFF);
			dst[len++] = (char)(high >> 8);
			unit = 0xDC00 | ((uint32_t)(r >> 48) & 0x3FF);
		}
		dst[len++] = (char)(unit & 0xFF);
		dst[len++] = (char)(unit >> 8);
	}
	return len;
}

static const size_t caps[] = { 64, 97, 4096, 300000 };

static void
random_unicode(void **state)
{
	static char little[FILE_MAX / 4];
	static char other[TEXT_MAX];
	uint64_t seed = 20260101;

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		size_t cap = caps[i % 4];
		size_t len = 2, n;

		memcpy(little, "\xFF\xFE", 2);
		len += random_utf16(&seed, cap < 4096 ? 300 : 100000, little + 2);
		little[len++] = 'z'; /* else a mark for the end of the file might be last */
		little[len++] = '\0';
		struct outcome want = { .len = convert("UTF-8", "UTF-16LE", little + 2, len - 2,
			                    expected) };

		want.encoding = TEXT_UTF16LE;
		assert_outcome(decode(file_of(little, len), cap), want);
		n = convert("UTF-16BE", "UTF-16LE", little, len, other);
		want.encoding = TEXT_UTF16BE;
		assert_outcome(decode(file_of(other, n), cap), want);
		want.encoding = TEXT_UTF8;
		assert_outcome(decode(file_of(expected, want.len), cap), want);
	}
}

static void
random_windows_1252(void **state)
{
	static char bytes[FILE_MAX / 2];
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		size_t cap = caps[i % 4];
		size_t n = cap < 4096 ? 6000 : sizeof bytes;

		for (size_t k = 0; k < n; k++) {
			uint64_t r = next_random(&seed);
			unsigned char c = (unsigned char)(r >> 8);

			/* The first half is ASCII: the reader changes its mind late. */
			if (c == 0 || strchr("\x81\x8D\x8F\x90\x9D", c) ||
			    (c >= 0x80 && (k < n / 2 || r % 9)))
				c = 'x';
			bytes[k] = (char)c;
		}
		memcpy(bytes + n / 2, "\xE9z", 2);
		bytes[n - 1] = 'z';
		struct outcome want = { .encoding = TEXT_WINDOWS_1252 };

		want.len = convert("UTF-8", "WINDOWS-1252", bytes, n, expected);
		assert_outcome(decode(file_of(bytes, n), cap), want);
	}
}

/* One odd byte at each place where the runs of plain text are looked at in blocks. */
static void
one_byte(void **state)
{
	static const size_t place[] = { 0, 1, 7, 8, 31, 32, 33, 63, 64, 95, 99 };

	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		if (c == 0x81 || c == 0x8D || c == 0x8F || c == 0x90 || c == 0x9D)
			continue;
		for (size_t i = 0; i < sizeof place / sizeof place[0]; i++) {
			struct outcome want = { .encoding =
				                    c < 0x80 ? TEXT_UTF8 : TEXT_WINDOWS_1252 };
			char bytes[101];

			memset(bytes, 'x', sizeof bytes);
			bytes[place[i]] = (char)c;
			want.len = convert("UTF-8", "WINDOWS-1252", bytes, sizeof bytes, expected);
			assert_outcome(decode(file_of(bytes, sizeof bytes), 4096), want);
		}
	}
}

static void
one_unit(void **state)
{
	static const unsigned unit[] = { 1, 0x7F, 0x80, 0xFF, 0x100, 0x7FF, 0x800, 0x4100, 0x7FFF,
		0x8000, 0xD7FF, 0xE000, 0xFF41, 0xFFFF };

	(void)state;
	for (size_t u = 0; u < sizeof unit / sizeof unit[0]; u++) {
		for (size_t i = 0; i < 40; i++) {
			struct outcome want = { .encoding = TEXT_UTF16BE };
			char bytes[2 + 2 * 41];

			bytes[0] = '\xFE';
			bytes[1] = '\xFF';
			for (size_t k = 2; k < sizeof bytes; k += 2) {
				bytes[k] = '\0';
				bytes[k + 1] = 'x';
			}
			bytes[2 + 2 * i] = (char)(unit[u] >> 8);
			bytes[3 + 2 * i] = (char)(unit[u] & 0xFF);
			want.len =
			    convert("UTF-8", "UTF-16BE", bytes + 2, sizeof bytes - 2, expected);
			assert_outcome(decode(file_of(bytes, sizeof bytes), 64), want);
		}
	}
}

/* --- the system ------------------------------------------------------------------------------- */

/* What poll() does before it waits: as if somebody had written just then. */
static int on_poll_fd = -1;
static unsigned polls;

int
poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
	(void)timeout;
	polls++;
	if (polls == 1) {
		errno = EINTR;
		return -1;
	}
	assert_int_equal(write(on_poll_fd, "late", 4), 4);
	(void)close(on_poll_fd);
	return (int)syscall(SYS_ppoll, fds, nfds, NULL, NULL, 0);
}

static void
waits_for_input(void **state)
{
	struct outcome want = { .encoding = TEXT_UTF8, .len = 4 };
	int end[2];

	(void)state;
	assert_int_equal(pipe2(end, O_NONBLOCK | O_CLOEXEC), 0);
	on_poll_fd = end[1];
	memcpy(expected, "late", 4);
	assert_outcome(decode(end[0], 64), want);
	assert_int_equal(polls, 2);
}

static void
cannot_be_read(void **state)
{
	struct text *t = NULL;
	struct err err;
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(text_open(fd, &t, &err), ERR_IO);
	assert_string_equal(err.msg, strerror(EISDIR));
	assert_null(t);
	assert_int_equal(close(fd), 0); /* still ours */
	text_close(NULL);
}

/* The other side of a socket breaks off, in the text and in what is looked through behind a NUL. */
static void
breaks_off(void **state)
{
	static const struct {
		const char *tail;
		size_t tail_len;
		size_t len;
		size_t consumed;
	} tc[] = {
		{ BYTES(""), TEXT_HEAD, TEXT_HEAD },
		{ BYTES("more"), TEXT_HEAD + 4, TEXT_HEAD + 4 },
		{ BYTES("\xC3"), TEXT_HEAD, TEXT_HEAD },
		{ BYTES("\xE9\n"), TEXT_HEAD + 3, TEXT_HEAD + 2 },
		{ BYTES("\0"), TEXT_HEAD, TEXT_HEAD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct text *t = NULL;
		struct err err;
		size_t len = 0, n;
		int end[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, end), 0);
		assert_int_equal(write(end[0], "unread", 6), 6); /* makes the close a reset */
		memset(file, 'x', TEXT_HEAD);
		memcpy(file + TEXT_HEAD, tc[i].tail, tc[i].tail_len);
		n = TEXT_HEAD + tc[i].tail_len;
		assert_int_equal(write(end[1], file, n), n);
		(void)close(end[1]);
		assert_int_equal(text_open(end[0], &t, &err), ERR_OK);
		while (n = 77, text_read(t, decoded, 4096, &n, &err) == ERR_OK)
			len += n;
		assert_int_equal(err.code, ERR_IO);
		assert_string_equal(err.msg, strerror(ECONNRESET));
		assert_int_equal(n, 77); /* untouched */
		assert_int_equal(len, tc[i].len);
		assert_int_equal(text_consumed(t), tc[i].consumed);
		text_close(t);
	}
}

static void
head_and_names(void **state)
{
	struct text *t = NULL;
	static const char *const name[] = { "utf-8", "utf-8-bom", "utf-16le", "utf-16be",
		"windows-1252" };
	struct err err;
	struct slice head;

	(void)state;
	memset(file, 'x', TEXT_HEAD + 1);
	memcpy(file, "\xFF\xFE", 2);
	assert_int_equal(text_open(file_of(file, TEXT_HEAD + 1), &t, &err), ERR_OK);
	head = text_head(t);
	assert_int_equal(head.len, TEXT_HEAD);
	assert_memory_equal(head.ptr, file, TEXT_HEAD);
	text_close(t);
	for (enum text_encoding e = TEXT_UTF8; e <= TEXT_WINDOWS_1252; e++)
		assert_string_equal(text_encoding_name(e), name[e]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(sniffing),
		cmocka_unit_test(random_unicode),
		cmocka_unit_test(random_windows_1252),
		cmocka_unit_test(one_byte),
		cmocka_unit_test(one_unit),
		cmocka_unit_test(waits_for_input),
		cmocka_unit_test(cannot_be_read),
		cmocka_unit_test(breaks_off),
		cmocka_unit_test(head_and_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
