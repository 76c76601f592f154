/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/slice.h"

/*
 * One HTTP request and its answer. Whoever sends requests needs only this header; the loop that
 * carries them is http/http_loop.h.
 *
 * Nothing is retried here, but for a question or an incomplete body that died with a kept connection.
 * No redirect is followed, TLS is always verified. Plain http is for loopback and Unix sockets only.
 */
struct http_loop;
struct http_call;

enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_DELETE };

struct http_header {
	const char *name;
	const char *value; /* without line ends */
};

/*
 * A body of known length. It is read in pieces while it is sent, never held as a whole by the
 * loop; rewind is asked for when a kept connection turns out to be dead and the request has to
 * begin again on another. Neither of the two may call anything of http/ but http_call_cancel().
 */
struct http_body {
	uint64_t len; /* bytes that read() delivers in all, at least 1 */
	/* The next bytes, 1 to cap; it is not asked for more than len. */
	size_t (*read)(void *arg, char *out, size_t cap);
	void (*rewind)(void *arg);
	void *arg;
};

/*
 * An answer that goes on and on is taken as it comes: each piece of the body of a 2xx answer is
 * given to take, and none is left for the response. take may call nothing of http/ but
 * http_call_cancel().
 */
struct http_stream {
	void (*take)(void *arg, struct slice piece);
	void *arg;
};

enum { HTTP_HEADERS_MAX = 48 };

/*
 * What a service's TLS has to be, and what we show it, beyond what holds for all requests: TLS is
 * always verified. Requests share connections if these are the same, and with no others. All of it
 * is read during start.
 */
struct http_tls {
	const struct secret *certificate; /* ours: PEM, with what it was issued by; NULL: none */
	const struct secret *private_key; /* of it: PEM, without a passphrase */
	struct slice ca;                  /* PEM: trusted instead of the loop's; empty: that */
	const char *pins; /* "sha256//…;sha256//…": one of these public keys; NULL: any verified */
	bool tls_1_3;     /* nothing older */
};

/* What a service's certificate says of itself, as OpenSSL writes it; empty: it was not looked at. */
struct http_certificate {
	struct slice issuer;
	struct slice expires; /* "Aug 10 12:00:00 2027 GMT" */
};

struct http_request {
	enum http_method method;
	const char *api;                  /* who is asked, for whoever counts; static; or NULL */
	const char *url;                  /* absolute */
	const struct http_header *header; /* at most HTTP_HEADERS_MAX; read during start */
	size_t nheader;
	const struct secret *bearer; /* NULL: no Authorization; read during start */
	const char *bearer_header;   /* carries it bare, in place of Authorization; NULL: that */
	const struct http_tls *tls;  /* NULL: nothing of the kind; read during start */
	/* A short body, copied during start and wiped when the call is over; empty: none. */
	struct slice text;
	/* Or a streamed one, borrowed until the callback; NULL: none. */
	const struct http_body *body;
	const struct http_stream *stream; /* borrowed until the callback; NULL: none */
	/*
	 * For all of it, from start to the answer's end. 0: the loop's; but a streamed body may
	 * take as long as the line needs, and only standstill (low_speed_s) ends it, and a streamed
	 * answer as long as the other side goes on.
	 */
	uint64_t total_ms;
	size_t answer_max; /* bytes of the answer's body; 0: HTTP_ANSWER_MAX */
	bool certificate;  /* http_response_certificate() is wanted */
};

enum { HTTP_ANSWER_MAX = 16 * 1024 * 1024 };

/* Borrowed by the callback; gone when it returns. */
struct http_response {
	unsigned status;        /* 200 to 999 */
	struct slice body;      /* as it came, decompressed; a byte order mark is still in front */
	int64_t retry_after_ms; /* from now; -1: the header is not there, or makes no sense */
	const struct http_call *call;
};

/* The header's value, without blanks around it; empty if it is not there. Case does not count. */
struct slice http_response_header(const struct http_response *rsp, const char *name);

/* When the answer was made, by the service's clock: its Date. -1: it does not say, or nobody can read it. */
int64_t http_response_date_unix_s(const struct http_response *rsp);

/*
 * The service's certificate, if the request wanted it and has opened the connection. Borrowed like the
 * response.
 */
struct http_certificate http_response_certificate(const struct http_response *rsp);

/*
 * rsp: the complete answer, whatever its status; NULL on error. err: NULL, or what happened
 * (ERR_CONNECT, ERR_NOMEM: nothing was sent; ERR_TLS: the same, or our certificate was refused, so
 * that it has not taken effect; ERR_NET, ERR_TIMEOUT: it may have taken effect; ERR_LIMIT: the answer is larger than allowed, so it has taken effect; ERR_CANCELLED).
 */
typedef void http_done_fn(void *arg, const struct http_response *rsp, const struct err *err);

/*
 * Starts a request. If it returns ERR_OK the callback runs exactly once, later, on the loop thread,
 * never inside start or cancel; otherwise never. The call is gone when the callback runs.
 *
 * Errors: ERR_NOMEM, ERR_USAGE (the address is none that may be called, or a header or the token is
 * none that can be sent), ERR_CANCELLED (the loop is closing). *out is untouched then.
 */
MUST_USE enum err_code http_call_start(struct http_loop *hl, const struct http_request *req,
    http_done_fn *done, void *arg, struct http_call **out, struct err *err);

/*
 * A call that sends nothing, for whoever knows the answer already but may not give it inside start: it
 * ends as soon as may be, with neither rsp nor err. The contract and errors of http_call_start().
 */
MUST_USE enum err_code http_call_skip(struct http_loop *hl, http_done_fn *done, void *arg,
    struct http_call **out, struct err *err);

/* A wish: idempotent, and it ends in the callback with ERR_CANCELLED. */
void http_call_cancel(struct http_call *call);
