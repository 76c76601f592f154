/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/token_vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "store/store_async.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/free_watch.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"

#define TOKEN "a refresh token of which nothing may stay"

static struct store *store;
static struct store_async *writer;
static struct secret *key;
static struct token_vault *vault;

static unsigned told;
static enum err_code told_code;

static int
enter(void **state)
{
	static const uint8_t bytes[32] = { 1, 2, 3 };
	struct err err;

	told = 0;
	if (sandbox_enter(state) ||
	    store_open("store", STORE_WRITE, clock_system(), &store, &err) ||
	    secret_new(bytes, sizeof bytes, &key, &err))
		return -1;
	writer = store_async_fake_open(store);
	return token_vault_new("northwind", key, random_system(), writer, &vault, &err) != ERR_OK;
}

static int
leave(void **state)
{
	token_vault_free(vault);
	token_vault_free(NULL);
	secret_free(key);
	store_close(store);
	return sandbox_leave(state);
}

static void
on_saved(void *arg, const struct err *err)
{
	assert_ptr_equal(arg, &told);
	told++;
	told_code = err ? err->code : ERR_OK;
}

static enum err_code
save(const char *text, struct err *err)
{
	const struct token_keeper *k = token_vault_keeper(vault);
	struct secret *token;
	enum err_code rc;

	assert_int_equal(secret_new(text, strlen(text), &token, err), ERR_OK);
	rc = k->save(k->arg, token, on_saved, &told, err);
	secret_free(token);
	return rc;
}

static void
assert_stored(const char *want)
{
	struct token_vault_find found;
	struct err err;

	assert_int_equal(token_vault_load(store, "northwind", key, &found, &err), ERR_OK);
	assert_false(found.sealed);
	assert_true(slice_eq(secret_get(found.token), slice_of(want)));
	secret_free(found.token);
}

static void
what_is_saved_is_there(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(save(TOKEN, &err), ERR_OK);
	assert_int_equal(told, 0);
	assert_true(store_async_fake_step());
	assert_int_equal(told, 1);
	assert_int_equal(told_code, ERR_OK);
	assert_stored(TOKEN);
	assert_int_equal(save("another", &err), ERR_OK);
	assert_true(store_async_fake_step());
	assert_stored("another");
}

static void
it_is_stored_sealed(void **state)
{
	struct buf sealed;
	struct err err;

	(void)state;
	assert_int_equal(save(TOKEN, &err), ERR_OK);
	assert_true(store_async_fake_step());
	buf_init(&sealed, 4096);
	assert_int_equal(store_token_load(store, slice_of("northwind"), &sealed, &err), ERR_OK);
	assert_null(memmem(sealed.ptr, sealed.len, "refresh", 7));
	buf_done(&sealed);
}

static void
no_memory_keeps_it(void **state)
{
	struct err err;

	(void)state;
	free_watch("a refresh token");
	assert_int_equal(save(TOKEN, &err), ERR_OK);
	assert_true(store_async_fake_step());
	assert_stored(TOKEN);
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
}

static void
a_store_that_fails_is_told(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(save(TOKEN, &err), ERR_OK);
	store_async_fake_fail();
	assert_true(store_async_fake_step());
	assert_int_equal(told, 1);
	assert_int_equal(told_code, ERR_IO);
	store_async_fake_refuse();
	assert_int_equal(save(TOKEN, &err), ERR_NOMEM);
	assert_int_equal(told, 1);
	assert_int_equal(store_async_fake_waiting(), 0);
}

static void
assert_no_token(const char *name, const struct secret *under, bool sealed)
{
	struct token_vault_find found;
	struct err err;

	assert_int_equal(token_vault_load(store, name, under, &found, &err), ERR_OK);
	assert_null(found.token);
	assert_int_equal(found.sealed, sealed);
}

static void
what_cannot_be_loaded(void **state)
{
	static const uint8_t bytes[32] = { 9 };
	struct token_vault_find untouched = { .sealed = true };
	struct secret *other;
	struct buf sealed;
	struct err err;

	(void)state;
	assert_no_token("northwind", key, false);
	assert_int_equal(save(TOKEN, &err), ERR_OK);
	assert_true(store_async_fake_step());
	assert_int_equal(secret_new(bytes, sizeof bytes, &other, &err), ERR_OK);
	assert_no_token("northwind", other, true);
	secret_free(other);
	/* Moved to another name in the store: not the same any more. */
	buf_init(&sealed, 4096);
	assert_int_equal(store_token_load(store, slice_of("northwind"), &sealed, &err), ERR_OK);
	assert_int_equal(store_token_save(store, slice_of("fourth"), buf_slice(&sealed), &err),
	    ERR_OK);
	buf_done(&sealed);
	assert_no_token("fourth", key, true);
	alloc_fault_arm(1);
	assert_int_equal(token_vault_load(store, "northwind", key, &untouched, &err), ERR_NOMEM);
	alloc_fault_arm(0);
	assert_non_null(strstr(err.msg, "the stored token of northwind: "));
	assert_null(untouched.token);
}

static void
try_to_save(void *arg)
{
	const struct token_keeper *k = token_vault_keeper(vault);
	struct err err;

	told = 0;
	if (k->save(k->arg, arg, on_saved, &told, &err)) {
		assert_int_equal(err.code, ERR_NOMEM);
		assert_int_equal(store_async_fake_waiting(), 0);
		return;
	}
	assert_false(alloc_fault_hit());
	alloc_fault_arm(0);
	assert_true(store_async_fake_step());
}

static void
memory_may_end_anywhere(void **state)
{
	struct secret *token;
	struct err err;

	(void)state;
	assert_int_equal(secret_new(TOKEN, strlen(TOKEN), &token, &err), ERR_OK);
	assert_true(alloc_fault_sweep(try_to_save, token) >= 2);
	assert_stored(TOKEN);
	secret_free(token);
}

#define WITH_VAULT(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_VAULT(what_is_saved_is_there),
		WITH_VAULT(it_is_stored_sealed),
		WITH_VAULT(no_memory_keeps_it),
		WITH_VAULT(a_store_that_fails_is_told),
		WITH_VAULT(what_cannot_be_loaded),
		WITH_VAULT(memory_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
