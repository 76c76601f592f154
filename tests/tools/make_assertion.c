/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

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

static enum err_code
print(const struct secret *certificate, const struct secret *key, enum token_assertion form,
    const struct assertion_claims *claims, struct err *err)
{
	struct client_assertion *a;
	struct secret *jwt;
	enum err_code rc;

	if (client_assertion_new(certificate, key, form, &a, err))
		return err->code;
	rc = client_assertion_sign(a, claims, random_system(), &jwt, err);
	client_assertion_free(a);
	if (rc)
		return rc;
	printf(SLICE_FMT "\n", SLICE_ARG(secret_get(jwt)));
	secret_free(jwt);
	return ERR_OK;
}

int
main(int argc, char **argv)
{
	struct secret *certificate = NULL, *key = NULL;
	struct assertion_claims claims;
	struct err err = { .msg = "" };
	int status = 1;

	if (argc != 6 || (strcmp(argv[1], "PS256") != 0 && strcmp(argv[1], "RS256") != 0)) {
		fprintf(stderr, "usage: %s PS256|RS256 CERTIFICATE KEY AUDIENCE CLIENT-ID\n",
		    argv[0]);
		return 2;
	}
	claims = (struct assertion_claims){
		.audience = argv[4],
		.client_id = argv[5],
		.now_unix_s = clock_unix_s(clock_system()),
	};
	certificate = read_file(argv[2]);
	key = read_file(argv[3]);
	if (certificate && key &&
	    !print(certificate, key, argv[1][0] == 'P' ? TOKEN_PS256 : TOKEN_RS256, &claims, &err))
		status = 0;
	if (err.msg[0])
		fprintf(stderr, "%s\n", err.msg);
	secret_free(key);
	secret_free(certificate);
	return status;
}
