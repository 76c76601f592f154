/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What sending costs: posts bodies through http_loop, so many in flight at a time, and prints one
 * line of JSON. Each body is made of blocks like those of the real thing, and copied while it is
 * sent.
 *
 * usage: bench_upload URL CONNECTIONS REQUESTS BODY_BYTES [CA_FILE]
 */

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include "base/secret.h"
#include "base/slice.h"
#include "http/http_call.h"
#include "http/http_loop.h"

enum { CONNECTIONS_MAX = 64, HASH_BYTES = 4000, TOKEN_BYTES = 1500 };

/* One device as it stands in a batch. */
static const char before[] = "{\"deviceSerialNumber\":\"PF0ABCDE\",\"productKey\":\"\","
                             "\"oemManufacturerName\":\"Contoso\",\"modelName\":\"Book 14\","
                             "\"hardwareHash\":\"";
static const char after[] = "\"},";

enum { DEVICE_BYTES = sizeof before - 1 + HASH_BYTES + sizeof after - 1 };

struct bench {
	struct http_loop *hl;
	const char *url;
	struct secret *token;
	uint64_t body_bytes;
	uint64_t left; /* requests not yet started */
	uint64_t failed;
	char device[DEVICE_BYTES];
};

/* One place among those in flight. */
struct slot {
	struct bench *b;
	struct http_body body;
	uint64_t at;
};

static void start(struct slot *s);

static void
make_device(char out[DEVICE_BYTES])
{
	static const char digit[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *hash = out + sizeof before - 1;
	uint32_t seed = 1;

	memcpy(out, before, sizeof before - 1);
	for (size_t i = 0; i < HASH_BYTES; i++) {
		seed = seed * 1664525 + 1013904223;
		hash[i] = digit[seed >> 26];
	}
	memcpy(hash + HASH_BYTES, after, sizeof after - 1);
}

static size_t
read_body(void *arg, char *out, size_t cap)
{
	struct slot *s = arg;
	uint64_t left = s->body.len - s->at;
	size_t done = 0;

	if (left < cap)
		cap = (size_t)left;
	while (done < cap) {
		size_t at = (size_t)(s->at % DEVICE_BYTES);
		size_t n = DEVICE_BYTES - at < cap - done ? DEVICE_BYTES - at : cap - done;

		memcpy(out + done, s->b->device + at, n);
		done += n;
		s->at += n;
	}
	return done;
}

static void
rewind_body(void *arg)
{
	struct slot *s = arg;

	s->at = 0;
}

static void
on_done(void *arg, const struct http_response *rsp, const struct err *err)
{
	struct slot *s = arg;

	if (err || rsp->status / 100 != 2) {
		if (s->b->failed++ == 0)
			fprintf(stderr, "bench_upload: %s\n", err ? err->msg : "not 2xx");
	}
	start(s);
}

static void
start(struct slot *s)
{
	static const struct http_header header = { "Content-Type", "application/json" };
	struct bench *b = s->b;
	struct http_request req = {
		.method = HTTP_POST,
		.url = b->url,
		.header = &header,
		.nheader = 1,
		.bearer = b->token,
		.body = &s->body,
	};
	struct http_call *call;
	struct err err;

	if (b->left == 0)
		return;
	b->left--;
	s->at = 0;
	s->body = (struct http_body){ b->body_bytes, read_body, rewind_body, s };
	if (http_call_start(b->hl, &req, on_done, s, &call, &err)) {
		fprintf(stderr, "bench_upload: %s\n", err.msg);
		exit(1);
	}
}

static uint64_t
number(const char *text, uint64_t max)
{
	uint64_t n;

	if (!slice_to_u64(slice_of(text), max, &n) || n == 0) {
		fprintf(stderr, "bench_upload: %s is no number from 1 to %ju\n", text,
		    (uintmax_t)max);
		exit(2);
	}
	return n;
}

static double
cpu_seconds(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
report(const struct bench *b, uint64_t begun_ns, double cpu)
{
	struct http_counters n = http_loop_counters(b->hl);

	printf("{\"requests\":%ju,\"failed\":%ju,\"sent_bytes\":%ju,\"wall_s\":%.6f,\"cpu_s\":%.6f,"
	       "\"connections\":%ju}\n",
	    (uintmax_t)n.calls, (uintmax_t)b->failed, (uintmax_t)n.sent_bytes,
	    (double)(uv_hrtime() - begun_ns) / 1e9, cpu_seconds() - cpu, (uintmax_t)n.connections);
}

int
main(int argc, char **argv)
{
	static struct slot slot[CONNECTIONS_MAX];
	static struct bench b;
	char token[TOKEN_BYTES];
	struct http_options opt = { .user_agent = "bench_upload" };
	struct err err;
	uv_loop_t uv;
	uint64_t begun_ns;
	double cpu;

	if (argc != 5 && argc != 6) {
		fprintf(stderr,
		    "usage: bench_upload URL CONNECTIONS REQUESTS BODY_BYTES [CA_FILE]\n");
		return 2;
	}
	opt.host_connections = (unsigned)number(argv[2], CONNECTIONS_MAX);
	opt.ca_file = argv[5]; /* NULL if it is not given */
	b.url = argv[1];
	b.left = number(argv[3], 1000000);
	b.body_bytes = number(argv[4], UINT32_MAX);
	make_device(b.device);
	memset(token, 't', sizeof token);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || uv_loop_init(&uv) ||
	    secret_new(token, sizeof token, &b.token, &err) ||
	    http_loop_open(&uv, &opt, &b.hl, &err))
		return 1;
	begun_ns = uv_hrtime();
	cpu = cpu_seconds();
	for (size_t i = 0; i < opt.host_connections; i++) {
		slot[i].b = &b;
		start(&slot[i]);
	}
	(void)uv_run(&uv, UV_RUN_DEFAULT);
	report(&b, begun_ns, cpu);
	http_loop_close(b.hl, NULL, NULL);
	(void)uv_run(&uv, UV_RUN_DEFAULT);
	secret_free(b.token);
	return b.failed > 0 || uv_loop_close(&uv) != 0;
}
