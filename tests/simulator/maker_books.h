/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guid.h"
#include "tests/simulator/books.h"
#include "tests/simulator/chance.h"
#include "tests/simulator/course.h"

/*
 * What a maker's service knows: its units, whose they are, and the operations that made them so. A
 * unit is the same one for all customers. Nothing is ever removed. All times are milliseconds of the
 * simulator's clock.
 */

enum { MAKER_BOOKS_UNITS_MAX = 2000000, MAKER_BOOKS_OPERATIONS_MAX = 200000 };

struct maker_unit {
	struct maker_unit *next; /* in the order in which they came first */
	char *identity; /* the product key id, else manufacturer, model and serial number */
	char *serial;   /* these four are NULL if they were not given */
	char *product_key;
	char *manufacturer;
	char *model;
	struct customer *owner; /* NULL: nobody has it */
	char *tag;              /* of its last registration, NULL if it had none, like the order */
	char *order;
	uint64_t first_ms;
	uint64_t submitted; /* in operations that register */
	uint64_t registered;
	uint64_t released;
	struct maker_operation *holder; /* the last one that it was submitted in */
};

struct maker_entry {
	struct maker_unit *unit;
	const json_t *sent; /* the device as it came */
	bool twice;         /* the unit stood earlier in the request */
	bool omitted;       /* the answer has no entry for it */
	bool failed;
	bool in_progress;
	char *code; /* NULL: none, also where failed */
	char *name;
};

struct maker_operation {
	struct maker_operation *next;
	uint64_t nth;
	char id[GUID_SIZE];
	char *key;                 /* Idempotency-Key */
	uint64_t digest;           /* of the body that came with it */
	struct customer *customer; /* NULL: for nobody, which releases */
	struct course course;
	bool failed; /* as a whole */
	bool told;   /* the client knows how it ended, or that nobody knows any more */
	json_t *content;
	struct maker_entry *entries; /* as they were submitted */
	size_t n;
	size_t *order; /* n places in entries: the order of the answer */
};

struct maker_books {
	void *by_identity; /* tree of struct maker_unit */
	struct maker_unit *units;
	struct maker_unit **units_end;
	struct maker_operation *operations;
	struct maker_operation **operations_end;
	size_t unit_count;
	uint64_t operation_count;
};

struct maker_books *maker_books_new(void);

/* Accepts NULL. */
void maker_books_free(struct maker_books *b);

/* The unit that a well-formed device is, new if need be. The books have room. */
struct maker_unit *maker_books_unit(struct maker_books *b, const json_t *device, uint64_t now_ms);

/* An operation for n devices, not yet settled. The books have room. */
struct maker_operation *maker_books_add_operation(struct maker_books *b, size_t n,
    struct chance *ids);

/* By its id, in any case; NULL if there is none. */
struct maker_operation *maker_books_operation(const struct maker_books *b, const char *id);

/* The one that came with the key; NULL if none was accepted. */
struct maker_operation *maker_books_keyed(const struct maker_books *b, const char *key);

/* A unit by its serial number or product key id, for tests; NULL if there is none. */
json_t *maker_books_show_unit(const struct maker_books *b, const char *name);

/* All of it, for tests. */
json_t *maker_books_show(const struct maker_books *b);
