/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/signer.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "auth/signer_evp.h"

/* One signature. The loop's thread and the pool's never look at it at the same time, but for cancelled. */
struct signer_job {
	struct signer_job *next;
	struct signer *signer;
	uv_work_t work;
	signer_fn *done;
	void *arg;
	bool cancelled; /* the loop's */
	bool skipped;   /* cancelled before its turn */
	struct err err;
	unsigned char signature[SIGNATURE_MAX];
	size_t signature_len;
	size_t len;
	unsigned char text[];
};

struct signer {
	/* Fixed at creation. */
	uv_loop_t *loop;
	const struct signer_kind *kind;
	bool pss;
	EVP_PKEY *public_key;

	/* Of the first job, while it is on the pool. */
	void *key;
	struct err refused; /* what a person has to mend; ERR_OK: nothing */

	/* Changes. */
	struct signer_job *first; /* the first is on the pool, the others wait */
	struct signer_job **end;
	bool opened; /* perhaps */
	uv_work_t closing;
};

static const struct signer_kind *const kinds[] = {
	[SIGNER_FILE] = &signer_file,
	[SIGNER_PKCS11] = &signer_pkcs11,
	[SIGNER_TPM2] = &signer_tpm2,
};

/* --- life --- */

static void
destroy(struct signer *s)
{
	if (s->key)
		s->kind->free(s->key);
	EVP_PKEY_free(s->public_key);
	free(s);
}

static enum err_code
check_certificate(const EVP_PKEY *public_key, struct err *err)
{
	if (EVP_PKEY_get_base_id(public_key) != EVP_PKEY_RSA)
		return err_set(err, ERR_FORMAT,
		    "the certificate is not for an RSA key; make an RSA pair");
	if (EVP_PKEY_get_bits(public_key) < SIGNER_BITS_MIN)
		return err_set(err, ERR_FORMAT,
		    "the certificate is for a key of %d bits; at least %d are needed",
		    EVP_PKEY_get_bits(public_key), SIGNER_BITS_MIN);
	return ERR_OK;
}

enum err_code
signer_new(const struct signer_options *opt, struct signer **out, struct err *err)
{
	struct signer *s = calloc(1, sizeof *s);
	EVP_PKEY *public_key = X509_get0_pubkey(opt->certificate);
	enum err_code rc;

	if (!s)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->loop = opt->loop;
	s->kind = kinds[opt->key.place];
	s->pss = opt->pss;
	s->end = &s->first;
	if (!public_key || EVP_PKEY_up_ref(public_key) != 1) {
		rc = err_set(err, ERR_FORMAT, "the certificate's public key cannot be read");
		goto out;
	}
	s->public_key = public_key;
	if ((rc = s->kind->make(&opt->key, public_key, &s->key, err)) ||
	    (rc = check_certificate(public_key, err)))
		goto out;
	*out = s;
	s = NULL; /* handed over */
out:
	ERR_clear_error(); /* else the next TLS connection of this thread finds our errors */
	if (s)
		destroy(s);
	return rc;
}

static void
close_on_pool(uv_work_t *work)
{
	struct signer *s = work->data;

	s->kind->close(s->key);
}

static void
on_closed(uv_work_t *work, int status)
{
	(void)status;
	destroy(work->data);
}

void
signer_free(struct signer *s)
{
	if (!s)
		return;
	assert(!s->first);
	s->closing.data = s;
	if (!s->kind->close || !s->opened ||
	    uv_queue_work(s->loop, &s->closing, close_on_pool, on_closed) != 0)
		destroy(s);
}

/* --- on the pool --- */

static enum err_code
sign_once(struct signer *s, const struct signer_task *task, struct err *err)
{
	enum err_code rc = s->kind->sign(s->key, task, err);

	if (rc && s->kind->close)
		s->kind->close(s->key);
	return rc;
}

static void
sign(struct signer *s, struct signer_job *j)
{
	const struct signer_task task = { s->pss, j->text, j->len, j->signature,
		&j->signature_len };
	enum err_code rc = sign_once(s, &task, &j->err);

	if (rc == ERR_IO && s->kind->close) /* what was open may have been lost */
		rc = sign_once(s, &task, &j->err);
	if (rc == ERR_OK)
		rc = signer_evp_check(s->public_key, &task, &j->err);
	if (rc == ERR_FORMAT)
		s->refused = j->err;
	if (rc == ERR_OK)
		j->err.code = ERR_OK; /* also if the first try has failed */
}

static void
on_pool(uv_work_t *work)
{
	struct signer_job *j = work->data;
	struct signer *s = j->signer;

	if (j->skipped)
		return;
	if (s->refused.code)
		j->err = s->refused;
	else
		sign(s, j);
}

/* --- on the loop --- */

static void begin(struct signer *s);

/* The last that happens to the signer; done may free it. */
static void
finish(struct signer_job *j)
{
	static const struct err cancelled = { ERR_CANCELLED,
		"nobody waits for the signature any more" };
	struct slice none = { NULL, 0 };

	if (j->cancelled)
		j->done(j->arg, none, &cancelled);
	else if (j->err.code)
		j->done(j->arg, none, &j->err);
	else
		j->done(j->arg, (struct slice){ (const char *)j->signature, j->signature_len },
		    NULL);
	free(j);
}

static void
on_signed(uv_work_t *work, int status)
{
	struct signer_job *j = work->data;
	struct signer *s = j->signer;

	(void)status;
	s->first = j->next;
	if (s->first)
		begin(s);
	else
		s->end = &s->first;
	finish(j);
}

static void
begin(struct signer *s)
{
	struct signer_job *j = s->first;

	j->skipped = j->cancelled;
	s->opened |= !j->skipped;
	/* It can only fail for want of a function. */
	(void)uv_queue_work(s->loop, &j->work, on_pool, on_signed);
}

enum err_code
signer_start(struct signer *s, struct slice text, signer_fn *done, void *arg,
    struct signer_job **out, struct err *err)
{
	struct signer_job *j = calloc(1, sizeof *j + text.len);
	bool idle = !s->first;

	if (!j)
		return err_set(err, ERR_NOMEM, "out of memory");
	j->signer = s;
	j->work.data = j;
	j->done = done;
	j->arg = arg;
	j->len = text.len;
	memcpy(j->text, text.ptr, text.len);
	*s->end = j;
	s->end = &j->next;
	if (idle)
		begin(s);
	*out = j;
	return ERR_OK;
}

void
signer_cancel(struct signer_job *j)
{
	j->cancelled = true;
}
