/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/tools/byte_sink.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

/*
 * What people ask about lists, devices, claims and what happened. The same question is asked of the
 * agent, as an address, and of a store, and the answer is the same document: a line in front, a line
 * for each record, a line behind.
 */
enum question_kind {
	QUESTION_LISTS,
	QUESTION_DEVICES,
	QUESTION_REPORT,
	QUESTION_CLAIMS,
	QUESTION_EVENTS,
};
enum report_form { REPORT_JSON, REPORT_CSV };

/* A plain value. Texts are borrowed from whoever asks. */
struct question {
	enum question_kind kind;
	struct slice customer; /* empty: any */
	bool stranger;         /* the configuration has no such customer */
	struct slice serial;   /* empty: any */
	int64_t list;          /* 0: any */
	bool by_state;
	enum device_state state;
	bool all;       /* of QUESTION_CLAIMS: those that were released as well */
	uint64_t limit; /* of devices and events; 0: none, or of events QUESTION_EVENTS_LIMIT */
	bool from;      /* events: those after that one, else the newest */
	int64_t after;
	struct slice event_kind; /* empty: any */
	enum report_form form;   /* of QUESTION_REPORT */
};

/* So many events are told if nobody says how many. */
enum { QUESTION_EVENTS_LIMIT = 100 };

/*
 * Narrows it down. word: "customer", "serial", "list", "state", "limit", "all", "after", "kind" or
 * "format"; value: NULL changes nothing. Errors: ERR_USAGE, with what would be possible.
 */
MUST_USE enum err_code question_set(struct question *q, const char *word, const char *value,
    struct err *err);

/* How the agent is asked: appends "/v1/devices?serial=PF0ABCDE". */
void question_address(const struct question *q, struct buf *out);

/* Only what narrows it down: appends "?serial=PF0ABCDE", or nothing. */
void question_narrowing(const struct question *q, struct buf *out);

/* Of its devices: all that match. */
struct store_device_query question_devices(const struct question *q);

/*
 * A customer whom the configuration does not have is answered about as long as there are records; that
 * nothing is known of anybody of that name is an error, and no empty answer.
 */
void question_note_customers(struct question *q, const struct config *c);

/*
 * The answer where there is no store yet. Errors: ERR_NOT_FOUND (it was asked for a certain list or
 * device, or a customer who is not configured), those of the sink.
 */
MUST_USE enum err_code question_answer_nothing(const struct question *q,
    const struct byte_sink *sink, struct err *err);

/*
 * Answers from a store. folder: for temporary files. Blocks.
 * Errors: ERR_NOT_FOUND (the list, a device with that serial number, anything of a customer who is not
 * configured; nothing is put then), ERR_IO, ERR_NOMEM, those of sink and store.
 */
MUST_USE enum err_code question_answer(const struct question *q, struct store *s,
    const char *folder, const struct byte_sink *sink, struct err *err);
