/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/entra_error.h"

#include <ctype.h>
#include <string.h>

#include "auth/entra_json.h"
#include "base/utf8.h"

enum {
	AADSTS_MAX = 99999999,
	ERROR_SHOWN = 40,
	ID_MAX = 36, /* of a GUID */
	MSG_BYTES = sizeof(((struct err *)0)->msg),
};

/* --- what to do about it --- */

/* Said more than once. */
#define AGAIN "Nothing has to be done: it is tried again later."
#define LOGIN "Repeat the sign-in with 'autoreg login'."
#define LOGIN_MFA "Repeat the sign-in with 'autoreg login', with multi-factor authentication."
#define DECLINED "Whoever was asked said no. Sign in again, and approve what is asked."
#define OTHER_CODE "Enter the code as it was shown last; each sign-in has another. " LOGIN
#define NEW_SECRET \
	"Make a new client secret or certificate for the application in Entra ID and put it " \
	"where the configuration says."
#define CLOCK "Set this machine's clock right: what the certificate signs is good for minutes only."
#define OTHER_CLOUD "Set cloud to the national cloud that the tenant belongs to."
#define ASK_ADMIN "Ask an administrator of the tenant: "

static const struct number {
	unsigned aadsts;
	enum token_trouble trouble;
	const char *advice;
} numbers[] = {
	{ 7000215, TOKEN_CREDENTIAL,
	    "Put the client secret's value where the configuration says; its id will not do." },
	{ 7000222, TOKEN_CREDENTIAL, "The client secret has expired. " NEW_SECRET },
	{ 70002, TOKEN_CREDENTIAL, NEW_SECRET },
	{ 50012, TOKEN_CREDENTIAL, NEW_SECRET },
	{ ENTRA_KEY_UNKNOWN, TOKEN_CREDENTIAL,
	    "Upload the certificate to the application in Entra ID, and give the key for it." },
	{ 500133, TOKEN_CREDENTIAL, CLOCK },
	{ 700024, TOKEN_CREDENTIAL, CLOCK },
	{ 700030, TOKEN_CREDENTIAL,
	    "Make a certificate whose subject the application in Entra ID allows." },
	{ 7000218, TOKEN_CREDENTIAL,
	    "Register the application as a confidential (web) client, and configure its secret. For a "
	    "sign-in with a code it must also allow public client flows." },
	{ 700025, TOKEN_CREDENTIAL,
	    "Register the application as a confidential (web) client: others have no secret." },

	{ 90002, TOKEN_CONFIG,
	    "Check tenant and cloud in the configuration: there is no such tenant in this cloud." },
	{ 700016, TOKEN_CONFIG,
	    "Check client_id and tenant: the application is not in this tenant." },
	{ 7000112, TOKEN_CONFIG, "Enable the application in Entra ID: it is disabled." },
	{ 70001, TOKEN_CONFIG,
	    "Check client_id, and that the application is enabled in Entra ID." },
	{ 500011, TOKEN_CONFIG,
	    "Check the cloud, and add the service's enterprise application to the tenant." },
	{ 650057, TOKEN_CONFIG,
	    "Add the service to the API permissions of the application in Entra ID." },
	{ 65001, TOKEN_CONFIG,
	    "Grant consent to the application in Entra ID, then sign in again." },
	{ 90038, TOKEN_CONFIG, OTHER_CLOUD },
	{ 900382, TOKEN_CONFIG, OTHER_CLOUD },
	{ 900432, TOKEN_CONFIG, OTHER_CLOUD },
	{ 50011, TOKEN_CONFIG, "Correct the redirect URI of the application in Entra ID." },
	{ 901002, TOKEN_CONFIG,
	    "Check endpoint in the configuration: form and address are of different versions." },

	{ 700082, TOKEN_SIGN_IN, "The consent was not used for too long. " LOGIN },
	{ 70008, TOKEN_SIGN_IN, "The consent has expired. " LOGIN },
	{ 50173, TOKEN_SIGN_IN, "The consent was revoked. " LOGIN },
	{ 50089, TOKEN_SIGN_IN, "The tenant demands a newer sign-in. " LOGIN },
	{ 70043, TOKEN_SIGN_IN,
	    "The tenant's sign-in frequency ends every consent: exempt the user from it. " LOGIN },
	{ 70000, TOKEN_SIGN_IN, LOGIN },
	{ 54005, TOKEN_SIGN_IN, LOGIN },
	{ 700005, TOKEN_SIGN_IN, "Sign in with a user of the configured tenant. " LOGIN },
	{ 50076, TOKEN_SIGN_IN, LOGIN_MFA },
	{ 50079, TOKEN_SIGN_IN, "Let the user set up multi-factor authentication. " LOGIN_MFA },
	{ 50072, TOKEN_SIGN_IN, "Let the user set up multi-factor authentication. " LOGIN_MFA },
	{ 50074, TOKEN_SIGN_IN, LOGIN_MFA },
	{ 50078, TOKEN_SIGN_IN, LOGIN_MFA },
	{ 70018, TOKEN_SIGN_IN, OTHER_CODE },
	{ 50055, TOKEN_SIGN_IN, "Change the user's expired password. " LOGIN },

	{ 53003, TOKEN_ADMIN, ASK_ADMIN "a Conditional Access policy blocks this sign-in." },
	{ 530032, TOKEN_ADMIN, ASK_ADMIN "a security policy of the tenant blocks this sign-in." },
	{ 530034, TOKEN_ADMIN, ASK_ADMIN "delegated administration of this tenant is blocked." },
	{ 50034, TOKEN_ADMIN, ASK_ADMIN "the user is not in the directory." },
	{ 50057, TOKEN_ADMIN, ASK_ADMIN "the user is disabled." },
	{ 50053, TOKEN_ADMIN, ASK_ADMIN "the user is locked out." },
	{ 50126, TOKEN_ADMIN, ASK_ADMIN "user name or password are wrong." },
	{ 90099, TOKEN_ADMIN,
	    ASK_ADMIN "the application is not authorised in the customer's tenant." },

	{ 50033, TOKEN_WAIT, AGAIN },
	{ 90006, TOKEN_WAIT, AGAIN },
	{ 90012, TOKEN_WAIT, AGAIN },
	{ 90024, TOKEN_WAIT, AGAIN },
	{ 90033, TOKEN_WAIT, AGAIN },
	{ 90055, TOKEN_WAIT, "The tenant is throttled. " AGAIN },
	{ 50196, TOKEN_WAIT,
	    "Too many equal requests. See that no second agent uses this application. " AGAIN },
};

static const struct word {
	const char *error;
	enum token_trouble trouble;
	const char *advice;
} words[] = {
	{ "invalid_request", TOKEN_CONFIG,
	    "Check tenant, client_id and cloud in the configuration." },
	{ "invalid_client", TOKEN_CREDENTIAL, NEW_SECRET },
	{ "invalid_grant", TOKEN_SIGN_IN, LOGIN },
	{ "unauthorized_client", TOKEN_CONFIG,
	    "Check client_id, and what the application in Entra ID is allowed to do." },
	{ "unsupported_grant_type", TOKEN_CONFIG,
	    "Check the method of authentication and the cloud in the configuration." },
	{ "invalid_resource", TOKEN_CONFIG,
	    "Check the cloud, and that the tenant has the service to which the token is for." },
	{ "interaction_required", TOKEN_SIGN_IN, LOGIN },
	{ "temporarily_unavailable", TOKEN_WAIT, AGAIN },

	{ "authorization_declined", TOKEN_SIGN_IN, DECLINED },
	{ "access_denied", TOKEN_SIGN_IN, DECLINED },
	{ "bad_verification_code", TOKEN_SIGN_IN, OTHER_CODE },
};

static const char no_entra[] =
    "Check the cloud's login address, and the proxy if there is one: what answers is not Entra ID.";

static const char no_trust[] =
    "Check this machine's clock and trusted certificates, and the proxy if there is one.";

static const char unknown[] = "Look the error up in Microsoft's list of AADSTS error codes.";

static const char stopped[] = "It was stopped here. Start it again.";

/* --- what it says --- */

/* Borrowed from doc; empty what is not there. */
struct answer {
	struct slice error;
	struct slice text; /* the description's first line, without the number */
	struct slice trace;
	struct slice correlation;
	unsigned aadsts;
};

/* Takes "AADSTS700082: " off the front of *text. 0: it does not begin so, and nothing is taken. */
static unsigned
take_number(struct slice *text)
{
	static const struct slice mark = { "AADSTS", 6 };
	const char *colon = text->len > 0 ? memchr(text->ptr, ':', text->len) : NULL;
	struct slice head;
	uint64_t number;

	if (!colon || !slice_starts_nocase(*text, mark))
		return 0;
	head = slice_head(*text, (size_t)(colon - text->ptr));
	if (!slice_to_u64(slice_from(head, mark.len), AADSTS_MAX, &number))
		return 0;
	*text = slice_trim(slice_from(*text, head.len + 1));
	return (unsigned)number;
}

/* Up to the first of the ends: a line end, or the ids, which are members of their own. */
static struct slice
first_line(struct slice text)
{
	static const char *const end[] = { "\r", "\n", "Trace ID:" };

	for (size_t i = 0; i < sizeof end / sizeof end[0] && text.len > 0; i++) {
		const char *at = memmem(text.ptr, text.len, end[i], strlen(end[i]));

		if (at)
			text.len = (size_t)(at - text.ptr);
	}
	return slice_trim(text);
}

/* Empty if it is no GUID: then nobody can look it up. */
static struct slice
id_of(const json_t *doc, const char *member)
{
	struct slice id = entra_json_text(doc, member);

	for (size_t i = 0; i < id.len; i++) {
		if (!isxdigit((unsigned char)id.ptr[i]) && id.ptr[i] != '-')
			return (struct slice){ NULL, 0 };
	}
	return slice_head(id, ID_MAX);
}

/* doc: NULL if the answer was not one of Entra ID's. */
static struct answer
read_answer(const json_t *doc)
{
	struct answer a = {
		.error = entra_json_text(doc, "error"),
		.text = first_line(entra_json_text(doc, "error_description")),
		.trace = id_of(doc, "trace_id"),
		.correlation = id_of(doc, "correlation_id"),
	};
	json_int_t code =
	    json_integer_value(json_array_get(json_object_get(doc, "error_codes"), 0));

	a.aadsts = take_number(&a.text);
	if (code > 0 && code <= AADSTS_MAX)
		a.aadsts = (unsigned)code;
	return a;
}

/* At most so many bytes of it, without control characters. */
static const char *
shown(struct slice text, size_t max, char out[MSG_BYTES])
{
	text = utf8_head(text, max);
	for (size_t i = 0; i < text.len; i++)
		out[i] = iscntrl((unsigned char)text.ptr[i]) ? '?' : text.ptr[i];
	out[text.len] = '\0';
	return out;
}

/* The ids come before the text, which gets what room they leave. */
static enum err_code
describe(unsigned status, const struct answer *a, struct err *err)
{
	char room[MSG_BYTES];

	(void)err_set(err, ERR_FORMAT, "token request: status %u", status);
	if (a->error.len > 0)
		(void)err_set(err, ERR_FORMAT, "%s, %s", err->msg,
		    shown(a->error, ERROR_SHOWN, room));
	if (a->aadsts > 0)
		(void)err_set(err, ERR_FORMAT, "%s, AADSTS%u", err->msg, a->aadsts);
	if (a->trace.len > 0)
		(void)err_set(err, ERR_FORMAT, "%s, trace " SLICE_FMT, err->msg,
		    SLICE_ARG(a->trace));
	if (a->correlation.len > 0)
		(void)err_set(err, ERR_FORMAT, "%s, correlation " SLICE_FMT, err->msg,
		    SLICE_ARG(a->correlation));
	if (a->text.len > 0)
		(void)err_set(err, ERR_FORMAT, "%s: %s", err->msg,
		    shown(a->text, MSG_BYTES - sizeof ": " - strlen(err->msg), room));
	return err->code;
}

/* --- who can mend it --- */

static const struct number *
find_number(unsigned aadsts)
{
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (numbers[i].aadsts == aadsts)
			return &numbers[i];
	}
	return NULL;
}

static const struct word *
find_word(struct slice error)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (slice_eq(error, slice_of(words[i].error)))
			return &words[i];
	}
	return NULL;
}

static struct token_result
judge(const struct http_response *rsp, const struct answer *a)
{
	const struct number *number = find_number(a->aadsts);
	const struct word *word = find_word(a->error);
	struct token_result r = { .aadsts = a->aadsts, .retry_after_ms = -1 };

	if (number) {
		r.trouble = number->trouble;
		r.advice = number->advice;
	} else if (word) {
		r.trouble = word->trouble;
		r.advice = word->advice;
	} else {
		r.trouble = TOKEN_CONFIG;
		r.advice = a->error.len > 0 ? unknown : no_entra;
	}
	if (r.trouble != TOKEN_WAIT &&
	    (rsp->status == 429 || rsp->status >= 500 || (word && word->trouble == TOKEN_WAIT))) {
		r.trouble = TOKEN_WAIT;
		r.advice = AGAIN;
	}
	if (r.trouble == TOKEN_WAIT)
		r.retry_after_ms = rsp->retry_after_ms;
	return r;
}

enum err_code
entra_error_judge(const struct http_response *rsp, struct token_result *out, struct err *err)
{
	json_t *doc = NULL;
	struct answer a;

	if (entra_json_parse(rsp->body, &doc, err) == ERR_NOMEM) {
		*out = entra_error_without_answer(err);
		return err->code;
	}
	a = read_answer(doc);
	*out = judge(rsp, &a);
	(void)describe(rsp->status, &a, err);
	json_decref(doc);
	return err->code;
}

struct token_result
entra_error_without_answer(const struct err *why)
{
	struct token_result r = { .trouble = TOKEN_WAIT, .retry_after_ms = -1, .advice = AGAIN };

	switch (why->code) {
	case ERR_CANCELLED:
	case ERR_NOMEM:
		r.trouble = TOKEN_STOPPED;
		r.advice = stopped;
		break;
	case ERR_FORMAT:
	case ERR_LIMIT:
		r.trouble = TOKEN_CONFIG;
		r.advice = no_entra;
		break;
	case ERR_TLS:
		r.advice = no_trust;
		break;
	default:
		break;
	}
	return r;
}
