/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/register_plan.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/register_report.h"
#include "agent/intake/intake_rules.h"
#include "agent/sending/roster.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"
#include "devices/list_pass.h"

enum { TAGS_MAX = 32 };

/* What would leave, for one exact group tag. */
struct planned {
	char tag[TAG_SIZE];
	uint64_t devices;
};

struct plan {
	struct planned lane[TAGS_MAX];
	size_t n;
	struct wanted_devices *wanted;
};

/* Says of each device only whether the customer wants it. */
static void
render(void *arg, const struct device *d, struct buf *out, struct row_checker *rc,
    struct checked_row *row)
{
	const struct plan *p = arg;

	(void)rc;
	(void)row;
	buf_add_char(out,
	    wanted_devices_has(p->wanted, d->serial, d->manufacturer, d->model) ? '+' : '-');
}

static enum err_code
on_device(void *arg, uint64_t line, struct slice rendered, struct slice group_tag, struct err *err)
{
	struct plan *p = arg;
	size_t i = 0;

	(void)line;
	if (*rendered.ptr == '-')
		return ERR_OK;
	while (i < p->n && !slice_eq(group_tag, slice_of(p->lane[i].tag)))
		i++;
	if (i == TAGS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d group tags", TAGS_MAX);
	if (i == p->n)
		(void)snprintf(p->lane[p->n++].tag, TAG_SIZE, SLICE_FMT, SLICE_ARG(group_tag));
	p->lane[i].devices++;
	return ERR_OK;
}

static enum err_code
on_finding(void *arg, uint32_t list, const struct finding *f, struct err *err)
{
	(void)arg;
	(void)list;
	(void)f;
	(void)err;
	return ERR_OK;
}

/* --- what is shown -------------------------------------------------------------------------------- */

static uint64_t
batches(const struct config *c, uint64_t devices)
{
	return (devices + c->batch.max_devices - 1) / c->batch.max_devices;
}

static void
put_text(const struct plan *p, const struct config *c, const struct customer *k)
{
	const struct partner *partner = config_partner(c, k->via.name);
	const char *base = config_cloud(c, partner->cloud)->partner_center;

	printf("GET  %s/v1/customers/%s (is there consent?)\n", base, k->tenant);
	printf("GET  %s/v1/customers/%s/deviceBatches\n", base, k->tenant);
	for (size_t i = 0; i < p->n; i++) {
		printf("POST %s/v1/customers/%s/deviceBatches: %" PRIu64 " device%s under \"", base,
		    k->tenant, p->lane[i].devices, p->lane[i].devices == 1 ? "" : "s");
		terminal_put(stdout, slice_of(p->lane[i].tag));
		printf("\", in %" PRIu64 " request%s\n", batches(c, p->lane[i].devices),
		    batches(c, p->lane[i].devices) == 1 ? "" : "s");
	}
	puts("Nothing was sent.");
}

static json_t *
plan_json(const struct plan *p, const struct config *c, const struct customer *k)
{
	json_t *lanes = json_array();

	for (size_t i = 0; i < p->n; i++)
		(void)json_array_append_new(lanes,
		    json_pack("{s:o, s:I, s:I}", "group_tag",
		        json_out_text(slice_of(p->lane[i].tag)), "devices",
		        (json_int_t)p->lane[i].devices, "requests",
		        (json_int_t)batches(c, p->lane[i].devices)));
	return json_pack("{s:o, s:s, s:o}", "customer", json_out_text(slice_of(k->name)), "tenant",
	    k->tenant, "plan", lanes);
}

static int
outcome(const struct list_pass *pass)
{
	size_t n;
	const struct list_summary *s = list_pass_summary(pass, &n);
	int code = EXIT_DONE;

	for (size_t i = 0; i < n; i++) {
		if (s[i].failed)
			return EXIT_FAILED;
		if (s[i].refused)
			code = EXIT_PARTLY;
	}
	return code;
}

int
register_plan(const struct options *o, const struct config *config, const struct customer *customer)
{
	struct plan plan = { .n = 0 };
	const struct list_events events = {
		.arg = &plan,
		.render = render,
		.on_finding = on_finding,
		.on_device = on_device,
	};
	struct intake_rules rules;
	const struct list_pass_options opt = {
		.list = &rules.list,
		.policy = &rules.policy,
		.events = &events,
		.threads = 1,
	};
	struct list_pass *pass = NULL;
	struct err err;
	int code;
	enum err_code rc;

	if ((rc = intake_rules_check(customer, o->group_tag, &err)) ||
	    (rc = intake_rules_init(&rules, customer, o->group_tag, clock_system(), random_system(),
	         &err)) ||
	    (rc = wanted_devices_new(&customer->only, &plan.wanted, &err)) ||
	    (rc = list_pass_new(&opt, &pass, &err)))
		goto out;
	for (size_t i = 0; rc == ERR_OK && i < o->noperand; i++)
		rc = list_pass_read(pass, register_list_path(o->operand[i]), &err);
	if (rc == ERR_OK && o->json)
		rc = json_out_print(plan_json(&plan, config, customer), &err);
	else if (rc == ERR_OK)
		put_text(&plan, config, customer);
out:
	code = rc ? failure_report(o, &err) : outcome(pass);
	list_pass_free(pass);
	wanted_devices_free(plan.wanted);
	return code;
}
