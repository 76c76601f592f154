/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/guid.h"
#include "channel/batch.h"
#include "channel/verdict.h"

/*
 * A way to a service that registers devices: submit a batch, ask what became of it, look which of
 * its devices the service holds, ask whether the customer consents, and how it would. The agent knows
 * only this.
 *
 * Nothing here waits, retries or remembers: each operation is one attempt. What it says is made
 * durable by whoever asked.
 */
struct channel;
struct channel_op;

/* How an operation ended, as far as the next step depends on it. */
enum channel_outcome {
	CHANNEL_DONE,       /* the service did what was asked */
	CHANNEL_REFUSED,    /* a clear no to what was sent: something in it is bad */
	CHANNEL_TOO_LARGE,  /* a clear no to its size */
	CHANNEL_GONE,       /* the service does not know (any more) what was asked about */
	CHANNEL_NO_CONSENT, /* no relationship with this customer */
	CHANNEL_DENIED,     /* this partner may not do it at all, in its role: a person must act */
	CHANNEL_AUTH,       /* the service does not let us in at all: a person must act */
	CHANNEL_THROTTLED,  /* refused for now */
	CHANNEL_UNSENT,     /* nothing reached the service: network down, or it is unavailable */
	CHANNEL_SERVER,     /* 5xx: it may have taken effect */
	CHANNEL_UNKNOWN,    /* connection lost, time-out: it may have taken effect */
	CHANNEL_NAME_CASE,  /* a batch there differs from the tag in case only: nothing was sent */
	CHANNEL_STOPPED,    /* cancelled, or out of memory */
};

/* "no_consent"; static. */
const char *channel_outcome_name(enum channel_outcome outcome);

enum { CHANNEL_CODE_SIZE = 32, CHANNEL_MESSAGE_SIZE = 512 };

/* What every operation answers. A plain value. */
struct channel_answer {
	enum channel_outcome outcome;
	const char *call;             /* "GET customers/{customer}"; static, "" if none was made */
	unsigned status;              /* of HTTP; 0: there was no answer */
	bool customer_only;           /* CHANNEL_THROTTLED: this customer, not the whole partner */
	int64_t retry_after_ms;       /* -1: the service did not say */
	char code[CHANNEL_CODE_SIZE]; /* "20002", "AADSTS700082"; "" if none */
	char message[CHANNEL_MESSAGE_SIZE]; /* what happened, for people */
	const char *advice;                 /* what to do; static, "" if nothing */
	char request_id[GUID_SIZE];         /* as the service named them, else as they were sent */
	char correlation_id[GUID_SIZE];
};

/* tracking: of the accepted job, "" unless CHANNEL_DONE. */
typedef void channel_submit_fn(void *arg, const struct channel_answer *answer,
    const char *tracking);

/*
 * verdict: one for each device of the batch, in its order, once the job is over; VERDICT_NONE where
 * the service said nothing of a device. NULL: not over, or not CHANNEL_DONE.
 */
typedef void channel_poll_fn(void *arg, const struct channel_answer *answer,
    const struct verdict *verdict);

/* there: for each device of the batch, whether the service lists it. NULL unless CHANNEL_DONE. */
typedef void channel_look_fn(void *arg, const struct channel_answer *answer, const bool *there);

/* granted: only with CHANNEL_DONE; CHANNEL_NO_CONSENT says no. */
typedef void channel_consent_fn(void *arg, const struct channel_answer *answer, bool granted);

/* released: the service does not hold it for this customer any more, or never did. */
typedef void channel_release_fn(void *arg, const struct channel_answer *answer, bool released);

/* A customer's tenant. The domain is "" where a service does not want it. */
struct channel_tenant {
	const char *id;
	const char *domain;
};

/* url: what customers are sent, the same for all of them; NULL unless CHANNEL_DONE. */
typedef void channel_link_fn(void *arg, const struct channel_answer *answer, const char *url);

/* A customer as the service knows it. Borrowed by the callback. */
struct channel_customer {
	const char *tenant;
	const char *domain;
	const char *company;
	bool granted; /* devices may be registered for it */
};

/* All customers that the service has for us; NULL unless CHANNEL_DONE. */
typedef void channel_customers_fn(void *arg, const struct channel_answer *answer,
    const struct channel_customer *customer, size_t n);

/*
 * Every start: if it returns ERR_OK the callback runs exactly once, later, on the loop thread, never
 * inside start or cancel; otherwise never. The operation is gone when the callback runs. The batch
 * must live until then. Errors: ERR_NOMEM, ERR_CANCELLED.
 */
struct channel_ops {
	enum err_code (*submit)(struct channel *c, const struct batch *b, channel_submit_fn *done,
	    void *arg, struct channel_op **out, struct err *err);
	enum err_code (*poll)(struct channel *c, const struct batch *b, channel_poll_fn *done,
	    void *arg, struct channel_op **out, struct err *err);
	enum err_code (*look)(struct channel *c, const struct batch *b, channel_look_fn *done,
	    void *arg, struct channel_op **out, struct err *err);
	enum err_code (*consent)(struct channel *c, const struct channel_tenant *tenant,
	    channel_consent_fn *done, void *arg, struct channel_op **out, struct err *err);

	enum err_code (*link)(struct channel *c, channel_link_fn *done, void *arg,
	    struct channel_op **out, struct err *err);
	/*
	 * Takes the first device of the batch back, which is registered for its customer. NULL: the
	 * service has no such thing.
	 */
	enum err_code (*release)(struct channel *c, const struct batch *b, channel_release_fn *done,
	    void *arg, struct channel_op **out, struct err *err);
	enum err_code (*customers)(struct channel *c, channel_customers_fn *done, void *arg,
	    struct channel_op **out, struct err *err);

	/* A wish: idempotent, ends in the callback with CHANNEL_STOPPED. */
	void (*cancel)(struct channel_op *op);

	/*
	 * The service wants nothing for so long: no further request of this operation leaves, and if
	 * one was yet to leave it ends in the callback with CHANNEL_THROTTLED. What has left is waited
	 * for.
	 */
	void (*pause)(struct channel_op *op, int64_t for_ms);

	/* No operation may be in flight. */
	void (*free)(struct channel *c);
};

/* The first member of every channel. */
struct channel {
	const struct channel_ops *ops;
};
