/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/secret_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/tools/safe_file.h"
#include "config/credential_path.h"
#include "devices/base64.h"

enum {
	SEAL_KEY_BYTES = 32,
	SEAL_KEY_HEX = 2 * SEAL_KEY_BYTES,
	SEAL_KEY_BASE64 = BASE64_ENCODED_LEN(SEAL_KEY_BYTES),
	SEAL_KEY_MODE = 0600,
	OTHERS = S_IRWXG | S_IRWXO,
	OTHERS_WRITE = S_IWGRP | S_IWOTH,
	READ_MAX = SECRET_BYTES_MAX + 3, /* a line end, and one byte to see that there is more */
};

/* What a reference is called in messages, with a blank behind it. */
static const char *const kind_name[] = {
	[SECRET_CREDENTIAL] = "credential ",
	[SECRET_FILE] = "",
	[SECRET_ENV] = "variable ",
	[SECRET_PKCS11] = "",
	[SECRET_TPM2] = "",
};

/* --- reading ---------------------------------------------------------------------------------- */

static enum err_code
read_descriptor(int fd, struct secret **out, struct err *err)
{
	char *bytes = malloc(READ_MAX);
	size_t len = 0;
	ssize_t n = 1;
	enum err_code rc;

	if (!bytes)
		return err_set(err, ERR_NOMEM, "out of memory");
	while (len < READ_MAX && n != 0) {
		n = read(fd, bytes + len, READ_MAX - len);
		if (n < 0 && errno != EINTR) {
			rc = err_errno(err, errno, "it cannot be read");
			goto out;
		}
		len += n > 0 ? (size_t)n : 0;
	}
	rc = secret_new(bytes, len, out, err);
out:
	secret_wipe(bytes, READ_MAX);
	free(bytes);
	return rc;
}

static enum err_code
check_file(int fd, mode_t forbidden, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_errno(err, errno, "it cannot be read");
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FORMAT, "it is not a file");
	if (st.st_mode & forbidden)
		return err_set(err, ERR_FORMAT,
		    "it is open to others (mode %04o); close it with chmod 600",
		    (unsigned)st.st_mode & 07777);
	return ERR_OK;
}

/*
 * The path may be a link, as in the volumes of Kubernetes; what it leads to must be a regular file.
 * O_NONBLOCK, because a pipe must not hold us up before that is known.
 */
static enum err_code
read_file(const char *path, mode_t forbidden, struct secret **out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	enum err_code rc;

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "it is not there");
	if (fd < 0)
		return err_errno(err, errno, "it cannot be read");
	rc = check_file(fd, forbidden, err);
	if (rc == ERR_OK)
		rc = read_descriptor(fd, out, err);
	(void)close(fd);
	return rc;
}

/*
 * Who may read it, the service manager has settled; the mode may be that of an access list.
 * Source: sources.md#systemd-credentials
 */
static enum err_code
read_credential(const char *name, struct secret **out, struct err *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path = NULL;
	enum err_code rc;

	if (!folder)
		return err_set(err, ERR_NOT_FOUND,
		    "CREDENTIALS_DIRECTORY is not set: only a service of systemd with "
		    "LoadCredential= has credentials");
	if (credential_path(folder, name, &path, err))
		return err->code;
	rc = read_file(path, 0, out, err);
	free(path);
	return rc;
}

static enum err_code
read_variable(const char *name, struct secret **out, struct err *err)
{
	const char *value = getenv(name);

	if (!value)
		return err_set(err, ERR_NOT_FOUND, "it is not set");
	return secret_new(value, strlen(value), out, err);
}

/* All there is, line end included; not more than READ_MAX bytes of a file. */
static enum err_code
read_all(const struct secret_ref *ref, mode_t forbidden, struct secret **out, struct err *err)
{
	switch (ref->kind) {
	case SECRET_CREDENTIAL:
		return read_credential(ref->where, out, err);
	case SECRET_FILE:
		return read_file(ref->where, forbidden, out, err);
	case SECRET_ENV:
		return read_variable(ref->where, out, err);
	case SECRET_PKCS11:
	case SECRET_TPM2:
		return err_set(err, ERR_NOT_FOUND, "it cannot be read from where it is");
	case SECRET_NONE:
		break;
	}
	return err_set(err, ERR_NOT_FOUND, "the configuration names no secret");
}

/* --- what was read ---------------------------------------------------------------------------- */

static struct slice
without_line_end(struct slice s)
{
	if (s.len == 0 || s.ptr[s.len - 1] != '\n')
		return s;
	s.len--;
	if (s.len > 0 && s.ptr[s.len - 1] == '\r')
		s.len--;
	return s;
}

static enum err_code
check_length(struct slice s, struct err *err)
{
	if (s.len == 0)
		return err_set(err, ERR_FORMAT, "it is empty");
	if (s.len > SECRET_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "it is longer than %d bytes", SECRET_BYTES_MAX);
	return ERR_OK;
}

static enum err_code
check_content(struct slice s, struct err *err)
{
	if (check_length(s, err))
		return err->code;
	if (memchr(s.ptr, '\0', s.len))
		return err_set(err, ERR_FORMAT, "there is a NUL in it, so it is no text");
	return ERR_OK;
}

/* Says in front of the message which secret it is about. */
static enum err_code
name_reference(const struct secret_ref *ref, struct err *err)
{
	return ref->kind == SECRET_NONE ? err->code
	                                : err_wrap(err, "%s%s", kind_name[ref->kind], ref->where);
}

static enum err_code
read_reference(const struct secret_ref *ref, mode_t forbidden, struct secret **out, struct err *err)
{
	struct secret *all = NULL;
	struct slice text;
	enum err_code rc;

	if ((rc = read_all(ref, forbidden, &all, err)))
		goto out;
	text = without_line_end(secret_get(all));
	if ((rc = check_content(text, err)))
		goto out;
	rc = secret_new(text.ptr, text.len, out, err);
out:
	secret_free(all);
	return rc ? name_reference(ref, err) : ERR_OK;
}

enum err_code
secret_source_read(const struct secret_ref *ref, struct secret **out, struct err *err)
{
	return read_reference(ref, OTHERS, out, err);
}

enum err_code
secret_source_certificate(const struct secret_ref *ref, struct secret **out, struct err *err)
{
	return read_reference(ref, OTHERS_WRITE, out, err);
}

enum err_code
secret_source_identity(const struct secret_ref *ref, struct secret **out, struct err *err)
{
	struct secret *all = NULL;

	if (read_all(ref, OTHERS, &all, err) || check_length(secret_get(all), err)) {
		secret_free(all);
		return name_reference(ref, err);
	}
	*out = all;
	return ERR_OK;
}

static enum signer_place
place_of(const struct secret_ref *key)
{
	switch (key->kind) {
	case SECRET_PKCS11:
		return SIGNER_PKCS11;
	case SECRET_TPM2:
		return SIGNER_TPM2;
	default:
		return SIGNER_FILE;
	}
}

enum err_code
secret_source_key(const struct secret_ref *key, const struct secret_ref *pin,
    struct secret_source_key *out, struct err *err)
{
	struct secret_source_key k = { .key = { .place = place_of(key), .where = key->where } };

	if ((k.key.place == SIGNER_FILE && secret_source_read(key, &k.pem, err)) ||
	    (pin->kind != SECRET_NONE && secret_source_read(pin, &k.pin, err))) {
		secret_source_key_done(&k);
		return err->code;
	}
	k.key.pem = k.pem;
	k.key.pin = k.pin;
	*out = k;
	return ERR_OK;
}

void
secret_source_key_done(struct secret_source_key *k)
{
	secret_free(k->pem);
	secret_free(k->pin);
	*k = (struct secret_source_key){ .pem = NULL };
}

/* --- the key that seals tokens ---------------------------------------------------------------- */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
from_hex(struct slice s, uint8_t key[SEAL_KEY_BYTES])
{
	for (size_t i = 0; i < SEAL_KEY_BYTES; i++) {
		int high = hex_value(s.ptr[2 * i]);
		int low = hex_value(s.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Ten groups of four characters, and one of three that stands for two bytes. */
static bool
from_base64(struct slice s, uint8_t key[SEAL_KEY_BYTES])
{
	const size_t groups = (SEAL_KEY_BASE64 / 4 - 1) * 4;
	int a = base64_value(s.ptr[groups]);
	int b = base64_value(s.ptr[groups + 1]);
	int c = base64_value(s.ptr[groups + 2]);

	if (base64_decode(slice_head(s, groups), key) != groups || a < 0 || b < 0 || c < 0 ||
	    (c & 3) != 0 || s.ptr[groups + 3] != '=')
		return false;
	key[SEAL_KEY_BYTES - 2] = (uint8_t)(a << 2 | b >> 4);
	key[SEAL_KEY_BYTES - 1] = (uint8_t)((b & 0xf) << 4 | c >> 2);
	return true;
}

/* A line end may also be the last byte of the key itself: the length tells. */
static bool
parse_key(struct slice all, uint8_t key[SEAL_KEY_BYTES])
{
	struct slice s = all.len == SEAL_KEY_BYTES ? all : without_line_end(all);

	switch (s.len) {
	case SEAL_KEY_BYTES:
		memcpy(key, s.ptr, SEAL_KEY_BYTES);
		return true;
	case SEAL_KEY_HEX:
		return from_hex(s, key);
	case SEAL_KEY_BASE64:
		return from_base64(s, key);
	default:
		return false;
	}
}

static enum err_code
key_new(const struct secret *all, struct secret **out, struct err *err)
{
	uint8_t key[SEAL_KEY_BYTES];
	enum err_code rc;

	if (parse_key(secret_get(all), key))
		rc = secret_new(key, sizeof key, out, err);
	else
		rc = err_set(err, ERR_FORMAT,
		    "it is no key: 32 bytes are needed, as they are, in hexadecimal or in base64");
	secret_wipe(key, sizeof key);
	return rc;
}

static enum err_code
read_key(const struct secret_ref *ref, struct secret **out, struct err *err)
{
	struct secret *all = NULL;
	enum err_code rc = read_all(ref, OTHERS, &all, err);

	if (rc == ERR_OK)
		rc = key_new(all, out, err);
	secret_free(all);
	return rc ? name_reference(ref, err) : ERR_OK;
}

static enum err_code
write_key(const char *path, const uint8_t key[SEAL_KEY_BYTES], struct err *err)
{
	struct slice bytes = { (const char *)key, SEAL_KEY_BYTES };
	struct safe_file *f;

	if (safe_file_open(path, SEAL_KEY_MODE, &f, err))
		return err->code;
	if (safe_file_write(f, bytes, err)) {
		safe_file_abandon(f);
		return err->code;
	}
	return safe_file_commit(f, SAFE_FILE_NEW, err);
}

static enum err_code
make_key(const char *path, const struct random *random, struct err *err)
{
	uint8_t key[SEAL_KEY_BYTES];
	enum err_code rc = random->fill(random->arg, key, sizeof key, err);

	if (rc == ERR_OK)
		rc = write_key(path, key, err);
	secret_wipe(key, sizeof key);
	return rc;
}

/* What is used is what was read from the disk, also if another process was faster to make it. */
static enum err_code
read_own_key(const char *path, const struct random *random, struct secret **out, struct err *err)
{
	const struct secret_ref own = { SECRET_FILE, path };
	enum err_code rc = read_key(&own, out, err);

	if (rc != ERR_NOT_FOUND)
		return rc;
	rc = make_key(path, random, err);
	return rc && rc != ERR_EXISTS ? rc : read_key(&own, out, err);
}

enum err_code
secret_source_seal_key(const struct secret_ref *ref, const char *state, const struct random *random,
    struct secret **out, struct err *err)
{
	char *path = NULL;
	enum err_code rc;

	if (ref->kind != SECRET_NONE)
		return read_key(ref, out, err);
	if (asprintf(&path, "%s/seal.key", state) < 0)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = read_own_key(path, random, out, err);
	free(path);
	return rc;
}
