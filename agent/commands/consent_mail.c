/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/consent_mail.h"

#include <string.h>

static const char plain[] =
    "Subject: Your consent, so that {partner} can register devices for {domain}\n"
    "\n"
    "Hello,\n"
    "\n"
    "{partner} is to register new Windows devices for Windows Autopilot in your tenant,\n"
    "{domain} ({tenant}), so that they set themselves up as yours when they are switched\n"
    "on. Microsoft lets us do that only with your consent.\n"
    "\n"
    "What you agree to: a reseller relationship between your tenant and {partner}. It lets\n"
    "us register devices for you. We ask for no delegated administration: the relationship\n"
    "gives us no administrator's rights in your tenant.\n"
    "\n"
    "What to do: a Global Administrator of the tenant {domain} opens this link, signs in,\n"
    "reads what is asked for, and accepts:\n"
    "\n"
    "    {link}\n"
    "\n"
    "Please see that the page speaks of your tenant, and that it asks for no administrator's\n"
    "roles. Your tenant and ours have to be in the same region of Microsoft's partner\n"
    "program; if the page says that they are not, please tell us.\n"
    "\n"
    "What happens then: your consent takes effect at once, and we see it within the hour.\n"
    "Devices that wait for it are registered then, and appear in Microsoft Intune under\n"
    "Devices, Enrollment, Windows Autopilot. You may end the relationship at any time in the\n"
    "Microsoft 365 admin center, under Settings, Partner relationships; devices that are\n"
    "registered by then stay yours.\n"
    "\n"
    "Thank you.\n";

const char *
consent_mail_template(void)
{
	return plain;
}

/* The name between the braces at the front of s; empty: it is none. */
static struct slice
name_at(struct slice s)
{
	size_t n = 1;

	while (n < s.len && ((s.ptr[n] >= 'a' && s.ptr[n] <= 'z') || s.ptr[n] == '_'))
		n++;
	if (n == 1 || n == s.len || s.ptr[n] != '}')
		return (struct slice){ NULL, 0 };
	return (struct slice){ s.ptr + 1, n - 1 };
}

/* NULL: it stands for nothing. */
static const char *
value_of(const struct consent_mail_values *v, struct slice name)
{
	const struct {
		const char *name;
		const char *value;
	} known[] = {
		{ "customer", v->customer },
		{ "domain", v->domain },
		{ "tenant", v->tenant },
		{ "partner", v->partner },
		{ "link", v->link },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (slice_eq(name, slice_of(known[i].name)))
			return known[i].value;
	}
	return NULL;
}

/* Where a byte stands, both counted from 1; columns in bytes. */
static enum err_code
refuse(struct slice template, size_t at, struct slice name, struct err *err)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		column = template.ptr[i] == '\n' ? 1 : column + 1;
		line += template.ptr[i] == '\n';
	}
	return err_set(err, ERR_FORMAT,
	    "line %zu, column %zu: nothing is known as {" SLICE_FMT
	    "}; there are {customer}, {domain}, {tenant}, {partner} and {link}",
	    line, column, SLICE_ARG(slice_head(name, 40)));
}

enum err_code
consent_mail_fill(struct slice template, const struct consent_mail_values *values, struct buf *out,
    struct err *err)
{
	for (size_t i = 0; i < template.len;) {
		struct slice rest = slice_from(template, i);
		const char *brace = memchr(rest.ptr, '{', rest.len);
		size_t before = brace ? (size_t)(brace - rest.ptr) : rest.len;
		struct slice name;
		const char *value;

		buf_add_slice(out, slice_head(rest, before));
		i += before;
		if (!brace)
			break;
		name = name_at(slice_from(template, i));
		if (name.len == 0) {
			buf_add_char(out, '{');
			i++;
			continue;
		}
		value = value_of(values, name);
		if (!value)
			return refuse(template, i, name, err);
		buf_add_str(out, value);
		i += name.len + 2;
	}
	return buf_check(out, err);
}
