/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/guid.h"
#include "base/slice.h"

/*
 * The unit of sending: devices of one customer under one exact group tag, with the ids under which
 * they are, or perhaps were, sent. Made by the store, read by a channel.
 */
struct batch_device {
	int64_t id;          /* of the store */
	struct slice serial; /* all slices may be empty; they live as long as the batch */
	struct slice product_id;
	struct slice manufacturer;
	struct slice model;
	struct slice hash;        /* decoded, without the zero bytes at its end */
	uint32_t hash_len;        /* bytes with them; 0: no hash */
	uint32_t attempts;        /* before this batch */
	uint32_t claims;          /* how often the service said before that it is somebody else's */
	bool lost;                /* the service took it once and never said what became of it */
	int64_t received_unix_ms; /* when it came to us */
};

enum { BATCH_TRACKING_SIZE = 512 }; /* the path of an address fits */

struct batch {
	int64_t id;
	const char *customer; /* its name in the configuration */
	const char *tenant;
	const char *domain; /* of the tenant; "" if none is configured */
	const char *tag;
	const char *order;          /* purchase order; "" if none */
	char request_id[GUID_SIZE]; /* the same as long as the outcome of a request is unknown */
	char correlation_id[GUID_SIZE];     /* the same for the life of the batch */
	char tracking[BATCH_TRACKING_SIZE]; /* of the accepted job; "" before that */
	uint32_t attempts;                  /* requests that have left or were about to */
	struct batch_device *device;
	size_t ndevice;
	struct batch_text *text; /* owns all the texts */
};

/* What all devices of a batch have in common. */
struct batch_head {
	int64_t id;
	struct slice customer;
	struct slice tenant;
	struct slice domain;
	struct slice tag;
	struct slice order;
};

/* texts are copied. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code batch_new(const struct batch_head *head, struct batch **out,
    struct err *err);

/* Appends a device, whose texts are copied. Errors: ERR_NOMEM; the batch is as before then. */
MUST_USE enum err_code batch_add(struct batch *b, const struct batch_device *d, struct err *err);

/* Wipes the hashes and frees; accepts NULL. */
void batch_free(struct batch *b);
