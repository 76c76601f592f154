/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/bundle_redact.h"

#include <ctype.h>
#include <string.h>

enum { RUN_MIN = 48 };

#define GONE "[removed]"

/* --- events --- */

static bool
is_by_person(const char *kind)
{
	return kind && (strcmp(kind, "claim_note") == 0 || strcmp(kind, "claim_case") == 0);
}

static void
redact_event(json_t *event)
{
	const char *serial = json_string_value(json_object_get(event, "serial"));

	if ((serial && serial[0] != '\0') ||
	    is_by_person(json_string_value(json_object_get(event, "kind"))))
		(void)json_object_set_new(event, "message", json_string(GONE));
	(void)json_object_del(event, "serial");
}

void
bundle_redact_events(json_t *doc, const char *since)
{
	json_t *events = json_object_get(doc, "events");

	for (size_t i = json_array_size(events); i-- > 0;) {
		json_t *event = json_array_get(events, i);
		const char *at = json_string_value(json_object_get(event, "at"));

		if (!at || strcmp(at, since) < 0)
			(void)json_array_remove(events, i);
		else
			redact_event(event);
	}
}

/* --- logs --- */

static bool
may_be_secret(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '=' || c == '_' ||
	    c == '-';
}

static bool
begins(struct slice text, const char *word)
{
	size_t len = strlen(word);

	return text.len >= len && memcmp(text.ptr, word, len) == 0;
}

/* The length of "serial=" and its kin, or in JSON of "serial":, where text begins; 0: it does not. */
static size_t
key_len(struct slice text)
{
	static const char *const key[] = { "serial=", "product_id=", "hash=", "SERIAL=",
		"PRODUCT_ID=", "HASH=", "serial\":", "product_id\":", "hash\":" };

	for (size_t i = 0; i < sizeof key / sizeof key[0]; i++) {
		if (begins(text, key[i]))
			return strlen(key[i]);
	}
	return 0;
}

static size_t
value_len(struct slice text)
{
	size_t n = 0;

	if (text.len > 0 && text.ptr[0] == '"') {
		for (n = 1; n < text.len && text.ptr[n] != '"' && text.ptr[n] != '\n'; n++)
			n += text.ptr[n] == '\\' && n + 1 < text.len;
		return n < text.len && text.ptr[n] == '"' ? n + 1 : n;
	}
	while (n < text.len && !strchr(" \t\n,}", text.ptr[n]))
		n++;
	return n;
}

static size_t
run_len(struct slice text)
{
	size_t n = 0;

	while (n < text.len && may_be_secret(text.ptr[n]))
		n++;
	return n;
}

static struct slice
after(struct slice text, size_t n)
{
	return (struct slice){ text.ptr + n, text.len - n };
}

void
bundle_redact_log(struct slice text, struct buf *out)
{
	while (text.len > 0) {
		size_t key = key_len(text);
		size_t run = key ? 0 : run_len(text);

		if (key) {
			buf_add(out, text.ptr, key);
			text = after(text, key);
			buf_add_str(out, GONE);
			text = after(text, value_len(text));
		} else if (run >= RUN_MIN) {
			buf_add_str(out, GONE);
			text = after(text, run);
		} else {
			/* Not the whole run: a key may begin in it, as in "device_serial=". */
			buf_add_char(out, text.ptr[0]);
			text = after(text, 1);
		}
	}
}
