/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/simulator/chance.h"
#include "tests/simulator/consent_told.h"
#include "tests/simulator/course.h"
#include "tests/simulator/pace.h"
#include "tests/simulator/scenario.h"

/*
 * What the service knows: customers, their batches, devices and jobs. Nothing is ever removed.
 * All times are milliseconds of the simulator's clock.
 */

enum {
	BOOKS_CUSTOMERS_MAX = 1000,
	BOOKS_DEVICES_MAX = 2000000,
	BOOKS_JOBS_MAX = 200000,
	BOOKS_BATCHES_MAX = 100000,
	BOOKS_IDENTITY_BYTES = 32,
};

/* What the client can know of a device since it submitted it last. */
enum certainty {
	CERTAINTY_NONE,   /* it never asked */
	CERTAINTY_LISTED, /* it has looked at the batch's list */
	CERTAINTY_SETTLED /* it was told how the job ended, or that nobody knows any more */
};

/* A device as one customer's: the same one may stand in the books of several. */
struct device {
	struct device *next; /* in the order in which they were first submitted */
	unsigned char identity[BOOKS_IDENTITY_BYTES];
	char id[GUID_SIZE];
	char *serial; /* these four are NULL if they were not given */
	char *product_key;
	char *manufacturer;
	char *model;
	uint64_t submitted;
	uint64_t registered; /* how often: more than once is a fault of ours */
	struct batch *batch; /* the one that it was registered in */
	uint64_t listed_ms;  /* from when on the batch shows it */
	struct job *holder;  /* the last one it was submitted in */
	enum certainty certainty;
};

struct batch {
	struct batch *next;
	char *name;
	uint64_t created_ms;
	struct device **devices; /* in the order in which they were registered */
	size_t n;
	size_t room;
};

/* One submitted device, and what becomes of it. */
struct job_entry {
	struct device *device;
	/* how it was sent */
	bool hash;
	bool complete;    /* an allowed combination of members */
	bool hash_broken; /* no base64, or not the beginning of a hardware hash */
	bool twice;       /* the same hash stood earlier in the upload */
	bool omitted;     /* the answer has no entry for it */
	/* once the job is settled */
	bool failed;
	bool in_progress;
	char *code; /* NULL: none, also where failed */
	char *name;
};

struct job {
	struct job *next;   /* of the customer */
	struct job *queued; /* the next that is not settled */
	uint64_t nth;
	char tracking[GUID_SIZE];
	char *request_id; /* NULL: none was sent */
	struct customer *customer;
	struct batch *batch;
	struct course course;
	uint64_t list_delay_ms;
	struct job_entry *entries; /* as they were submitted */
	size_t n;
	size_t *order; /* n places in entries: the order of the answer */
};

struct customer {
	struct customer *next;
	char tenant[GUID_SIZE]; /* in lower case */
	char *name;
	char *domain;
	enum relationship relationship;
	enum refusal refusal;
	struct consent_told told;
	enum maker_consent maker_consent;
	struct consent_told maker_told;
	void *by_identity; /* tree of struct device */
	struct device *devices;
	struct device **devices_end;
	struct batch *batches;
	struct batch **batches_end;
	struct job *jobs;
	struct job **jobs_end;
	struct pace pace;
};

struct books {
	struct customer *customers;
	struct customer **customers_end;
	struct job *unsettled;
	size_t customer_count;
	size_t device_count;
	uint64_t job_count;
	size_t batch_count;
};

struct books *books_new(void);

/* Accepts NULL. */
void books_free(struct books *b);

/* Customers of a scenario stand in the books, and are what it says that they are. */
void books_follow(struct books *b, const struct scenario *s);

/* Makes the changes of customers that are due. */
void books_change(struct books *b, const struct scenario *s, uint64_t now_ms);

/*
 * By tenant (a GUID, in any case) or name. A tenant that is not there becomes a reseller customer if
 * the scenario lets every customer exist. NULL: there is none, or there are too many.
 */
struct customer *books_meet_customer(struct books *b, const struct scenario *s, const char *name);

/* The exact name. NULL if there is none. */
struct batch *books_batch(const struct customer *c, const char *name);

/* NULL: there are too many. */
struct batch *books_add_batch(struct books *b, struct customer *c, const char *name,
    uint64_t now_ms);

/* NULL if the customer never had it. */
struct device *books_device(const struct customer *c,
    const unsigned char identity[BOOKS_IDENTITY_BYTES]);

/* The customer has none of that identity. NULL: there are too many. */
struct device *books_add_device(struct books *b, struct customer *c, struct chance *ids,
    const unsigned char identity[BOOKS_IDENTITY_BYTES]);

/* Puts the device into the batch's list. */
void books_register(struct batch *batch, struct device *d, uint64_t listed_ms);

/* A job for n devices, not yet settled. NULL: there are too many. */
struct job *books_add_job(struct books *b, struct batch *batch, struct customer *c, size_t n,
    struct chance *ids);

/* By tracking id, in any case; NULL if there is none. */
struct job *books_job(const struct customer *c, const char *tracking);

/* Takes the first job that is due from those not settled; NULL if none is. */
struct job *books_take_due(struct books *b, uint64_t now_ms);

/* All of it, for tests. */
json_t *books_show(const struct books *b, uint64_t now_ms);
