/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "store/sql.h"

/*
 * Which devices there are already: an index over fingerprints of what makes a device that device.
 *
 * Fingerprints, like serial numbers, come in no order, so that an index over them is written all
 * over with each commit: 500 pages for 500 devices, more than all the rest of them. Hence the index
 * is a table of its own, "identity", to which devices are added in its order and many at once. Those
 * that it does not have yet, all with an id above "merged", are remembered in memory; after a start
 * or a rollback they are read back.
 *
 * What changes something belongs into a change. Errors: those of store/sql.h.
 */

/*
 * Added at once: more would be cheaper for each, but touches more of the index in one commit. With a
 * million devices that is nearly all of it, 30 MiB of write-ahead log.
 */
enum { IDENTITY_FRESH_MAX = 32 * 1024, IDENTITY_PLACES = 64 * 1024 };

/*
 * Nearly all devices of a list are new, and the index is searched in vain for them: hence a filter
 * with a bit for each serial number that it may have. The more devices there are, the more often it
 * says so for nothing: for every 16th of a million, for half of ten millions.
 */
enum { IDENTITY_FILTER_BITS = 16 * 1024 * 1024 };

/* How many devices of one serial number are told beside the one that is looked for. */
enum { IDENTITY_NAMESAKES_MAX = 8 };

/* 95 bits under a key that nobody knows: what has the same print is the same. */
struct identity_print {
	uint64_t serial; /* of the serial number alone, to find devices by it */
	uint32_t rest;   /* 31 bits of all of the key */
};

struct identity {
	struct identity_fresh {
		uint64_t serial; /* of the print, as the next */
		uint32_t rest;
		bool used;
		int64_t device; /* 0: it is gone, or nothing was here */
	} * fresh;              /* IDENTITY_PLACES; NULL: to be read back */
	size_t nfresh;
	uint64_t *filter; /* NULL: to be read back; outlives fresh, it may say too much */
	uint8_t seed[16];
	struct buf text; /* what a print is taken of */
};

/* What makes a device that device; without a serial number maker is 0. */
struct identity_key {
	struct slice serial; /* the same in any case of ASCII letters */
	int64_t customer;
	int64_t maker;
	enum { IDENTITY_SERIAL, IDENTITY_PRODUCT_ID, IDENTITY_HASH, IDENTITY_NONE } kind;
	struct slice other;          /* the product id, or a digest of the hash */
	struct identity_print print; /* set by identity_find() */
};

/* seed: the same for the life of the file. */
void identity_init(struct identity *in, const uint8_t seed[16]);

/* Accepts a zeroed one. */
void identity_done(struct identity *in);

/* For the column "other" of the device. */
struct sql_value identity_other(const struct identity_key *key);

struct identity_match {
	int64_t device; /* 0: there is none */
	/* If there is none: devices that may have the same serial number, and are somebody else's. */
	int64_t namesake[IDENTITY_NAMESAKES_MAX];
	size_t n;
};

/* IDENTITY_NONE is never found. */
MUST_USE enum err_code identity_find(struct identity *in, struct sql_db *db,
    struct identity_key *key, struct identity_match *out, struct err *err);

/* A device that has just been made, because identity_find() knew none with this key. */
MUST_USE enum err_code identity_add(struct identity *in, struct sql_db *db,
    const struct identity_key *key, int64_t device, struct err *err);

/* Before the device is deleted. */
MUST_USE enum err_code identity_remove(struct identity *in, struct sql_db *db, int64_t device,
    struct err *err);

/* What was added since may have been rolled back. */
void identity_forget(struct identity *in);

/* What identity.serial_print has for a serial number. */
MUST_USE enum err_code identity_serial_print(struct identity *in, const struct sql_db *db,
    struct slice serial, int64_t *print, struct err *err);
