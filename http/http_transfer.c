/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_transfer.h"

#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "http/http_address.h"
#include "http/http_tls.h"
#include "http/http_tunnel.h"
#include "http/retry_after.h"

enum {
	ANSWER_HEADER_MAX = 64 * 1024, /* all header lines of an answer, interim answers included */
	REQUEST_HEADER_MAX = 64 * 1024, /* all that the caller gives, the token included */
	FIXED_LINES = 2,
	BEARER_LINES = 1,
	LINES_MAX = FIXED_LINES + HTTP_HEADERS_MAX + BEARER_LINES,
	LOW_SPEED_BYTES = 100,

	/*
	 * A kept connection that the other side has closed meanwhile is noticed before anything is
	 * sent, except over TLS, where its farewell looks like an answer. Questions may be sent
	 * again then; for all else a connection has to be fresher than the shortest time after
	 * which servers commonly close one.
	 */
	IDLE_ASKING_S = 110,
	IDLE_ACTING_S = 4,
	CONNECTION_AGE_S = 600, /* then names are resolved anew */
};

struct http_transfer {
	CURL *easy;
	struct http_address address;
	bool unix_socket; /* it goes to one */
	enum http_method method;
	char detail[CURL_ERROR_SIZE]; /* what curl says of a failure */

	/* What goes out. */
	struct buf lines; /* header lines, each with its NUL */
	struct curl_slist line[LINES_MAX];
	struct buf tls;    /* what curl borrows of it */
	struct buf tunnel; /* the same of who we are for the proxy */
	struct curl_slist tunnel_line;
	struct secret *text;              /* NULL: none */
	const struct http_body *body;     /* NULL: none */
	const struct http_stream *stream; /* NULL: none */
	uint64_t sent;   /* bytes of the body that curl has taken, since its last begin */
	bool sent_whole; /* it has taken all of them, at least once */
	bool begun;      /* the request may have been on the wire */

	/* What comes in. */
	struct buf answer;
	size_t header_bytes;
	bool head_whole; /* the blank line after the last answer's headers has come */
};

/* --- curl's callbacks --- */

static void
begin_again(struct http_transfer *t)
{
	t->body->rewind(t->body->arg);
	t->sent = 0;
}

/*
 * A connection stands, and the first byte of the request is about to be sent on it. curl comes here
 * again when a kept connection died without an answer, because it wants to try on a new one. That is
 * fine for a question, and for a body that never was there as a whole, so that nobody can have acted
 * on it. Else only the caller can find out whether the request has taken effect.
 * Source: sources.md#curl-retry
 */
static int
on_request(void *arg, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
	struct http_transfer *t = arg;

	(void)local_ip;
	(void)remote_port;
	(void)local_port;
	/* Nothing leaves this machine without TLS, whatever a name has come to mean. */
	if (t->address.plain && !t->unix_socket && !http_address_is_loopback(remote_ip))
		return CURL_PREREQFUNC_ABORT;
	if (t->begun && t->method != HTTP_GET && (!t->body || t->sent_whole))
		return CURL_PREREQFUNC_ABORT;
	/* Some of the body may have been read though none of it was sent; curl does not rewind then. */
	if (t->begun && t->sent > 0)
		begin_again(t);
	t->begun = true;
	return CURL_PREREQFUNC_OK;
}

static size_t
on_read(char *out, size_t size, size_t nmemb, void *arg)
{
	struct http_transfer *t = arg;
	uint64_t left = t->body->len - t->sent;
	size_t cap = size * nmemb;
	size_t n;

	if (left == 0)
		return 0;
	if (left < cap)
		cap = (size_t)left;
	n = t->body->read(t->body->arg, out, cap);
	assert(n > 0 && n <= cap);
	t->sent += n;
	t->sent_whole = t->sent_whole || t->sent == t->body->len;
	return n;
}

static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	struct http_transfer *t = arg;

	if (offset != 0 || origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	begin_again(t);
	return CURL_SEEKFUNC_OK;
}

/* curl takes an answer that breaks off in its headers for a whole one. */
static size_t
on_header(char *bytes, size_t size, size_t nmemb, void *arg)
{
	struct http_transfer *t = arg;
	struct slice line = { bytes, size * nmemb };

	if (slice_eq(slice_head(line, 5), slice_of("HTTP/")))
		t->head_whole = false;
	else if (slice_trim(line).len == 0)
		t->head_whole = true;
	t->header_bytes += line.len;
	return t->header_bytes <= ANSWER_HEADER_MAX ? line.len : 0;
}

static bool
is_success(const struct http_transfer *t)
{
	long status;

	return curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
	    status / 100 == 2;
}

static size_t
on_write(char *bytes, size_t size, size_t nmemb, void *arg)
{
	struct http_transfer *t = arg;

	if (t->stream && is_success(t)) {
		t->stream->take(t->stream->arg, (struct slice){ bytes, size * nmemb });
		return size * nmemb;
	}
	buf_add(&t->answer, bytes, size * nmemb);
	return t->answer.failed ? 0 : size * nmemb;
}

/* --- the header lines of the request --- */

/* Whatever a service or a person put in there, it stays one line. */
static bool
is_one_line(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	}
	return true;
}

static enum err_code
add_lines(struct buf *lines, const struct http_request *req, struct err *err)
{
	for (size_t i = 0; i < req->nheader; i++) {
		const struct http_header *h = &req->header[i];

		if (!is_one_line(h->name, strlen(h->name)) ||
		    !is_one_line(h->value, strlen(h->value)))
			return err_set(err, ERR_USAGE, "the header %s has a line end in it",
			    h->name);
		/* "Name;" is how curl is told of an empty value; "Name:" removes the header. */
		buf_addf(lines, "%s%s%s", h->name, h->value[0] ? ": " : ";", h->value);
		buf_add_char(lines, '\0');
	}
	return ERR_OK;
}

/* Comes last, into memory that does not move any more: of a token there is one copy, to be wiped. */
static enum err_code
add_bearer(struct buf *lines, const struct http_request *req, struct err *err)
{
	const char *name = req->bearer_header ? req->bearer_header : "Authorization";
	const char *mark = req->bearer_header ? ": " : ": Bearer ";
	struct slice token = secret_get(req->bearer);

	if (!is_one_line(name, strlen(name)) || !is_one_line(token.ptr, token.len))
		return err_set(err, ERR_USAGE, "the access token has a line end in it");
	if (buf_reserve(lines, strlen(name) + strlen(mark) + token.len + 1)) {
		buf_add_str(lines, name);
		buf_add_str(lines, mark);
		buf_add_slice(lines, token);
		buf_add_char(lines, '\0');
	}
	return ERR_OK;
}

static enum err_code
make_lines(struct http_transfer *t, const struct http_request *req, struct err *err)
{
	/*
	 * No waiting for "100 Continue", which stalls where a server does not know it; and no form
	 * as content type, which curl assumes where the caller names none.
	 */
	static const char fixed[] = "Expect:\0Content-Type:";
	enum err_code rc;
	size_t at = 0;

	assert(req->nheader <= HTTP_HEADERS_MAX);
	buf_add(&t->lines, fixed, sizeof fixed);
	if ((rc = add_lines(&t->lines, req, err)) ||
	    (rc = req->bearer ? add_bearer(&t->lines, req, err) : ERR_OK))
		return rc;
	if (t->lines.failed == ERR_LIMIT)
		return err_set(err, ERR_USAGE, "the request's headers are longer than %d bytes",
		    REQUEST_HEADER_MAX);
	if ((rc = buf_check(&t->lines, err)))
		return rc;
	for (size_t i = 0; at < t->lines.len; i++) {
		t->line[i].data = t->lines.ptr + at;
		if (i > 0)
			t->line[i - 1].next = &t->line[i];
		at += strlen(t->line[i].data) + 1;
	}
	return ERR_OK;
}

/* --- settings --- */

static long
long_of(uint64_t n)
{
	return n < INT_MAX ? (long)n : INT_MAX;
}

/*
 * What is the same for every request. Redirects, cookies, .netrc, passwords and HTTP/0.9 are off
 * unless asked for; certificates are verified unless that is switched off.
 *
 * HTTP/2 costs a third more CPU for a long body and is not faster, and it cannot be had for the short
 * requests only: with both versions on one host curl gives answers to the wrong transfers.
 * Source: sources.md#curl-http-versions
 */
static CURLcode
set_fixed(CURL *easy)
{
	static const struct {
		CURLoption option;
		long value;
	} number[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_QUICK_EXIT, 1 }, /* do not wait for a name that does not resolve */
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_TCP_KEEPALIVE, 1 },
		{ CURLOPT_MAXLIFETIME_CONN, CONNECTION_AGE_S },
		{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
	};
	CURLcode cc = CURLE_OK;

	for (size_t i = 0; i < sizeof number / sizeof number[0] && !cc; i++)
		cc = curl_easy_setopt(easy, number[i].option, number[i].value);
	if (cc || (cc = curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "")) ||
	    /* The parsed certificates are kept for the next connection only if there is no path. */
	    (cc = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL)))
		return cc;
	return CURLE_OK;
}

static CURLcode
set_callbacks(struct http_transfer *t, void *owner)
{
	CURLcode cc;

	if ((cc = curl_easy_setopt(t->easy, CURLOPT_PRIVATE, owner)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->detail)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_request)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_write)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t)))
		return cc;
	return CURLE_OK;
}

static CURLcode
set_target(struct http_transfer *t, const struct http_options *opt, const char *url)
{
	CURL *easy = t->easy;
	CURLcode cc;

	if ((cc = curl_easy_setopt(easy, CURLOPT_URL, url)) ||
	    (cc = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
	         t->address.plain ? "http" : "https")) ||
	    (cc = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, long_of(opt->connect_ms))) ||
	    (cc = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, opt->unix_socket)) ||
	    (cc = curl_easy_setopt(easy, CURLOPT_USERAGENT, opt->user_agent)))
		return cc;
	/* The system's certificates are what curl was built with. */
	if (opt->ca_file && (cc = curl_easy_setopt(easy, CURLOPT_CAINFO, opt->ca_file)))
		return cc;
	return t->address.local ? curl_easy_setopt(easy, CURLOPT_PROXY, "")
	                        : http_tunnel_set(easy, opt->proxy, &t->tunnel, &t->tunnel_line);
}

/* How long it takes depends on the line, so that only standstill tells a dead connection. */
static CURLcode
set_streamed(struct http_transfer *t, const struct http_options *opt)
{
	CURLcode cc;

	if ((cc = curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, (long)LOW_SPEED_BYTES)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, long_of(opt->low_speed_s))) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
	         (curl_off_t)t->body->len)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_read)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_READDATA, t)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_seek)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t)))
		return cc;
	return CURLE_OK;
}

static CURLcode
set_short(struct http_transfer *t)
{
	struct slice text = t->text ? secret_get(t->text) : slice_of("");
	CURLcode cc;

	if ((cc = curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)text.len)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, text.ptr)))
		return cc;
	return CURLE_OK;
}

static CURLcode
set_body(struct http_transfer *t, const struct http_options *opt)
{
	CURLcode cc;

	assert(!t->body || (!t->text && t->body->len > 0));
	if (!t->text && !t->body && t->method != HTTP_POST && t->method != HTTP_PATCH)
		return CURLE_OK;
	if ((cc = curl_easy_setopt(t->easy, CURLOPT_POST, 1L)))
		return cc;
	return t->body ? set_streamed(t, opt) : set_short(t);
}

static CURLcode
set_request(struct http_transfer *t, const struct http_options *opt)
{
	static const char *const name[] = {
		[HTTP_GET] = "GET",
		[HTTP_POST] = "POST",
		[HTTP_PATCH] = "PATCH",
		[HTTP_DELETE] = "DELETE",
	};
	CURLcode cc;

	if ((cc = set_body(t, opt)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, name[t->method])) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->line)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_MAXAGE_CONN,
	         (long)(t->method == HTTP_GET ? IDLE_ASKING_S : IDLE_ACTING_S))))
		return cc;
	return CURLE_OK;
}

/* --- the transfer --- */

enum err_code
http_transfer_new(const struct http_options *opt, const struct http_request *req, void *owner,
    struct http_transfer **out, struct err *err)
{
	struct http_transfer *t = calloc(1, sizeof *t);
	enum err_code rc;
	CURLcode cc;

	if (!t)
		return err_set(err, ERR_NOMEM, "out of memory");
	t->unix_socket = opt->unix_socket;
	t->method = req->method;
	t->body = req->body;
	t->stream = req->stream;
	buf_init(&t->lines, REQUEST_HEADER_MAX);
	buf_init(&t->tls, HTTP_TLS_MAX);
	buf_init(&t->tunnel, HTTP_TUNNEL_MAX);
	buf_init(&t->answer, req->answer_max ? req->answer_max : HTTP_ANSWER_MAX);
	if ((rc = http_address_parse(req->url, opt->unix_socket, &t->address, err)) ||
	    (rc = make_lines(t, req, err)) ||
	    (req->text.len > 0 && (rc = secret_new(req->text.ptr, req->text.len, &t->text, err))))
		goto out;
	t->easy = curl_easy_init();
	cc = t->easy ? CURLE_OK : CURLE_OUT_OF_MEMORY;
	if (cc || (cc = set_fixed(t->easy)) || (cc = set_callbacks(t, owner)) ||
	    (cc = set_target(t, opt, req->url)) || (cc = set_request(t, opt)) ||
	    (cc = curl_easy_setopt(t->easy, CURLOPT_CERTINFO, (long)req->certificate)) ||
	    (req->tls && (cc = http_tls_set(t->easy, req->tls, &t->tls)))) {
		rc =
		    err_set(err, ERR_NOMEM, "%s: %s", t->address.authority, curl_easy_strerror(cc));
		goto out;
	}
	*out = t;
	t = NULL;
out:
	http_transfer_free(t);
	return rc;
}

static void
wipe(struct buf *b)
{
	if (b->ptr)
		secret_wipe(b->ptr, b->cap);
	buf_done(b);
}

void
http_transfer_free(struct http_transfer *t)
{
	if (!t)
		return;
	curl_easy_cleanup(t->easy);
	wipe(&t->lines);
	wipe(&t->tls);
	wipe(&t->tunnel);
	wipe(&t->answer); /* tokens come in answers */
	secret_free(t->text);
	free(t);
}

CURL *
http_transfer_easy(struct http_transfer *t)
{
	return t->easy;
}

/* --- what became of it --- */

/* NULL: it is not about trust. */
static const struct http_tls_trouble *
trouble_of(const struct http_transfer *t, CURLcode cc)
{
	return t->begun ? http_tls_refusal(t->detail) : http_tls_judge(cc, t->detail);
}

/*
 * Once something may have been sent, even a lack of memory leaves open what became of it. (For curl a
 * header line that is too long is one.)
 */
static enum err_code
failure_code(const struct http_transfer *t, CURLcode cc)
{
	if (t->answer.failed == ERR_LIMIT || t->header_bytes > ANSWER_HEADER_MAX)
		return ERR_LIMIT;
	if (trouble_of(t, cc))
		return ERR_TLS;
	if (t->begun)
		return cc == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_NET;
	return cc == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_CONNECT;
}

static enum err_code
fail(const struct http_transfer *t, CURLcode cc, struct err *err)
{
	const char *who = t->address.authority;
	const char *refusal = t->begun ? NULL : http_tunnel_trouble(t->easy, cc);
	const char *why = refusal ? refusal : t->detail[0] ? t->detail : curl_easy_strerror(cc);
	const struct http_tls_trouble *trouble = trouble_of(t, cc);
	enum err_code code = failure_code(t, cc);

	switch (code) {
	case ERR_LIMIT:
		if (t->answer.failed)
			return err_set(err, code, "%s: the answer has more than %zu bytes", who,
			    t->answer.max);
		return err_set(err, code, "%s: the answer has more than %d bytes of headers", who,
		    ANSWER_HEADER_MAX);
	case ERR_CONNECT:
		return err_set(err, code, "%s: no connection, nothing was sent: %s", who, why);
	case ERR_TLS:
		return err_set(err, code, "%s: %s: %s. %s", who, trouble->what, why,
		    trouble->advice);
	case ERR_TIMEOUT:
		return err_set(err, code,
		    "%s: no answer in time, the request may have taken effect: %s", who, why);
	case ERR_NET:
		return err_set(err, code,
		    "%s: no whole answer, the request may have taken effect: %s", who, why);
	default:
		return err_set(err, code, "%s: %s", who, why);
	}
}

static const char *
header(struct http_transfer *t, const char *name)
{
	struct curl_header *h;

	if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return NULL;
	return h->value;
}

enum err_code
http_transfer_outcome(struct http_transfer *t, CURLcode result, struct http_response *rsp,
    struct err *err)
{
	long status = 0;

	if (result == CURLE_OK)
		(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (result == CURLE_OK && (status < 200 || status > 999 || !t->head_whole))
		result = CURLE_WEIRD_SERVER_REPLY;
	if (result != CURLE_OK)
		return fail(t, result, err);
	rsp->status = (unsigned)status;
	rsp->body = buf_slice(&t->answer);
	rsp->retry_after_ms =
	    retry_after_ms(header(t, "Retry-After"), header(t, "Date"), (int64_t)time(NULL));
	return ERR_OK;
}

static const char *
version_name(long version)
{
	switch (version) {
	case CURL_HTTP_VERSION_1_0:
		return "1.0";
	case CURL_HTTP_VERSION_1_1:
		return "1.1";
	case CURL_HTTP_VERSION_2_0:
		return "2";
	default:
		return "";
	}
}

void
http_transfer_measure(struct http_transfer *t, struct http_traffic *out)
{
	long status = 0, version = 0, connections = 0, out_header = 0, in_header = 0;
	curl_off_t duration_us = 0, out_body = 0, in_body = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
	(void)curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &duration_us);
	(void)curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connections);
	(void)curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &out_header);
	(void)curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &out_body);
	(void)curl_easy_getinfo(t->easy, CURLINFO_HEADER_SIZE, &in_header);
	(void)curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &in_body);
	*out = (struct http_traffic){
		.status = (unsigned)status,
		.version = version_name(version),
		.duration_us = (uint64_t)duration_us,
		.connections = (uint64_t)connections,
		.sent_bytes = (uint64_t)out_header + (uint64_t)out_body,
		.received_bytes = (uint64_t)in_header + (uint64_t)in_body,
	};
}

struct slice
http_transfer_header(struct http_transfer *t, const char *name)
{
	const char *value = header(t, name);

	return value ? slice_trim(slice_of(value)) : (struct slice){ NULL, 0 };
}

struct http_certificate
http_transfer_certificate(const struct http_transfer *t)
{
	return http_tls_certificate(t->easy);
}
