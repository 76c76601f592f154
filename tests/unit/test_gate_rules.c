/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gate/gate_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/image_table.h"
#include "tests/unit/config_fixture.h"

static const char config_text[] = CONFIG_PARTNER(
    "auth: {method: refresh_token, client_secret: {env: S}}") "customers:\n"
                                                              "  plain: {tenant: 22222222-2222-4222-8222-222222222222, via: partner/nw, group_tag: T}\n"
                                                              "  free: {tenant: 22222222-2222-4222-8222-222222222222, via: partner/nw}\n"
                                                              "  both: {tenant: 22222222-2222-4222-8222-222222222222, via: partner/nw,\n"
                                                              "    group_tag: T, allowed_tags: [T, U], gate: {needs: [registered, image]}}\n"
                                                              "  image: {tenant: 22222222-2222-4222-8222-222222222222, via: partner/nw,\n"
                                                              "    group_tag: T, gate: {needs: [image]}}\n"
                                                              "  taken: {tenant: 22222222-2222-4222-8222-222222222222, via: partner/nw,\n"
                                                              "    group_tag: T, gate: {needs: [accepted]}}\n"
                                                              "  sent: {tenant: 22222222-2222-4222-8222-222222222222, via: partner/nw,\n"
                                                              "    group_tag: T, gate: {needs: [accepted, sent]}}\n";

#define VERDICT(c, n, name_) \
	{ \
		.class = { c, sizeof(c) - 1 }, .code = (n), .name = { name_, sizeof(name_) - 1 } \
	}
#define TEXT(text) \
	{ \
		text, sizeof(text) - 1 \
	}

/* A device of "plain" with the tag T; what else there is to say. */
struct device {
	const char *customer;
	const char *tag;
	enum device_state state;
	struct store_verdict verdict;
	struct slice held_for;
	struct slice held_message;
	bool claimed;
	bool sent;
	int64_t image_unix_ms;
	const char *maker;
};

static struct store_gate_device
device_of(const struct device *d)
{
	return (struct store_gate_device){
		.serial = slice_of("PF1"),
		.customer = slice_of(d->customer ? d->customer : "plain"),
		.manufacturer = slice_of(d->maker ? d->maker : "Contoso"),
		.tag = slice_of(d->tag ? d->tag : "T"),
		.state = d->state,
		.verdict = d->verdict,
		.held_for = d->held_for,
		.held_message = d->held_message,
		.claimed = d->claimed,
		.sent = d->sent,
		.image_unix_ms = d->image_unix_ms,
	};
}

static void
one_reason_is_told(void **state)
{
	static const struct {
		const char *name;
		struct device device;
		enum gate_cause cause;
		bool may_ship;
		const char *reason;
		const char *advice; /* how it begins */
	} tc[] = {
		{ "registered", { .state = DEVICE_REGISTERED, .verdict = VERDICT("ok", 0, "") },
		    GATE_GOOD, true, "registered", "" },
		{ "ready", { .state = DEVICE_READY, .verdict = VERDICT("ok", 0, "") }, GATE_GOOD,
		    true, "registered", "" },
		{ "already here",
		    { .state = DEVICE_REGISTERED,
		        .verdict = VERDICT("already_here", 806, "ZtdDeviceAlreadyAssigned") },
		    GATE_ALREADY_HERE, true,
		    "already here: it keeps the group tag that it had before", "Compare its tag" },
		{ "queued", { .state = DEVICE_QUEUED }, GATE_WAITS, false, "not sent yet",
		    "Ask again later, and do not switch it on" },
		{ "submitted", { .state = DEVICE_SUBMITTED }, GATE_WAITS, false,
		    "on its way, and not accepted yet", "Ask again later" },
		{ "sent", { .state = DEVICE_SUBMITTED, .sent = true }, GATE_WAITS, false,
		    "sent, and not settled yet", "Ask again later" },
		{ "what it was is taken back",
		    { .state = DEVICE_HELD, .held_for = TEXT("supersede") }, GATE_WAITS, false,
		    "what it was before is being taken back", "Ask again later" },
		{ "to be taken back",
		    { .customer = "taken", .state = DEVICE_HELD, .held_for = TEXT("superseded") },
		    GATE_FAILED, false, "it has become another unit", "Ask for the serial" },
		{ "taken back",
		    { .customer = "image",
		        .state = DEVICE_REFUSED,
		        .verdict = VERDICT("superseded", 0, ""),
		        .image_unix_ms = 1 },
		    GATE_FAILED, false, "it has become another unit", "Ask for the serial" },
		{ "taken in is enough", { .customer = "taken", .state = DEVICE_QUEUED }, GATE_GOOD,
		    true, "taken in, and will be sent", "" },
		{ "taken in is enough, though held",
		    { .customer = "taken", .state = DEVICE_HELD, .held_for = TEXT("consent") },
		    GATE_GOOD, true, "taken in, and will be sent", "" },
		{ "taken in, but contested",
		    { .customer = "taken", .state = DEVICE_HELD, .held_for = TEXT("conflict") },
		    GATE_HELD, false, "another customer has it as well", "Find out whose it is" },
		{ "taken in, and failed since", { .customer = "taken", .state = DEVICE_FAILED },
		    GATE_FAILED, false, "failed (0 )", "" },
		{ "taken in under a wrong tag",
		    { .customer = "taken", .state = DEVICE_QUEUED, .tag = "t" }, GATE_TAG, false,
		    "its group tag \"t\" is not one of the customer's",
		    "Ask the customer's administrator" },
		{ "to be sent", { .customer = "sent", .state = DEVICE_QUEUED }, GATE_WAITS, false,
		    "not sent yet", "Ask again later" },
		{ "to be accepted", { .customer = "sent", .state = DEVICE_SUBMITTED }, GATE_WAITS,
		    false, "on its way, and not accepted yet", "Ask again later" },
		{ "sent is enough", { .customer = "sent", .state = DEVICE_SUBMITTED, .sent = true },
		    GATE_GOOD, true, "the service has accepted it", "" },
		{ "held, and not sent",
		    { .customer = "sent", .state = DEVICE_HELD, .held_for = TEXT("paused") },
		    GATE_HELD, false, "held (paused)", "" },
		{ "claimed",
		    { .state = DEVICE_CLAIMED,
		        .verdict =
		            VERDICT("claimed_elsewhere", 808, "ZtdDeviceAssignedToOtherTenant"),
		        .claimed = true },
		    GATE_CLAIMED, false,
		    "held by another organization (808 ZtdDeviceAssignedToOtherTenant)",
		    "Ask the supplier" },
		{ "claimed before, asked again", { .state = DEVICE_QUEUED, .claimed = true },
		    GATE_CLAIMED, false, "held by another organization", "Ask the supplier" },
		{ "claimed, and registered by another customer's list",
		    { .state = DEVICE_REGISTERED, .claimed = true }, GATE_CLAIMED, false,
		    "held by another organization", "Ask the supplier" },
		{ "held",
		    { .state = DEVICE_HELD,
		        .held_for = TEXT("consent"),
		        .held_message = TEXT("Ask the customer.") },
		    GATE_HELD, false, "held (consent): Ask the customer", "" },
		{ "held without a word", { .state = DEVICE_HELD, .held_for = TEXT("paused") },
		    GATE_HELD, false, "held (paused)", "" },
		{ "held for a person",
		    { .state = DEVICE_HELD,
		        .held_for = TEXT("directory"),
		        .verdict = VERDICT("directory", 814, "ZtdDeviceAlreadyAadRegistered") },
		    GATE_HELD, false, "held (directory)", "Have the customer's administrator" },
		{ "contested", { .state = DEVICE_HELD, .held_for = TEXT("conflict") }, GATE_HELD,
		    false, "another customer has it as well", "Find out whose it is" },
		{ "refused", { .state = DEVICE_REFUSED }, GATE_FAILED, false, "its row was refused",
		    "Correct its row" },
		{ "failed",
		    { .state = DEVICE_FAILED,
		        .verdict = { TEXT("bad_hash"), 802, TEXT("InvalidZtdHardwareHash"),
		            TEXT("It is damaged.") } },
		    GATE_FAILED, false, "failed (802 InvalidZtdHardwareHash): It is damaged",
		    "Capture the hardware hash again" },
		{ "failed without a name",
		    { .state = DEVICE_FAILED, .verdict = { .class = TEXT("unexpected") } },
		    GATE_FAILED, false, "failed (0 unexpected)", "Ask Microsoft support" },
		{ "wrong tag",
		    { .state = DEVICE_REGISTERED, .tag = "t", .verdict = VERDICT("ok", 0, "") },
		    GATE_TAG, false, "its group tag \"t\" is not one of the customer's",
		    "Ask the customer's administrator" },
		{ "wrong tag comes before waiting", { .state = DEVICE_QUEUED, .tag = "" }, GATE_TAG,
		    false, "its group tag \"\" is not one of the customer's",
		    "Ask the customer's administrator" },
		{ "failure comes before the tag", { .state = DEVICE_FAILED, .tag = "t" },
		    GATE_FAILED, false, "failed (0 )", "" },
		{ "any tag", { .customer = "free", .state = DEVICE_REGISTERED, .tag = "x" },
		    GATE_GOOD, true, "registered", "" },
		{ "another tag",
		    { .customer = "both",
		        .state = DEVICE_REGISTERED,
		        .tag = "U",
		        .image_unix_ms = 1 },
		    GATE_GOOD, true, "registered", "" },
		{ "customer is gone", { .customer = "gone", .state = DEVICE_REGISTERED }, GATE_TAG,
		    false, "its customer gone is not in the configuration any more",
		    "Add the customer again" },
		{ "no image", { .customer = "both", .state = DEVICE_REGISTERED }, GATE_IMAGE, false,
		    "nobody has acknowledged its image", "Put the customer's image" },
		{ "Dell's image",
		    { .customer = "both", .state = DEVICE_REGISTERED, .maker = "DELL Inc." },
		    GATE_IMAGE, false, "nobody has acknowledged its image", "Ask Dell's" },
		{ "an image that is right by itself",
		    { .customer = "both",
		        .state = DEVICE_REGISTERED,
		        .maker = "Microsoft Corporation" },
		    GATE_GOOD, true, "registered", "" },
		{ "waiting comes before the image", { .customer = "both", .state = DEVICE_QUEUED },
		    GATE_WAITS, false, "not sent yet", "Ask again later" },
		{ "already here without an image",
		    { .customer = "both",
		        .state = DEVICE_REGISTERED,
		        .verdict = VERDICT("already_here", 806, "") },
		    GATE_IMAGE, false, "nobody has acknowledged its image",
		    "Put the customer's image" },
		{ "only the image",
		    { .customer = "image", .state = DEVICE_FAILED, .tag = "x", .image_unix_ms = 1 },
		    GATE_GOOD, true, "nothing stands against it", "" },
		{ "only the image, which is not there",
		    { .customer = "image", .state = DEVICE_REGISTERED }, GATE_IMAGE, false,
		    "nobody has acknowledged its image", "Put the customer's image" },
		{ "only the image, but claimed",
		    { .customer = "image", .state = DEVICE_CLAIMED, .image_unix_ms = 1 },
		    GATE_CLAIMED, false, "held by another organization", "Ask the supplier" },
		{ "only the image, but contested",
		    { .customer = "image",
		        .state = DEVICE_HELD,
		        .held_for = TEXT("conflict"),
		        .image_unix_ms = 1 },
		    GATE_HELD, false, "another customer has it as well", "Find out whose it is" },
	};
	struct config *c = config_fixture_parse(config_text, "");

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct store_gate_device d = device_of(&tc[i].device);
		struct gate_verdict v;

		print_message("  %s\n", tc[i].name);
		gate_rules_judge(c, &d, 1, &v);
		assert_string_equal(gate_cause_word(v.cause), gate_cause_word(tc[i].cause));
		assert_int_equal(gate_cause_may_ship(v.cause), tc[i].may_ship);
		assert_string_equal(v.reason, tc[i].reason);
		assert_memory_equal(v.advice, tc[i].advice, strlen(tc[i].advice));
		assert_int_equal(v.advice[0] != '\0', tc[i].advice[0] != '\0');
		assert_ptr_equal(v.device, &d);
	}
	config_free(c);
}

/* Two boxes with one number: nobody can tell them apart. */
static void
all_of_one_number_have_to_be_fit(void **state)
{
	static const enum device_state good = DEVICE_REGISTERED;
	static const struct {
		const char *name;
		enum device_state device[3];
		size_t n;
		enum gate_cause cause;
		size_t about;
	} tc[] = {
		{ "both good", { good, DEVICE_READY }, 2, GATE_GOOD, 0 },
		{ "one waits", { good, DEVICE_QUEUED }, 2, GATE_WAITS, 1 },
		{ "claimed outranks failed", { DEVICE_FAILED, DEVICE_CLAIMED, good }, 3,
		    GATE_CLAIMED, 1 },
		{ "failed outranks waiting", { DEVICE_SUBMITTED, good, DEVICE_FAILED }, 3,
		    GATE_FAILED, 2 },
		{ "of two alike the first", { good, DEVICE_QUEUED, DEVICE_SUBMITTED }, 3,
		    GATE_WAITS, 1 },
	};
	struct config *c = config_fixture_parse(config_text, "");
	struct gate_verdict v;

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct store_gate_device d[3];

		print_message("  %s\n", tc[i].name);
		for (size_t k = 0; k < tc[i].n; k++)
			d[k] = device_of(&(struct device){ .state = tc[i].device[k] });
		gate_rules_judge(c, d, tc[i].n, &v);
		assert_int_equal(v.cause, tc[i].cause);
		assert_ptr_equal(v.device, &d[tc[i].about]);
	}
	gate_rules_judge(c, NULL, 0, &v);
	assert_int_equal(v.cause, GATE_UNKNOWN);
	assert_false(gate_cause_may_ship(v.cause));
	assert_null(v.device);
	config_free(c);
}

static void
long_messages_are_cut(void **state)
{
	char message[2 * GATE_REASON_SIZE];
	struct device held = { .state = DEVICE_HELD, .held_for = TEXT("consent") };
	struct config *c = config_fixture_parse(config_text, "");
	struct store_gate_device d;
	struct gate_verdict v;

	(void)state;
	memset(message, 'x', sizeof message);
	held.held_message = (struct slice){ message, sizeof message };
	d = device_of(&held);
	gate_rules_judge(c, &d, 1, &v);
	assert_int_equal(strlen(v.reason), GATE_REASON_SIZE - 1);
	config_free(c);
}

static void
words_are_different(void **state)
{
	(void)state;
	for (int i = 0; i <= GATE_GOOD; i++) {
		for (int k = 0; k < i; k++)
			assert_string_not_equal(gate_cause_word((enum gate_cause)i),
			    gate_cause_word((enum gate_cause)k));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_reason_is_told),
		cmocka_unit_test(all_of_one_number_have_to_be_fit),
		cmocka_unit_test(long_messages_are_cut),
		cmocka_unit_test(words_are_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
