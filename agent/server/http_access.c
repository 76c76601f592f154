/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/http_access.h"

#include <gnutls/crypto.h>
#include <microhttpd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/engine/secret_source.h"
#include "agent/server/server_identity.h"
#include "base/buf.h"
#include "base/secret.h"
#include "config/address.h"

enum { DIGEST_BYTES = 32 };

/* What is read of the section, in this order. */
enum part { PART_CERTIFICATE, PART_KEY, PART_CLIENT_CA, PART_TOKEN, NPART };

struct http_access {
	unsigned holders;
	bool beyond;                      /* it listens for others than this machine */
	struct server_identity *identity; /* NULL: no TLS */
	/*
	 * SHA-256 of each part: tells whether a new one is the same, and of the token it is all that is
	 * kept, so that comparing takes the same time however much of a guess is right.
	 */
	uint8_t digest[NPART][DIGEST_BYTES];
	bool has[NPART];
	struct buf names; /* each with its NUL */
};

/* --- reading --- */

static struct slice
text_of(const struct secret *s)
{
	return s ? secret_get(s) : slice_of("");
}

static enum err_code
digest_of(struct slice text, uint8_t out[DIGEST_BYTES], struct err *err)
{
	int rc = gnutls_hash_fast(GNUTLS_DIG_SHA256, text.ptr, text.len, out);

	return rc ? err_set(err, ERR_NOMEM, "SHA-256: %s", gnutls_strerror(rc)) : ERR_OK;
}

static enum err_code
read_parts(const struct server_settings *s, struct secret *part[NPART], struct err *err)
{
	const struct {
		const char *key;
		const struct secret_ref *ref;
		enum err_code (
		    *read)(const struct secret_ref *ref, struct secret **out, struct err *err);
	} from[NPART] = {
		[PART_CERTIFICATE] = { "certificate", &s->certificate, secret_source_certificate },
		[PART_KEY] = { "private_key", &s->private_key, secret_source_read },
		[PART_CLIENT_CA] = { "client_ca", &s->client_ca, secret_source_certificate },
		[PART_TOKEN] = { "token", &s->token, secret_source_read },
	};

	for (size_t i = 0; i < NPART; i++) {
		if (from[i].ref->kind != SECRET_NONE && from[i].read(from[i].ref, &part[i], err))
			return err_wrap(err, "%s", from[i].key);
	}
	if (part[PART_TOKEN] && secret_get(part[PART_TOKEN]).len < HTTP_ACCESS_TOKEN_MIN)
		return err_set(err, ERR_FORMAT,
		    "token: it has fewer than %d characters; 'openssl rand -hex 32' makes a good one",
		    HTTP_ACCESS_TOKEN_MIN);
	return ERR_OK;
}

static enum err_code
take_parts(struct http_access *a, struct secret *const part[NPART], struct err *err)
{
	const struct server_identity_parts identity = {
		.certificate = text_of(part[PART_CERTIFICATE]),
		.private_key = text_of(part[PART_KEY]),
		.client_ca = text_of(part[PART_CLIENT_CA]),
	};

	for (size_t i = 0; i < NPART; i++) {
		a->has[i] = part[i];
		if (digest_of(text_of(part[i]), a->digest[i], err))
			return err->code;
	}
	return a->has[PART_CERTIFICATE] ? server_identity_new(&identity, &a->identity, err)
	                                : ERR_OK;
}

enum err_code
http_access_new(const struct config *c, struct http_access **out, struct err *err)
{
	struct http_access *a = calloc(1, sizeof *a);
	struct secret *part[NPART] = { NULL };
	enum err_code rc;

	if (!a)
		return err_set(err, ERR_NOMEM, "server");
	a->holders = 1;
	a->beyond = c->listen.host && !address_is_loopback(slice_of(c->listen.host));
	buf_init(&a->names, SIZE_MAX);
	for (size_t i = 0; i < c->server.names.n; i++) {
		buf_add_str(&a->names, c->server.names.item[i]);
		buf_add_char(&a->names, '\0');
	}
	if ((rc = buf_check(&a->names, err)) || (rc = read_parts(&c->server, part, err)) ||
	    (rc = take_parts(a, part, err))) {
		(void)err_wrap(err, "server");
		goto out;
	}
	*out = a;
	a = NULL;
out:
	for (size_t i = 0; i < NPART; i++)
		secret_free(part[i]);
	http_access_drop(a);
	return rc;
}

struct http_access *
http_access_hold(struct http_access *a)
{
	a->holders++;
	return a;
}

void
http_access_drop(struct http_access *a)
{
	if (!a || --a->holders > 0)
		return;
	server_identity_free(a->identity);
	buf_done(&a->names);
	free(a);
}

bool
http_access_has_tls(const struct http_access *a)
{
	return a->identity;
}

int64_t
http_access_not_after_unix_s(const struct http_access *a)
{
	return a->identity ? server_identity_not_after_unix_s(a->identity) : 0;
}

bool
http_access_same(const struct http_access *a, const struct http_access *b)
{
	return a->beyond == b->beyond && memcmp(a->has, b->has, sizeof a->has) == 0 &&
	    memcmp(a->digest, b->digest, sizeof a->digest) == 0 &&
	    slice_eq(buf_slice(&a->names), buf_slice(&b->names));
}

enum err_code
http_access_begin(const struct http_access *a, gnutls_session_t session, struct err *err)
{
	return server_identity_show(a->identity, session, err);
}

/* --- judging --- */

static bool
is_own_name(const struct http_access *a, struct slice name)
{
	struct slice rest = buf_slice(&a->names);

	while (rest.len > 0) {
		struct slice own = slice_of(rest.ptr);

		if (slice_eq_nocase(own, name))
			return true;
		rest = slice_from(rest, own.len + 1);
	}
	return false;
}

static bool
names_us(const struct http_access *a, const char *host)
{
	struct slice name = slice_of(host ? host : "");
	uint16_t port;

	(void)address_split(name, &name, &port);
	if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
		name = (struct slice){ name.ptr + 1, name.len - 2 };
	return address_is_loopback(name) || is_own_name(a, name) ||
	    (a->beyond && address_is_literal(name));
}

static bool
has_token(const struct http_access *a, const char *authorization)
{
	static const struct slice scheme = { "Bearer ", 7 };
	struct slice text = slice_of(authorization ? authorization : "");
	uint8_t digest[DIGEST_BYTES];
	struct err err;

	if (!slice_starts_nocase(text, scheme) ||
	    digest_of(slice_trim(slice_from(text, scheme.len)), digest, &err))
		return false;
	return gnutls_memcmp(digest, a->digest[PART_TOKEN], sizeof digest) == 0;
}

unsigned
http_access_judge(const struct http_access *a, const struct http_access_claim *claim,
    struct err *err)
{
	if (!names_us(a, claim->host)) {
		(void)err_set(err, ERR_USAGE,
		    "the Host header must name this machine: localhost, its address, or one of "
		    "server: names");
		return MHD_HTTP_FORBIDDEN;
	}
	if (a->identity && server_identity_verify(a->identity, claim->session, err))
		return MHD_HTTP_FORBIDDEN;
	if (a->has[PART_TOKEN] && !has_token(a, claim->authorization)) {
		(void)err_set(err, ERR_USAGE, "%s",
		    claim->authorization ? "the token is not the one that server: token names"
		                         : "a token is needed: Authorization: Bearer TOKEN");
		return MHD_HTTP_UNAUTHORIZED;
	}
	return 0;
}
