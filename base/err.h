/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdarg.h>

/*
 * The one error type. The callee fills it, the caller owns it, it is passed last.
 *
 * A function that can fail returns the same code that it puts into *err, and changes its
 * outputs only on success. Context is added on the way up with err_wrap() and then reads
 * from left to right: "a.csv: columns 1 and 2 are both "model"".
 *
 * Messages are for people: one line, no secrets, no whole hardware hashes. A longer text is
 * cut at the end of the buffer.
 */
enum err_code {
	ERR_OK = 0,
	ERR_NOMEM,       /* memory */
	ERR_IO,          /* a file or a stream could not be read or written */
	ERR_FORMAT,      /* the input is not what it should be */
	ERR_LIMIT,       /* the input is larger than a ceiling of ours */
	ERR_USAGE,       /* the person asked for something that does not exist */
	ERR_EXISTS,      /* something stands where the result should go */
	ERR_INTERRUPTED, /* the person has had enough */
	ERR_NOT_FOUND,   /* what was asked for is not there */
	ERR_BUSY,        /* somebody else holds it */
	ERR_CONNECT,     /* no connection: nothing was sent, nothing can have happened */
	ERR_NET,         /* the connection was lost: what was sent may have taken effect */
	ERR_TIMEOUT,     /* no answer in time: what was sent may have taken effect */
	ERR_TLS,         /* the other side did not prove who it is: nothing was sent */
	ERR_CANCELLED,   /* our own wish */
};

struct err {
	enum err_code code;
	char msg[256];
};

#define MUST_USE __attribute__((warn_unused_result))

/* Sets code and text; returns code. */
enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets ERR_IO and "text: strerror(errnum)"; returns ERR_IO. */
enum err_code err_errno(struct err *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "text: " in front of the message that is already there; returns the code it holds. */
enum err_code err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
