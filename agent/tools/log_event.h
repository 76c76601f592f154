/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/tools/log_class.h"
#include "agent/tools/log_key.h"

/*
 * Says what happened:
 *
 *	log_event(LOG_LIST_TAKEN_IN, LOG_NUMBER(LIST, id), LOG_TEXT(CUSTOMER, name));
 *
 * Texts are terminated, and are anything from outside. NULL and "" say that there is none: the field
 * is left out. A secret, a hash, anything that is bytes or a slice does not compile.
 */
struct log_given {
	enum log_key key;
	const char *text; /* NULL: a number */
	int64_t number;
};

#define LOG_TEXT(key, s) \
	_Generic((s), char * : log_given_text, const char * : log_given_text)(LOG_TEXT_##key, (s))

#define LOG_NUMBER(key, n) \
	_Generic((n), int \
	         : log_given_number, unsigned \
	         : log_given_number, long \
	         : log_given_number, unsigned long \
	         : log_given_number)(LOG_NUMBER_##key, (int64_t)(n))

/* The empty text in front is for events of which nothing more is told; it is left out like any other. */
#define log_event(which, ...) \
	log_event_put((which), (const struct log_given[]){ { .text = "" }, ##__VA_ARGS__ }, \
	    sizeof((const struct log_given[]){ { .text = "" }, ##__VA_ARGS__ }) / \
	        sizeof(struct log_given))

static inline struct log_given
log_given_text(enum log_key key, const char *s)
{
	return (struct log_given){ .key = key, .text = s ? s : "" };
}

static inline struct log_given
log_given_number(enum log_key key, int64_t n)
{
	return (struct log_given){ .key = key, .number = n };
}

/* What log_event() is made of. */
void log_event_put(enum log_class which, const struct log_given *given, size_t n);
