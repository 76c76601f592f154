/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/secret_source.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* A literal with all its bytes, NULs included. */
#define BYTES(s) \
	{ \
		"" s, sizeof s - 1 \
	}

void __real_free(void *p);
void __wrap_free(void *p);

/* No memory that is given back may hold this any more. */
#define SECRET "correct horse battery"
static bool watching;

void
__wrap_free(void *p)
{
	if (watching && p)
		assert_null(memmem(p, malloc_usable_size(p), SECRET, strlen(SECRET)));
	__real_free(p);
}

/* Bytes 0x00, 0x01, …; each file begins where the one before ended. */
static enum err_code
count(void *arg, void *out, size_t len, struct err *err)
{
	uint8_t *next = arg, *to = out;

	(void)err;
	for (size_t i = 0; i < len; i++)
		to[i] = (*next)++;
	return ERR_OK;
}

static enum err_code
dry(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)out;
	(void)len;
	return err_set(err, ERR_IO, "dry");
}

static void
assert_secret(struct secret *s, struct slice want)
{
	assert_non_null(s);
	assert_int_equal(secret_get(s).len, want.len);
	assert_memory_equal(secret_get(s).ptr, want.ptr, want.len);
	secret_free(s);
}

static void
assert_read(const struct secret_ref *ref, const char *want)
{
	struct secret *s = NULL;
	struct err err = { 0 };

	assert_int_equal(secret_source_read(ref, &s, &err), ERR_OK);
	assert_secret(s, slice_of(want));
}

static void
assert_refused(const struct secret_ref *ref, enum err_code want, const char *msg)
{
	struct secret *before = (void *)&watching, *s = before;
	struct err err = { 0 };

	assert_int_equal(secret_source_read(ref, &s, &err), want);
	assert_int_equal(err.code, want);
	assert_string_equal(err.msg, msg);
	assert_ptr_equal(s, before);
}

static void
content(void **state)
{
	static const struct {
		const char *name;
		struct slice bytes;
		const char *want; /* NULL: refused */
		const char *msg;
	} tc[] = {
		{ "no line end", BYTES("s3cret"), "s3cret", NULL },
		{ "LF", BYTES("s3cret\n"), "s3cret", NULL },
		{ "CRLF", BYTES("s3cret\r\n"), "s3cret", NULL },
		{ "one of two", BYTES("s3cret\n\n"), "s3cret\n", NULL },
		{ "CR alone", BYTES("s3cret\r"), "s3cret\r", NULL },
		{ "lines", BYTES("-----BEGIN\nx\n-----END\n"), "-----BEGIN\nx\n-----END", NULL },
		{ "blanks", BYTES(" s3cret \n"), " s3cret ", NULL },
		{ "empty", BYTES(""), NULL, "secret: it is empty" },
		{ "a line end", BYTES("\n"), NULL, "secret: it is empty" },
		{ "CRLF alone", BYTES("\r\n"), NULL, "secret: it is empty" },
		{ "a NUL", BYTES("s3\0cret"), NULL,
		    "secret: there is a NUL in it, so it is no text" },
	};
	static const struct secret_ref ref = { SECRET_FILE, "secret" };

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		print_message("  %s\n", tc[i].name);
		sandbox_write_private("secret", tc[i].bytes);
		if (tc[i].want)
			assert_read(&ref, tc[i].want);
		else
			assert_refused(&ref, ERR_FORMAT, tc[i].msg);
	}
}

static void
length(void **state)
{
	static const struct {
		size_t len;
		const char *end;
		bool good;
	} tc[] = {
		{ SECRET_BYTES_MAX, "", true },
		{ SECRET_BYTES_MAX, "\n", true },
		{ SECRET_BYTES_MAX, "\r\n", true },
		{ SECRET_BYTES_MAX, "\n\n", false },
		{ SECRET_BYTES_MAX + 1, "", false },
		{ SECRET_BYTES_MAX + 1, "\r\n", false },
		{ 3 * SECRET_BYTES_MAX, "", false },
	};
	static const struct secret_ref ref = { SECRET_FILE, "secret" };
	static char text[4 * SECRET_BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct secret *s = NULL;
		struct err err = { 0 };

		memset(text, 'x', tc[i].len);
		memcpy(text + tc[i].len, tc[i].end, strlen(tc[i].end) + 1);
		sandbox_write_private("secret", slice_of(text));
		if (!tc[i].good) {
			assert_refused(&ref, ERR_LIMIT, "secret: it is longer than 65536 bytes");
			continue;
		}
		assert_int_equal(secret_source_read(&ref, &s, &err), ERR_OK);
		assert_secret(s, (struct slice){ text, SECRET_BYTES_MAX });
	}
}

static void
files(void **state)
{
	static const struct {
		const char *path;
		enum err_code want;
		const char *msg;
	} tc[] = {
		{ "missing", ERR_NOT_FOUND, "missing: it is not there" },
		{ "dangling", ERR_NOT_FOUND, "dangling: it is not there" },
		{ "folder", ERR_FORMAT, "folder: it is not a file" },
		{ "pipe", ERR_FORMAT, "pipe: it is not a file" },
		{ "/dev/null", ERR_FORMAT, "/dev/null: it is not a file" },
		{ "link-to-folder", ERR_FORMAT, "link-to-folder: it is not a file" },
		{ "private/x", ERR_IO, "private/x: it cannot be read: Not a directory" },
		{ "others", ERR_FORMAT,
		    "others: it is open to others (mode 0604); close it with chmod 600" },
		{ "group", ERR_FORMAT,
		    "group: it is open to others (mode 0620); close it with chmod 600" },
	};

	(void)state;
	sandbox_write_private("private", slice_of("s3cret"));
	sandbox_write_private("others", slice_of("s3cret"));
	sandbox_write_private("group", slice_of("s3cret"));
	assert_int_equal(chmod("others", 0604) | chmod("group", 0620), 0);
	assert_int_equal(mkdir("folder", 0700) | mkfifo("pipe", 0600), 0);
	assert_int_equal(symlink("private", "link") | symlink("nowhere", "dangling") |
	        symlink("folder", "link-to-folder"),
	    0);
	assert_read(&(struct secret_ref){ SECRET_FILE, "link" }, "s3cret");
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct secret_ref ref = { SECRET_FILE, tc[i].path };

		print_message("  %s\n", tc[i].path);
		assert_refused(&ref, tc[i].want, tc[i].msg);
	}
}

static void
credentials(void **state)
{
	static const struct secret_ref ref = { SECRET_CREDENTIAL, "northwind-secret" };

	(void)state;
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_refused(&ref, ERR_NOT_FOUND,
	    "credential northwind-secret: CREDENTIALS_DIRECTORY is not set: only a service of "
	    "systemd with LoadCredential= has credentials");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "creds", 1), 0);
	assert_refused(&ref, ERR_NOT_FOUND, "credential northwind-secret: it is not there");
	assert_int_equal(mkdir("creds", 0700), 0);
	sandbox_write_private("creds/northwind-secret", slice_of("s3cret\n"));
	assert_int_equal(chmod("creds/northwind-secret", 0440), 0);
	assert_read(&ref, "s3cret");
	sandbox_write_private("creds/autoreg_northwind-secret", slice_of("of the folder\n"));
	assert_read(&ref, "s3cret");
	assert_int_equal(unlink("creds/northwind-secret"), 0);
	assert_read(&ref, "of the folder");
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void
variables(void **state)
{
	static const struct secret_ref ref = { SECRET_ENV, "AUTOREG_TEST_SECRET" };

	(void)state;
	assert_int_equal(unsetenv(ref.where), 0);
	assert_refused(&ref, ERR_NOT_FOUND, "variable AUTOREG_TEST_SECRET: it is not set");
	assert_int_equal(setenv(ref.where, "", 1), 0);
	assert_refused(&ref, ERR_FORMAT, "variable AUTOREG_TEST_SECRET: it is empty");
	assert_int_equal(setenv(ref.where, "s3cret\n", 1), 0);
	assert_read(&ref, "s3cret");
	assert_int_equal(unsetenv(ref.where), 0);
}

static void
no_secret(void **state)
{
	static const struct secret_ref none = { SECRET_NONE, NULL };

	(void)state;
	assert_refused(&none, ERR_NOT_FOUND, "the configuration names no secret");
}

static void
nothing_is_left_in_memory(void **state)
{
	static const struct secret_ref ref = { SECRET_FILE, "secret" };
	struct secret *s = NULL;
	struct err err;

	(void)state;
	sandbox_write_private("secret", slice_of(SECRET "\n"));
	watching = true;
	assert_int_equal(secret_source_read(&ref, &s, &err), ERR_OK);
	secret_free(s);
	watching = false;
	assert_null(strstr(err.msg, SECRET));
}

/* --- the key that seals tokens ---------------------------------------------------------------- */

#define KEY_TEXT "0123456789abcdef0123456789ABCDE\n"
static const char *const key_hex =
    "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
static const char *const key_base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

static struct slice
counted(void)
{
	static char bytes[32];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)i;
	return (struct slice){ bytes, sizeof bytes };
}

static void
assert_key(const struct secret_ref *ref, struct slice want)
{
	uint8_t next = 0;
	const struct random random = { count, &next };
	struct secret *s = NULL;
	struct err err = { 0 };

	assert_int_equal(secret_source_seal_key(ref, "state", &random, &s, &err), ERR_OK);
	assert_secret(s, want);
}

static void
assert_no_key(const struct secret_ref *ref, const struct random *random, enum err_code want,
    const char *msg)
{
	struct secret *before = (void *)&watching, *s = before;
	struct err err = { 0 };

	assert_int_equal(secret_source_seal_key(ref, "state", random, &s, &err), want);
	assert_string_equal(err.msg, msg);
	assert_ptr_equal(s, before);
}

static void
key_forms(void **state)
{
	static const struct secret_ref ref = { SECRET_FILE, "key" };
	char text[80];

	(void)state;
	sandbox_write_private("key", counted());
	assert_key(&ref, counted());
	sandbox_write_private("key", slice_of(KEY_TEXT)); /* the line end is a byte of the key */
	assert_key(&ref, slice_of(KEY_TEXT));
	sandbox_write_private("key", slice_of(KEY_TEXT "\n"));
	assert_key(&ref, slice_of(KEY_TEXT));
	sandbox_write_private("key", slice_of(key_hex));
	assert_key(&ref, counted());
	(void)snprintf(text, sizeof text, "%s\r\n", key_hex);
	sandbox_write_private("key", slice_of(text));
	assert_key(&ref, counted());
	sandbox_write_private("key", slice_of(key_base64));
	assert_key(&ref, counted());
	(void)snprintf(text, sizeof text, "%s\n", key_base64);
	sandbox_write_private("key", slice_of(text));
	assert_key(&ref, counted());
}

static void
no_keys(void **state)
{
	static const struct {
		const char *name;
		const char *text;
	} tc[] = {
		{ "empty", "" },
		{ "short", "0123456789abcdef0123456789abcde" },
		{ "long", "0123456789abcdef0123456789abcdef0" },
		{ "no hex", "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1G" },
		{ "hex, short", "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1" },
		{ "no base64", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH*8=" },
		{ "no base64 in the middle", "AAECAwQFBgcICQoLDA0O-xAREhMUFRYXGBkaGxwdHh8=" },
		{ "base64 of 33 bytes", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g" },
		{ "base64 of 31 bytes", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==" },
		{ "base64 with bits left", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=" },
		{ "base64 without padding", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" },
		{ "two lines",
		    "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n\n" },
	};
	static const struct secret_ref ref = { SECRET_FILE, "key" };

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		print_message("  %s\n", tc[i].name);
		sandbox_write_private("key", slice_of(tc[i].text));
		assert_no_key(&ref, NULL, ERR_FORMAT,
		    "key: it is no key: 32 bytes are needed, as they are, in hexadecimal or in "
		    "base64");
	}
	assert_int_equal(unlink("key"), 0);
	assert_no_key(&ref, NULL, ERR_NOT_FOUND, "key: it is not there");
	sandbox_assert_names(".", "");
}

static void
own_key(void **state)
{
	static const struct secret_ref none = { SECRET_NONE, NULL };
	mode_t umask_before = umask(0277);
	struct stat st;

	(void)state;
	assert_int_equal(mkdir("state", 0700) | chmod("state", 0700), 0);
	assert_key(&none, counted());
	assert_int_equal(stat("state/seal.key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	sandbox_assert_names("state", "seal.key ");
	sandbox_assert_content("state/seal.key", counted());
	(void)umask(umask_before);

	/* It is made once. */
	sandbox_write_private("state/seal.key", slice_of(KEY_TEXT));
	assert_key(&none, slice_of(KEY_TEXT));
	sandbox_assert_content("state/seal.key", slice_of(KEY_TEXT));
}

static void
no_own_key(void **state)
{
	static const struct secret_ref none = { SECRET_NONE, NULL };
	static const struct random broken = { dry, NULL };
	uint8_t next = 0;
	const struct random random = { count, &next };

	(void)state;
	assert_no_key(&none, &random, ERR_IO, "state/seal.key: No such file or directory");
	assert_int_equal(mkdir("state", 0700), 0);
	assert_no_key(&none, &broken, ERR_IO, "dry");
	sandbox_assert_names("state", "");
	sandbox_write_private("state/seal.key", slice_of("torn"));
	assert_no_key(&none, &random, ERR_FORMAT,
	    "state/seal.key: it is no key: 32 bytes are needed, as they are, in hexadecimal or in "
	    "base64");
	sandbox_assert_content("state/seal.key", slice_of("torn"));
	assert_int_equal(chmod("state/seal.key", 0644), 0);
	assert_no_key(&none, &random, ERR_FORMAT,
	    "state/seal.key: it is open to others (mode 0644); close it with chmod 600");
}

/* Another process makes the key after we have looked for it. */
static enum err_code
make_it_first(void *arg, void *out, size_t len, struct err *err)
{
	sandbox_write_private("state/seal.key", slice_of(KEY_TEXT));
	return count(arg, out, len, err);
}

static void
another_process_was_faster(void **state)
{
	static const struct secret_ref none = { SECRET_NONE, NULL };
	uint8_t next = 0;
	const struct random random = { make_it_first, &next };
	struct secret *s = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(mkdir("state", 0700), 0);
	assert_int_equal(secret_source_seal_key(&none, "state", &random, &s, &err), ERR_OK);
	assert_secret(s, slice_of(KEY_TEXT));
	sandbox_assert_names("state", "seal.key ");
}

/* --- memory ------------------------------------------------------------------------------------- */

static void
assert_outcome(enum err_code rc, struct secret *s, void *before)
{
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	if (rc)
		assert_ptr_equal(s, before);
	else
		secret_free(s);
}

static void
try_to_read(void *arg)
{
	static const struct secret_ref ref = { SECRET_FILE, "secret" };
	struct secret *s = arg;
	struct err err;
	enum err_code rc = secret_source_read(&ref, &s, &err);

	assert_outcome(rc, s, arg);
}

static void
try_to_make_a_key(void *arg)
{
	static const struct secret_ref none = { SECRET_NONE, NULL };
	uint8_t next = 0;
	const struct random random = { count, &next };
	struct secret *s = arg;
	struct err err;
	enum err_code rc = secret_source_seal_key(&none, "state", &random, &s, &err);

	assert_outcome(rc, s, arg);
	(void)unlink("state/seal.key");
}

static void
memory_runs_out(void **state)
{
	int somewhere;

	(void)state;
	sandbox_write_private("secret", slice_of("s3cret"));
	assert_int_equal(mkdir("state", 0700), 0);
	assert_int_equal(alloc_fault_sweep(try_to_read, &somewhere), 3);
	assert_int_equal(alloc_fault_sweep(try_to_make_a_key, &somewhere), 4);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

/* Its bytes are as they are: no text, and no line end that is not part of it. */
static void
identity(void **state)
{
	static const struct secret_ref file = { SECRET_FILE, "id.p12" };
	static const struct slice bytes = BYTES("0\x82\0key\r\n");
	struct secret *s = NULL;
	struct err err;

	(void)state;
	sandbox_write_private("id.p12", bytes);
	assert_int_equal(secret_source_identity(&file, &s, &err), ERR_OK);
	assert_secret(s, bytes);
	s = NULL;
	assert_int_equal(chmod("id.p12", 0644), 0);
	assert_int_equal(secret_source_identity(&file, &s, &err), ERR_FORMAT);
	assert_string_equal(err.msg,
	    "id.p12: it is open to others (mode 0644); close it with chmod 600");
	sandbox_write_private("id.p12", slice_of(""));
	assert_int_equal(secret_source_identity(&file, &s, &err), ERR_FORMAT);
	assert_string_equal(err.msg, "id.p12: it is empty");
	assert_null(s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SANDBOX(content),
		IN_SANDBOX(identity),
		IN_SANDBOX(length),
		IN_SANDBOX(files),
		IN_SANDBOX(credentials),
		IN_SANDBOX(variables),
		IN_SANDBOX(no_secret),
		IN_SANDBOX(nothing_is_left_in_memory),
		IN_SANDBOX(key_forms),
		IN_SANDBOX(no_keys),
		IN_SANDBOX(own_key),
		IN_SANDBOX(no_own_key),
		IN_SANDBOX(another_process_was_faster),
		IN_SANDBOX(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
