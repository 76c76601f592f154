/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/commands/ask.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/consent_local.h"
#include "agent/commands/consent_mail.h"
#include "agent/commands/consent_text.h"
#include "agent/commands/control_client.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"
#include "agent/tools/request_target.h"
#include "agent/tools/terminal.h"
#include "base/buf.h"

/* "consent": how it stands, the link that customers are sent, and asking the service now. */

enum { ADDRESS_MAX = 4096, ANSWER_MAX = 64 * 1024 * 1024, MAIL_MAX = 1024 * 1024 };

/* --- through the agent that runs, or by ourselves --- */

static enum err_code
ask_agent(const struct config *c, enum consent_wish wish, const char *customer, json_t **out,
    struct err *err)
{
	struct control_request req = { .method = HTTP_POST };
	struct buf address;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	buf_add_str(&address, "/v1/consent/");
	if (customer) {
		request_target_escape(&address, slice_of(customer));
		buf_add_char(&address, '/');
	}
	buf_add_str(&address,
	    wish == CONSENT_CHECK      ? "check"
	        : wish == CONSENT_LINK ? "link"
	                               : "discover");
	req.address = address.ptr;
	if ((rc = buf_check(&address, err)) == ERR_OK)
		rc = control_client_ask_json(c->control, &req, out, err);
	buf_done(&address);
	return rc;
}

/* Returns the exit code, after having told what failed. */
static int
get(const struct options *o, const struct config *c, enum consent_wish wish, const char *customer,
    json_t **out)
{
	struct err err;
	enum err_code rc = ask_agent(c, wish, customer, out, &err);

	if (rc == ERR_OK)
		return EXIT_DONE;
	return rc == ERR_CONNECT ? consent_local(o, wish, customer, out) : failure_report(o, &err);
}

/* --- list --- */

static int
print_list(const struct options *o, json_t *doc)
{
	struct err err;
	enum err_code rc;

	if (o->json)
		return json_out_print(doc, &err) ? failure_report(o, &err) : EXIT_DONE;
	rc = consent_text_print(doc, stdout, &err);
	json_decref(doc);
	return rc ? failure_report(o, &err) : EXIT_DONE;
}

static int
list(const struct options *o, const struct config *c, const char *customer)
{
	struct buf text;
	struct err err;
	int code;

	buf_init(&text, ANSWER_MAX);
	if (ask_consent(c, customer, &(struct byte_sink){ byte_sink_gather, &text }, &err))
		code = failure_report(o, &err);
	else
		code = print_list(o, json_loadb(text.ptr, text.len, 0, NULL));
	buf_done(&text);
	return code;
}

static int
discover(const struct options *o, const struct config *c)
{
	json_t *doc;
	bool partly;
	int code = get(o, c, CONSENT_DISCOVER, NULL, &doc);

	if (code)
		return code;
	consent_text_tell_failed(doc, stderr);
	partly = json_array_size(json_object_get(doc, "failed")) > 0;
	code = print_list(o, doc);
	return code == EXIT_DONE && partly ? EXIT_PARTLY : code;
}

/* --- link --- */

static enum err_code
read_template(const char *path, struct buf *out, struct err *err)
{
	FILE *f = fopen(path, "rb");
	enum err_code rc = ERR_OK;
	size_t n;

	if (!f)
		return err_errno(err, errno, "%s", path);
	if (buf_reserve(out, CONSENT_MAIL_TEMPLATE_MAX + 1)) {
		n = fread(out->ptr, 1, CONSENT_MAIL_TEMPLATE_MAX + 1, f);
		out->len = n;
		if (ferror(f))
			rc = err_errno(err, errno, "%s", path);
		else if (n > CONSENT_MAIL_TEMPLATE_MAX)
			rc = err_set(err, ERR_LIMIT, "%s: a template has at most %d bytes", path,
			    CONSENT_MAIL_TEMPLATE_MAX);
	} else {
		rc = buf_check(out, err);
	}
	(void)fclose(f);
	return rc;
}

/* template: empty for the built-in one. */
static enum err_code
write_mail(const struct config *c, const char *customer, struct slice template, const char *link,
    struct buf *out, struct err *err)
{
	const struct customer *k = config_customer(c, slice_of(customer));
	const struct consent_mail_values values = {
		.customer = customer,
		.domain = k->domain ? k->domain : k->tenant,
		.tenant = k->tenant,
		.partner = k->via.name ? k->via.name : "",
		.link = link,
	};

	return consent_mail_fill(template.len ? template : slice_of(consent_mail_template()),
	    &values, out, err);
}

/* Line by line, for what stands in it may have come from anywhere. */
static void
put_lines(struct slice text)
{
	while (text.len > 0) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t n = end ? (size_t)(end - text.ptr) : text.len;

		terminal_put(stdout, slice_head(text, n));
		putchar('\n');
		text = slice_from(text, end ? n + 1 : n);
	}
}

/* Takes doc over. */
static int
print_link(const struct options *o, json_t *doc, const struct buf *mail)
{
	struct slice text = buf_slice(mail);
	struct err err;

	if (!o->json) {
		put_lines(
		    text.len ? text : slice_of(json_string_value(json_object_get(doc, "link"))));
		json_decref(doc);
		return EXIT_DONE;
	}
	if (text.len && json_object_set_new(doc, "mail", json_stringn(text.ptr, text.len))) {
		json_decref(doc);
		doc = NULL;
	}
	return json_out_print(doc, &err) ? failure_report(o, &err) : EXIT_DONE;
}

static int
hand_out(const struct options *o, const struct config *c, const char *customer,
    struct slice template)
{
	bool wants_mail = o->mail || template.len > 0;
	struct buf mail;
	json_t *doc;
	struct err err;
	int code;

	buf_init(&mail, MAIL_MAX);
	/* A template that is wrong is told before anybody is thought to have been asked. */
	if (wants_mail && write_mail(c, customer, template, "", &mail, &err)) {
		buf_done(&mail);
		return failure_report(o, &err);
	}
	buf_reset(&mail);
	code = get(o, c, CONSENT_LINK, customer, &doc);
	if (code == EXIT_DONE && wants_mail &&
	    write_mail(c, customer, template, json_string_value(json_object_get(doc, "link")),
	        &mail, &err)) {
		json_decref(doc);
		code = failure_report(o, &err);
	} else if (code == EXIT_DONE) {
		code = print_link(o, doc, &mail);
	}
	buf_done(&mail);
	return code;
}

static int
link_customer(const struct options *o, const struct config *c, const char *customer)
{
	struct buf template;
	struct err err;
	int code;

	assert(customer); /* command_rules_consent() */
	if (!config_customer(c, slice_of(customer))) {
		(void)err_set(&err, ERR_NOT_FOUND, "the configuration has no customer %s",
		    customer);
		return failure_report(o, &err);
	}
	buf_init(&template, CONSENT_MAIL_TEMPLATE_MAX + 1);
	if (o->template && read_template(o->template, &template, &err))
		code = failure_report(o, &err);
	else
		code = hand_out(o, c, customer, buf_slice(&template));
	buf_done(&template);
	return code;
}

/* --- check --- */

/* Asked and granted, asked and not, or not asked at all. */
static int
exit_of(const json_t *doc)
{
	static const struct {
		const char *outcome;
		int code;
	} known[] = {
		{ "done", EXIT_DONE },
		{ "no_consent", EXIT_AUTH },
		{ "denied", EXIT_AUTH },
		{ "auth", EXIT_AUTH },
	};
	const char *outcome =
	    json_string_value(json_object_get(json_object_get(doc, "check"), "outcome"));

	for (size_t i = 0; outcome && i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(outcome, known[i].outcome) == 0)
			return known[i].code;
	}
	return EXIT_TEMPORARY;
}

static int
check(const struct options *o, const struct config *c, const char *customer)
{
	json_t *doc;
	struct err err;
	int code = get(o, c, CONSENT_CHECK, customer, &doc);

	if (code)
		return code;
	code = exit_of(doc);
	if (o->json)
		return json_out_print(doc, &err) ? failure_report(o, &err) : code;
	consent_text_tell_check(doc, stdout);
	json_decref(doc);
	return code;
}

int
cmd_consent(const struct options *o)
{
	const char *word = o->noperand > 0 ? o->operand[0] : "list";
	const char *customer = o->noperand > 1 ? o->operand[1] : NULL;
	struct config *c;
	int code = config_open(o, &c);

	if (code)
		return code;
	if (strcmp(word, "link") == 0)
		code = link_customer(o, c, customer);
	else if (strcmp(word, "check") == 0)
		code = check(o, c, customer);
	else if (o->discover)
		code = discover(o, c);
	else
		code = list(o, c, customer);
	config_free(c);
	return code;
}
