/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdlib.h>
#include <string.h>

#include "auth/signer_evp.h"

/*
 * A key in a TPM 2.0, by the provider "tpm2" of OpenSSL. It and what it needs live in a library context of
 * their own, loaded when the first signature is asked for: who has no such key pays nothing, and nothing
 * else of OpenSSL is ever done by the TPM. Where the TPM is, the provider finds out, or
 * TPM2OPENSSL_TCTI says. Source: sources.md#tpm2-keys
 */
#define PROPERTIES "?provider=tpm2"

struct tpm_key {
	char *where;
	struct secret *pin;

	/* Open, or all NULL. */
	OSSL_LIB_CTX *library;
	OSSL_PROVIDER *tpm2;
	OSSL_PROVIDER *base; /* reads files, and does what the TPM does not */
	EVP_PKEY *key;
};

static void
close_key(void *arg)
{
	struct tpm_key *t = arg;

	EVP_PKEY_free(t->key);
	if (t->base)
		OSSL_PROVIDER_unload(t->base);
	if (t->tpm2)
		OSSL_PROVIDER_unload(t->tpm2);
	OSSL_LIB_CTX_free(t->library);
	t->key = NULL;
	t->base = t->tpm2 = NULL;
	t->library = NULL;
}

static void
free_key(void *arg)
{
	struct tpm_key *t = arg;

	secret_free(t->pin);
	free(t->where);
	free(t);
}

static enum err_code
make(const struct signer_key *from, EVP_PKEY *public_key, void **out, struct err *err)
{
	struct tpm_key *t = calloc(1, sizeof *t);
	struct slice pin = from->pin ? secret_get(from->pin) : slice_of("");
	enum err_code rc = ERR_OK;

	(void)public_key;
	if (!t)
		return err_set(err, ERR_NOMEM, "out of memory");
	t->where = strdup(from->where);
	if (!t->where)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	else if (from->pin)
		rc = secret_new(pin.ptr, pin.len, &t->pin, err);
	if (rc)
		free_key(t);
	else
		*out = t;
	return rc;
}

/* --- opening --- */

/* A pem_password_cb. Nobody is asked at the terminal. */
static int
give_pin(char *out, int size, int writing, void *arg)
{
	const struct tpm_key *t = arg;
	struct slice pin;

	(void)writing;
	if (!t->pin)
		return -1;
	pin = secret_get(t->pin);
	if (pin.len > (size_t)size)
		return -1;
	memcpy(out, pin.ptr, pin.len);
	return (int)pin.len;
}

/* NULL: there is none, or the TPM does not take it. */
static EVP_PKEY *
load(struct tpm_key *t)
{
	UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(give_pin, 0);
	OSSL_STORE_CTX *store = NULL;
	EVP_PKEY *key = NULL;

	if (ui)
		store =
		    OSSL_STORE_open_ex(t->where, t->library, PROPERTIES, ui, t, NULL, NULL, NULL);
	while (store && !key && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (!info && OSSL_STORE_error(store))
			break;
		if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	UI_destroy_method(ui);
	return key;
}

static enum err_code
open_key(struct tpm_key *t, struct err *err)
{
	char words[SIGNER_EVP_WORDS];

	t->library = OSSL_LIB_CTX_new();
	if (t->library && (t->tpm2 = OSSL_PROVIDER_load(t->library, "tpm2")))
		t->base = OSSL_PROVIDER_load(t->library, "default");
	if (!t->base)
		return err_set(err, ERR_NOT_FOUND, "the TPM cannot be reached: %s",
		    signer_evp_words(words));
	t->key = load(t);
	if (!t->key)
		return err_set(err, ERR_NOT_FOUND, "the TPM has no key %s%s: %s", t->where,
		    t->pin ? "" : ", or it asks for a private_key_pin", signer_evp_words(words));
	return ERR_OK;
}

/*
 * Did the TPM refuse what the key asks for? TPM_RC_AUTH_FAIL or TPM_RC_BAD_AUTH, whichever session they are
 * of. The provider only tells it as text: "cannot sign: 2446 tpm:session(1):…".
 */
static bool
is_pin_refused(const char *words)
{
	const char *end = strstr(words, " tpm:"), *begin = end;
	uint64_t code;

	while (begin && begin > words && begin[-1] >= '0' && begin[-1] <= '9')
		begin--;
	if (!begin ||
	    !slice_to_u64((struct slice){ begin, (size_t)(end - begin) }, UINT16_MAX, &code))
		return false;
	return (code & 0xbf) == 0x8e || (code & 0xbf) == 0xa2;
}

static enum err_code
sign(void *arg, const struct signer_task *task, struct err *err)
{
	struct tpm_key *t = arg;
	enum err_code rc;

	if (!t->key && open_key(t, err))
		return err->code;
	rc = signer_evp_sign(t->key, t->library, PROPERTIES, task, err);
	if (rc && is_pin_refused(err->msg)) /* it counts, and would lock itself */
		rc = err->code = ERR_FORMAT;
	return rc;
}

const struct signer_kind signer_tpm2 = { make, sign, close_key, free_key };
