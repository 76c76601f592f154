/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/text.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"

enum {
	INPUT_MAX = 256 * 1024,
	CAP_MIN = 64,
	PLAIN_BLOCK = 512, /* bytes that are looked at together */
	SNIFF_BYTES = 64,
	DOS_END_OF_FILE = 0x1A,
	REPLACEMENT = 0xFFFD,
};

struct text {
	int fd;
	bool input_ended; /* read() has said so */
	bool ended;       /* nothing more will be delivered */
	bool all_ascii;   /* so far, and no mark has promised anything else */
	bool held;        /* a DOS_END_OF_FILE, to be delivered only if something follows */
	enum text_encoding encoding;
	enum text_fault fault;
	uint64_t at;    /* bytes of the file decoded; at a fault, its place */
	size_t head_at; /* how much of the head was taken for decoding */
	size_t head_len;
	size_t input_at; /* [input_at, input_len) of input was taken and is not decoded */
	size_t input_len;
	char head[TEXT_HEAD];
	char input[INPUT_MAX];
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* --- characters ------------------------------------------------------------------------------- */

/*
 * Is all of it ASCII without NUL? A loop of fixed length without a way out, which compilers turn
 * into vector code on every machine.
 */
static bool
is_plain(const unsigned char p[static PLAIN_BLOCK])
{
	unsigned char high = 0, low = 0xFF;

	for (size_t i = 0; i < PLAIN_BLOCK; i++) {
		high |= p[i];
		low = p[i] < low ? p[i] : low;
	}
	return high < 0x80 && low > 0;
}

/* The length of the beginning of p that is ASCII without NUL: nearly all of every list. */
static size_t
plain_run(const char *p, size_t n)
{
	size_t i = 0;

	while (n - i >= PLAIN_BLOCK && is_plain((const unsigned char *)p + i))
		i += PLAIN_BLOCK;
	while (i < n && (unsigned char)(p[i] - 1) < 0x7F)
		i++;
	return i;
}

/* The length of the beginning of p that is UTF-8, whole characters. *ascii: is it nothing else? */
static size_t
utf8_run(const char *p, size_t n, bool *ascii)
{
	size_t i = plain_run(p, n);

	*ascii = true;
	while (i < n) {
		size_t len = utf8_length((struct slice){ p + i, n - i });

		if (p[i] == '\0' || len == 0 || len > n - i)
			break;
		*ascii = false;
		i += len;
		i += plain_run(p + i, n - i);
	}
	return i;
}

/*
 * The decoders take characters from src until it ends, the room does, or there is a NUL (or half a
 * character). They return how many bytes they took; *len is how many they wrote.
 */

static size_t
decode_windows_1252(const char *src, size_t n, char *dst, size_t cap, size_t *len)
{
	/* 80 to 9F; all others are those of Unicode. Source: sources.md#windows-1252 */
	static const uint16_t upper[32] = {
		0x20AC,
		0xFFFD,
		0x201A,
		0x0192,
		0x201E,
		0x2026,
		0x2020,
		0x2021,
		0x02C6,
		0x2030,
		0x0160,
		0x2039,
		0x0152,
		0xFFFD,
		0x017D,
		0xFFFD,
		0xFFFD,
		0x2018,
		0x2019,
		0x201C,
		0x201D,
		0x2022,
		0x2013,
		0x2014,
		0x02DC,
		0x2122,
		0x0161,
		0x203A,
		0x0153,
		0xFFFD,
		0x017E,
		0x0178,
	};
	size_t i = 0, o = 0;

	for (;;) {
		size_t run = plain_run(src + i, least(n - i, cap - o));
		unsigned char c;

		memcpy(dst + o, src + i, run);
		i += run;
		o += run;
		if (i == n || src[i] == '\0' || cap - o < UTF8_MAX)
			break;
		c = (unsigned char)src[i++];
		o += utf8_put(dst + o, c >= 0x80 && c < 0xA0 ? upper[c - 0x80] : c);
	}
	*len = o;
	return i;
}

static uint32_t
utf16_unit(const char *src, bool big_endian)
{
	unsigned char a = (unsigned char)src[0], b = (unsigned char)src[1];

	return big_endian ? (uint32_t)a << 8 | b : (uint32_t)b << 8 | a;
}

/* Copies the plain beginning of n units to dst, a byte each; returns its length. */
static size_t
narrow_plain(const char *src, size_t n, bool big_endian, char *dst)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; n - i >= 16; i += 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(src + 2 * i));
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(src + 2 * i + 16));
		__m128i packed;

		if (big_endian) {
			a = _mm_or_si128(_mm_slli_epi16(a, 8), _mm_srli_epi16(a, 8));
			b = _mm_or_si128(_mm_slli_epi16(b, 8), _mm_srli_epi16(b, 8));
		}
		/* Saturates: what is above FF becomes FF or (if negative) 0, never plain. */
		packed = _mm_packus_epi16(a, b);
		if (_mm_movemask_epi8(
		        _mm_or_si128(packed, _mm_sub_epi8(packed, _mm_set1_epi8(1)))) != 0)
			break;
		_mm_storeu_si128((__m128i *)(void *)(dst + i), packed);
	}
#endif
	for (; i < n; i++) {
		uint32_t unit = utf16_unit(src + 2 * i, big_endian);

		if (unit - 1 >= 0x7F)
			break;
		dst[i] = (char)unit;
	}
	return i;
}

static size_t
decode_utf16(const char *src, size_t n, bool big_endian, char *dst, size_t cap, size_t *len)
{
	size_t i = 0, o = 0;

	for (;;) {
		size_t run =
		    narrow_plain(src + i, least((n - i) / 2, cap - o), big_endian, dst + o);
		uint32_t c;

		i += 2 * run;
		o += run;
		if (n - i < 2 || cap - o < UTF8_MAX)
			break;
		c = utf16_unit(src + i, big_endian);
		if (c == 0)
			break;
		if (c >= 0xD800 && c < 0xDC00) {
			uint32_t low;

			if (n - i < 4)
				break;
			low = utf16_unit(src + i + 2, big_endian);
			if (low >= 0xDC00 && low < 0xE000) {
				c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
				i += 2;
			}
		}
		i += 2;
		o += utf8_put(dst + o, c >= 0xD800 && c < 0xE000 ? REPLACEMENT : c);
	}
	*len = o;
	return i;
}

/* --- input ------------------------------------------------------------------------------------ */

/* *got is 0 only at the end. A descriptor that does not block is waited for. */
static enum err_code
read_some(struct text *t, char *dst, size_t cap, size_t *got, struct err *err)
{
	ssize_t n = t->input_ended ? 0 : read(t->fd, dst, cap);
	char reason[128];

	while (n < 0) {
		struct pollfd readable = { .fd = t->fd, .events = POLLIN };

		if (errno == EAGAIN && poll(&readable, 1, -1) >= 0)
			errno = EINTR;
		if (errno != EINTR)
			return err_set(err, ERR_IO, "%s", strerror_r(errno, reason, sizeof reason));
		n = read(t->fd, dst, cap);
	}
	t->input_ended = n == 0;
	*got = (size_t)n;
	return ERR_OK;
}

/* As read_some(), but first comes what is left of the head. */
static enum err_code
fetch(struct text *t, char *dst, size_t cap, size_t *got, struct err *err)
{
	size_t left = t->head_len - t->head_at;

	if (left == 0)
		return read_some(t, dst, cap, got, err);
	*got = least(left, cap);
	memcpy(dst, t->head + t->head_at, *got);
	t->head_at += *got;
	return ERR_OK;
}

/* Several reads, for a pipe gives what it has. */
static enum err_code
read_head(struct text *t, struct err *err)
{
	size_t got;

	do {
		if (read_some(t, t->head + t->head_len, TEXT_HEAD - t->head_len, &got, err))
			return err->code;
		t->head_len += got;
	} while (got > 0 && t->head_len < TEXT_HEAD);
	return ERR_OK;
}

static bool
head_starts(const struct text *t, const char *mark, size_t len)
{
	return t->head_len >= len && memcmp(t->head, mark, len) == 0;
}

/*
 * Are there NULs at odd (first = 1) or even (first = 0) offsets, from the first one on, and none at
 * the others? UTF-16 that comes later is behind a beginning in another encoding: a fault.
 */
static bool
head_has_nuls(const struct text *t, size_t first)
{
	size_t n = least(t->head_len, SNIFF_BYTES);

	if (n < 2 || t->head[first] != '\0')
		return false;
	for (size_t i = 1 - first; i < n; i += 2) {
		if (t->head[i] == '\0')
			return false;
	}
	return true;
}

static void
sniff(struct text *t)
{
	if (head_starts(t, "\xEF\xBB\xBF", 3)) {
		t->encoding = TEXT_UTF8_BOM;
		t->head_at = 3;
	} else if (head_starts(t, "\xFF\xFE", 2)) {
		t->encoding = TEXT_UTF16LE;
		t->head_at = 2;
	} else if (head_starts(t, "\xFE\xFF", 2)) {
		t->encoding = TEXT_UTF16BE;
		t->head_at = 2;
	} else if (head_has_nuls(t, 1)) {
		t->encoding = TEXT_UTF16LE;
	} else if (head_has_nuls(t, 0)) {
		t->encoding = TEXT_UTF16BE;
	} else {
		t->encoding = TEXT_UTF8;
		t->all_ascii = true;
	}
	t->at = t->head_at;
}

enum err_code
text_open(int fd, struct text **out, struct err *err)
{
	struct text *t = malloc(sizeof *t);

	if (!t)
		return err_set(err, ERR_NOMEM, "out of memory");
	memset(t, 0,
	    offsetof(struct text, head)); /* the buffers stay untouched until they are needed */
	t->fd = fd;
	if (read_head(t, err)) {
		free(t);
		return err->code;
	}
	sniff(t);
	*out = t;
	return ERR_OK;
}

void
text_close(struct text *t)
{
	if (!t)
		return;
	(void)close(t->fd);
	free(t);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void
end_with(struct text *t, enum text_fault fault)
{
	t->fault = fault;
	t->ended = true;
}

static bool
is_all_nul(const char *p, size_t n)
{
	return p[0] == '\0' && memcmp(p, p + 1, n - 1) == 0;
}

/* The next byte of input is a NUL that no text holds. Reads on to see what follows. */
static enum err_code
judge_nul(struct text *t, struct err *err)
{
	const char *p = t->input + t->input_at;
	size_t n = t->input_len - t->input_at;

	while (n > 0) {
		if (!is_all_nul(p, n)) {
			end_with(t, TEXT_NUL);
			return ERR_OK;
		}
		p = t->input;
		if (fetch(t, t->input, INPUT_MAX, &n, err))
			return err->code;
	}
	end_with(t, TEXT_NUL_TAIL);
	return ERR_OK;
}

/* Reads straight into dst: what is UTF-8 already needs only to be looked at. */
static enum err_code
read_utf8(struct text *t, char *dst, size_t cap, size_t *len, struct err *err)
{
	size_t n = t->input_len; /* half a character at most */
	size_t got, good, length;
	bool ascii;

	if (fetch(t, dst + n, least(cap, INPUT_MAX) - n, &got, err))
		return err->code;
	memcpy(dst, t->input, n);
	n += got;
	good = utf8_run(dst, n, &ascii);
	t->all_ascii = t->all_ascii && ascii;
	t->at += good;
	t->input_len = n - good;
	memcpy(t->input, dst + good, n - good);
	*len = good;
	if (good == n) {
		t->ended = got == 0;
		return ERR_OK;
	}

	if (t->input[0] == '\0')
		return judge_nul(t, err);
	length = utf8_length((struct slice){ t->input, n - good });
	if (length > n - good && got > 0)
		return ERR_OK;
	if (t->all_ascii) {
		t->encoding = TEXT_WINDOWS_1252;
	} else if (length > n - good) {
		*len = utf8_put(dst, REPLACEMENT);
		t->at += n;
		t->ended = true;
	} else {
		end_with(t, TEXT_MIXED);
	}
	return ERR_OK;
}

/* Fetches input behind what is left of it: nothing, or half a character. */
static enum err_code
refill(struct text *t, char *dst, size_t *len, struct err *err)
{
	size_t left = t->input_len - t->input_at;
	size_t got;

	memmove(t->input, t->input + t->input_at, left);
	t->input_at = 0;
	t->input_len = left;
	if (fetch(t, t->input + left, INPUT_MAX - left, &got, err))
		return err->code;
	t->input_len += got;
	if (got == 0) {
		*len = left > 0 ? utf8_put(dst, REPLACEMENT) : 0;
		t->at += left;
		t->ended = true;
	}
	return ERR_OK;
}

static enum err_code
read_decoded(struct text *t, char *dst, size_t cap, size_t *len, struct err *err)
{
	const char *src = t->input + t->input_at;
	size_t n = t->input_len - t->input_at;
	size_t unit = t->encoding == TEXT_WINDOWS_1252 ? 1 : 2;
	size_t taken = t->encoding == TEXT_WINDOWS_1252
	    ? decode_windows_1252(src, n, dst, cap, len)
	    : decode_utf16(src, n, t->encoding == TEXT_UTF16BE, dst, cap, len);

	t->input_at += taken;
	t->at += taken;
	if (taken > 0)
		return ERR_OK;
	return n >= unit && is_all_nul(src, unit) ? judge_nul(t, err) : refill(t, dst, len, err);
}

enum err_code
text_read(struct text *t, char *dst, size_t cap, size_t *len, struct err *err)
{
	size_t n = 0;

	assert(cap >= CAP_MIN);
	while (n == 0 && !t->ended) {
		size_t held = t->held ? 1 : 0;
		bool is_bytes = t->encoding == TEXT_UTF8 || t->encoding == TEXT_UTF8_BOM;

		if (is_bytes ? read_utf8(t, dst + held, cap - held, &n, err)
		             : read_decoded(t, dst + held, cap - held, &n, err))
			return err->code;
		if (n == 0)
			continue;
		if (held)
			dst[0] = DOS_END_OF_FILE;
		n += held;
		t->held = dst[n - 1] == DOS_END_OF_FILE;
		n -= t->held;
	}
	*len = n;
	return ERR_OK;
}

struct slice
text_head(const struct text *t)
{
	return (struct slice){ t->head, t->head_len };
}

const char *
text_encoding_name(enum text_encoding e)
{
	static const char *const name[] = {
		[TEXT_UTF8] = "utf-8",
		[TEXT_UTF8_BOM] = "utf-8-bom",
		[TEXT_UTF16LE] = "utf-16le",
		[TEXT_UTF16BE] = "utf-16be",
		[TEXT_WINDOWS_1252] = "windows-1252",
	};

	return name[e];
}

enum text_encoding
text_encoding(const struct text *t)
{
	return t->encoding;
}

enum text_fault
text_fault(const struct text *t, uint64_t *offset)
{
	if (offset)
		*offset = t->at;
	return t->fault;
}

uint64_t
text_consumed(const struct text *t)
{
	return t->at;
}
