/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/device_set.h"

/*
 * The rules of device_set.h once more, over the rows themselves: without keys or tables, and
 * looking at every row each time. The oracle for devices/device_set.c.
 */
enum { DEVICE_SET_MODEL_MAX = 4000 };

/* A row in few words. NULL or 0: absent. */
struct row {
	const char *serial; /* with '?' in front: a placeholder */
	const char *maker;
	const char *product_id;
	const char *uuid; /* 16 characters */
	const char *ek;
	int capture; /* the byte that its digest is full of */
	int second;
};

#define UUID_A "aaaaaaaaaaaaaaaa"
#define UUID_B "bbbbbbbbbbbbbbbb"
#define UUID_C "cccccccccccccccc"

/* The row's key, made by devices/ with this seed. */
extern const uint8_t row_key_seed[16];
struct device_key row_key(const struct row *r);

/* The next number below n of a sequence that is the same in every run. */
uint32_t chance(uint64_t *state, uint32_t n);

/*
 * A row that is likely to have much in common with others; its serial number is one of these, if
 * any.
 */
struct row row_random(uint64_t *state, const char *const *serial, uint32_t nserial);

/* What is to become of a row. */
struct want {
	enum device_outcome outcome;
	uint32_t other; /* the line of the other row */
	bool also;      /* with DEVICE_CONFLICT: other_was_kept; with DEVICE_NEW: shared */
};

/* Zero-initialise. */
struct device_set_model {
	size_t n;
	struct {
		struct row row;
		uint32_t line;
		size_t successor; /* itself: the row stands */
		bool conflicted;
	} seen[DEVICE_SET_MODEL_MAX]; /* the rows that were accepted; their texts are borrowed */
};

struct want device_set_model_add(struct device_set_model *m, const struct row *r, uint32_t line);
