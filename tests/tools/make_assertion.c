/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "auth/client_assertion.h"
#include "base/clock.h"

/*
 * Prints the assertion that an application with a certificate sends to Entra ID, for comparing our
 * JWT with what others read. Keys that are used in earnest have no business here: the assertion is
 * as good as a password for ten minutes.
 */
enum { PEM_MAX = 64 * 1024 };

static struct secret *
read_file(const char *path)
{
	static char text[PEM_MAX];
	FILE *f = fopen(path, "rb");
	struct secret *out = NULL;
	struct err err;
	size_t len;

	if (!f) {
		perror(path);
		return NULL;
	}
	len = fread(text, 1, sizeof text, f);
	if (ferror(f))
		perror(path);
	else if (secret_new(text, len, &out, &err))
		fprintf(stderr, "%s\n", err.msg);
	secret_wipe(text, len);
	(void)fclose(f);
	return out;
}

static void
print(void *arg, struct secret **assertion, const struct err *err)
{
	int *status = arg;

	*status = err ? 1 : 0;
	if (err)
		fprintf(stderr, "%s\n", err->msg);
	else
		printf(SLICE_FMT "\n", SLICE_ARG(secret_get(*assertion)));
}

static enum err_code
make(const struct client_assertion_options *opt, const struct assertion_claims *claims, int *status,
    struct err *err)
{
	struct assertion_signing *signing;
	struct client_assertion *a;
	enum err_code rc;

	if (client_assertion_new(opt, &a, err))
		return err->code;
	rc = client_assertion_start(a, claims, random_system(), print, status, &signing, err);
	(void)uv_run(opt->loop, UV_RUN_DEFAULT);
	client_assertion_free(a);
	(void)uv_run(opt->loop, UV_RUN_DEFAULT); /* a token is closed */
	return rc;
}

static bool
take_key(char **argv, struct signer_key *key, struct secret **pem, struct secret **pin)
{
	key->where = argv[0];
	if (strncmp(argv[0], "pkcs11:", 7) == 0)
		key->place = SIGNER_PKCS11;
	else if (strncmp(argv[0], "tpm2:", 5) == 0) {
		key->place = SIGNER_TPM2;
		key->where += 5;
	} else if (!(*pem = read_file(argv[0]))) {
		return false;
	}
	if (argv[3] && !(*pin = read_file(argv[3])))
		return false;
	key->pem = *pem;
	key->pin = *pin;
	return true;
}

int
main(int argc, char **argv)
{
	struct secret *certificate = NULL, *pem = NULL, *pin = NULL;
	struct client_assertion_options opt;
	struct assertion_claims claims;
	struct err err = { .msg = "" };
	int status = 1;

	if ((argc != 6 && argc != 7) ||
	    (strcmp(argv[1], "PS256") != 0 && strcmp(argv[1], "RS256") != 0)) {
		fprintf(stderr,
		    "usage: %s PS256|RS256 CERTIFICATE KEY|pkcs11:URI|tpm2:PATH AUDIENCE CLIENT-ID "
		    "[PIN-FILE]\n",
		    argv[0]);
		return 2;
	}
	claims = (struct assertion_claims){
		.audience = argv[4],
		.client_id = argv[5],
		.now_unix_s = clock_unix_s(clock_system()),
	};
	opt = (struct client_assertion_options){
		.loop = uv_default_loop(),
		.form = argv[1][0] == 'P' ? TOKEN_PS256 : TOKEN_RS256,
	};
	opt.certificate = certificate = read_file(argv[2]);
	if (certificate && take_key(argv + 3, &opt.key, &pem, &pin) &&
	    make(&opt, &claims, &status, &err))
		fprintf(stderr, "%s\n", err.msg);
	secret_free(pin);
	secret_free(pem);
	secret_free(certificate);
	(void)uv_loop_close(opt.loop);
	return status;
}
