/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/token_vault.h"

#include <stdlib.h>

#include "auth/token_seal.h"
#include "base/buf.h"
#include "store/store_async.h"

enum { SEALED_MAX = 64 * 1024 };

struct token_vault {
	const char *name;
	const struct secret *key;
	const struct random *random;
	struct store_async *writer;
	struct token_keeper keeper;
};

struct saving {
	const struct token_vault *vault;
	struct buf sealed;
	token_saved_fn *done;
	void *arg;
};

static enum err_code
save_sealed(struct store *s, void *arg, struct err *err)
{
	const struct saving *sv = arg;

	return store_token_save(s, slice_of(sv->vault->name), buf_slice(&sv->sealed), err);
}

static void
saving_free(struct saving *sv)
{
	buf_done(&sv->sealed);
	free(sv);
}

static void
on_saved(void *arg, const struct err *err)
{
	struct saving *sv = arg;
	token_saved_fn *done = sv->done;
	void *done_arg = sv->arg;

	saving_free(sv);
	done(done_arg, err);
}

static enum err_code
save(void *arg, const struct secret *token, token_saved_fn *done, void *done_arg, struct err *err)
{
	const struct token_vault *v = arg;
	struct saving *sv = calloc(1, sizeof *sv);

	if (!sv)
		return err_set(err, ERR_NOMEM, "sealed token");
	sv->vault = v;
	sv->done = done;
	sv->arg = done_arg;
	buf_init(&sv->sealed, SEALED_MAX);
	if (token_seal(v->key, slice_of(v->name), token, v->random, &sv->sealed, err) ||
	    store_async_start(v->writer, save_sealed, on_saved, sv, err)) {
		saving_free(sv);
		return err->code;
	}
	return ERR_OK;
}

/* The store does one thing after the other, so that nothing is enough to wait for. */
static enum err_code
do_nothing(struct store *s, void *arg, struct err *err)
{
	(void)s;
	(void)arg;
	(void)err;
	return ERR_OK;
}

struct flushing {
	token_saved_fn *done;
	void *arg;
};

static void
on_flushed(void *arg, const struct err *err)
{
	struct flushing f = *(struct flushing *)arg;

	free(arg);
	f.done(f.arg, err);
}

static enum err_code
flush(void *arg, token_saved_fn *done, void *done_arg, struct err *err)
{
	const struct token_vault *v = arg;
	struct flushing *f = malloc(sizeof *f);

	if (!f)
		return err_set(err, ERR_NOMEM, "token");
	*f = (struct flushing){ done, done_arg };
	if (store_async_start(v->writer, do_nothing, on_flushed, f, err)) {
		free(f);
		return err->code;
	}
	return ERR_OK;
}

enum err_code
token_vault_new(const char *name, const struct secret *key, const struct random *random,
    struct store_async *writer, struct token_vault **out, struct err *err)
{
	struct token_vault *v = calloc(1, sizeof *v);

	if (!v)
		return err_set(err, ERR_NOMEM, "sealed tokens");
	v->name = name;
	v->key = key;
	v->random = random;
	v->writer = writer;
	v->keeper = (struct token_keeper){ .arg = v, .save = save, .flush = flush };
	*out = v;
	return ERR_OK;
}

const struct token_keeper *
token_vault_keeper(const struct token_vault *v)
{
	return &v->keeper;
}

void
token_vault_free(struct token_vault *v)
{
	free(v);
}

enum err_code
token_vault_load(struct store *s, const char *name, const struct secret *key,
    struct token_vault_find *out, struct err *err)
{
	struct token_vault_find found = { .token = NULL };
	struct buf sealed;
	enum err_code rc;

	buf_init(&sealed, SEALED_MAX);
	rc = store_token_load(s, slice_of(name), &sealed, err);
	if (rc == ERR_NOT_FOUND) {
		rc = ERR_OK;
	} else if (rc == ERR_OK) {
		rc = token_unseal(key, slice_of(name), buf_slice(&sealed), &found.token, err);
		found.sealed = rc == ERR_FORMAT;
		if (found.sealed)
			rc = ERR_OK;
	}
	buf_done(&sealed);
	if (rc)
		return err_wrap(err, "the stored token of %s", name);
	*out = found;
	return ERR_OK;
}
