/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/register_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/intake/list_files.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"

const enum device_state register_state_shown[REGISTER_STATES_SHOWN] = { DEVICE_CLAIMED,
	DEVICE_FAILED, DEVICE_HELD };

struct totals {
	uint64_t state[NDEVICE_STATE];
};

static uint64_t
state_of(const json_t *list, enum device_state state)
{
	const json_t *n =
	    json_object_get(json_object_get(list, "states"), device_state_name(state));

	return (uint64_t)json_integer_value(n);
}

static struct totals
add_up(const json_t *lists)
{
	struct totals t = { { 0 } };
	size_t i;
	json_t *list;

	json_array_foreach(lists, i, list)
	{
		for (enum device_state s = 0; s < NDEVICE_STATE; s++)
			t.state[s] += state_of(list, s);
	}
	return t;
}

/* --- for scripts --- */

static json_t *
totals_json(const struct totals *t)
{
	json_t *states = json_object();

	for (enum device_state s = 0; s < NDEVICE_STATE; s++) {
		if (t->state[s])
			(void)json_object_set_new(states, device_state_name(s),
			    json_integer((json_int_t)t->state[s]));
	}
	return states;
}

/* --- for people --- */

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void
put(const char *text)
{
	terminal_put(stdout, slice_of(text));
}

static void
put_list(const json_t *list)
{
	const char *comma = "";

	put(text_of(list, "file"));
	printf(" (list %s): ", text_of(list, "id"));
	for (enum device_state s = 0; s < NDEVICE_STATE; s++) {
		uint64_t n = state_of(list, s);

		if (n) {
			printf("%s%" PRIu64 " %s", comma, n, device_state_name(s));
			comma = ", ";
		}
	}
	puts(*comma ? "" : "no devices");
}

/* Which device, what became of it, and what to do: on two lines. */
static void
put_device(const json_t *device)
{
	const json_t *verdict = json_object_get(device, "verdict");
	const char *name = text_of(verdict, "name");
	const char *message = text_of(verdict, "message");
	const char *advice = text_of(verdict, "advice");
	const char *held_for = text_of(device, "held_for");

	fputs("  ", stdout);
	put(*text_of(device, "serial") ? text_of(device, "serial") : text_of(device, "product_id"));
	printf("  %s", text_of(device, "state"));
	if (*held_for)
		printf(", waits for %s", held_for);
	if (*name) {
		fputs(", ", stdout);
		put(name);
	}
	putchar('\n');
	if (*message || *advice) {
		fputs("    ", stdout);
		put(message);
		if (*message && *advice)
			fputs(message[strlen(message) - 1] == '.' ? " " : ". ", stdout);
		put(advice);
		putchar('\n');
	}
}

static void
put_text(const struct register_report *r, const char *path)
{
	struct totals t = add_up(r->lists);
	uint64_t all = 0;
	size_t i;
	json_t *item;

	json_array_foreach(r->lists, i, item) put_list(item);
	for (enum device_state s = 0; s < NDEVICE_STATE; s++)
		all += t.state[s];
	if (json_array_size(r->devices)) {
		puts("\nNot registered:");
		json_array_foreach(r->devices, i, item)
		{
			if (i < REGISTER_DEVICES_SHOWN)
				put_device(item);
		}
		if (json_array_size(r->devices) > REGISTER_DEVICES_SHOWN)
			puts("  … and more: see the report");
	}
	printf("\n%" PRIu64 " of %" PRIu64 " registered",
	    t.state[DEVICE_REGISTERED] + t.state[DEVICE_READY], all);
	puts(r->settled ? "." : "; the rest is on its way.");
	if (path) {
		fputs("Report: ", stdout);
		put(path);
		putchar('\n');
	}
}

enum err_code
register_report_print(const struct options *o, const struct register_report *r, const char *path,
    struct err *err)
{
	struct totals t;

	if (!o->json) {
		if (!o->quiet)
			put_text(r, path);
		return ERR_OK;
	}
	t = add_up(r->lists);
	return json_out_print(json_pack("{s:O, s:O, s:o, s:o}", "lists", r->lists, "untaken",
	                          r->untaken, "states", totals_json(&t), "report",
	                          path ? json_out_text(slice_of(path)) : json_null()),
	    err);
}

int
register_report_exit(const struct options *o, const struct register_report *r)
{
	struct totals t = add_up(r->lists);
	uint64_t good = t.state[DEVICE_REGISTERED] + t.state[DEVICE_READY];
	uint64_t waiting = t.state[DEVICE_QUEUED] + t.state[DEVICE_SUBMITTED];
	uint64_t bad = t.state[DEVICE_FAILED] + t.state[DEVICE_CLAIMED] + t.state[DEVICE_REFUSED];

	if (!r->taken)
		return EXIT_FAILED;
	if (!r->settled)
		return o->no_wait ? EXIT_DONE : EXIT_TIMED_OUT;
	if (t.state[DEVICE_HELD] && good == 0 && waiting == 0)
		return EXIT_AUTH;
	if (bad == 0 && t.state[DEVICE_HELD] == 0)
		return EXIT_DONE;
	return good || waiting ? EXIT_PARTLY : EXIT_FAILED;
}

/* --- all of it --- */

enum err_code
register_report_init(struct register_report *r, struct err *err)
{
	*r = (struct register_report){
		.lists = json_array(),
		.devices = json_array(),
		.untaken = json_array(),
		.taken = true,
	};
	if (!r->lists || !r->devices || !r->untaken)
		return err_set(err, ERR_NOMEM, "lists");
	return ERR_OK;
}

void
register_report_done(struct register_report *r)
{
	json_decref(r->lists);
	json_decref(r->devices);
	json_decref(r->untaken);
}

void
register_report_untaken(struct register_report *r, const char *list, const char *why)
{
	r->taken = false; /* whatever becomes of the words */
	(void)json_array_append_new(r->untaken,
	    json_pack("{s:o, s:o}", "file", json_out_text(slice_of(list)), "message",
	        json_out_text(slice_of(why))));
}

const char *
register_list_path(const char *operand)
{
	return strcmp(operand, "-") == 0 ? "/dev/stdin" : operand;
}

const char *
register_list_name(const char *operand)
{
	const char *slash = strrchr(operand, '/');

	if (strcmp(operand, "-") == 0)
		return "stdin";
	return slash ? slash + 1 : operand;
}

/* The report of the one list, or the folder that those of several are in. */
static enum err_code
find_report(const struct config *c, const json_t *lists, char out[LIST_PATH_MAX], struct err *err)
{
	const json_t *list = json_array_get(lists, 0);
	uint64_t id = 0;

	if (json_array_size(lists) > 1) {
		(void)snprintf(out, LIST_PATH_MAX, "%s/lists", c->state);
		return ERR_OK;
	}
	(void)slice_to_u64(slice_of(text_of(list, "id")), INT64_MAX, &id);
	return list_files_state(c->state, (int64_t)id, text_of(list, "file"), LIST_REPORT_CSV, out,
	    err);
}

int
register_report_end(const struct options *o, const struct config *config,
    const struct register_report *r)
{
	char path[LIST_PATH_MAX];
	bool any = json_array_size(r->lists) > 0;
	struct err err;

	if ((any && find_report(config, r->lists, path, &err)) ||
	    register_report_print(o, r, any ? path : NULL, &err))
		return failure_report(o, &err);
	return register_report_exit(o, r);
}
