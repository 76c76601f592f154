/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_async_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/store_change.h"

enum { PIECES_MAX = 64 };

struct piece {
	store_work_fn *work;
	store_done_fn *done;
	void *arg;
};

struct store_async {
	struct store *store;
	struct piece piece[PIECES_MAX];
	size_t n;
	unsigned fails_in; /* pieces; 0: none fails */
	bool refuses;
};

static struct store_async fake;

struct store_async *
store_async_fake_open(struct store *s)
{
	fake = (struct store_async){ .store = s };
	return &fake;
}

size_t
store_async_fake_waiting(void)
{
	return fake.n;
}

void
store_async_fake_fail(void)
{
	store_async_fake_fail_after(0);
}

void
store_async_fake_fail_after(unsigned others)
{
	fake.fails_in = others + 1;
}

void
store_async_fake_refuse(void)
{
	fake.refuses = true;
}

static enum err_code
happen(store_work_fn *work, void *arg, struct err *err)
{
	bool fails = fake.fails_in == 1;
	enum err_code rc;

	fake.fails_in -= fake.fails_in > 0;
	assert_int_equal(store_change_begin(fake.store, err), ERR_OK);
	rc = work(fake.store, arg, err);
	if (rc == ERR_OK && fails)
		rc = err_set(err, ERR_IO, "the disk");
	return store_change_end(fake.store, rc, err);
}

bool
store_async_fake_step(void)
{
	struct piece p = fake.piece[0];
	enum err_code rc;
	struct err err;

	if (fake.n == 0)
		return false;
	fake.n--;
	for (size_t i = 0; i < fake.n; i++)
		fake.piece[i] = fake.piece[i + 1];
	rc = happen(p.work, p.arg, &err);
	p.done(p.arg, rc ? &err : NULL);
	return true;
}

enum err_code
store_async_start(struct store_async *sa, store_work_fn *work, store_done_fn *done, void *arg,
    struct err *err)
{
	if (sa->refuses) {
		sa->refuses = false;
		return err_set(err, ERR_NOMEM, "work for the store");
	}
	assert_true(sa->n < PIECES_MAX);
	sa->piece[sa->n++] = (struct piece){ work, done, arg };
	return ERR_OK;
}

enum err_code
store_async_wait(struct store_async *sa, store_work_fn *work, void *arg, struct err *err)
{
	(void)sa;
	return happen(work, arg, err);
}

/* It happens at once, and is told when it is taken. */
struct store_piece {
	enum err_code rc;
	struct err err;
};

enum err_code
store_async_put(struct store_async *sa, store_work_fn *work, void *arg, struct store_piece **out,
    struct err *err)
{
	struct store_piece *p = malloc(sizeof *p);

	(void)sa;
	(void)err;
	assert_non_null(p);
	p->rc = happen(work, arg, &p->err);
	*out = p;
	return ERR_OK;
}

enum err_code
store_async_take(struct store_async *sa, struct store_piece *p, struct err *err)
{
	enum err_code rc = p->rc;

	(void)sa;
	if (rc)
		*err = p->err;
	free(p);
	return rc;
}
