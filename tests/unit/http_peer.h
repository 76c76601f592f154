/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The other side of HTTP: a server in a thread that does what a script says, one connection after the
 * other, and keeps what it was sent. It allocates nothing while it runs. Mistakes fail the test that
 * runs.
 */
enum peer_act {
	PEER_STOP,      /* the script's end; the connection is closed */
	PEER_ACCEPT,    /* closes the connection there was, waits for the next */
	PEER_READ,      /* a whole request */
	PEER_READ_HEAD, /* a request without its body */
	PEER_WRITE,     /* the text, times over if that is not 0 */
	PEER_WAIT,      /* until the client has closed */
	PEER_PAUSE,     /* until peer_resume() */
	PEER_RESET,     /* breaks the connection off */
};

struct peer_step {
	enum peer_act act;
	const char *text;
	size_t times;
};

/* Of more requests than fit the last is kept. */
enum { PEER_REQUESTS_MAX = 16, PEER_HEAD_SIZE = 8 * 1024, PEER_URL_SIZE = 128, PEER_PIN_SIZE = 64 };

struct peer_request {
	unsigned connection;       /* the first is 1 */
	char head[PEER_HEAD_SIZE]; /* request line and header lines, each with its CR LF */
	uint64_t body_len;
	uint64_t body_sum; /* peer_sum() of the body */
	char client[32];   /* whom the client's certificate names; "": there is none */
};

struct peer_options {
	const char *unix_socket; /* a path; NULL: TCP on 127.0.0.1 */
	const char *ca_file;     /* TLS, and the certificate to trust is written here; NULL: none */
	const char *clients; /* PEM: one of these certificates is wanted of a client; NULL: none */
	bool tls_1_2;        /* nothing newer */
	char *pin; /* PEER_PIN_SIZE bytes for "sha256//…" of our key; NULL: nobody asks */
};

struct http_peer;

/* opt: NULL is all zeros. The script is borrowed. SIGPIPE is ignored from now on. */
struct http_peer *peer_start(const struct peer_step *script, const struct peer_options *opt);

/* "https://127.0.0.1:PORT" and path, until the next call. */
const char *peer_url(struct http_peer *p, const char *path);

void peer_resume(struct http_peer *p);

/* No further connection is taken; waits until the client has let go of the last one. */
void peer_join(struct http_peer *p);

/* After peer_join(). */
size_t peer_nrequest(const struct http_peer *p);
unsigned peer_connections(const struct http_peer *p);
const struct peer_request *peer_request(const struct http_peer *p, size_t i);
void peer_free(struct http_peer *p);

/* FNV-1a, to be continued from sum, which is 0 at first. */
uint64_t peer_sum(uint64_t sum, const void *bytes, size_t len);

/* A port on which nobody listens. */
uint16_t peer_dead_port(void);
