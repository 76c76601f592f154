/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "config/arena.h"
#include "config/config.h"
#include "config/config_schema.h"
#include "config/problems.h"

/*
 * How one maker's registration service is spoken to, as plain values: read once from a profile
 * file, checked as a whole, then const. The makers' interface is not public, so nothing of it is in
 * the program: whoever has the maker's document writes it down here. Source: sources.md#oem-profile
 *
 * Texts are never NULL where the key is required or has a default, else NULL stands for absent.
 * What stands for another value in paths, headers and bodies: {tenantId} {tenantDomain}
 * {operationId} {apiVersion}. Pointers are JSON pointers (RFC 6901), "" is the whole document.
 */

struct oem_pair_list {
	const struct name_value *item;
	size_t n;
};

/* How a device that was registered before is taken back. */
enum oem_deregister {
	OEM_DEREGISTER_NONE,
	OEM_DEREGISTER_BLANK_TENANT, /* registered for nobody: tenant id and domain empty */
	OEM_DEREGISTER_PATH,         /* a call of its own, of the same form */
};

struct oem_endpoint {
	const char *api_version; /* for {apiVersion} */
	const char *validate;    /* paths below base_url */
	const char *enrol;       /* key `register`, which is a word of C */
	const char *status;      /* NULL for OEM_SYNC, and where the Location is followed */
	enum oem_deregister deregister;
	const char *deregister_path; /* OEM_DEREGISTER_PATH only */
	struct oem_pair_list headers;
	struct oem_pair_list query;
};

/* When an answer means what is asked: this status, and this text at the pointer. */
struct oem_test {
	uint64_t status;
	const char *pointer;     /* NULL: the status alone */
	struct text_list values; /* one of these */
};

struct oem_test_list {
	const struct oem_test *item;
	size_t n;
};

enum oem_verb { OEM_POST, OEM_GET };

struct oem_consent {
	enum oem_verb verb;
	struct oem_pair_list body; /* pointer and value; none with GET */
	struct oem_test_list granted;
	struct oem_test_list refused; /* neither of them: nobody can tell */
	uint64_t cache_ms;
};

/* Where a value stands in a request. */
enum oem_level { OEM_IN_ENVELOPE, OEM_IN_DEVICE };

struct oem_field {
	const char *name; /* of the member; a pointer in the envelope. NULL: it is not sent */
	enum oem_level level;
	uint64_t length_max; /* in characters; 0: any */
};

enum oem_value {
	OEM_REF, /* our own name of the unit in this request, by which its result is found */
	OEM_SERIAL,
	OEM_MANUFACTURER,
	OEM_MODEL,
	OEM_PRODUCT_ID,
	OEM_GROUP_TAG,
	OEM_ORDER,
	OEM_PURCHASE_ORDER,
	OEM_USER,
	OEM_TENANT_ID,
	OEM_TENANT_DOMAIN,
	NOEM_VALUE,
};

/* What becomes of a value that a unit does not have. */
enum oem_empty { OEM_EMPTY_OMIT, OEM_EMPTY_NULL, OEM_EMPTY_TEXT };

struct oem_envelope {
	const char *devices;            /* pointer to the array; "": the body is the array */
	struct oem_pair_list constants; /* pointer and value */
	struct oem_field field[NOEM_VALUE];
	enum oem_empty empty;
};

enum oem_identity {
	OEM_ID_PKID,
	OEM_ID_TUPLE,
	OEM_ID_PREFER_PKID,
	OEM_ID_PREFER_TUPLE,
	OEM_ID_BOTH,
};

struct oem_batching {
	uint64_t max_devices;
	uint64_t max_bytes;
	uint64_t in_flight; /* requests whose result is not known yet */
	uint64_t requests;  /* at most so many in an interval; 0: any */
	uint64_t interval_ms;
};

enum oem_mode {
	OEM_SYNC,           /* the result stands in the answer */
	OEM_ASYNC_LOCATION, /* the header Location says where to ask */
	OEM_ASYNC_ID,       /* an id in the answer goes into the path `status` */
};

struct oem_job {
	enum oem_mode mode;
	const char *id;           /* pointer, OEM_ASYNC_ID */
	const char *status;       /* pointer to the word of the whole job; NULL: there is none */
	struct text_list running; /* words that say that it is not over; any other: it is */
	struct poll_times poll;   /* 0: as the configuration says */
};

enum oem_result_class { OEM_RESULT_PENDING, OEM_RESULT_ERROR, OEM_RESULT_OK };

/* Pointers inside one result, but devices. NULL: it is not there. */
struct oem_result {
	const char *devices; /* pointer to the array */
	const char *ref;
	const char *serial;
	const char *product_id;
	const char *status;
	const char *code;
	const char *name;
	const char *message;
	struct text_list ok; /* words of status */
	struct text_list pending;
	struct text_list error;
	enum oem_result_class otherwise; /* what any other word means: never OK */
};

/* What an error means, in the words of verdicts. */
enum oem_class {
	OEM_CLASS_OK,
	OEM_CLASS_ALREADY_HERE,
	OEM_CLASS_CLAIMED_ELSEWHERE,
	OEM_CLASS_NOT_FOUND,
	OEM_CLASS_BAD_INPUT,
	OEM_CLASS_NO_CONSENT,
	OEM_CLASS_AUTH,
	OEM_CLASS_THROTTLED,
	OEM_CLASS_TRANSIENT,
	OEM_CLASS_DIRECTORY,
	OEM_CLASS_CONFIG,
	OEM_CLASS_UNEXPECTED,
};

/* One of code, name and match; the first that fits a name, then the first that fits a code. */
struct oem_error {
	const char *code;
	const char *name;
	const char *match; /* extended regular expression over name and message */
	enum oem_class means;
	uint64_t retry_after_ms; /* 0: as ever */
};

struct oem_error_list {
	const struct oem_error *item;
	size_t n;
};

/* Refusals of a whole request are found by pointers of their own. */
struct oem_refusal {
	const char *code;
	const char *name;
	const char *message;
};

struct oem_idempotency {
	const char *header; /* carries an id that is the same for the same request; NULL: none */
	const char *field;  /* pointer in the body, instead */
	bool safe;          /* a repeat with the same id does not register twice */
};

struct oem_tracing {
	const char *correlation_header; /* out */
	const char *request_id_header;  /* in: what support asks for */
};

enum oem_tls_version { OEM_TLS_1_2, OEM_TLS_1_3 };

struct oem_tls {
	const char *ca_file;   /* NULL: that of the system */
	struct text_list pins; /* "sha256//BASE64" of public keys; n 0: any that is verified */
	enum oem_tls_version minimum;
};

struct oem_profile {
	uint64_t version; /* of this form: 1 */
	const char *name;
	struct oem_endpoint endpoint;
	const char *auth_header; /* name of the header that carries the token bare; NULL: it goes
	                            as Authorization: Bearer */
	struct oem_tls tls;
	struct oem_consent consent;
	struct oem_envelope request;
	enum oem_identity identity;
	struct oem_batching batching;
	struct oem_job job;
	struct oem_result result;
	struct oem_refusal refusal;
	struct oem_error_list errors;
	enum oem_class error_default; /* what is in no row; required */
	struct oem_idempotency idempotency;
	struct oem_tracing tracing;
	struct arena arena; /* owns all of it */
};

/* The text of the profile that is built in; NULL: there is none of that name. Static. */
const char *oem_profile_builtin(const char *name);

/*
 * Reads and checks a profile: the name of a built-in one, or a path. On success problems is empty,
 * and *out is the caller's, who ends it with oem_profile_free().
 *
 * Errors: ERR_FORMAT, with all that is wrong in *problems (a file that it names and that cannot be
 * read, too); ERR_NOMEM. *out is untouched then.
 */
MUST_USE enum err_code oem_profile_load(const char *name, struct oem_profile **out,
    struct problems *problems, struct err *err);

/* The same from a text, but for files that it names. folder: where relative paths begin. */
MUST_USE enum err_code oem_profile_parse(struct slice text, const char *folder,
    struct oem_profile **out, struct problems *problems, struct err *err);

/* Accepts NULL. */
void oem_profile_free(struct oem_profile *p);
