/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * What is needed at a service before anything is sent: tokens, who signed in for them, and the link
 * that customers are sent. It is a part of store/store.h, whose rules hold here as well.
 */
struct buf;
struct store;

/* Sealed bytes, replaced as a whole; of a login no warning has been given then. */
MUST_USE enum err_code store_token_save(struct store *s, struct slice name, struct slice sealed,
    struct err *err);
/* ERR_NOT_FOUND: there is none. The bytes are appended to out. */
MUST_USE enum err_code store_token_load(struct store *s, struct slice name, struct buf *out,
    struct err *err);

/* Forgets a sealed token; that there is none is no error. */
MUST_USE enum err_code store_token_forget(struct store *s, struct slice name, struct err *err);

/* Who signed in for a partner, and how fresh the token is that came of it. */
struct store_login {
	struct slice partner;
	struct slice account; /* "admin@northwind.example"; empty: the token was not of a sign-in */
	struct slice roles;   /* as the token tells them; may be empty */
	int64_t since_unix_ms; /* of the sign-in; 0: none */
	int64_t saved_unix_ms; /* when the token was last replaced */
	uint32_t warned_days;  /* the last warning was for so many days before the end; 0: none */
};
typedef enum err_code store_login_fn(void *arg, const struct store_login *l, struct err *err);

/* account, roles and since of a partner; no warning has been given. */
MUST_USE enum err_code store_login_save(struct store *s, struct slice partner, struct slice account,
    struct slice roles, int64_t since_unix_ms, struct err *err);
MUST_USE enum err_code store_login_warned(struct store *s, struct slice partner, uint32_t days,
    struct err *err);
/* With its token. The seed that it has grown from stays known, or it would be planted again. */
MUST_USE enum err_code store_login_forget(struct store *s, struct slice partner, struct err *err);
/* One for each partner that has a token, by name. */
MUST_USE enum err_code store_logins(struct store *s, store_login_fn *fn, void *arg,
    struct err *err);

/* The link that customers of a service are sent, "partner/northwind". Replaced as a whole. */
MUST_USE enum err_code store_link_save(struct store *s, struct slice service, struct slice url,
    struct err *err);
typedef enum err_code store_link_fn(void *arg, struct slice service, struct slice url,
    struct err *err);
MUST_USE enum err_code store_links(struct store *s, store_link_fn *fn, void *arg, struct err *err);
