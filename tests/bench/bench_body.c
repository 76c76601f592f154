/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to write the body of a batch, beside copying a body that is ready and beside jansson
 * making the same text. All run by turns in one process, so that whatever else the machine does
 * meets all of them alike; only the ratios of the medians mean anything. One line of JSON.
 *
 * There are many batches and bodies, together larger than the caches, because an upload meets each
 * batch once; what is written goes to a buffer as large as the one that is sent from.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "devices/base64.h"
#include "partner/batch_body.h"

/* A hash as long as real ones are: 3,000 bytes, of which a third is used. */
enum { DEVICES = 1000, USED = 1100, HASH = 3000, BATCHES = 16, ROUNDS = 6 * BATCHES };
enum { PIECE = 512 * 1024 };

static struct batch *
make_batch(uint32_t seed)
{
	struct batch *b = NULL;
	struct err err;
	enum err_code rc;

	rc = batch_new(&(struct batch_head){ .id = 1,
	                   .customer = slice_of("contoso"),
	                   .tenant = slice_of("tenant"),
	                   .tag = slice_of("HQ") },
	    &b, &err);
	assert(!rc);
	for (uint32_t i = 0; i < DEVICES; i++) {
		char hash[USED], serial[16];
		struct batch_device d = { .manufacturer = slice_of("Contoso Corporation"),
			.model = slice_of("Contoso Book 14 G3"),
			.hash = { hash, USED },
			.hash_len = HASH };

		(void)snprintf(serial, sizeof serial, "PF%08u", i);
		d.serial = slice_of(serial);
		for (uint32_t k = 0; k < USED; k++)
			hash[k] = (char)((seed + i * USED + k) * UINT32_C(2654435761) >> 24);
		rc = batch_add(b, &d, &err);
		assert(!rc);
	}
	return b;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* step: how far to go on in out after each piece. */
static size_t
write_body(const struct batch *b, char *out, size_t step)
{
	const struct http_body *stream;
	struct batch_body *body;
	struct err err;
	size_t len = 0;
	size_t n;

	if (batch_body_new(b, BATCH_BODY_CREATE, &body, &err))
		abort();
	stream = batch_body_stream(body);
	for (; (n = stream->read(stream->arg, out, PIECE)) > 0; out += step)
		len += n;
	assert(len == stream->len);
	batch_body_free(body);
	return len;
}

static void
copy_body(const char *body, size_t len, char *out)
{
	while (len > 0) {
		size_t n = len < PIECE ? len : PIECE;

		memcpy(out, body, n);
		body += n;
		len -= n;
	}
}

/* jansson gets the base64 texts as they are: making them is not its work. */
static size_t
write_jansson(const struct batch *b, const char *hashes)
{
	json_t *devices = json_array();
	json_t *root;
	char *text;
	size_t len;

	for (size_t i = 0; i < b->ndevice; i++) {
		const struct batch_device *d = &b->device[i];

		json_array_append_new(devices,
		    json_pack("{s:s%, s:s%, s:s%, s:s%}", "serialNumber", d->serial.ptr,
		        d->serial.len, "hardwareHash", hashes + i * BASE64_ENCODED_LEN(HASH),
		        (size_t)BASE64_ENCODED_LEN(HASH), "oemManufacturerName",
		        d->manufacturer.ptr, d->manufacturer.len, "modelName", d->model.ptr,
		        d->model.len));
	}
	root = json_pack("{s:s, s:o, s:{s:s}}", "batchId", b->tag, "devices", devices, "attributes",
	    "objectType", "DeviceBatchCreationRequest");
	text = json_dumps(root, JSON_COMPACT);
	assert(text);
	len = strlen(text);
	free(text);
	json_decref(root);
	return len;
}

static char *
encode_hashes(const struct batch *b)
{
	char *hashes = malloc(b->ndevice * BASE64_ENCODED_LEN(HASH));

	assert(hashes);
	for (size_t i = 0; i < b->ndevice; i++) {
		uint8_t whole[HASH] = { 0 };

		memcpy(whole, b->device[i].hash.ptr, USED);
		base64_encode(whole, HASH, hashes + i * BASE64_ENCODED_LEN(HASH));
	}
	return hashes;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double
median(int64_t sample[ROUNDS])
{
	qsort(sample, ROUNDS, sizeof sample[0], compare);
	return (double)sample[ROUNDS / 2];
}

int
main(void)
{
	static int64_t own[ROUNDS], copy[ROUNDS], jansson[ROUNDS];
	static char out[PIECE];
	struct batch *batch[BATCHES];
	char *body[BATCHES];
	char *hashes;
	size_t len = 0;
	double t;

	for (uint32_t i = 0; i < BATCHES; i++) {
		batch[i] = make_batch(i);
		body[i] = malloc((size_t)2 * DEVICES * BASE64_ENCODED_LEN(HASH));
		assert(body[i]);
		len = write_body(batch[i], body[i], PIECE);
	}
	hashes = encode_hashes(batch[0]);
	assert(len == write_jansson(batch[0], hashes));
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = now_ns();

		copy_body(body[i % BATCHES], len, out);
		copy[i] = now_ns() - start;
		start = now_ns();
		(void)write_body(batch[i % BATCHES], out, 0);
		own[i] = now_ns() - start;
		start = now_ns();
		(void)write_jansson(batch[0], hashes);
		jansson[i] = now_ns() - start;
	}
	t = median(own);
	printf(
	    "{\"body_bytes\":%zu,\"us_per_device\":%.3f,\"vs_memcpy\":%.2f,\"jansson_vs_own\":%.1f}\n",
	    len, t / 1000 / DEVICES, t / median(copy), median(jansson) / t);
	free(hashes);
	for (int i = 0; i < BATCHES; i++) {
		free(body[i]);
		batch_free(batch[i]);
	}
	return 0;
}
