/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * A file as UTF-8, whatever it was written in. Nothing here knows of lists.
 *
 * Sniffed once, from the first TEXT_HEAD bytes: a byte order mark; else NULs at odd (little
 * endian) or even (big endian) offsets of the first 64 bytes, from the first character on, and none
 * at the others; else UTF-8. A file that was taken
 * for UTF-8 turns out to be Windows-1252 at its first byte that is not UTF-8, if everything before
 * was ASCII: then the whole file is. Never guessed line by line.
 * Source: sources.md#list-encodings
 *
 * Broken characters (lone surrogates, half characters at the end, bytes that Windows-1252 does
 * not define) become U+FFFD; the check of the row finds them. What cannot be one text at all is
 * a fault: reading ends before it and text_fault() tells where.
 *
 * Memory: one block. Threads: none; reading blocks on the disk.
 */
struct text;

enum text_encoding {
	TEXT_UTF8,
	TEXT_UTF8_BOM,
	TEXT_UTF16LE,
	TEXT_UTF16BE,
	TEXT_WINDOWS_1252,
};

enum text_fault {
	TEXT_WHOLE = 0,
	TEXT_NUL,      /* a NUL, and more behind it: UTF-16 appended to bytes, or no text at all */
	TEXT_NUL_TAIL, /* NULs up to the end: the copy was cut. All text before was delivered */
	TEXT_MIXED, /* a byte that is not UTF-8 after others that were: two encodings in one file */
};

enum { TEXT_HEAD = 4096 };

/* As in the JSON contract: "utf-8", "utf-8-bom", "utf-16le", "utf-16be", "windows-1252". */
const char *text_encoding_name(enum text_encoding e);

/*
 * Takes over fd, which is read from its present position to the end and closed by text_close().
 * Reads the head. Errors: ERR_IO (the message is strerror's), ERR_NOMEM; fd is then
 * still the caller's.
 */
MUST_USE enum err_code text_open(int fd, struct text **out, struct err *err);

/* The first bytes of the file, undecoded, TEXT_HEAD at most. Valid until text_close(). */
struct slice text_head(const struct text *t);

/*
 * Appends decoded text to dst, at most cap bytes; *len is 0 only at the end (or at a fault).
 * cap must be at least 64; characters are never split between calls. A final U+001A (the
 * end-of-file mark of DOS) is dropped.
 * Errors: ERR_IO.
 */
MUST_USE enum err_code text_read(struct text *t, char *dst, size_t cap, size_t *len,
    struct err *err);

/* As known so far; settled once text_read() has given 0. */
enum text_encoding text_encoding(const struct text *t);

/* offset: of the fault, in bytes of the file from where reading began; may be NULL. */
enum text_fault text_fault(const struct text *t, uint64_t *offset);

/* Bytes of the file consumed so far, for progress. */
uint64_t text_consumed(const struct text *t);

/* Accepts NULL. */
void text_close(struct text *t);
