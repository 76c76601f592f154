/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/server_identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/secret.h"
#include "tests/unit/key_pair.h"

enum { ROUNDS_MAX = 20, SERVER = 0, CLIENT = 1 };

enum who { NOBODY, KNOWN, UNKNOWN, EXPIRED, NWHO };

static struct key_pair server_pair;
static struct key_pair client_pair[NWHO];

static int
make_pairs(void **state)
{
	(void)state;
	server_pair = key_pair_new(0, NULL);
	client_pair[KNOWN] = key_pair_make(&(struct key_wish){ .name = "known" });
	client_pair[UNKNOWN] = key_pair_make(&(struct key_wish){ .name = "unknown" });
	client_pair[EXPIRED] =
	    key_pair_make(&(struct key_wish){ .name = "expired", .valid_s = -60 });
	return 0;
}

static int
free_pairs(void **state)
{
	(void)state;
	key_pair_done(&server_pair);
	for (enum who i = KNOWN; i < NWHO; i++)
		key_pair_done(&client_pair[i]);
	return 0;
}

/* Certificates sign themselves here: each is its own authority. */
static struct server_identity *
identity(enum who trusted)
{
	const struct server_identity_parts parts = {
		.certificate = secret_get(server_pair.certificate),
		.private_key = secret_get(server_pair.key),
		.client_ca = trusted ? secret_get(client_pair[trusted].certificate)
		                     : (struct slice){ "", 0 },
	};
	struct server_identity *id = NULL;
	struct err err;

	assert_int_equal(server_identity_new(&parts, &id, &err), ERR_OK);
	return id;
}

/* GnuTLS has no input as const. */
static gnutls_datum_t
datum(const struct secret *s)
{
	struct slice text = secret_get(s);
	union {
		const char *in;
		unsigned char *out;
	} bytes = { .in = text.ptr };

	return (gnutls_datum_t){ bytes.out, (unsigned)text.len };
}

static gnutls_certificate_credentials_t
credentials_of(enum who who)
{
	gnutls_certificate_credentials_t c;

	assert_int_equal(gnutls_certificate_allocate_credentials(&c), 0);
	if (who) {
		gnutls_datum_t certificate = datum(client_pair[who].certificate);
		gnutls_datum_t key = datum(client_pair[who].key);

		assert_int_equal(
		    gnutls_certificate_set_x509_key_mem(c, &certificate, &key, GNUTLS_X509_FMT_PEM),
		    0);
	}
	return c;
}

static gnutls_session_t
begin(unsigned side, int fd)
{
	gnutls_session_t s;

	assert_int_equal(gnutls_init(&s, side | GNUTLS_NONBLOCK | GNUTLS_FORCE_CLIENT_CERT), 0);
	assert_int_equal(gnutls_set_default_priority(s), 0);
	gnutls_transport_set_int(s, fd);
	return s;
}

static void
shake_hands(gnutls_session_t session[2])
{
	int rc[2] = { GNUTLS_E_AGAIN, GNUTLS_E_AGAIN };

	for (int i = 0; i < ROUNDS_MAX && (rc[SERVER] || rc[CLIENT]); i++) {
		for (int side = SERVER; side <= CLIENT; side++) {
			if (rc[side] != 0)
				rc[side] = gnutls_handshake(session[side]);
			assert_true(rc[side] == 0 || !gnutls_error_is_fatal(rc[side]));
		}
	}
	assert_true(rc[SERVER] == 0 && rc[CLIENT] == 0);
}

static enum err_code
meet(const struct server_identity *id, enum who who, struct err *err)
{
	gnutls_certificate_credentials_t shown = credentials_of(who);
	gnutls_session_t session[2];
	enum err_code rc;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	session[SERVER] = begin(GNUTLS_SERVER, pair[SERVER]);
	session[CLIENT] = begin(GNUTLS_CLIENT, pair[CLIENT]);
	assert_int_equal(server_identity_show(id, session[SERVER], err), ERR_OK);
	assert_int_equal(gnutls_credentials_set(session[CLIENT], GNUTLS_CRD_CERTIFICATE, shown), 0);
	shake_hands(session);
	rc = server_identity_verify(id, session[SERVER], err);
	for (int side = SERVER; side <= CLIENT; side++) {
		gnutls_deinit(session[side]);
		assert_int_equal(close(pair[side]), 0);
	}
	gnutls_certificate_free_credentials(shown);
	return rc;
}

static void
clients_are_verified(void **state)
{
	static const struct {
		const char *name;
		enum who trusted; /* NOBODY: nobody is asked */
		enum who client;
		const char *refusal; /* NULL: none */
	} tc[] = {
		{ "nobody is asked", NOBODY, NOBODY, NULL },
		{ "nobody is asked, and one would show his", NOBODY, UNKNOWN, NULL },
		{ "known", KNOWN, KNOWN, NULL },
		{ "another", KNOWN, UNKNOWN,
		    "the client certificate is none of those that client_ca stands for" },
		{ "none", KNOWN, NOBODY, "a client certificate is needed, and none was shown" },
		{ "one that is over", EXPIRED, EXPIRED,
		    "the client certificate has expired, or is not valid yet" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct server_identity *id = identity(tc[i].trusted);
		struct err err = { .code = ERR_OK };

		print_message("  %s\n", tc[i].name);
		assert_int_equal(meet(id, tc[i].client, &err), tc[i].refusal ? ERR_USAGE : ERR_OK);
		if (tc[i].refusal)
			assert_string_equal(err.msg, tc[i].refusal);
		server_identity_free(id);
	}
}

static void
parts_have_to_fit(void **state)
{
	const struct slice text = slice_of("no PEM");
	const struct {
		const char *name;
		struct server_identity_parts parts;
		const char *msg; /* its beginning */
	} tc[] = {
		{ "no certificate", { text, secret_get(server_pair.key), { "", 0 } },
		    "certificate and private_key cannot be used: " },
		{ "no key", { secret_get(server_pair.certificate), text, { "", 0 } },
		    "certificate and private_key cannot be used: " },
		{ "another one's key",
		    { secret_get(server_pair.certificate), secret_get(client_pair[KNOWN].key),
		        { "", 0 } },
		    "certificate and private_key do not belong together" },
		{ "no authority",
		    { secret_get(server_pair.certificate), secret_get(server_pair.key), text },
		    "client_ca holds no certificate (PEM)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct server_identity *id = NULL;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(server_identity_new(&tc[i].parts, &id, &err), ERR_FORMAT);
		assert_null(id);
		assert_memory_equal(err.msg, tc[i].msg, strlen(tc[i].msg));
	}
	server_identity_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_are_verified),
		cmocka_unit_test(parts_have_to_fit),
	};

	return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
