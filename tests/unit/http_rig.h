/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "http/http_call.h"
#include "http/http_loop.h"

/* A loop that carries requests, and what came of each. Mistakes fail the test that runs. */
struct rig {
	uv_loop_t uv;
	struct http_loop *hl;
	bool closed;
};

/* What a call's callback was told. */
struct outcome {
	unsigned calls; /* of the callback */
	enum err_code code;
	char msg[sizeof(((struct err *)0)->msg)];
	unsigned status;
	size_t body_len;
	char body[256]; /* its beginning, terminated */
	int64_t retry_after_ms;
	char header[256]; /* the value of X-Test */
};

/* opt: NULL is all zeros. */
void rig_open(struct rig *r, const struct http_options *opt);

/* Runs until nothing is left to wait for: no request, and no timer either. */
void rig_run(struct rig *r);

/* Closes everything; nothing of libuv is left over. */
void rig_close(struct rig *r);

/* Starts a request whose outcome goes to *o, and which must start. */
struct http_call *rig_start(struct rig *r, const struct http_request *req, struct outcome *o);

/* Starts it and runs. */
void rig_call(struct rig *r, const struct http_request *req, struct outcome *o);

/* An http_done_fn that fills the struct outcome that arg points to. */
void rig_note(void *arg, const struct http_response *rsp, const struct err *err);

/* A body of n bytes, of which no two pieces are the same. */
struct rig_source {
	uint64_t len, at;
	unsigned rewinds;
	size_t piece; /* bytes given at a time; 0: as many as are wanted */
};

/* source must outlive the body. */
struct http_body rig_body(struct rig_source *source);

/* peer_sum() of so many bytes of a source. */
uint64_t rig_sum(uint64_t len);

struct secret *rig_secret(const char *text);
