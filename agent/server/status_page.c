/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/status_page.h"

#include <inttypes.h>

#include "base/rfc3339.h"

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta http-equiv=\"refresh\" content=\"5\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<title>autoreg</title><style>"
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em;color-scheme:light dark}"
    "table{border-collapse:collapse;margin:1em 0}"
    "th,td{text-align:left;padding:.25em 1em .25em 0;border-bottom:1px solid #8886}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "</style></head><body><h1>autoreg " AUTOREG_VERSION "</h1>\n";

static void
put_text(struct buf *out, const char *text)
{
	for (const char *c = text ? text : ""; *c != '\0'; c++) {
		switch (*c) {
		case '&':
			buf_add_str(out, "&amp;");
			break;
		case '<':
			buf_add_str(out, "&lt;");
			break;
		case '>':
			buf_add_str(out, "&gt;");
			break;
		case '"':
			buf_add_str(out, "&quot;");
			break;
		default:
			buf_add_char(out, *c);
		}
	}
}

static void
put_cell(struct buf *out, const char *text)
{
	buf_add_str(out, "<td>");
	put_text(out, text);
	buf_add_str(out, "</td>");
}

static void
put_customers(const struct status_snapshot *s, struct buf *out)
{
	buf_add_str(out, "<table><tr><th>Customer</th><th>Consent</th>");
	for (int i = 0; i < NDEVICE_STATE; i++)
		buf_addf(out, "<th class=\"n\">%s</th>", device_state_name((enum device_state)i));
	buf_add_str(out, "<th>Waits for</th></tr>\n");
	for (size_t i = 0; i < s->ncustomer; i++) {
		const struct status_customer *c = &s->customer[i];

		buf_add_str(out, "<tr>");
		put_cell(out, c->name);
		put_cell(out, c->consent);
		for (int k = 0; k < NDEVICE_STATE; k++)
			buf_addf(out, "<td class=\"n\">%" PRIu64 "</td>", c->states[k]);
		put_cell(out, c->held_message);
		buf_add_str(out, "</tr>\n");
	}
	buf_add_str(out, "</table>\n");
}

static void
put_partners(const struct status_snapshot *s, struct buf *out)
{
	char expires[RFC3339_SIZE];

	buf_add_str(out,
	    "<table><tr><th>Partner</th><th>Token</th><th>Expires</th><th></th></tr>\n");
	for (size_t i = 0; i < s->npartner; i++) {
		const struct status_partner *p = &s->partner[i];

		buf_add_str(out, "<tr>");
		put_cell(out, p->name);
		put_cell(out, p->token);
		put_cell(out,
		    p->expires_unix_ms ? rfc3339_format(p->expires_unix_ms, expires) : "");
		put_cell(out, p->message);
		buf_add_str(out, "</tr>\n");
	}
	buf_add_str(out, "</table>\n");
}

static void
put_makers(const struct status_snapshot *s, struct buf *out)
{
	char until[RFC3339_SIZE];

	if (s->noem == 0)
		return;
	buf_add_str(out,
	    "<table><tr><th>Maker</th><th>Credential</th><th>Certificate until</th>"
	    "<th></th></tr>\n");
	for (size_t i = 0; i < s->noem; i++) {
		const struct status_oem *o = &s->oem[i];

		buf_add_str(out, "<tr>");
		put_cell(out, o->name);
		put_cell(out, o->credential);
		put_cell(out,
		    o->certificate_until_unix_ms
		        ? rfc3339_format(o->certificate_until_unix_ms, until)
		        : "");
		put_cell(out, o->message);
		buf_add_str(out, "</tr>\n");
	}
	buf_add_str(out, "</table>\n");
}

void
status_page_write(const struct status_snapshot *s, struct buf *out)
{
	char oldest[RFC3339_SIZE];

	buf_add_str(out, head);
	buf_addf(out, "<p>%" PRIu64 " queued", s->queued);
	if (s->oldest_unix_ms)
		buf_addf(out, ", the oldest since %s", rfc3339_format(s->oldest_unix_ms, oldest));
	buf_add_str(out, "</p>\n");
	put_customers(s, out);
	put_partners(s, out);
	put_makers(s, out);
	buf_add_str(out, "</body></html>\n");
}
