/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "devices/output.h"

/*
 * Rows for an output, and what has to become of them. They are described by a string: '.' stays,
 * 'x' is dropped. Row i is its number, filled up to the length that is wanted.
 */
struct output_rows {
	const char *fate;
	size_t len; /* of each row, with its line end */
};

#define OUTPUT_ROWS_HEADER "Serial\r\n"

enum { OUTPUT_ROWS_SHORT = 8, OUTPUT_ROWS_ALL = 200 };

/* Fates worth trying, and the files that they come to. */
struct output_rows_case {
	const char *name;
	const char *fate;
	uint32_t per_file;
	const char *names; /* each followed by a blank */
};
extern const struct output_rows_case output_rows_case[];
extern const size_t output_rows_ncase;

/* The devices of the rows; a row is dropped by a contradiction that comes after all of them. */
struct device_set *output_rows_devices(const char *fate);

/* The header and n of the rows that stay, from the first-th on, into an uninitialised buffer. */
void output_rows_expect(struct buf *b, const struct output_rows *rows, size_t first, size_t n);

/* Gives the rows in batches whose memory is then used again, as a pass does. */
enum err_code output_rows_put(struct output *o, const struct output_rows *rows, size_t batch,
    struct err *err);

struct output *output_rows_open(const char *path, uint32_t rows_per_file);

/* text: a part of the message. */
void output_rows_assert_not_opened(const char *path, uint32_t rows_per_file, enum err_code want,
    const char *text);

/* Puts the rows and finishes the output; files: how many it says there are. */
void output_rows_finish(struct output *o, const struct output_rows *rows, size_t batch,
    uint32_t files);

/* Expects the end to fail, and nothing to be said about files. */
void output_rows_assert_not_finished(struct output *o, const char *fate, enum err_code want,
    const char *text);
