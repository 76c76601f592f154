/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * Every device seen so far, as keys only: so that a device comes out once, however many lists and
 * rows name it. About 48 bytes a device; nothing of a device's data is kept, only
 * fingerprints (all seeded but that of the hash, which is a part of its digest).
 *
 * Two rows are the same device if their serial numbers are equal (ASCII case folded) and either the
 * UUIDs or the manufacturers (folded; both absent is equal) are. Where a serial number is absent or
 * a factory default, the UUID stands in for it, else the product id; a row with none of them is
 * never a duplicate, unless its hash is the very same capture.
 *
 * The same device twice:
 *   the same capture, or not both have a hash       the later row is a duplicate
 *   another capture, and UUID or EK agree           a re-capture: the newer stays (the first, if
 *                                                   both are of the same second), the other is
 *                                                   a duplicate
 *   another capture, neither agrees                 a conflict: neither row counts
 *
 * Rows are numbered from 0 in the order in which they were accepted; a row that was accepted may be
 * dropped by a later one. Memory grows in chunks and is never copied.
 * Threads: keys may be made by any number of threads; a set belongs to one at a time.
 */
struct device_set;

/* What a row says about its device. Slices are only read. */
struct device_identity {
	struct slice serial;       /* empty if absent */
	bool serial_is_shared;     /* a placeholder: says nothing */
	struct slice manufacturer; /* empty if absent */
	struct slice product_id;   /* empty if absent or unusable */
	struct slice uuid;         /* 16 bytes, or empty */
	struct slice ek;           /* TPM key, or empty */
	const uint8_t *digest;     /* 32 bytes of a proven hash, or NULL */
	int64_t collected_unix_s;  /* of that hash; 0 if unknown */
};

struct device_key {
	uint64_t main;      /* serial number, or what stands in for it; 0: none */
	uint64_t uuid;      /* 0: none */
	uint32_t hash;      /* 0: no hash */
	uint32_t collected; /* seconds since 2000-01-01, saturating; 0: unknown */
	uint16_t maker;     /* 0: none, or main is that of the hash */
	uint16_t ek;        /* 0: none */
};

/* Seconds of hashing are the caller's: any thread. Absent parts give 0, present ones never do. */
void device_key_make(const uint8_t seed[16], const struct device_identity *id,
    struct device_key *out);

struct device_place {
	uint32_t list; /* which list, counted by the caller */
	uint32_t line; /* kept up to 2^29 - 1, saturating */
};

enum device_outcome {
	DEVICE_NEW,       /* accepted as row number *row */
	DEVICE_DUPLICATE, /* dropped: other is the row that stays */
	DEVICE_SUPERSEDES, /* accepted as row number *row; other is the older capture, which is dropped now */
	DEVICE_CONFLICT, /* dropped, and other is dropped too, if it was not yet (other_was_kept tells) */
};

struct device_add {
	enum device_outcome outcome;
	uint32_t row;              /* with DEVICE_NEW and DEVICE_SUPERSEDES */
	struct device_place other; /* with all but DEVICE_NEW */
	bool other_was_kept;       /* with DEVICE_CONFLICT */
	bool shared;               /* DEVICE_NEW only: another serial number has the same UUID: */
	struct device_place shared_with;
};

/* Rows that may be accepted under one serial number: a bound on the work that one row can cause. */
enum { DEVICE_NAMESAKES_MAX = 1024 };

/* Errors: ERR_NOMEM. */
MUST_USE enum err_code device_set_new(struct device_set **out, struct err *err);
/* Accepts NULL. */
void device_set_free(struct device_set *s);

/*
 * A row is the same device as an earlier one also through a capture that was superseded since: it
 * is then held against the row that counts now. Every further row of a conflicting device is a
 * conflict too.
 *
 * Errors: ERR_NOMEM, ERR_LIMIT (more than UINT32_MAX - 1 devices, or DEVICE_NAMESAKES_MAX); the
 * rows are then unchanged and *out untouched. Memory may run out while a large index grows, whose
 * predecessor is already given back: then every later call gives ERR_NOMEM, and what was accepted
 * can still be asked for.
 */
MUST_USE enum err_code device_set_add(struct device_set *s, const struct device_key *key,
    struct device_place place, struct device_add *out, struct err *err);

/* Begins to fetch what adding this key will look at: worth it some rows ahead. */
void device_set_prefetch(const struct device_set *s, const struct device_key *key);

/* Rows accepted, dropped ones included. */
uint32_t device_set_rows(const struct device_set *s);
/* Rows that were accepted and later dropped. */
uint32_t device_set_dropped(const struct device_set *s);
bool device_set_is_dropped(const struct device_set *s, uint32_t row);

/* What the set has allocated. */
size_t device_set_bytes(const struct device_set *s);
