/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/batch_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "devices/base64.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define CREATED(devices) \
	"{\"batchId\":\"HQ 1\",\"devices\":[" devices \
	"],\"attributes\":{\"objectType\":\"DeviceBatchCreationRequest\"}}"
#define DEVICE "\"attributes\":{\"objectType\":\"Device\"}}"

/* Enough for numbers that are the same in every run. */
static uint32_t
next(uint32_t *seed, uint32_t below)
{
	*seed = *seed * UINT32_C(1664525) + UINT32_C(1013904223);
	return (*seed >> 8) % below;
}

/* --- reading --- */

/* Reads to the end, in pieces of the size given, or of changing sizes; the caller frees. */
static char *
read_all(const struct http_body *s, size_t piece, uint32_t *seed)
{
	char *text = malloc((size_t)s->len + 1);
	size_t len = 0;

	assert_non_null(text);
	for (;;) {
		size_t cap = seed ? 1 + next(seed, 700) : piece;
		char *exact = malloc(cap); /* so that the sanitizer sees a byte too many */
		size_t n;

		assert_non_null(exact);
		n = s->read(s->arg, exact, cap);
		assert_true(n <= cap && n <= s->len - len);
		memcpy(text + len, exact, n);
		free(exact);
		len += n;
		if (n == 0)
			break;
	}
	assert_int_equal(len, s->len);
	text[len] = '\0';
	return text;
}

static struct batch_body *
body_of(const struct batch *b, enum batch_body_form form)
{
	struct batch_body *body = NULL;
	struct err err;

	assert_int_equal(batch_body_new(b, form, &body, &err), ERR_OK);
	return body;
}

/* --- exact texts --- */

struct body_case {
	const char *name;
	const char *serial, *product_id, *manufacturer, *model, *hash;
	uint32_t hash_len;
	const char *created;
	const char *appended;
};

static void
check(const struct body_case *tc)
{
	struct batch *b = partner_fake_batch("HQ 1");
	const char *const want[] = { tc->created, tc->appended };

	print_message("  %s\n", tc->name);
	partner_fake_add(b, tc->serial, tc->product_id, tc->manufacturer, tc->model, tc->hash,
	    tc->hash_len);
	for (size_t i = 0; i < LENGTH(want); i++) {
		struct batch_body *body =
		    body_of(b, i == 0 ? BATCH_BODY_CREATE : BATCH_BODY_APPEND);

		for (size_t piece = 1; piece < 300; piece++) {
			char *is = read_all(batch_body_stream(body), piece, NULL);

			assert_string_equal(is, want[i]);
			free(is);
			batch_body_stream(body)->rewind(batch_body_stream(body)->arg);
		}
		batch_body_free(body);
	}
	batch_free(b);
}

static void
texts(void **state)
{
	static const struct body_case tc[] = {
		{ "all members", "SN", "PK", "Fabrikam", "Book", "abc", 0,
		    CREATED(
		        "{\"serialNumber\":\"SN\",\"productKey\":\"PK\",\"hardwareHash\":\"YWJj\","
		        "\"oemManufacturerName\":\"Fabrikam\",\"modelName\":\"Book\"}"),
		    "[{\"serialNumber\":\"SN\",\"productKey\":\"PK\",\"hardwareHash\":\"YWJj\","
		    "\"oemManufacturerName\":\"Fabrikam\",\"modelName\":\"Book\"," DEVICE "]" },
		{ "a hash alone", NULL, NULL, NULL, NULL, "abc", 0,
		    CREATED("{\"hardwareHash\":\"YWJj\"}"),
		    "[{\"hardwareHash\":\"YWJj\"," DEVICE "]" },
		{ "a product id alone", NULL, "PK", NULL, NULL, NULL, 0,
		    CREATED("{\"productKey\":\"PK\"}"), "[{\"productKey\":\"PK\"," DEVICE "]" },
		{ "a tuple", "SN", NULL, "F", "B", NULL, 0,
		    CREATED(
		        "{\"serialNumber\":\"SN\",\"oemManufacturerName\":\"F\",\"modelName\":\"B\"}"),
		    "[{\"serialNumber\":\"SN\",\"oemManufacturerName\":\"F\",\"modelName\":\"B\"," DEVICE
		    "]" },
		{ "a model first", NULL, NULL, NULL, "B", NULL, 0, CREATED("{\"modelName\":\"B\"}"),
		    "[{\"modelName\":\"B\"," DEVICE "]" },
		{ "nothing", NULL, NULL, NULL, NULL, NULL, 0, CREATED("{}"), "[{" DEVICE "]" },
		{ "escapes", "a\"b\\c/d\x01\x1f\n\x7f", NULL, NULL, NULL, NULL, 0,
		    CREATED("{\"serialNumber\":\"a\\\"b\\\\c/d\\u0001\\u001f\\u000a\x7f\"}"),
		    "[{\"serialNumber\":\"a\\\"b\\\\c/d\\u0001\\u001f\\u000a\x7f\"," DEVICE "]" },
		{ "beyond ASCII", "B\xC3\xBCro \xF0\x9F\x92\xBB", NULL, NULL, NULL, NULL, 0,
		    CREATED("{\"serialNumber\":\"B\xC3\xBCro \xF0\x9F\x92\xBB\"}"),
		    "[{\"serialNumber\":\"B\xC3\xBCro \xF0\x9F\x92\xBB\"," DEVICE "]" },
		{ "one byte", NULL, NULL, NULL, NULL, "a", 1,
		    CREATED("{\"hardwareHash\":\"YQ==\"}"),
		    "[{\"hardwareHash\":\"YQ==\"," DEVICE "]" },
		{ "two bytes", NULL, NULL, NULL, NULL, "ab", 2,
		    CREATED("{\"hardwareHash\":\"YWI=\"}"),
		    "[{\"hardwareHash\":\"YWI=\"," DEVICE "]" },
		{ "zeros in the group where data end", NULL, NULL, NULL, NULL, "ab", 3,
		    CREATED("{\"hardwareHash\":\"YWIA\"}"),
		    "[{\"hardwareHash\":\"YWIA\"," DEVICE "]" },
		{ "zeros and padding", NULL, NULL, NULL, NULL, "abcd", 11,
		    CREATED("{\"hardwareHash\":\"YWJjZAAAAAAAAAA=\"}"),
		    "[{\"hardwareHash\":\"YWJjZAAAAAAAAAA=\"," DEVICE "]" },
		{ "only zeros", NULL, NULL, NULL, NULL, NULL, 7,
		    CREATED("{\"hardwareHash\":\"AAAAAAAAAA==\"}"),
		    "[{\"hardwareHash\":\"AAAAAAAAAA==\"," DEVICE "]" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++)
		check(&tc[i]);
}

static void
several_devices_and_none(void **state)
{
	struct batch *b = partner_fake_batch("a\"b");
	struct batch_body *body = body_of(b, BATCH_BODY_APPEND);
	char *is = read_all(batch_body_stream(body), 64, NULL);

	(void)state;
	assert_string_equal(is, "[]");
	free(is);
	batch_body_free(body);
	partner_fake_add(b, "1", NULL, NULL, NULL, NULL, 0);
	partner_fake_add(b, "2", NULL, NULL, NULL, "abc", 0);
	body = body_of(b, BATCH_BODY_CREATE);
	is = read_all(batch_body_stream(body), 64, NULL);
	assert_string_equal(is,
	    "{\"batchId\":\"a\\\"b\",\"devices\":[{\"serialNumber\":\"1\"},"
	    "{\"serialNumber\":\"2\",\"hardwareHash\":\"YWJj\"}],"
	    "\"attributes\":{\"objectType\":\"DeviceBatchCreationRequest\"}}");
	free(is);
	batch_body_free(body);
	batch_body_free(NULL);
	batch_free(b);
}

/* --- against jansson --- */

static struct slice
random_text(uint32_t *seed, char *room, size_t most)
{
	static const char *const piece[] = { "a", "Z9", "\"", "\\", "/", "\n", "\x01", "\xC3\xA4",
		"\xE2\x82\xAC", "\xF0\x9F\x92\xBB", " " };
	size_t n = next(seed, 3) == 0 ? 0 : next(seed, 12);
	struct slice text = { room, 0 };

	for (size_t i = 0; i < n; i++) {
		const char *p = piece[next(seed, LENGTH(piece))];

		if (text.len + strlen(p) > most)
			break;
		memcpy(room + text.len, p, strlen(p));
		text.len += strlen(p);
	}
	return text;
}

static void
add_random(struct batch *b, uint32_t *seed)
{
	char serial[64], product_id[64], manufacturer[64], model[64], hash[3100];
	struct batch_device d = {
		.serial = random_text(seed, serial, sizeof serial),
		.product_id = random_text(seed, product_id, sizeof product_id),
		.manufacturer = random_text(seed, manufacturer, sizeof manufacturer),
		.model = random_text(seed, model, sizeof model),
		.hash = { hash, next(seed, 4) == 0 ? 0 : next(seed, sizeof hash) },
	};
	struct err err;

	for (size_t i = 0; i < d.hash.len; i++)
		hash[i] = (char)next(seed, 256);
	d.hash_len = (uint32_t)d.hash.len + (next(seed, 2) ? next(seed, 2000) : 0);
	assert_int_equal(batch_add(b, &d, &err), ERR_OK);
}

static size_t
assert_text(const json_t *device, const char *key, struct slice want)
{
	const json_t *value = json_object_get(device, key);

	assert_int_equal(value != NULL, want.len > 0);
	if (want.len == 0)
		return 0;
	assert_int_equal(json_string_length(value), want.len);
	assert_memory_equal(json_string_value(value), want.ptr, want.len);
	return 1;
}

static size_t
assert_hash(const json_t *device, const struct batch_device *d)
{
	const json_t *value = json_object_get(device, "hardwareHash");
	char want[BASE64_ENCODED_LEN(6000)];
	uint8_t whole[6000] = { 0 };

	assert_int_equal(value != NULL, d->hash_len > 0);
	if (d->hash_len == 0)
		return 0;
	memcpy(whole, d->hash.ptr, d->hash.len);
	base64_encode(whole, d->hash_len, want);
	assert_int_equal(json_string_length(value), BASE64_ENCODED_LEN(d->hash_len));
	assert_memory_equal(json_string_value(value), want, json_string_length(value));
	return 1;
}

static void
assert_parses_back(const char *text, const struct batch *b, enum batch_body_form form)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const json_t *devices = root;

	assert_non_null(root);
	if (form == BATCH_BODY_CREATE) {
		assert_string_equal(json_string_value(json_object_get(root, "batchId")), b->tag);
		assert_int_equal(json_object_size(root), 3);
		devices = json_object_get(root, "devices");
	}
	assert_int_equal(json_array_size(devices), b->ndevice);
	for (size_t i = 0; i < b->ndevice; i++) {
		const json_t *device = json_array_get(devices, i);
		const struct batch_device *d = &b->device[i];
		size_t n = form == BATCH_BODY_APPEND;

		n += assert_text(device, "serialNumber", d->serial);
		n += assert_text(device, "productKey", d->product_id);
		n += assert_text(device, "oemManufacturerName", d->manufacturer);
		n += assert_text(device, "modelName", d->model);
		n += assert_hash(device, d);
		assert_int_equal(json_object_size(device), n); /* and no policies */
	}
	json_decref(root);
}

static void
random_devices(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 60; round++) {
		enum batch_body_form form = round % 2 ? BATCH_BODY_CREATE : BATCH_BODY_APPEND;
		struct batch *b = partner_fake_batch("T\xC3\xA4g \"1\"");
		const struct http_body *stream;
		struct batch_body *body;
		char *first, *second;
		char some[512];

		for (uint32_t i = next(&seed, 12); i > 0; i--)
			add_random(b, &seed);
		body = body_of(b, form);
		stream = batch_body_stream(body);
		first = read_all(stream, 0, &seed);
		assert_parses_back(first, b, form);

		/* Rewound at the end and somewhere in the middle, it is the same again. */
		stream->rewind(stream->arg);
		for (uint32_t i = next(&seed, 20); i > 0; i--)
			(void)stream->read(stream->arg, some, 1 + next(&seed, sizeof some));
		stream->rewind(stream->arg);
		second = read_all(stream, 0, &seed);
		assert_string_equal(first, second);
		free(first);
		free(second);
		batch_body_free(body);
		batch_free(b);
	}
}

static void
attempt(void *arg)
{
	struct batch_body *body = NULL;
	struct err err;

	if (batch_body_new(arg, BATCH_BODY_CREATE, &body, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(body);
	}
	batch_body_free(body);
}

static void
memory_runs_out(void **state)
{
	struct batch *b = partner_fake_batch("x");

	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, b), 1);
	batch_free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(several_devices_and_none),
		cmocka_unit_test(random_devices),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
