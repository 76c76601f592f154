/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "tests/simulator/consent_told.h"
#include "tests/simulator/operation.h"
#include "tests/simulator/scenario.h"

/*
 * One request and its answer. The front fills in what came, hands the exchange to the simulator
 * once the body is whole, and delivers the answer in the manner that the simulator asks for.
 */

enum { EXCHANGE_BODY_MAX = 64 << 20, EXCHANGE_ARGS_MAX = 2, EXCHANGE_SEGMENTS_MAX = 8 };

struct access_token;
struct customer;
struct job;

/* How an answer is delivered; zeroed, at once and whole. */
struct delivery {
	uint64_t delay_ms;
	bool hang;             /* no answer until the client goes away */
	bool cut;              /* the connection is closed instead of an answer */
	bool truncated;        /* the body ends after so many bytes, the connection with it */
	size_t truncate_bytes; /* of a truncated one */
	uint64_t trickle;      /* bytes per second; 0: as fast as can be */
};

struct exchange {
	/* what came; fixed once the exchange is with the simulator */
	uint64_t n;
	uint64_t at_ms; /* when its first line was read */
	uint64_t connection;
	char *method;
	char *uri;
	json_t *headers; /* lower-case name: text */
	struct buf body;
	bool too_large;   /* more than EXCHANGE_BODY_MAX; the body is not whole */
	bool certificate; /* the client has shown one that its CA signed */

	/* what it means */
	enum operation operation;
	char *arg[EXCHANGE_ARGS_MAX]; /* what the braces of the route stand for, decoded */
	json_t *query;
	json_t *content;            /* the body: JSON, or the fields of a form; NULL: neither */
	struct access_token *token; /* the one that it came with; NULL: none of ours */
	struct customer *customer;
	bool refused;              /* because the customer does not consent */
	struct consent_told *told; /* what the client knows of that customer's consent, and */
	enum consent_word said;    /* what the answer says of it */
	struct job *job;           /* the one that this exchange brought about */
	const struct fault *fault;

	/* the answer */
	unsigned status;
	json_t *answer_headers; /* as they are sent */
	struct buf answer;
	struct delivery delivery;
};

/* uri: path and query as on the request line. */
struct exchange *exchange_new(const char *uri, uint64_t at_ms);

/* Accepts NULL. */
void exchange_free(struct exchange *x);

void exchange_add_header(struct exchange *x, const char *name, const char *value);

/* name: in lower case. NULL if it was not sent. Borrowed from the exchange, like exchange_field(). */
const char *exchange_header(const struct exchange *x, const char *name);

/* A text among the content or the query; NULL if there is none of that name. */
const char *exchange_field(const json_t *fields, const char *name);

/* Path and query as they came. */
struct slice exchange_path(const struct exchange *x);
struct slice exchange_query(const struct exchange *x);

/*
 * Does the path agree with a pattern like "/v1/customers/{}/deviceBatches"? Case does not count,
 * nor does a double slash. If so, what the braces stand for is put into arg.
 */
bool exchange_matches(struct exchange *x, const char *pattern);

/* Starts an answer anew: nothing but this status. */
void exchange_answer(struct exchange *x, unsigned status);

void exchange_set_header(struct exchange *x, const char *name, const char *value);

/* A body as it is. type: NULL for none. */
void exchange_set_body(struct exchange *x, const char *type, struct slice body);

/* A JSON body in its compact form. Takes doc over. */
void exchange_set_json(struct exchange *x, const char *type, json_t *doc);
