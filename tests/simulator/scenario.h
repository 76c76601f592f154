/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "tests/simulator/operation.h"

/*
 * What the simulator is to pretend: the content of a scenario file (README.md describes it). A
 * scenario owns all that it points to. Lists are chained by next, in the order of the file.
 */

enum { SCENARIO_BYTES_MAX = 16 << 20, SCENARIO_ITEMS_MAX = 100000 };

#define SCENARIO_NEVER UINT64_MAX                  /* a duration without an end */
#define SCENARIO_ACCOUNT "admin@northwind.example" /* who signs in if nobody says */

/* Source: sources.md#token-answers */
#define SCENARIO_REFRESH_LIFE_MS (UINT64_C(90) * 86400000)

struct texts {
	const char **item;
	size_t n;
};

struct numbers {
	uint64_t *item;
	size_t n;
};

/* How a sign-in with a code ends. */
enum sign_in_end {
	SIGN_IN_OPEN,
	SIGN_IN_APPROVE,
	SIGN_IN_DECLINE,
	SIGN_IN_EXPIRE,
	SIGN_IN_BLOCK, /* by Conditional Access */
};

/* What a person does with the code that was asked for. */
struct sign_in_plan {
	struct sign_in_plan *next;
	uint64_t after_ms; /* since it was asked for */
	const char *account;
	const char *tenant; /* NULL: that of the app */
	struct texts roles; /* ids of role templates */
	bool mfa;
	enum sign_in_end end;
	bool used; /* changes: each is for one code */
};

/* Whether an application may, or must not, ask for tokens of a code without a proof. */
enum public_client { PUBLIC_CLIENT_EITHER, PUBLIC_CLIENT_TRUE, PUBLIC_CLIENT_FALSE };

enum app_role { APP_ROLE_DIRECT, APP_ROLE_RESELLER };

/* A registered application, and who signed in with it. */
struct app {
	struct app *next;
	const char *tenant;
	const char *client_id;
	const char *secret;          /* NULL: there is none */
	const char *certificate;     /* path of a PEM file; NULL: assertions are not proven */
	struct texts refresh_tokens; /* the ones of the first sign-in */
	bool mfa;                    /* that sign-in was made with a second factor */
	enum public_client public_client;
	enum app_role role;
	uint64_t refresh_token_lifetime_ms; /* without use */
	struct sign_in_plan *sign_ins;
};

enum relationship {
	RELATIONSHIP_NONE,
	RELATIONSHIP_RESELLER,
	RELATIONSHIP_ADVISOR,
	RELATIONSHIP_SYNDICATION,
	RELATIONSHIP_MICROSOFT_SUPPORT,
};

/* How a customer without a reseller relationship looks. */
enum refusal {
	REFUSAL_FORBIDDEN,       /* 403 with code 20002 */
	REFUSAL_FORBIDDEN_EMPTY, /* 403 without a body */
	REFUSAL_NOT_FOUND,       /* 404 with code 60003 */
	REFUSAL_SHOWN,           /* the customer can be read, everything else is 403 */
};

/* What another tenant holds, by serial number or product key, and since the start how long. */
struct foreign_device {
	struct foreign_device *next;
	const char *device;
	uint64_t until_ms; /* SCENARIO_NEVER: for good */
};

/* What a customer's administrator has told the maker. */
enum maker_consent { MAKER_CONSENT_GRANTED, MAKER_CONSENT_NOT_GRANTED, MAKER_CONSENT_REVOKED };

/* The relationship or the consent becomes another one, so long after the start. */
struct customer_change {
	struct customer_change *next;
	uint64_t at_ms;
	enum relationship relationship;
	enum maker_consent consent;
	bool of_relationship;
	bool of_consent;
	bool done; /* changes */
};

struct customer_plan {
	struct customer_plan *next;
	const char *name;
	const char *tenant;
	const char *domain;
	enum relationship relationship;
	enum maker_consent consent;
	enum refusal refusal;
	struct customer_change *changes; /* in the order of their times */
	struct foreign_device *foreign;
};

/* What is said of the device with this serial number or product key. */
struct verdict {
	struct verdict *next;
	const char *device;
	const char *code; /* NULL: the entry has none */
	const char *name;
	bool in_progress; /* the entry never gets that far, though the job ends */
	uint64_t times;   /* 0: always */
	uint64_t used;    /* changes */
	uint64_t until_ms;
};

enum entry_order { ENTRY_ORDER_SUBMITTED, ENTRY_ORDER_REVERSED, ENTRY_ORDER_SHUFFLED };
enum failed_status { FAILED_STATUS_RANDOM, FAILED_STATUS_FINISHED, FAILED_STATUS_WITH_ERRORS };
enum running_form { RUNNING_FORM_RANDOM, RUNNING_FORM_EMPTY, RUNNING_FORM_IN_PROGRESS };

struct job_plan {
	struct job_plan *next; /* of overrides */
	uint64_t nth;          /* of an override: the job, counted from 1 */
	uint64_t time_ms;
	uint64_t list_delay_ms;
	uint64_t forget_after_ms; /* since it was accepted */
	enum entry_order order;
	bool identifiers;          /* entries carry what the device has */
	enum failed_status status; /* of a job with failed devices */
	enum running_form running; /* the entries of an unfinished job */
	struct texts omit;         /* serial numbers and product keys without an entry */
	struct numbers omit_nth;   /* positions without an entry, counted from 1 */
};

enum throttle_scope { THROTTLE_PER_CUSTOMER, THROTTLE_PER_PARTNER };

struct throttle_plan {
	enum throttle_scope per;
	uint64_t requests; /* 0: no limit */
	uint64_t window_ms;
	uint64_t retry_after_s;
};

enum fault_kind {
	FAULT_STATUS,
	FAULT_DELAY,
	FAULT_CUT,
	FAULT_TRUNCATE,
	FAULT_TRICKLE,
	FAULT_THROTTLE,
	FAULT_TOKEN_EXPIRED,
	FAULT_HANG,
	FAULT_AADSTS,
};

/* Whether the fault comes before or after the request had its effect. */
enum fault_moment { FAULT_BEFORE, FAULT_AFTER };

enum retry_form { RETRY_AS_SECONDS, RETRY_AS_DATE };

struct header {
	struct header *next;
	const char *name;
	const char *value;
};

struct fault {
	struct fault *next;
	enum operation on;
	const char *customer; /* name or tenant; NULL: any */
	uint64_t nth;         /* of these four at most one is given (from may have a to) */
	uint64_t every;
	uint64_t from;
	uint64_t to;
	double chance;     /* below 0: not given */
	uint64_t since_ms; /* after the start, when it may strike first */
	uint64_t until_ms; /* and when no more */
	enum fault_kind kind;
	enum fault_moment moment;
	uint64_t number; /* status, ms, bytes, bytes per second, AADSTS code or seconds, by kind */
	struct header *headers;
	const char *body;
	enum retry_form retry_as;
	uint64_t seen; /* changes: how many requests it could have met */
};

enum bom_form { BOM_ALWAYS, BOM_NEVER, BOM_RANDOM };
enum time_form { TIME_FORM_MIXED, TIME_FORM_PLAIN, TIME_FORM_OFFSET, TIME_FORM_Z };
enum code_form { CODE_FORM_REFERENCE, CODE_FORM_TEXT, CODE_FORM_NUMBER };
enum member_order { MEMBER_ORDER_SHUFFLED, MEMBER_ORDER_DOCUMENTED };

struct form_plan {
	enum bom_form bom;
	enum time_form times;
	enum code_form codes;
	enum member_order members;
	bool extra_members;
};

/* How the maker's service is got into, and what it knows of units. */
struct maker_plan {
	const char *token;        /* a fixed one; NULL: none is asked for */
	const char *token_header; /* that carries it bare; NULL: Authorization: Bearer */
	const char *client_id;    /* of who may ask for tokens; NULL: none are asked for */
	const char *client_secret;
	uint64_t token_lifetime_ms;
	bool client_certificate; /* one of --tls-client-ca is asked for */
	double late_share; /* of units, which are not found until late_ms after they came first */
	uint64_t late_ms;
	struct numbers failed_nth; /* operations that fail as a whole, counted from 1 */
};

enum rotation { ROTATION_V2, ROTATION_NONE, ROTATION_ALWAYS };
enum existing_batch { EXISTING_BATCH_REFUSE, EXISTING_BATCH_APPEND };
enum request_ids { REQUEST_IDS_IGNORED, REQUEST_IDS_HONOURED };

struct scenario {
	struct app *apps;     /* NULL: any tenant, client, credential and refresh token will do */
	const char *audience; /* NULL: Partner Center's, or the simulator's own address */
	uint64_t token_lifetime_ms;
	enum rotation rotation;
	const char *partner;             /* tenant of the partner, in the relationship link */
	struct customer_plan *customers; /* NULL: any customer, as reseller */
	struct verdict *verdicts;
	bool check_hash;
	bool check_maker; /* refuse what is not in known_to_maker, unless it has a hash */
	struct texts known_to_maker; /* serial numbers and product keys */
	struct job_plan jobs;
	struct job_plan *job_overrides;
	struct maker_plan maker;
	struct throttle_plan throttle;
	struct fault *faults;
	struct form_plan forms;
	enum existing_batch existing_batch;
	enum request_ids request_ids;
	uint64_t page_size; /* of the devices of a batch */
	struct scenario_memory *memory;
};

/* The scenario without a file. Never NULL; scenario_free() it. */
struct scenario *scenario_new(void);

/*
 * Reads YAML, of which JSON is a part. name: of the file, for messages.
 * Errors: ERR_FORMAT ("name:line:column: what is wrong"), ERR_LIMIT. *out is untouched then.
 */
MUST_USE enum err_code scenario_parse(const char *name, struct slice text, struct scenario **out,
    struct err *err);

/* Errors: those of scenario_parse(), ERR_IO. *out is untouched then. */
MUST_USE enum err_code scenario_load(const char *path, struct scenario **out, struct err *err);

/* Accepts NULL. */
void scenario_free(struct scenario *s);

/* Zeroed memory that lives as long as the scenario. */
void *scenario_alloc(struct scenario *s, size_t size);

/* Indexed by enum relationship, NULL at the end: as the service writes them. */
const char *const *scenario_relationship_words(void);

/* Indexed by enum sign_in_end, NULL at the end. */
const char *const *scenario_sign_in_words(void);

/* Indexed by enum maker_consent, NULL at the end: as the maker's service writes them. */
const char *const *scenario_consent_words(void);

/* What is said of a device, and is said now; NULL: nothing. serial, product_key: may be NULL. */
struct verdict *scenario_verdict(const struct scenario *s, const char *serial,
    const char *product_key, uint64_t now_ms);

/* The plan for a customer by name or tenant, or NULL. */
const struct customer_plan *scenario_customer(const struct scenario *s, const char *name);

/* Does another tenant hold it? device: NULL is held by nobody. */
bool scenario_is_foreign(const struct customer_plan *c, const char *device, uint64_t now_ms);

/* What is planned for the nth job. */
const struct job_plan *scenario_job(const struct scenario *s, uint64_t nth);

/* text: NULL is in no list. */
bool scenario_texts_have(const struct texts *list, const char *text);
bool scenario_numbers_have(const struct numbers *list, uint64_t number);
