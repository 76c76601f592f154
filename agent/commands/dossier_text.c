/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/dossier_text.h"

#include <string.h>

/* --- what to do --- */

/* Source: sources.md#claims */
static const char *const steps[] = {
	"Ask the supplier who had the device before: whoever registered it (its owner, its partner "
	"or its maker) can release it at once.",
	"A maker with access of its own may release a device that it did not register itself: ask "
	"it, too.",
	"Look among the customer's own: a second tenant, a test tenant, or what is left of Microsoft "
	"Store for Business.",
	"Otherwise Microsoft support releases it. The case has to be opened by an administrator of "
	"the new owner's tenant, not by the partner.",
	"Attach proof of ownership as a PDF: an invoice that names the company and this serial "
	"number.",
	"Attach device.csv of this folder, and a diagnostic file of the device: mdmdiagnosticstool.exe "
	"-area Autopilot -cab autopilot.cab",
	"Name the request id and the correlation id below.",
};

static const char surface[] =
    "This is a Surface: its support has a form of its own for this, which asks for the tenant's id, "
    "its domain, the serial numbers and the proof of ownership.";

/* As Microsoft's own devices call their maker. */
static bool
is_surface(const json_t *claim)
{
	const char *maker = json_string_value(json_object_get(claim, "manufacturer"));
	const char *model = json_string_value(json_object_get(claim, "model"));

	return maker && model && strcasecmp(maker, "Microsoft Corporation") == 0 &&
	    strncasecmp(model, "Surface", strlen("Surface")) == 0;
}

json_t *
dossier_text_steps(const json_t *doc)
{
	json_t *all = json_array();

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		(void)json_array_append_new(all, json_string(steps[i]));
	if (is_surface(json_object_get(doc, "claim")))
		(void)json_array_append_new(all, json_string(surface));
	return all;
}

/* --- the text --- */

struct line {
	const char *label;
	const char *object;
	const char *member;
};

static void
add_value(struct buf *out, const json_t *value)
{
	if (json_is_string(value))
		buf_add(out, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

static void
add_lines(struct buf *out, const json_t *doc, const char *heading, const struct line *line)
{
	buf_addf(out, "\n%s\n", heading);
	for (; line->label; line++) {
		const json_t *value =
		    json_object_get(json_object_get(doc, line->object), line->member);

		if (!value || json_is_null(value))
			continue;
		buf_addf(out, "  %-18s ", line->label);
		add_value(out, value);
		buf_add_char(out, '\n');
	}
}

static const struct line device[] = {
	{ "Serial number", "claim", "serial" },
	{ "Manufacturer", "claim", "manufacturer" },
	{ "Model", "claim", "model" },
	{ "UUID", "identity", "uuid" },
	{ "Product id", "device", "product_id" },
	{ "Group tag", "claim", "group_tag" },
	{ .label = NULL },
};

static const struct line owner[] = {
	{ "Customer", "customer", "name" },
	{ "Tenant", "customer", "tenant" },
	{ "Domain", "customer", "domain" },
	{ .label = NULL },
};

static const struct line claim[] = {
	{ "Since", "claim", "since" },
	{ "Last asked", "claim", "asked" },
	{ "Said so", "claim", "attempts" }, /* times */
	{ "Code", "claim", "code" },
	{ "Name", "claim", "name" },
	{ "Request id", "claim", "request_id" },
	{ "Correlation id", "claim", "correlation_id" },
	{ "Case of support", "claim", "case" },
	{ "Note", "claim", "note" },
	{ "Released", "claim", "released" },
	{ .label = NULL },
};

static void
add_timeline(struct buf *out, const json_t *timeline)
{
	if (json_array_size(timeline) > 0)
		buf_add_str(out, "\nWhat happened\n");
	for (size_t i = 0; i < json_array_size(timeline); i++) {
		const json_t *e = json_array_get(timeline, i);

		buf_add_str(out, "  ");
		add_value(out, json_object_get(e, "at"));
		buf_add_str(out, "  ");
		add_value(out, json_object_get(e, "kind"));
		buf_add_str(out, ", by ");
		add_value(out, json_object_get(e, "actor"));
		if (json_is_string(json_object_get(e, "message"))) {
			buf_add_str(out, ": ");
			add_value(out, json_object_get(e, "message"));
		}
		buf_add_char(out, '\n');
	}
}

void
dossier_text_add(struct buf *out, const json_t *doc)
{
	const json_t *ask = json_object_get(doc, "ask");

	buf_add_str(out, "A Windows Autopilot device that another organization holds\n");
	add_lines(out, doc, "The device", device);
	add_lines(out, doc, "Its owner", owner);
	add_lines(out, doc, "The claim", claim);
	buf_add_str(out, "\nWhat to do\n");
	for (size_t i = 0; i < json_array_size(ask); i++)
		buf_addf(out, "  %zu. %s\n", i + 1, json_string_value(json_array_get(ask, i)));
	add_timeline(out, json_object_get(doc, "timeline"));
}
