/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/http_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/slice.h"

struct http_peer {
	const struct peer_step *script;
	pthread_t thread;
	sem_t resumed;
	int listener;
	uint16_t port;
	SSL_CTX *tls; /* NULL: none */
	char url[PEER_URL_SIZE];

	/* The thread's until it has been joined. */
	int fd; /* -1: no connection */
	SSL *ssl;
	bool broken; /* the connection is of no more use */
	unsigned connections;
	size_t nrequest;
	struct peer_request request[PEER_REQUESTS_MAX];
};

uint64_t
peer_sum(uint64_t sum, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	if (sum == 0)
		sum = 14695981039346656037u;
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 1099511628211u;
	return sum;
}

/* --- one connection --- */

static size_t
receive(struct http_peer *p, char *out, size_t cap)
{
	ssize_t n;

	if (p->broken)
		return 0;
	n = p->ssl ? SSL_read(p->ssl, out, (int)cap) : recv(p->fd, out, cap, 0);
	p->broken = n <= 0;
	return n > 0 ? (size_t)n : 0;
}

static void
transmit(struct http_peer *p, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	while (len > 0 && !p->broken) {
		n = p->ssl ? SSL_write(p->ssl, text, (int)len)
		           : send(p->fd, text, len, MSG_NOSIGNAL);
		p->broken = n <= 0;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

static void
drop(struct http_peer *p)
{
	if (p->fd < 0)
		return;
	SSL_free(p->ssl);
	(void)close(p->fd);
	p->ssl = NULL;
	p->fd = -1;
}

static void
reset(struct http_peer *p)
{
	const struct linger hard = { .l_onoff = 1 };

	(void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	drop(p);
}

/* False if there will be no more. */
static bool
take(struct http_peer *p)
{
	drop(p);
	p->fd = accept(p->listener, NULL, NULL);
	if (p->fd < 0)
		return false;
	p->connections++;
	p->broken = false;
	if (p->tls) {
		p->ssl = SSL_new(p->tls);
		p->broken = !p->ssl || !SSL_set_fd(p->ssl, p->fd) || SSL_accept(p->ssl) != 1;
	}
	return true;
}

static uint64_t
body_length(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length: ");
	uint64_t len = 0;

	if (line) {
		line += strlen("\r\nContent-Length: ");
		(void)slice_to_u64((struct slice){ line, strcspn(line, "\r") }, UINT64_MAX, &len);
	}
	return len;
}

/* Byte by byte, so that nothing of what follows is taken. */
static bool
read_head(struct http_peer *p, struct peer_request *r)
{
	size_t len = 0;

	do {
		if (receive(p, r->head + len, 1) == 0)
			return false;
		r->head[++len] = '\0';
	} while (
	    len + 1 < sizeof r->head && !strstr(r->head + (len < 4 ? 0 : len - 4), "\r\n\r\n"));
	r->head[len - 2] = '\0';
	return true;
}

static void
read_body(struct http_peer *p, struct peer_request *r)
{
	uint64_t len = body_length(r->head);
	char block[16 * 1024];

	while (r->body_len < len) {
		uint64_t left = len - r->body_len;
		size_t n = receive(p, block, left < sizeof block ? (size_t)left : sizeof block);

		if (n == 0)
			return;
		r->body_sum = peer_sum(r->body_sum, block, n);
		r->body_len += n;
	}
}

static void
name_client(struct http_peer *p, struct peer_request *r)
{
	X509 *x = p->ssl ? SSL_get0_peer_certificate(p->ssl) : NULL;

	if (x)
		(void)X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, r->client,
		    sizeof r->client);
}

static void
read_request(struct http_peer *p, bool body)
{
	size_t at = p->nrequest < PEER_REQUESTS_MAX ? p->nrequest : PEER_REQUESTS_MAX - 1;
	struct peer_request *r = &p->request[at];

	*r = (struct peer_request){ .connection = p->connections };
	name_client(p, r);
	if (!read_head(p, r))
		return;
	p->nrequest = at + 1;
	if (body)
		read_body(p, r);
}

static void *
serve(void *arg)
{
	struct http_peer *p = arg;
	char byte;

	for (const struct peer_step *s = p->script; s->act != PEER_STOP; s++) {
		switch (s->act) {
		case PEER_ACCEPT:
			if (!take(p))
				return NULL;
			break;
		case PEER_READ:
		case PEER_READ_HEAD:
			read_request(p, s->act == PEER_READ);
			break;
		case PEER_WRITE:
			for (size_t i = 0; i == 0 || i < s->times; i++)
				transmit(p, s->text);
			break;
		case PEER_WAIT:
			while (receive(p, &byte, 1) > 0)
				;
			break;
		case PEER_PAUSE:
			(void)sem_wait(&p->resumed);
			break;
		case PEER_RESET:
			reset(p);
			break;
		case PEER_STOP:
			break;
		}
	}
	drop(p);
	return NULL;
}

/* --- TLS --- */

static void
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_true(X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

/* A certificate for 127.0.0.1 that is its own authority. */
static X509 *
make_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	assert_true(X509_set_version(x, X509_VERSION_3));
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(x), 1));
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -3600));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"peer", -1, -1, 0));
	assert_true(X509_set_issuer_name(x, name));
	assert_true(X509_set_pubkey(x, key));
	add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(x, NID_subject_alt_name, "IP:127.0.0.1");
	assert_true(X509_sign(x, key, EVP_sha256()));
	return x;
}

/* HTTP/2 for whoever offers it, although it is not spoken here: clients must not. */
static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in,
    unsigned inlen, void *arg)
{
	static const unsigned char ours[] = "\2h2\10http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, outlen, ours, sizeof ours - 1, in, inlen) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Each of them is its own authority. */
static void
want_clients(SSL_CTX *tls, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x;

	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		assert_true(X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), x));
		X509_free(x);
	}
	BIO_free(bio);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	assert_true(SSL_CTX_set_session_id_context(tls, (const unsigned char *)"peer", 4));
}

/* As in RFC 7469: of the key's SubjectPublicKeyInfo. */
static void
write_pin(const EVP_PKEY *key, char pin[PEER_PIN_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	char base64[48];

	assert_true(len > 0);
	assert_true(EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL));
	assert_int_equal(EVP_EncodeBlock((unsigned char *)base64, digest, 32), 44);
	(void)snprintf(pin, PEER_PIN_SIZE, "sha256//%s", base64);
	OPENSSL_free(der);
}

static void
set_up_tls(struct http_peer *p, const struct peer_options *opt)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = make_certificate(key);
	FILE *f = fopen(opt->ca_file, "w");

	assert_non_null(f);
	assert_true(PEM_write_X509(f, x));
	assert_int_equal(fclose(f), 0);
	p->tls = SSL_CTX_new(TLS_server_method());
	assert_non_null(p->tls);
	assert_true(SSL_CTX_use_certificate(p->tls, x));
	assert_true(SSL_CTX_use_PrivateKey(p->tls, key));
	SSL_CTX_set_alpn_select_cb(p->tls, on_alpn, NULL);
	if (opt->clients)
		want_clients(p->tls, opt->clients);
	if (opt->tls_1_2)
		assert_true(SSL_CTX_set_max_proto_version(p->tls, TLS1_2_VERSION));
	if (opt->pin)
		write_pin(key, opt->pin);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* --- the server --- */

static int
bind_tcp(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static int
bind_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof a.sun_path);
	memcpy(a.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

uint16_t
peer_dead_port(void)
{
	uint16_t port;

	(void)close(bind_tcp(&port));
	return port;
}

struct http_peer *
peer_start(const struct peer_step *script, const struct peer_options *opt)
{
	static const struct peer_options none;
	struct http_peer *p = calloc(1, sizeof *p);

	assert_non_null(p);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	if (!opt)
		opt = &none;
	p->script = script;
	p->fd = -1;
	assert_int_equal(sem_init(&p->resumed, 0, 0), 0);
	if (opt->ca_file)
		set_up_tls(p, opt);
	p->listener = opt->unix_socket ? bind_unix(opt->unix_socket) : bind_tcp(&p->port);
	assert_int_equal(listen(p->listener, 16), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
	return p;
}

const char *
peer_url(struct http_peer *p, const char *path)
{
	int n = snprintf(p->url, sizeof p->url, "http%s://127.0.0.1:%u%s", p->tls ? "s" : "",
	    (unsigned)p->port, path);

	assert_true(n > 0 && (size_t)n < sizeof p->url);
	return p->url;
}

void
peer_resume(struct http_peer *p)
{
	assert_int_equal(sem_post(&p->resumed), 0);
}

void
peer_join(struct http_peer *p)
{
	(void)shutdown(p->listener, SHUT_RDWR);
	assert_int_equal(pthread_join(p->thread, NULL), 0);
	drop(p);
	(void)close(p->listener);
}

size_t
peer_nrequest(const struct http_peer *p)
{
	return p->nrequest;
}

unsigned
peer_connections(const struct http_peer *p)
{
	return p->connections;
}

const struct peer_request *
peer_request(const struct http_peer *p, size_t i)
{
	assert_true(i < p->nrequest);
	return &p->request[i];
}

void
peer_free(struct http_peer *p)
{
	SSL_CTX_free(p->tls);
	(void)sem_destroy(&p->resumed);
	free(p);
}
