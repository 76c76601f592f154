/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/partner_error.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "channel/answer_json.h"
#include "channel/channel_answer.h"
#include "http/http_status.h"

/* --- reading --- */

/* No word of people is that long, but a hardware hash is. */
enum { WORD_MAX = 64, MARK_BYTES = 3, JOINT_BYTES = 2 };

static bool
is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '+' || c == '/' || c == '=';
}

/* Appends text to what is in out, as one line, with words of base64 cut. */
static void
add_text(char out[PARTNER_ERROR_TEXT_SIZE], struct slice text)
{
	char line[2 * PARTNER_ERROR_TEXT_SIZE] = "";
	struct slice kept = { line, 0 };
	size_t used = strlen(out);
	size_t word = 0;

	for (size_t i = 0; i < text.len && kept.len + MARK_BYTES < sizeof line; i++) {
		char c = text.ptr[i];

		word = is_base64(c) ? word + 1 : 0;
		if (word <= WORD_MAX) {
			line[kept.len++] = (unsigned char)c < ' ' || c == 0x7f ? ' ' : c;
		} else if (word == WORD_MAX + 1) {
			memcpy(line + kept.len, "\xE2\x80\xA6", MARK_BYTES); /* an ellipsis */
			kept.len += MARK_BYTES;
		}
	}
	kept = slice_trim(kept);
	if (kept.len == 0 || used + JOINT_BYTES >= PARTNER_ERROR_TEXT_SIZE)
		return;
	if (used > 0) {
		memcpy(out + used, "; ", JOINT_BYTES);
		used += JOINT_BYTES;
	}
	kept = utf8_head(kept, PARTNER_ERROR_TEXT_SIZE - 1 - used);
	memcpy(out + used, kept.ptr, kept.len);
	out[used + kept.len] = '\0';
}

/* The members of the body that the service blames: texts, or objects of no fixed form. */
static void
add_data(char out[PARTNER_ERROR_TEXT_SIZE], const json_t *data)
{
	for (size_t i = 0; i < json_array_size(data); i++) {
		const json_t *item = json_array_get(data, i);

		add_text(out, (struct slice){ json_string_value(item), json_string_length(item) });
	}
}

/* A code is one word; anything else would not be looked up anyway. */
static bool
is_word(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	}
	return true;
}

void
partner_error_parse(struct slice body, struct partner_error *out)
{
	json_t *root = answer_json_read(body);
	char number[ANSWER_NUMBER_SIZE];
	struct slice code = answer_json_code(root, "code", number);
	struct slice text = answer_json_text(root, "description");

	*out = (struct partner_error){ .code = "" };
	if (is_word(code))
		(void)snprintf(out->code, sizeof out->code, SLICE_FMT, SLICE_ARG(code));
	if (text.len == 0)
		text = answer_json_text(root, "message");
	add_text(out->text, text);
	add_data(out->text, json_object_get(root, "data"));
	json_decref(root);
}

/* --- judging --- */

#define ASK_ADMINISTRATOR \
	"Have the customer's administrator accept the relationship that Partner Center links to."
#define SIGN_IN_AGAIN "Sign in again, with multi-factor authentication."
#define CHECK_TENANT "Compare the customer's tenant in the configuration."
#define SUPPORT "Ask Microsoft support; they want the request id and the correlation id."

struct sense {
	enum channel_outcome outcome;
	const char *meaning;
	const char *advice; /* NULL: the usual one */
};

/* Source: sources.md#partner-errors */
static const struct known {
	const char *code; /* NULL: any */
	unsigned status;  /* 0: 400, 401, 403 and 404 */
	const char *says; /* the text has this word; NULL: whatever it says */
	struct sense sense;
} known[] = {
	{ NULL, 400, "relationship",
	    { CHANNEL_NO_CONSENT, "there is no relationship with the customer",
	        ASK_ADMINISTRATOR } },
	{ "3000", 400, NULL,
	    { CHANNEL_REFUSED, "something that was sent is invalid",
	        "Correct what the message names and send the list again." } },
	{ "800002", 400, NULL,
	    { CHANNEL_REFUSED, "what was sent is invalid",
	        "Correct what the message names and send the list again." } },
	{ "2055", 400, NULL,
	    { CHANNEL_REFUSED, "what was to be changed has been changed meanwhile", SUPPORT } },
	{ "900118", 0, NULL,
	    { CHANNEL_NO_CONSENT, "the customer's tenant is not a valid id", CHECK_TENANT } },

	{ "400", 401, NULL,
	    { CHANNEL_AUTH, "the service denies access",
	        "Sign in again. The user needs the role Admin agent or Sales agent." } },
	{ "800001", 0, NULL,
	    { CHANNEL_AUTH, "the token names no partner",
	        "Compare the partner's tenant and client_id in the configuration, and add the application "
	        "in Partner Center under App management." } },
	{ "900420", 0, NULL,
	    { CHANNEL_AUTH, "the token is for another audience",
	        "Remove the audience of this cloud from the configuration, or correct it." } },
	{ "900421", 0, NULL,
	    { CHANNEL_AUTH, "the sign-in was made without multi-factor authentication",
	        SIGN_IN_AGAIN } },

	{ "20002", 0, NULL,
	    { CHANNEL_NO_CONSENT, "there is no relationship with the customer",
	        ASK_ADMINISTRATOR } },
	{ "2032", 0, NULL,
	    { CHANNEL_NO_CONSENT, "the service denies access to this customer",
	        "Check the relationship with the customer in Partner Center, and that the user is Admin "
	        "agent or Sales agent." } },
	{ "600006", 0, NULL, { CHANNEL_DENIED, "the partner may not do this", NULL } },
	{ "1002", 0, NULL, { CHANNEL_DENIED, "the partner is not authorized", NULL } },
	{ "900149", 0, NULL,
	    { CHANNEL_DENIED, "the partner is not active in its program",
	        "Look at the account's status in Partner Center. Until it is active again: make the file "
	        "with 'autoreg convert --to partner-center' and upload it there." } },
	{ "900150", 0, NULL,
	    { CHANNEL_AUTH, "the user's role is not enough",
	        "Make the user Admin agent or Sales agent in Partner Center." } },
	{ "900308", 0, NULL,
	    { CHANNEL_NO_CONSENT, "the user's rights are not enough",
	        "Make the user Admin agent or Sales agent in Partner Center. If other customers work, this "
	        "one may ask for a granular delegated relationship (GDAP)." } },
	{ "900309", 0, NULL,
	    { CHANNEL_AUTH, "a conditional access policy blocks the user",
	        "Have the administrator of the partner's tenant let this machine's user through." } },
	{ "900329", 0, NULL,
	    { CHANNEL_AUTH, "the service wants a token of a user",
	        "Set the partner's auth.method to refresh_token and sign in as a user." } },
	{ "90000", 0, NULL,
	    { CHANNEL_AUTH, "Entra ID gave the service no token on our behalf",
	        "Look at what the message says." } },

	{ "1000", 404, NULL, { CHANNEL_GONE, "the service does not know this", "" } },
	{ "60003", 0, NULL,
	    { CHANNEL_NO_CONSENT, "the service does not know this tenant",
	        CHECK_TENANT
	        " If it is right, have the customer's administrator accept the relationship "
	        "(its link is in Partner Center)." } },

	{ "800003", 500, NULL, { CHANNEL_SERVER, "the service failed", NULL } },
	{ "0", 501, NULL, { CHANNEL_REFUSED, "the service cannot do this", SUPPORT } },
};

/* Where no row fits: what a status means by itself. */
static const struct sense by_class[] = {
	[HTTP_REFUSED] = { CHANNEL_REFUSED, "the service refused the request", NULL },
	[HTTP_TOO_LARGE] = { CHANNEL_TOO_LARGE, "the service refused the request as too large",
	    NULL },
	[HTTP_NOT_FOUND] = { CHANNEL_GONE, "the service does not know this", NULL },
	[HTTP_UNAUTHORIZED] = { CHANNEL_AUTH, "the service does not accept the token",
	    "Sign in again and put the new refresh token in place." },
	[HTTP_FORBIDDEN] = { CHANNEL_NO_CONSENT, "the service denies access to this customer",
	    NULL },
	[HTTP_THROTTLED] = { CHANNEL_THROTTLED, "the service asks to slow down", NULL },
	[HTTP_UNSENT] = { CHANNEL_UNSENT, "the service is not available", NULL },
	[HTTP_UNKNOWN] = { CHANNEL_SERVER, "the service failed", NULL },
};

/* A redirect, or a proxy that wants a password: nothing got through to the service. */
static const struct sense in_between = { CHANNEL_UNSENT,
	"something between here and the service answered",
	"Check the proxy and the address of the service." };

static const struct sense waited_in_vain = { CHANNEL_UNKNOWN,
	"the service gave up waiting for the request", NULL };

static bool
says(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

static bool
fits(const struct known *k, unsigned status, const struct partner_error *e)
{
	bool right_status = k->status > 0
	    ? status == k->status
	    : status == 400 || status == 401 || status == 403 || status == 404;

	return right_status && (!k->code || strcmp(k->code, e->code) == 0) &&
	    (!k->says || says(e->text, k->says));
}

static const struct sense *
sense_of(unsigned status, const struct partner_error *e)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (fits(&known[i], status, e))
			return &known[i].sense;
	}
	if ((status >= 300 && status < 400) || status == 407)
		return &in_between;
	if (status == 408)
		return &waited_in_vain;
	return &by_class[http_status_class(status)];
}

void
partner_error_judge(unsigned status, const struct partner_error *e, struct channel_answer *out)
{
	const struct sense *s = sense_of(status, e);

	assert(s->meaning);
	out->status = status;
	(void)snprintf(out->code, sizeof out->code, "%s", e->code);
	channel_answer_set(out, s->outcome, s->advice, "%s%s%s (HTTP %u%s%s)", s->meaning,
	    e->text[0] ? ": " : "", e->text, status, e->code[0] ? ", code " : "", e->code);
}

bool
partner_error_says_exists(unsigned status, const struct partner_error *e)
{
	return status == 409 ||
	    (status == 400 && says(e->text, "exist") && !says(e->text, "not exist") &&
	        !says(e->text, "n't exist") && !says(e->text, "relationship"));
}
