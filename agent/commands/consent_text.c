/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/consent_text.h"

#include <inttypes.h>
#include <stdint.h>

#include "agent/tools/terminal.h"
#include "agent/tools/text_table.h"
#include "base/clock.h"
#include "base/rfc3339.h"

static struct slice
text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return slice_of(text ? text : "");
}

const char *
consent_text_age(const char *at, int64_t now_unix_ms, char out[CONSENT_AGE_SIZE])
{
	static const struct {
		int64_t s;
		char unit;
	} units[] = { { 24 * 60 * 60, 'd' }, { 60 * 60, 'h' }, { 60, 'm' }, { 1, 's' } };
	int64_t then, s;
	size_t i = 0;

	if (!at || !rfc3339_parse(slice_of(at), &then))
		return "never";
	s = now_unix_ms > then ? (now_unix_ms - then) / 1000 : 0;
	while (i + 1 < sizeof units / sizeof units[0] && s < units[i].s)
		i++;
	(void)snprintf(out, CONSENT_AGE_SIZE, "%" PRId64 "%c ago", s / units[i].s, units[i].unit);
	return out;
}

/* --- tables --- */

static enum err_code
print_customers(const json_t *all, FILE *stream, struct err *err)
{
	static const struct text_column column[] = {
		{ "CUSTOMER", false },
		{ "VIA", false },
		{ "STATE", false },
		{ "SINCE", false },
		{ "CHECKED", false },
		{ .heading = NULL },
	};
	int64_t now = clock_unix_ms(clock_system());
	struct text_table table;
	enum err_code rc;

	text_table_init(&table, stream, column);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *k = json_array_get(all, i);
		char age[CONSENT_AGE_SIZE];
		const struct slice cell[] = {
			text_of(k, "customer"),
			text_of(k, "via"),
			text_of(k, "state"),
			text_of(k, "since"),
			slice_of(consent_text_age(json_string_value(json_object_get(k, "checked")),
			    now, age)),
		};

		text_table_row(&table, cell);
	}
	rc = text_table_end(&table, err);
	text_table_done(&table);
	return rc;
}

static enum err_code
print_unconfigured(const json_t *all, FILE *stream, struct err *err)
{
	static const struct text_column column[] = {
		{ "NOT CONFIGURED", false },
		{ "TENANT", false },
		{ "DOMAIN", false },
		{ "PARTNER", false },
		{ "CONSENT", false },
		{ .heading = NULL },
	};
	struct text_table table;
	enum err_code rc;

	text_table_init(&table, stream, column);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *k = json_array_get(all, i);
		const struct slice cell[] = {
			text_of(k, "company"),
			text_of(k, "tenant"),
			text_of(k, "domain"),
			text_of(k, "partner"),
			slice_of(json_is_true(json_object_get(k, "granted")) ? "granted" : "no"),
		};

		text_table_row(&table, cell);
	}
	rc = text_table_end(&table, err);
	text_table_done(&table);
	return rc;
}

enum err_code
consent_text_print(const json_t *doc, FILE *stream, struct err *err)
{
	const json_t *unconfigured = json_object_get(doc, "unconfigured");

	if (print_customers(json_object_get(doc, "consent"), stream, err))
		return err->code;
	if (json_array_size(unconfigured) == 0)
		return ERR_OK;
	putc('\n', stream);
	return print_unconfigured(unconfigured, stream, err);
}

/* --- sentences --- */

static void
put_advice(const json_t *answer, FILE *stream)
{
	struct slice advice = text_of(answer, "advice");

	if (advice.len == 0)
		return;
	terminal_put(stream, advice);
	putc('\n', stream);
}

void
consent_text_tell_failed(const json_t *doc, FILE *stream)
{
	const json_t *all = json_object_get(doc, "failed");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *f = json_array_get(all, i);

		fputs("autoreg: partner ", stream);
		terminal_put(stream, text_of(f, "partner"));
		fputs(": ", stream);
		terminal_put(stream, text_of(f, "message"));
		putc('\n', stream);
		put_advice(f, stream);
	}
}

void
consent_text_tell_check(const json_t *doc, FILE *stream)
{
	const json_t *k = json_array_get(json_object_get(doc, "consent"), 0);
	const json_t *answer = json_object_get(doc, "check");
	struct slice message = text_of(answer, "message");

	terminal_put(stream, text_of(k, "customer"));
	fputs(": ", stream);
	terminal_put(stream, text_of(k, "state"));
	if (message.len > 0) {
		fputs(": ", stream);
		terminal_put(stream, message);
	}
	putc('\n', stream);
	put_advice(answer, stream);
}
