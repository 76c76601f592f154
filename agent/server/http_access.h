/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"

/*
 * Who may ask over TCP, and what we show for it: the section `server` of a configuration, with its
 * secrets. Everything that is configured is asked for. It never changes; a new configuration makes
 * another one, and whoever came by the old one keeps that as long as it is needed.
 *
 * The Host header has to name this machine, so that no web page can ask through a browser: by a name
 * of its own, or by an address, which no other site can have for a name.
 */
struct http_access;

/*
 * Reads the secrets: blocks on the disk. Errors: those of secret_source_read() and
 * server_identity_new(), with "server" in front, and ERR_FORMAT for a token that is too short; *out
 * is untouched then. The configuration is not needed any more afterwards.
 */
enum { HTTP_ACCESS_TOKEN_MIN = 16 };
MUST_USE enum err_code http_access_new(const struct config *c, struct http_access **out,
    struct err *err);

/* One more who needs it; returns it. */
struct http_access *http_access_hold(struct http_access *a);
/* One less; the last one frees it. Accepts NULL. */
void http_access_drop(struct http_access *a);

bool http_access_has_tls(const struct http_access *a);

/* When the certificate that we show ends, unix seconds; 0: there is none. */
int64_t http_access_not_after_unix_s(const struct http_access *a);

/* Do both ask for the same, and show the same? */
bool http_access_same(const struct http_access *a, const struct http_access *b);

/* A TLS session begins, which a must outlive. Errors: ERR_NOMEM. */
MUST_USE enum err_code http_access_begin(const struct http_access *a, gnutls_session_t session,
    struct err *err);

/* What a request says of who sends it. */
struct http_access_claim {
	const char *host;          /* the header; NULL: none */
	const char *authorization; /* the header; NULL: none */
	gnutls_session_t session;  /* if there is TLS */
};

/* 0: it may be answered. Else the status of HTTP with which it is refused, and why. */
unsigned http_access_judge(const struct http_access *a, const struct http_access_claim *claim,
    struct err *err);
