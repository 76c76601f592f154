/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/http_peer.h"
#include "tests/unit/http_rig.h"
#include "tests/unit/key_pair.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const struct peer_step one_answer[] = {
	{ .act = PEER_ACCEPT },
	{ .act = PEER_READ },
	{ .act = PEER_WRITE, .text = OK_ANSWER },
	{ .act = PEER_WAIT },
	{ .act = PEER_STOP },
};

/* --- the certificates that there are --- */

enum { NONE, ALICE, BOB, OLD, STRANGER, LOCKED, NPAIR };

struct pairs {
	struct key_pair pair[NPAIR];
	char *known; /* PEM: what the service lets in, and would let in */
};

static int
make_pairs(void **state)
{
	static const struct key_wish wish[NPAIR] = {
		[ALICE] = { .name = "alice" },
		[BOB] = { .name = "bob" },
		[OLD] = { .name = "old", .valid_s = -3600 },
		[STRANGER] = { .name = "stranger" },
		[LOCKED] = { .name = "locked", .passphrase = "pass" },
	};
	struct pairs *p = calloc(1, sizeof *p);
	struct buf known;

	assert_non_null(p);
	buf_init(&known, 64 * 1024);
	for (size_t i = ALICE; i < NPAIR; i++) {
		p->pair[i] = key_pair_make(&wish[i]);
		if (i != STRANGER)
			buf_add_slice(&known, secret_get(p->pair[i].certificate));
	}
	p->known = buf_take(&known);
	assert_non_null(p->known);
	*state = p;
	return 0;
}

static int
free_pairs(void **state)
{
	struct pairs *p = *state;

	for (size_t i = ALICE; i < NPAIR; i++)
		key_pair_done(&p->pair[i]);
	free(p->known);
	free(p);
	return 0;
}

static struct pairs *pairs_of_group;

static int
enter(void **state)
{
	pairs_of_group = *state;
	return sandbox_enter(state);
}

static char *
read_file(const char *name)
{
	FILE *f = fopen(name, "r");
	struct buf text;

	assert_non_null(f);
	sandbox_read(fileno(f), &text);
	assert_int_equal(fclose(f), 0);
	return buf_take(&text);
}

/* --- one request --- */

static void
judge(const struct outcome *o, enum err_code code, const char *msg)
{
	assert_int_equal(o->code, code);
	if (code && !strstr(o->msg, msg))
		fail_msg("%s", o->msg);
}

static void
shown_and_asked(void **state)
{
	static const struct {
		const char *name;
		int certificate, key;
		bool wanted;      /* the service wants a certificate of its clients */
		bool tls_1_2;     /* and speaks nothing newer */
		bool tls_1_3;     /* we want nothing older */
		const char *pins; /* "+": its own, behind another; "": none of its */
		bool other_ca;
		enum err_code code;
		const char *msg;
	} tc[] = {
		{ "nothing of the kind", NONE, NONE, false, false, false, NULL, false, ERR_OK,
		    NULL },
		{ "a certificate", ALICE, ALICE, true, false, false, NULL, false, ERR_OK, NULL },
		{ "the same, TLS 1.2", ALICE, ALICE, true, true, false, NULL, false, ERR_OK, NULL },
		{ "nobody asked for it", ALICE, ALICE, false, false, false, NULL, false, ERR_OK,
		    NULL },
		{ "none", NONE, NONE, true, false, false, NULL, false, ERR_TLS,
		    ": a client certificate is wanted, nothing has taken effect: " },
		{ "none, TLS 1.2", NONE, NONE, true, true, false, NULL, false, ERR_TLS,
		    ". The service may want a client certificate, or another one" },
		{ "expired", OLD, OLD, true, false, false, NULL, false, ERR_TLS,
		    ": our certificate has expired, nothing has taken effect: " },
		{ "expired, TLS 1.2", OLD, OLD, true, true, false, NULL, false, ERR_TLS,
		    ". Put a new one where the configuration says, and reload" },
		{ "unknown there", STRANGER, STRANGER, true, false, false, NULL, false, ERR_TLS,
		    ": our certificate is refused, nothing has taken effect: " },
		{ "another's key", ALICE, BOB, true, false, false, NULL, false, ERR_TLS,
		    ": our own certificate cannot be used, nothing was sent: " },
		{ "a key with a passphrase", LOCKED, LOCKED, true, false, false, NULL, false,
		    ERR_TLS,
		    ". Check the certificate and its private key that the configuration names" },
		{ "another authority", ALICE, ALICE, true, false, false, NULL, true, ERR_TLS,
		    ": not trusted, nothing was sent: " },
		{ "pinned", NONE, NONE, false, false, false, "+", false, ERR_OK, NULL },
		{ "pinned to another", NONE, NONE, false, false, false, "", false, ERR_TLS,
		    ": its public key is none of the pinned ones, nothing was sent: " },
		{ "pinned, but of another authority", NONE, NONE, false, false, false, "+", true,
		    ERR_TLS, ": not trusted, nothing was sent: " },
		{ "TLS 1.3", NONE, NONE, false, false, true, NULL, false, ERR_OK, NULL },
		{ "TLS 1.3 is not spoken there", NONE, NONE, false, true, true, NULL, false,
		    ERR_TLS, ": no version of TLS suits both, nothing was sent: " },
	};
	/* After a refusal the line stays open until the client has seen it. */
	static const struct peer_step refusal[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_PAUSE },
		{ .act = PEER_STOP },
	};
	const struct pairs *p = pairs_of_group;

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char pin[PEER_PIN_SIZE], pins[2 * PEER_PIN_SIZE];
		const struct peer_options opt = {
			.ca_file = "ca.pem",
			.clients = tc[i].wanted ? p->known : NULL,
			.tls_1_2 = tc[i].tls_1_2,
			.pin = pin,
		};
		struct http_peer *peer = peer_start(tc[i].code ? refusal : one_answer, &opt);
		char *ca = read_file("ca.pem");
		struct http_tls tls = {
			.certificate = p->pair[tc[i].certificate].certificate,
			.private_key = p->pair[tc[i].key].key,
			.ca = slice_of(ca),
			.pins = tc[i].pins ? pins : NULL,
			.tls_1_3 = tc[i].tls_1_3,
		};
		struct outcome o;
		struct rig r;

		print_message("  %s\n", tc[i].name);
		(void)snprintf(pins, sizeof pins, "sha256//%043d=%s%s", 0,
		    tc[i].pins && tc[i].pins[0] ? ";" : "", tc[i].pins && tc[i].pins[0] ? pin : "");
		if (tc[i].other_ca)
			tls.ca = secret_get(p->pair[BOB].certificate);
		rig_open(&r, NULL);
		(void)rig_start(&r,
		    &(struct http_request){
		        .method = HTTP_POST,
		        .url = peer_url(peer, "/"),
		        .tls = &tls,
		        .text = slice_of("text"),
		    },
		    &o);
		tls = (struct http_tls){ .certificate = NULL }; /* read during start */
		free(ca);
		rig_run(&r);
		judge(&o, tc[i].code, tc[i].msg);
		peer_resume(peer);
		rig_close(&r);
		peer_join(peer);
		assert_int_equal(peer_nrequest(peer), tc[i].code ? 0 : 1);
		if (tc[i].code == ERR_OK)
			assert_string_equal(peer_request(peer, 0)->client,
			    tc[i].wanted ? "alice" : "");
		peer_free(peer);
	}
}

/* The loop's authorities know the service; those of the request do not, and the other way round. */
static void
authorities_of_their_own(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(script, &(struct peer_options){ .ca_file = "ca.pem" });
	static const struct http_options opt = { .ca_file = "ca.pem" };
	const struct http_tls tls = {
		.ca = secret_get(pairs_of_group->pair[BOB].certificate),
	};
	struct http_request req = { .url = peer_url(peer, "/"), .tls = &tls };
	struct outcome o;
	struct rig r;

	(void)state;
	rig_open(&r, &opt);
	rig_call(&r, &req, &o);
	judge(&o, ERR_TLS, ": not trusted, nothing was sent: ");
	req.tls = NULL;
	rig_call(&r, &req, &o);
	assert_int_equal(o.status, 200);
	rig_close(&r);
	peer_join(peer);
	peer_free(peer);
}

/* --- connections --- */

/*
 * Alice's second request goes over her connection, Bob's over one of his own, and so does a request of
 * nobody in particular: who proves nothing may not use what another has proved.
 */
static void
connections_are_not_lent(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_ACCEPT },
		{ .act = PEER_PAUSE },
		{ .act = PEER_STOP },
	};
	static const struct {
		int who;
		unsigned connection;
		const char *client;
	} tc[] = {
		{ ALICE, 1, "alice" },
		{ ALICE, 1, "alice" },
		{ BOB, 2, "bob" },
		{ NONE, 3, NULL },
	};
	const struct pairs *p = pairs_of_group;
	struct http_peer *peer =
	    peer_start(script, &(struct peer_options){ .ca_file = "ca.pem", .clients = p->known });
	char *ca = read_file("ca.pem");
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct http_tls tls = {
			.certificate = p->pair[tc[i].who].certificate,
			.private_key = p->pair[tc[i].who].key,
			.ca = slice_of(ca),
		};
		const struct http_request req = { .url = peer_url(peer, "/"), .tls = &tls };
		struct outcome o;

		rig_call(&r, &req, &o);
		assert_int_equal(o.code, tc[i].client ? ERR_OK : ERR_TLS);
	}
	peer_resume(peer);
	rig_close(&r);
	peer_join(peer);
	assert_int_equal(peer_nrequest(peer), 3);
	assert_int_equal(peer_connections(peer), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(peer_request(peer, i)->connection, tc[i].connection);
		assert_string_equal(peer_request(peer, i)->client, tc[i].client);
	}
	peer_free(peer);
	free(ca);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shown_and_asked, enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(authorities_of_their_own, enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(connections_are_not_lent, enter, sandbox_leave),
	};

	return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
