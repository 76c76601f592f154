/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/sending/batch_step.h"
#include "agent/sending/consent_step.h"
#include "agent/sending/link_step.h"
#include "agent/sending/release_step.h"
#include "agent/sending/roster.h"
#include "base/clock.h"
#include "base/err.h"
#include "config/config.h"

/*
 * What there is to do, for whom and when: the batches that are not closed, whose consent is to be
 * checked and whose claims, which link is not known, which unit is to be taken back, and whose turn it
 * is to send. It answers questions and starts nothing; time comes in as an argument, unix
 * milliseconds.
 *
 * Thread: the loop's.
 */
struct dispatch;

/* A batch that is not closed, or is about to be made. */
struct job {
	struct dispatch *dispatch;
	struct job *next;
	struct party *party;
	int64_t lane;
	struct store_batch batch;  /* id 0: being claimed */
	struct batch_step *step;   /* NULL: it waits for its time */
	enum batch_step_kind kind; /* of the step */
	unsigned strikes;          /* of the service, when the step began */
	int64_t asked_unix_ms;     /* when it was last asked about */
};

struct consent_desk;

struct check {
	struct consent_desk *desk;
	struct consent_step *flow; /* NULL: none is running */
	int64_t asked_unix_ms;     /* when it began */
	int64_t again_unix_ms;     /* not before: the last one came to nothing */
	unsigned failures;
	bool wanted; /* somebody waits for it */
};

/* How a service's link comes to be known. */
struct inquiry {
	struct consent_desk *desk;
	struct link_step *flow; /* NULL: none is running */
	int64_t again_unix_ms;  /* not before: the last one came to nothing */
	bool wanted;            /* somebody waits for it */
};

struct supersede_desk;

/* What a service is taking back. */
struct taking {
	struct supersede_desk *desk;
	struct release_step *flow; /* NULL: nothing */
	struct party *party;       /* whose unit it is, or was the last time; NULL: nobody's yet */
	int64_t again_unix_ms;     /* not before: the last one came to nothing */
	unsigned failures;
};

struct agenda {
	const struct config *config;
	struct dispatch *dispatch; /* for what hangs in the callbacks */
	struct roster roster;
	struct job *job;
	struct check *check;     /* one for each party */
	struct inquiry *inquiry; /* one for each service */
	struct taking *taking;   /* one for each service */
	int64_t begun_unix_ms;   /* moves with the clock: agenda_clock.h */
	int64_t lead_ms;         /* how far the wall clock was ahead of the monotonic one */
};

/* Never: nothing is due, or others will say when. */
#define AGENDA_NEVER INT64_MAX

/* config must outlive it. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code agenda_init(struct agenda *out, const struct config *config,
    const struct clock *clock, struct dispatch *dispatch, struct err *err);
void agenda_done(struct agenda *a);

/* NULL: no memory. */
struct job *agenda_add(struct agenda *a, struct party *p, const struct store_batch *b);
void agenda_remove(struct agenda *a, struct job *j);

/* What is asked about a batch in this state. */
enum batch_step_kind agenda_kind(enum batch_state state);

/*
 * What asks (a poll, a look, a check of consent: STEP_POLL) and what uploads takes up a slot of the
 * service while it is on its way, and an upload its lane besides.
 */
void agenda_begin(struct agenda *a, struct job *j, enum batch_step_kind kind);
void agenda_end(struct agenda *a, const struct job *j);
bool agenda_has_slot(const struct agenda *a, const struct service *s, enum batch_step_kind kind);

/* The job of a service that has been due for longest, of those that upload or those that ask. */
struct job *agenda_next_job(const struct agenda *a, const struct service *s, bool uploading,
    int64_t now);

/*
 * The lane of a service that sends next: customers take turns, and so do the lanes of each. NULL:
 * nothing is queued that may go. The turn is over with this answer. A lane whose group the service
 * may not have yet sends one upload at a time: of several at once each would make the group.
 */
struct lane *agenda_next_lane(struct agenda *a, struct service *s, int64_t now);

/*
 * When the consent of party i should be asked for, which may be in the past: at consent.recheck at
 * the latest, not all at the same time; more often while devices wait for it; at once if they do and
 * nobody has asked yet.
 */
int64_t agenda_check_due(const struct agenda *a, size_t i, int64_t now);

/* When the link of service i should be asked for: when one of its customers lacks consent. */
int64_t agenda_link_due(const struct agenda *a, size_t i);

/* When claimed devices of a customer should be sent again; never while it may not send. */
int64_t agenda_claims_due(const struct agenda *a, const struct party *p, int64_t now);

/*
 * When its oldest superseded device should be taken back; never while it may not send, or its service
 * is at it.
 */
int64_t agenda_release_due(const struct agenda *a, const struct party *p, int64_t now);

/* When something is due for a customer. */
int64_t agenda_party_due(const struct agenda *a, const struct party *p, int64_t now);

/*
 * A job that was accepted at since is over: how long jobs take, so that the next one is not asked
 * about too early or too often.
 */
void agenda_learn(struct job *j, int64_t since_unix_ms, int64_t now);

/* When to look again, if nothing that is on its way ends before. */
int64_t agenda_wake(const struct agenda *a, int64_t now);
