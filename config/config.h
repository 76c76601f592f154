/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "config/arena.h"
#include "config/problems.h"

/*
 * The configuration, as plain values: read once, checked as a whole, then const. What a key means,
 * its limits and its default stand in config_schema.c; the key list for people is
 * docs/autoreg.yaml.md.
 *
 * Texts are never NULL where the key is required or has a default, else NULL stands for absent.
 * Paths are as a program can open them: relative ones were taken from the folder of the file.
 * Secrets are not read here: only where they are is known.
 */

/* The last two say where a private key works that cannot be read. Only such a key is there. */
enum secret_kind {
	SECRET_NONE,
	SECRET_CREDENTIAL,
	SECRET_FILE,
	SECRET_ENV,
	SECRET_PKCS11,
	SECRET_TPM2,
};

struct secret_ref {
	enum secret_kind kind;
	/*
	 * The credential's name, the path, the variable, a PKCS#11 URI, or of a TPM the path of a
	 * key file or "handle:0x…"; NULL for none.
	 */
	const char *where;
};

struct listen_address {
	const char *host; /* without brackets; NULL: do not listen */
	uint16_t port;
};

/* Stands for none where there would be another default. */
#define CONFIG_OFF "off"

struct text_list {
	const char *const *item;
	size_t n;
};

struct duration_list {
	const uint64_t *item_ms;
	size_t n;
};

/* Addresses without a slash at the end. */
struct cloud {
	const char *name;
	const char *login;
	const char *partner_center;
	const char *graph;
	const char *audience; /* what a token for Partner Center is asked for */
};

/* What proves an application: a client secret, or else a certificate with its private key. */
struct app_proof {
	struct secret_ref client_secret;
	struct secret_ref certificate;
	struct secret_ref private_key;
	struct secret_ref private_key_pin; /* of a token or TPM; SECRET_NONE: it asks for none */
};

enum partner_role { PARTNER_DIRECT, PARTNER_INDIRECT_PROVIDER, PARTNER_INDIRECT_RESELLER };
enum partner_method { PARTNER_REFRESH_TOKEN, PARTNER_CLIENT_CREDENTIALS };

enum token_version { TOKEN_VERSION_2, TOKEN_VERSION_1 };
enum assertion_form { ASSERTION_PS256, ASSERTION_RS256 };

struct partner_auth {
	enum partner_method method;
	enum token_version endpoint;
	enum assertion_form assertion; /* with a certificate */
	struct app_proof proof;
	struct secret_ref refresh_token; /* the seed; PARTNER_REFRESH_TOKEN only */
};

struct partner {
	const char *name;
	const char *cloud;
	const char *tenant;
	const char *client_id;
	enum partner_role role;
	struct partner_auth auth;
};

enum oem_method { OEM_BEARER, OEM_HEADER, OEM_MTLS, OEM_OAUTH2 };

struct oem_auth {
	enum oem_method method;
	struct secret_ref
	    token; /* OEM_BEARER; OEM_HEADER: sent bare in the profile's auth_header */
	/* OEM_MTLS: ours. OEM_OAUTH2: signs an assertion, or else there is a client_secret. */
	struct secret_ref certificate;
	struct secret_ref private_key;     /* SECRET_NONE: certificate is PKCS#12; OEM_MTLS only */
	struct secret_ref private_key_pin; /* OEM_OAUTH2: as in struct app_proof */
	const char *token_url;             /* OEM_OAUTH2, as is all that follows */
	const char *client_id;
	struct secret_ref client_secret;
	const char *scope;
	struct secret_ref tls_certificate; /* ours, beside the token; SECRET_NONE: none */
	struct secret_ref tls_private_key; /* SECRET_NONE: tls_certificate is PKCS#12 */
};

struct oem_flush {
	uint64_t devices;
	uint64_t after_ms;
};

struct oem_not_found {
	uint64_t every_ms;
	uint64_t for_ms;
};

struct oem {
	const char *name;
	const char *profile; /* the name of a built-in one, or a path, which has a slash */
	const char *base_url;
	struct oem_auth auth;
	const char *consent_link;
	struct oem_flush flush;
	struct oem_not_found not_found;
};

enum via_kind { VIA_PARTNER, VIA_OEM, VIA_INTUNE };

struct via {
	enum via_kind kind;
	const char *name; /* of a partner or OEM that there is; NULL for VIA_INTUNE */
};

enum app_method { APP_CLIENT_CREDENTIALS };

struct app_auth {
	enum app_method method;
	struct app_proof proof;
};

struct customer_app {
	const char *client_id;
	struct app_auth auth;
};

/* Headings that win over the built-in ones, in the order of the words of --columns. */
enum { CONFIG_COLUMNS = 8 };

struct customer_columns {
	const char *heading[CONFIG_COLUMNS];
};

struct customer_only {
	const char *serials_from;
	struct text_list models;
	struct text_list manufacturers;
};

/* What must be true before a device of the customer may be delivered, whatever else. */
struct customer_gate {
	/*
	 * "accepted": it is in our store. "sent": the service has accepted it. "registered": it holds
	 * it for this customer. "image": somebody has acknowledged the image.
	 */
	struct text_list needs;
};

struct customer {
	const char *name;
	const char *tenant;
	const char *domain;
	struct via via;
	const char *group_tag;
	struct text_list allowed_tags;
	struct customer_columns columns;
	struct customer_only only;
	struct customer_gate gate;
	bool accept_serial_mismatch;
	const char *cloud;              /* VIA_INTUNE only */
	const struct customer_app *app; /* VIA_INTUNE only, and never NULL then */
};

struct batch_limits {
	uint64_t max_devices;
	uint64_t max_bytes;
	uint64_t uploads;
	uint64_t in_flight;
};

struct poll_times {
	uint64_t first_ms;
	uint64_t max_ms;
	uint64_t deadline_ms;
};

struct retry_times {
	uint64_t base_ms;
	uint64_t max_ms;
	uint64_t attempts;
};

struct claim_times {
	struct duration_list recheck;
};

struct consent_times {
	uint64_t recheck_ms;
	uint64_t max_age_ms;
};

/* Refresh tokens end when nobody uses them. */
struct login_times {
	uint64_t renew_ms;    /* how often one is used at least */
	uint64_t lifetime_ms; /* what one lives without use, as far as the documents say */
};

/* What the outside is told of: by exec or webhook, of which there is one if there is any kind. */
struct hook_settings {
	struct text_list on;      /* words of event_kinds.h */
	struct text_list exec;    /* a program and its arguments; n 0: none */
	const char *webhook;      /* NULL: none */
	struct secret_ref secret; /* signs what a webhook is sent; SECRET_NONE: it is not signed */
	uint64_t timeout_ms;
	uint64_t attempts;
};

/* Who may ask at listen, and what we show. All that is there is asked for. */
struct server_settings {
	struct secret_ref certificate; /* both or neither: TLS */
	struct secret_ref private_key;
	struct secret_ref token; /* SECRET_NONE: nobody has to send one */
	struct secret_ref
	    client_ca;          /* who must have issued the client's certificate; with TLS only */
	struct text_list names; /* what this machine is called, beside its addresses */
};

/* How requests leave. */
struct http_settings {
	const char *proxy;         /* CONFIG_OFF: none; NULL: the environment's */
	struct text_list no_proxy; /* hosts that are reached directly; n 0: the environment's */
	struct secret_ref proxy_credential; /* "user:password"; SECRET_NONE: none */
};
struct cloud_list {
	const struct cloud *item;
	size_t n;
};

struct partner_list {
	const struct partner *item;
	size_t n;
};

struct oem_list {
	const struct oem *item;
	size_t n;
};

struct customer_list {
	const struct customer *item;
	size_t n;
};

struct config {
	uint64_t version;
	const char *state;
	const char *spool;
	struct secret_ref seal_key;
	struct listen_address listen;
	struct server_settings server;
	const char *control;
	struct http_settings http;
	struct cloud_list clouds; /* the built-in ones, too */
	struct partner_list partners;
	struct oem_list oems;
	struct customer_list customers;
	struct batch_limits batch;
	struct poll_times poll;
	struct retry_times retry;
	struct claim_times claims;
	struct consent_times consent;
	struct login_times login;
	struct hook_settings hooks;
	const char *images; /* a file of image advice that comes before the built-in; NULL: none */
	const struct image_table *image_table; /* what is in images; NULL: nothing was read */
	struct arena arena;                    /* owns all of it */
};

enum { CONFIG_BYTES_MAX = 1024 * 1024 };

enum config_look {
	CONFIG_NO_LOOK,
	/* Also judge the files that it names: there, readable, private; and what is in profiles. */
	CONFIG_LOOK_AT_FILES,
};

/*
 * Reads and checks the file at path. On success problems is empty, and *out is the caller's, who
 * ends it and all it points to with config_free().
 *
 * Errors: ERR_FORMAT, with all that is wrong in *problems (a file that cannot be read is one of
 * those); ERR_NOMEM. *out is untouched on error. problems is reset first.
 */
MUST_USE enum err_code config_load(const char *path, enum config_look look, struct config **out,
    struct problems *problems, struct err *err);

/*
 * The same from a text of at most CONFIG_BYTES_MAX bytes, but for what is in images and profiles. folder: where
 * relative paths begin.
 */
MUST_USE enum err_code config_parse(struct slice text, const char *folder, enum config_look look,
    struct config **out, struct problems *problems, struct err *err);

/*
 * Where the agent of this file takes orders, as far as that can be told from a file that may be wrong,
 * or not there: a running agent has an earlier one in force, and can be asked. *out is the caller's
 * to free. Errors: ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code config_read_control(const char *path, char **out, struct err *err);

/* Accepts NULL. */
void config_free(struct config *c);

/* By name; NULL if there is none. */
const struct cloud *config_cloud(const struct config *c, const char *name);
const struct partner *config_partner(const struct config *c, const char *name);
const struct oem *config_oem(const struct config *c, const char *name);
const struct customer *config_customer(const struct config *c, struct slice name);
