/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/unit_intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/intake/intake_rules.h"
#include "agent/intake/stored_hash.h"
#include "agent/intake/unit_text.h"
#include "agent/intake/wanted_devices.h"
#include "base/rfc3339.h"
#include "base/secret.h"
#include "channel/batch.h"
#include "config/arena.h"
#include "devices/field_rules.h"
#include "devices/finding.h"
#include "devices/row_check.h"
#include "devices/row_findings.h"
#include "oem/oem_request.h"
#include "store/store_async.h"

enum {
	ORDER_MAX = 256, /* bytes */
	SERIAL_MAX = 128,
	FILE_SIZE = 32,
	DATE_LEN = 10,
};

struct unit_intake {
	struct unit_intake_options opt;
	struct wanted_devices **wanted; /* of each customer of the configuration */
	size_t under_way;
	void (*closed)(void *arg); /* NULL: not closing */
	void *closed_arg;
};

/* One on its way to the store and back. */
struct unit {
	struct unit_intake *intake;
	unit_fn *done;
	void *arg;
	const struct customer *customer; /* NULL: it was refused before it was clear whose it is */
	struct store_row row;
	uint8_t hash[STORED_HASH_ROOM];
	struct slice replaces;
	char file[FILE_SIZE];
	struct unit_answer answer; /* refused as long as there is a code */
	struct arena arena;        /* owns the texts */
};

/* --- refusing ------------------------------------------------------------------------------------- */

/* What the arena cannot hold is empty; whether it could is looked at once. */
static struct slice
keep(struct unit *u, struct slice text)
{
	const char *copy = arena_text(&u->arena, text);

	return copy ? (struct slice){ copy, text.len } : slice_of("");
}

static void
refuse(struct unit *u, const char *code, const char *message, const char *advice)
{
	u->answer.code = code;
	u->answer.message = keep(u, slice_of(message));
	u->answer.advice = slice_of(advice);
}

static void
refuse_finding(struct unit *u, enum finding_code code, const char *message)
{
	refuse(u, finding_info(code)->code, message, finding_info(code)->advice);
}

/* The serial number as it was given, but never a product key that stands in its place. */
static struct slice
shown_serial(struct slice given)
{
	struct slice v = value_trim(given);
	size_t at;

	if (text_has_product_key(v, &at) || value_is_product_key(v, true))
		return slice_of("");
	return value_shown(v);
}

/* --- what has to be so ------------------------------------------------------------------------------- */

static const struct oem_profile *
profile_of(const struct unit_intake *ui, const struct customer *c)
{
	const struct oem_list *oems = &ui->opt.config->oems;

	for (size_t i = 0; c->via.kind == VIA_OEM && i < oems->n; i++) {
		if (strcmp(oems->item[i].name, c->via.name) == 0)
			return ui->opt.profile[i];
	}
	return NULL;
}

static bool
judge_order(struct unit *u, struct slice order)
{
	if (order.len > ORDER_MAX)
		refuse_finding(u, FINDING_VALUE_TOO_LONG, "the order is longer than 256 bytes");
	else if (value_is_damaged(order))
		refuse_finding(u, FINDING_DAMAGED_TEXT,
		    "a character that is damaged or cannot be seen stands in the order");
	return !u->answer.code;
}

static bool
judge_profile(struct unit *u, const struct oem_profile *p)
{
	const struct batch_device d = {
		.serial = u->row.serial,
		.product_id = u->row.product_id,
		.manufacturer = u->row.manufacturer,
		.model = u->row.model,
	};
	struct err err;
	enum err_code rc = oem_request_judge(p, &d, u->row.tag, u->row.order, &err);

	if (rc)
		refuse_finding(u, rc == ERR_LIMIT ? FINDING_VALUE_TOO_LONG : FINDING_NO_IDENTITY,
		    err.msg);
	return rc == ERR_OK;
}

static bool
judge_replaces(struct unit *u)
{
	size_t at;

	if (u->replaces.len > SERIAL_MAX)
		refuse_finding(u, FINDING_VALUE_TOO_LONG,
		    "the serial number that it replaces is longer than 128 bytes");
	else if (text_has_product_key(u->replaces, &at))
		refuse_finding(u, FINDING_PRODUCT_KEY,
		    "a product key stands where the unit's former serial number should");
	else if (u->replaces.len > 0 && slice_eq_nocase(u->replaces, u->row.serial))
		refuse(u, "replaces-unknown", "a unit cannot replace itself",
		    "Give the serial number that the unit had before.");
	return !u->answer.code;
}

/* --- reading ------------------------------------------------------------------------------------------ */

static void
take_finding(struct unit *u, const struct checked_row *row)
{
	const struct finding *f = row->finding;

	while (f->severity != SEVERITY_ERROR)
		f++;
	u->answer.code = finding_info(f->code)->code;
	u->answer.message = keep(u, f->message);
	u->answer.advice = keep(u, f->advice);
}

static void
set_row(struct unit *u, const struct device *d, struct slice order, bool for_maker)
{
	struct store_row *r = &u->row;
	uint32_t used = 0;

	*r = (struct store_row){
		/* What many devices share tells none of them: the store goes by what else there is. */
		.serial = keep(u, value_is_placeholder(d->serial) ? slice_of("") : d->serial),
		.product_id = keep(u,
		    for_maker && d->product_id.len == 0 ? d->hash_product_id : d->product_id),
		.manufacturer = keep(u, d->manufacturer),
		.model = keep(u, d->model),
		.family = keep(u, d->family),
		.tag = keep(u, d->group_tag),
		.order = keep(u, order),
	};
	u->answer.serial = r->serial;
	if (for_maker || !stored_hash_make(d->hash, u->hash, &used))
		return;
	r->hash = (struct slice){ (const char *)u->hash, used };
	r->hash_len = HARDWARE_HASH_BYTES;
}

/* As a row of a list, by the rules of its customer. The checker knows the time, hence a fresh one. */
static enum err_code
check_row(struct unit *u, const struct unit_text *t, size_t customer, struct err *err)
{
	const struct unit_intake_options *o = &u->intake->opt;
	const struct oem_profile *profile = profile_of(u->intake, u->customer);
	const struct row_fields fields = {
		.cell = {
			[COLUMN_SERIAL] = t->value[UNIT_SERIAL],
			[COLUMN_PRODUCT_ID] = t->value[UNIT_PRODUCT_ID],
			[COLUMN_HASH] = t->value[UNIT_HASH],
			[COLUMN_MANUFACTURER] = t->value[UNIT_MANUFACTURER],
			[COLUMN_MODEL] = t->value[UNIT_MODEL],
			[COLUMN_TAG] = t->value[UNIT_GROUP_TAG],
			[COLUMN_ORDER] = t->value[UNIT_ORDER],
		},
	};
	struct row_checker *checker = NULL;
	struct intake_rules rules;
	struct checked_row row;

	if (intake_rules_init(&rules, u->customer, NULL, o->clock, o->random, err) ||
	    row_checker_new(&rules.policy, &checker, err))
		return err->code;
	row_check(checker, &fields, &row);
	if (row.refused)
		take_finding(u, &row);
	else
		set_row(u, &row.device, value_trim(t->value[UNIT_ORDER]), profile != NULL);
	row_checker_free(checker);
	if (row.refused || !judge_order(u, u->row.order) || !judge_replaces(u) ||
	    (profile && !judge_profile(u, profile)))
		return ERR_OK;
	if (!wanted_devices_has(u->intake->wanted[customer], u->row.serial, u->row.manufacturer,
	        u->row.model))
		refuse(u, "not-wanted", "the customer's \"only\" leaves this device out",
		    "Change \"only\" if it is wanted.");
	return ERR_OK;
}

static enum err_code
check_unit(struct unit *u, const struct unit_text *t, const char *customer, struct err *err)
{
	const struct config *c = u->intake->opt.config;
	struct slice name = t->value[UNIT_CUSTOMER];
	struct err why;

	u->answer.serial = keep(u, shown_serial(t->value[UNIT_SERIAL]));
	u->replaces = keep(u, value_trim(t->value[UNIT_REPLACES]));
	if (name.len == 0 && customer)
		name = slice_of(customer);
	u->customer = config_customer(c, name);
	if (!u->customer) {
		refuse(u, "customer-unknown",
		    name.len > 0 ? "the configuration has no such customer" : "it says no customer",
		    "Give the name of a customer of the configuration.");
		return ERR_OK;
	}
	if (intake_rules_check(u->customer, NULL, &why)) {
		refuse(u, "customer-config", why.msg, "Correct the customer's configuration.");
		return ERR_OK;
	}
	return check_row(u, t, (size_t)(u->customer - c->customers.item), err);
}

static enum err_code
read_unit(struct unit *u, struct slice text, const char *customer, struct err *err)
{
	struct unit_text t;
	enum err_code rc = unit_text_parse(text, &t, err);

	if (rc == ERR_FORMAT || rc == ERR_LIMIT) {
		refuse(u, "not-a-unit", err->msg,
		    "Send one JSON object with the members customer, serial, manufacturer and model.");
	} else {
		rc = check_unit(u, &t, customer, err);
		unit_text_done(&t);
		if (rc)
			return rc;
	}
	return u->arena.failed ? err_set(err, ERR_NOMEM, "unit") : ERR_OK;
}

/* --- storing ------------------------------------------------------------------------------------------- */

/* On the store's thread. One that is refused comes by as well: answers have their order so. */
static enum err_code
store_unit(struct store *s, void *arg, struct err *err)
{
	struct unit *u = arg;

	if (u->answer.code)
		return ERR_OK;
	return store_unit_add(s, slice_of(u->customer->name), slice_of(u->file), &u->row,
	    u->replaces, &u->answer.taken, err);
}

static void
unit_free(struct unit *u)
{
	if (!u)
		return;
	secret_wipe(u->hash, sizeof u->hash);
	arena_done(&u->arena);
	free(u);
}

static void
finish(struct unit_intake *ui)
{
	void (*closed)(void *arg) = ui->closed;
	void *arg = ui->closed_arg;

	for (size_t i = 0; i < ui->opt.config->customers.n; i++)
		wanted_devices_free(ui->wanted[i]);
	free(ui->wanted);
	free(ui);
	if (closed)
		closed(arg);
}

static void
on_stored(void *arg, const struct err *err)
{
	struct unit *u = arg;
	struct unit_intake *ui = u->intake;

	if (err && err->code == ERR_NOT_FOUND) {
		refuse(u, "replaces-unknown", err->msg,
		    "Check the serial number that the unit had before.");
		err = NULL;
	}
	u->answer.accepted = !err && !u->answer.code;
	if (u->answer.accepted)
		ui->opt.on_taken(ui->opt.arg);
	u->done(u->arg, err ? NULL : &u->answer, err);
	unit_free(u);
	if (--ui->under_way == 0 && ui->closed)
		finish(ui);
}

enum err_code
unit_intake_take(struct unit_intake *ui, struct slice text, const char *customer, unit_fn *done,
    void *arg, struct err *err)
{
	char now[RFC3339_SIZE];
	struct unit *u;

	if (ui->closed)
		return err_set(err, ERR_CANCELLED, "the agent is stopping");
	u = calloc(1, sizeof *u);
	if (!u)
		return err_set(err, ERR_NOMEM, "unit");
	u->intake = ui;
	u->done = done;
	u->arg = arg;
	(void)snprintf(u->file, sizeof u->file, "units-%.*s", DATE_LEN,
	    rfc3339_format(clock_unix_ms(ui->opt.clock), now));
	if (read_unit(u, text, customer, err) ||
	    store_async_start(ui->opt.writer, store_unit, on_stored, u, err)) {
		unit_free(u);
		return err->code;
	}
	ui->under_way++;
	return ERR_OK;
}

/* --- life ----------------------------------------------------------------------------------------------- */

enum err_code
unit_intake_new(const struct unit_intake_options *opt, struct unit_intake **out, struct err *err)
{
	const struct customer_list *c = &opt->config->customers;
	struct unit_intake *ui = calloc(1, sizeof *ui);
	enum err_code rc = ERR_OK;

	if (!ui)
		return err_set(err, ERR_NOMEM, "units");
	ui->opt = *opt;
	ui->wanted = calloc(c->n + 1, sizeof *ui->wanted);
	if (!ui->wanted) {
		free(ui);
		return err_set(err, ERR_NOMEM, "units");
	}
	for (size_t i = 0; rc == ERR_OK && i < c->n; i++)
		rc = wanted_devices_new(&c->item[i].only, &ui->wanted[i], err);
	if (rc) {
		finish(ui);
		return rc;
	}
	*out = ui;
	return ERR_OK;
}

void
unit_intake_close(struct unit_intake *ui, void (*closed)(void *arg), void *arg)
{
	ui->closed = closed;
	ui->closed_arg = arg;
	if (ui->under_way == 0)
		finish(ui);
}
