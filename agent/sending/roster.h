/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/sending/batch_policy.h"
#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

/*
 * Who there is to send for, and what stands in the way: services (a partner, a maker), their
 * customers, their lanes (one exact group tag, one purchase order), with the holds and pauses of each. All of it is rebuilt from
 * configuration and store whenever either has changed; pointers into it hold until the next
 * roster_update().
 */
enum hold_reason { HOLD_CONSENT, HOLD_CREDENTIALS, HOLD_TAG, HOLD_PAUSED, NHOLD_REASON };

/* "consent"; static. */
const char *hold_reason_name(enum hold_reason reason);

enum {
	SCOPE_NAME_SIZE = 80,
	HOLD_MESSAGE_SIZE = 1024,
	TAG_SIZE = 520,
	ENTITY_NAME_SIZE = 64,
	LINK_SIZE = 512, /* a longer one is none */
};

struct hold_note {
	bool on;
	int64_t since_unix_ms;
	char message[HOLD_MESSAGE_SIZE];
};

/*
 * What an answer has to say to the person who is waited for: what happened and what to do. url: what
 * the customer is to be sent; "": nothing.
 */
struct channel_answer;
void hold_message(const struct channel_answer *answer, const char *url,
    char out[HOLD_MESSAGE_SIZE]);

/* Puts the link at the end of a message, instead of the one that may be there. It is never cut. */
void hold_message_add_link(char message[HOLD_MESSAGE_SIZE], const char *url);

/* What may keep a service, a customer or a lane from sending. */
struct scope {
	char name[SCOPE_NAME_SIZE]; /* "oem/fabrikam", "customer/contoso", "lane/7" */
	int64_t pause_until_unix_ms;
	struct hold_note hold[NHOLD_REASON];
};

struct channel;

/* What a service takes at once, beside what the configuration says: the lower counts. 0: any. */
struct service_limits {
	uint64_t max_devices; /* in a batch */
	uint64_t max_bytes;
	uint64_t in_flight; /* batches of all its customers */
	const struct poll_times
	    *poll; /* how its jobs are asked about; NULL: as the configuration says */
};

struct service {
	struct scope scope;
	const struct oem *oem; /* NULL: it is a partner's */
	struct channel *channel;
	struct service_limits limits;
	unsigned uploads;     /* requests with a body that are on their way */
	unsigned asking;      /* polls and looks that are */
	unsigned strikes;     /* answers in a row with which it was out of reach */
	uint64_t typical_ms;  /* what a job takes, as a rule; 0: nobody knows yet */
	size_t turn;          /* the customer that is next */
	char link[LINK_SIZE]; /* what its customers are sent; "": nobody knows yet */
};

/*
 * unknown: the service was never asked, or said no before anybody was sent the link. requested: a
 * link was handed out. granted. denied: the partner may not do it in its role. withdrawn: it was
 * granted before.
 */
enum consent_state {
	CONSENT_UNKNOWN,
	CONSENT_REQUESTED,
	CONSENT_GRANTED,
	CONSENT_DENIED,
	CONSENT_WITHDRAWN,
};

/* "granted"; static. */
const char *consent_state_name(enum consent_state state);

/* CONSENT_UNKNOWN if it is the name of none. */
enum consent_state consent_state_of(struct slice name);

struct lane {
	struct scope scope;
	int64_t id;
	struct party *party;
	char tag[TAG_SIZE];
	uint64_t queued;       /* about so many wait; a hint */
	unsigned uploads;      /* requests with a body that are on their way */
	bool opened;           /* the service has taken devices under this tag: it has the group */
	int64_t waits_unix_ms; /* since when devices wait, as far as we saw; 0: none do */
};

/* A person, or the end of a pallet, wants sent what is in the store at that moment. */
enum flush_wish { FLUSH_NONE, FLUSH_ASKED, FLUSH_READING };

struct party {
	struct scope scope;
	const struct customer *customer;
	struct service *service;
	enum consent_state consent;
	int64_t consent_checked_unix_ms; /* 0: never */
	unsigned jobs;                   /* batches that are not closed */
	int64_t claims_unix_ms;          /* when its earliest claim is asked again; 0: never */
	int64_t superseded;              /* its device that is taken back next; 0: none is */
	enum flush_wish flush;
	struct lane *lane;
	size_t nlane;
	size_t turn; /* the lane that is next */
};

struct roster {
	bool loaded; /* the pauses of an earlier run are in */
	const struct config *config;
	struct service *service; /* one for each partner of the configuration, then each oem */
	size_t nservice;
	struct party *party; /* one for each customer of the configuration, in its order */
	size_t nparty;
};

/*
 * "partner/northwind", "oem/fabrikam"; NULL: the customer's devices go through no service that the
 * roster knows. Returns out.
 */
const char *roster_service_scope(const struct via *via, char out[SCOPE_NAME_SIZE]);

/* service[].channel and limits are the caller's to set. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code roster_init(struct roster *out, const struct config *config,
    struct err *err);
void roster_done(struct roster *r);

/*
 * Lanes, holds, pauses, consent, links, claims and superseded units as the news say; what else the roster knows stays. Customers
 * that the configuration does not have (any more) are left out. Errors: ERR_NOMEM; the roster is as
 * before then.
 */
struct roster_news;
MUST_USE enum err_code roster_update(struct roster *r, const struct roster_news *n,
    struct err *err);

/* NULL if there is none. */
struct lane *roster_lane(const struct roster *r, int64_t id);

/* The first reason why nothing may be sent in a lane until a person acts; NULL: there is none. */
const struct hold_note *roster_lane_hold(const struct lane *l, enum hold_reason *reason);
const struct hold_note *roster_party_hold(const struct party *p, enum hold_reason *reason);

/* Until when the service or the customer is paused; 0, or in the past: not. */
int64_t roster_party_pause(const struct party *p);
