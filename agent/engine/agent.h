/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/engine/discovery.h"
#include "agent/engine/reload_wait.h"
#include "agent/intake/incoming.h"
#include "agent/intake/unit_intake.h"
#include "agent/sending/dispatch.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/slice.h"
#include "config/config.h"
#include "store/store.h"

/*
 * The agent at work: store, tokens, channels, intake, dispatch, and, for the daemon, spool and
 * servers. `autoreg run` keeps one until it is told to stop, `autoreg register` until its lists are
 * settled. What it does it decides from the store; what a person wants of it comes in here.
 *
 * Thread: the loop's. Callbacks follow the contract of every start: exactly once, later, on the
 * loop thread, if ERR_OK was returned; otherwise never.
 */
struct agent;
struct login_desk;
struct meter;
struct store_async;
struct uv_loop_s;

struct agent_options {
	struct uv_loop_s *loop;
	const char *config_path; /* read again by agent_reload() */
	struct config *config;   /* taken over, if agent_open() succeeds */
	const struct clock *clock;
	const struct random *random;
	bool daemon; /* with spool and servers */
	void *arg;
	void (*on_list_done)(void *arg, int64_t list); /* settled and reported; may be NULL */
	/*
	 * What agent_work() and agent_config_status() say may have changed; may be NULL. Often, and
	 * also from inside of calls of the agent: to be looked at later.
	 */
	void (*on_change)(void *arg);
	/* agent_open() takes long, and gets on; several times a second. May be NULL. */
	void (*on_progress)(void *arg);
	/* A configuration that was read again is good so far: the last who can refuse it. May be NULL. */
	enum err_code (*on_reload)(void *arg, const struct config *next, struct err *err);
};

/*
 * Opens all there is and goes on with what a former agent left. Blocks on the disk for as long as
 * that takes. Errors: ERR_BUSY (another agent has the state folder), ERR_IO, ERR_NOMEM, ERR_FORMAT
 * (secrets, store), ERR_EXISTS (the control socket is served by somebody).
 */
MUST_USE enum err_code agent_open(const struct agent_options *opt, struct agent **out,
    struct err *err);

/*
 * Stops: no new requests; those in flight get a short grace, then they are cancelled (their outcome
 * is asked for at the next start); commits are waited for; everything is closed. closed runs on
 * the loop thread when the agent is gone. A second call cuts the grace short.
 */
void agent_stop(struct agent *a, void (*closed)(void *arg), void *arg);

/* The configuration in force; valid until agent_reload() succeeds. */
const struct config *agent_config(const struct agent *a);

/* Where people sign in and out for partners. NULL: it is stopping, or reading its configuration. */
struct login_desk *agent_login_desk(const struct agent *a);

/* What has happened so far. As long as the agent is there. */
struct meter *agent_meter(struct agent *a);

/* For questions (store.h, "Questions"), and for changes. */
struct store_async *agent_reader(struct agent *a);
struct store_async *agent_writer(struct agent *a);

/* ---- What people want of it -------------------------------------------------------------------- */

/* One after the other, in order. Errors: ERR_NOMEM, ERR_LIMIT (too many wait), ERR_USAGE (the tag
 * is not allowed for this customer), ERR_BUSY (reloading), ERR_CANCELLED (stopping). */
MUST_USE enum err_code agent_take_list(struct agent *a, const struct incoming_list *list,
    incoming_fn *done, void *arg, struct err *err);

/*
 * unit_intake_take(), with the configuration in force. Errors: its own, ERR_BUSY (reloading),
 * ERR_CANCELLED (stopping).
 */
MUST_USE enum err_code agent_take_unit(struct agent *a, struct slice text, const char *customer,
    unit_fn *done, void *arg, struct err *err);

/* dispatch_flush(). Errors: its own, ERR_BUSY (reloading), ERR_CANCELLED (stopping). */
MUST_USE enum err_code agent_flush(struct agent *a, const char *customer, struct err *err);

typedef void agent_done_fn(void *arg, uint64_t n, const struct err *err);

/*
 * Each of these is an order, and leaves an event of the actor, who is "uid 1000", or "signal".
 *
 * Failed, held and claimed devices that match are queued again, and the holds of their customer
 * ("consent", "credentials", "tag") are tried anew. n: devices queued.
 */
MUST_USE enum err_code agent_retry(struct agent *a, const struct store_device_query *q,
    const char *actor, agent_done_fn *done, void *arg, struct err *err);

/* The same for the devices that are held, whatever state q names. */
MUST_USE enum err_code agent_release(struct agent *a, const struct store_device_query *q,
    const char *actor, agent_done_fn *done, void *arg, struct err *err);

/* Nothing is sent for this customer (NULL: for any) until agent_resume(). Survives restarts. */
MUST_USE enum err_code agent_pause(struct agent *a, const char *customer, const char *actor,
    agent_done_fn *done, void *arg, struct err *err);
MUST_USE enum err_code agent_resume(struct agent *a, const char *customer, const char *actor,
    agent_done_fn *done, void *arg, struct err *err);

/*
 * Somebody has looked at the image of these devices (serial, customer and list count), and it is right.
 * n: devices. Errors of done also: ERR_NOT_FOUND (there is no such device).
 */
MUST_USE enum err_code agent_acknowledge_image(struct agent *a, const struct store_device_query *q,
    const char *actor, agent_done_fn *done, void *arg, struct err *err);

struct agent_claim_change {
	enum store_claim_part part;
	const char *serial;
	const char *customer; /* NULL: whoever's it is */
	const char *text;     /* of CLAIM_CASE and CLAIM_NOTE, at most 2048 bytes; else NULL */
};

/* n: claims. Errors: ERR_USAGE (the text is too long); of done also ERR_NOT_FOUND (there is no such claim). */
MUST_USE enum err_code agent_change_claim(struct agent *a, const struct agent_claim_change *change,
    const char *actor, agent_done_fn *done, void *arg, struct err *err);

/*
 * dispatch_check_consent() and dispatch_link(), discovery_start() with the partners in force. Errors:
 * theirs, ERR_BUSY (reloading; of discover also: somebody else asks), ERR_CANCELLED (stopping).
 */
MUST_USE enum err_code agent_check_consent(struct agent *a, const char *customer,
    dispatch_consent_fn *done, void *arg, struct err *err);
MUST_USE enum err_code agent_link(struct agent *a, const char *customer, bool requested,
    dispatch_link_fn *done, void *arg, struct err *err);
MUST_USE enum err_code agent_discover(struct agent *a, discovery_fn *done, void *arg,
    struct err *err);

/*
 * Reads the configuration and the secrets again. Blocks on the disk. On any error the old ones stay
 * in force, the log tells all that is wrong, and err the first of it: "FILE:LINE:COLUMN: why". What cannot change while running (state, listen,
 * control) is refused with a text that says so. ERR_BUSY: another reload is under way, or the agent
 * is stopping.
 *
 * Requests in flight end first; until then lists are not taken (ERR_BUSY). done (NULL: nobody waits)
 * is told when the new configuration is in force and takes work, or why it does not: ERR_CANCELLED (the
 * agent stops), ERR_BUSY (what was in flight has hung for half a minute: it is still waited for), or
 * what was right when it was checked and is not any more.
 */
MUST_USE enum err_code agent_reload(struct agent *a, const char *actor, reload_wait_fn *done,
    void *arg, struct err *err);

/* ---- What it knows without asking the store ------------------------------------------------------ */

struct agent_customer_status {
	const char *consent;  /* "granted", "withdrawn", "unknown" */
	const char *held_for; /* NULL: nothing holds it */
	const char *held_message;
	int64_t next_unix_ms;         /* when something is due for it; 0: nothing is */
	unsigned in_flight;           /* accepted jobs that are not settled */
	int64_t paused_until_unix_ms; /* as it or its service has asked; 0, or in the past: not */
};
/* i: index in agent_config()->customers. Borrowed until the next return to the loop. */
void agent_customer_status(const struct agent *a, size_t i, struct agent_customer_status *out);

/* All customers together. */
struct agent_work {
	size_t customers;
	uint64_t queued;           /* devices; about so many */
	uint64_t in_flight;        /* batches that are not settled */
	int64_t next_unix_ms;      /* when something is due for them; 0: nothing is */
	size_t held;               /* customers that wait for a person */
	const char *held_customer; /* the first of them, */
	const char *held_for;      /* and what for */
};
/* Borrowed until the next return to the loop. */
void agent_work(const struct agent *a, struct agent_work *out);

/*
 * pulse_beat() of all that the agent is made of: NULL if it lives, else what does not, static. To be
 * called regularly, by one caller.
 */
const char *agent_pulse(struct agent *a);

struct agent_config_status {
	int64_t loaded_unix_ms; /* when the configuration in force was read */
	uint64_t generation;    /* which one it is since the start, from 1 */
	bool refused;           /* one that was read after it */
	bool reading;           /* another one is about to come into force */
};
void agent_config_status(const struct agent *a, struct agent_config_status *out);

struct agent_partner_status {
	const char *token;       /* "valid", "none" (also if nobody has signed in), "refused" */
	int64_t expires_unix_ms; /* 0: there is none */
	int64_t certificate_until_unix_s; /* that the partner's application shows; 0: none */
	bool signed_in;                   /* there is something that tokens can be asked for with */
	const char *message; /* why it was refused, or could not be had; "" otherwise */
};
/* i: index in agent_config()->partners. */
void agent_partner_status(const struct agent *a, size_t i, struct agent_partner_status *out);

struct agent_oem_status {
	const char *credential;           /* "valid" as far as is known, "refused", "expired" */
	int64_t certificate_until_unix_s; /* 0: there is none */
	const char *message;              /* why it was refused; "" otherwise */
};
/* i: index in agent_config()->oems. */
void agent_oem_status(const struct agent *a, size_t i, struct agent_oem_status *out);
