/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/machine_checkup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/engine/secret_source.h"
#include "base/secret.h"
#include "config/secret_reference.h"
#include "store/store_folder.h"

enum {
	TEXT_SIZE = 512,
	SUBJECT_SIZE = 128,
	MIB = 1024 * 1024,
	ROOM_WARN_MIB = 1024, /* a list of half a million devices */
	ROOM_FAIL_MIB = 64,
	INODES_WARN = 1000,
};

/* --- secrets --- */

typedef enum err_code read_fn(const struct secret_ref *ref, struct secret **out, struct err *err);

struct needed {
	const char *what;
	const struct secret_ref *ref;
	read_fn *read;
};

/* A service manager gives credentials to its service alone. */
static bool
is_for_service_only(const struct secret_ref *ref)
{
	return ref->kind == SECRET_CREDENTIAL && !getenv("CREDENTIALS_DIRECTORY");
}

static bool
read_all(const char *subject, const struct needed *need, size_t n, struct checkup *out)
{
	struct secret *secret = NULL;
	const char *outside = "";
	char text[TEXT_SIZE];
	size_t found = 0;
	struct err err;

	for (size_t i = 0; i < n; i++) {
		if (need[i].ref->kind == SECRET_NONE)
			continue;
		if (secret_reference_is_outside(need[i].ref)) { /* the first signature tells */
			outside = "; the private key is used where it is";
			continue;
		}
		if (is_for_service_only(need[i].ref)) {
			(void)snprintf(text, sizeof text,
			    "%s is a credential of the service manager, which only the service sees",
			    need[i].what);
			checkup_add(out,
			    &(struct check){ "credentials", subject, CHECK_SKIPPED, EXIT_DONE, text,
			        "See that the unit has LoadCredential= for it, and ask while the "
			        "agent runs." });
			return false;
		}
		if (need[i].read(need[i].ref, &secret, &err)) {
			(void)snprintf(text, sizeof text, "%s: %s", need[i].what, err.msg);
			checkup_add(out,
			    &(struct check){ "credentials", subject, CHECK_FAILED, EXIT_CONFIG,
			        text,
			        "See that it is there, private, and readable for the user that "
			        "the agent runs as." });
			return false;
		}
		secret_free(secret);
		found++;
	}
	(void)snprintf(text, sizeof text, "%zu can be read%s", found, outside);
	checkup_add(out,
	    &(struct check){ "credentials", subject, CHECK_OK, EXIT_DONE, text, NULL });
	return true;
}

bool
machine_checkup_partner(const struct partner *p, struct checkup *out)
{
	const struct app_proof *proof = &p->auth.proof;
	const struct needed need[] = {
		{ "client_secret", &proof->client_secret, secret_source_read },
		{ "certificate", &proof->certificate, secret_source_certificate },
		{ "private_key", &proof->private_key, secret_source_read },
		{ "private_key_pin", &proof->private_key_pin, secret_source_read },
		{ "refresh_token", &p->auth.refresh_token, secret_source_read },
	};
	char subject[SUBJECT_SIZE];

	(void)snprintf(subject, sizeof subject, "partner/%s", p->name);
	return read_all(subject, need, sizeof need / sizeof need[0], out);
}

bool
machine_checkup_oem(const struct oem *m, struct checkup *out)
{
	const struct oem_auth *a = &m->auth;
	bool bundle = a->private_key.kind == SECRET_NONE;
	bool tls_bundle = a->tls_private_key.kind == SECRET_NONE;
	const struct needed need[] = {
		{ "token", &a->token, secret_source_read },
		{ "certificate", &a->certificate,
		    bundle ? secret_source_identity : secret_source_certificate },
		{ "private_key", &a->private_key, secret_source_read },
		{ "private_key_pin", &a->private_key_pin, secret_source_read },
		{ "client_secret", &a->client_secret, secret_source_read },
		{ "tls_certificate", &a->tls_certificate,
		    tls_bundle ? secret_source_identity : secret_source_certificate },
		{ "tls_private_key", &a->tls_private_key, secret_source_read },
	};
	char subject[SUBJECT_SIZE];

	(void)snprintf(subject, sizeof subject, "oem/%s", m->name);
	return read_all(subject, need, sizeof need / sizeof need[0], out);
}

/* --- folders --- */

/* *st: of the folder. False: it is none that can be looked at, and that was told. */
static bool
look_at_folder(const char *name, const char *folder, const char *advice, struct stat *st,
    struct checkup *out)
{
	char text[TEXT_SIZE];
	bool missing;

	if (stat(folder, st) == 0) {
		if (S_ISDIR(st->st_mode))
			return true;
		checkup_add(out,
		    &(struct check){ name, folder, CHECK_FAILED, EXIT_FAILED, "it is no folder",
		        "Name another folder in the configuration." });
		return false;
	}
	missing = errno == ENOENT;
	(void)snprintf(text, sizeof text, "%s", missing ? "it is not there yet" : strerror(errno));
	checkup_add(out,
	    &(struct check){ name, folder, missing ? CHECK_WARNING : CHECK_FAILED, EXIT_FAILED,
	        text, missing ? advice : "Ask as the user that the agent runs as." });
	return false;
}

static void
look_for_room(const char *folder, struct checkup *out)
{
	struct statvfs fs;
	char text[TEXT_SIZE];
	uint64_t free_mib, files;
	bool few;

	if (statvfs(folder, &fs) != 0)
		return;
	free_mib = (uint64_t)fs.f_bavail * (uint64_t)fs.f_frsize / MIB;
	files = fs.f_files > 0 ? (uint64_t)fs.f_favail : UINT64_MAX; /* some have no such limit */
	few = free_mib < ROOM_WARN_MIB || files < INODES_WARN;
	if (files == UINT64_MAX)
		(void)snprintf(text, sizeof text, "%" PRIu64 " MiB are free", free_mib);
	else
		(void)snprintf(text, sizeof text, "%" PRIu64 " MiB and %" PRIu64 " files are free",
		    free_mib, files);
	checkup_add(out,
	    &(struct check){ "disk", folder,
	        free_mib < ROOM_FAIL_MIB || files == 0 ? CHECK_FAILED
	            : few                              ? CHECK_WARNING
	                                               : CHECK_OK,
	        EXIT_FAILED, text,
	        few ? "Make room, or move the folder: a full disk stops intake." : NULL });
}

bool
machine_checkup_state(const char *folder, struct checkup *out)
{
	struct check bad = { "state", folder, CHECK_FAILED, EXIT_FAILED, NULL, NULL };
	struct stat st;
	struct err err;
	char text[TEXT_SIZE];

	if (!look_at_folder("state", folder, "The agent makes it when it starts first.", &st, out))
		return false;
	bad.message = text;
	if (st.st_uid != geteuid()) {
		(void)snprintf(text, sizeof text, "it belongs to uid %ld, and we are uid %ld",
		    (long)st.st_uid, (long)geteuid());
		bad.status = CHECK_WARNING;
		bad.advice =
		    "Ask as the user that the agent runs as: files of another's in it would "
		    "keep the agent from starting.";
	} else if ((st.st_mode & 077) != 0) {
		(void)snprintf(text, sizeof text, "others may use it: mode %04o",
		    (unsigned)st.st_mode & 07777);
		bad.advice = "chmod 700: the store holds hardware hashes and sealed tokens.";
	} else if (access(folder, R_OK | W_OK | X_OK) != 0) {
		(void)snprintf(text, sizeof text, "it cannot be written: %s", strerror(errno));
		bad.advice = "See that the file system is not mounted read-only, and that the unit "
		             "lets the agent write there.";
	} else if (store_folder_judge(folder, &err)) {
		(void)snprintf(text, sizeof text, "%s", err.msg);
		bad.advice = "SQLite's log needs memory that is shared between processes.";
	} else {
		checkup_add(out,
		    &(struct check){ "state", folder, CHECK_OK, EXIT_DONE,
		        "it is ours, private, and on a local disk", NULL });
		look_for_room(folder, out);
		return true;
	}
	checkup_add(out, &bad);
	look_for_room(folder, out);
	return false;
}

/* What lies in folders that are no customer's is never taken. */
static void
look_for_strangers(const struct config *c, struct checkup *out)
{
	DIR *dir = opendir(c->spool);
	struct dirent *e;
	struct stat st;

	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || config_customer(c, slice_of(e->d_name)) ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		checkup_add(out,
		    &(struct check){ "spool", e->d_name, CHECK_WARNING, EXIT_DONE,
		        "the folder has the name of no customer: what lies there is not taken",
		        "Name it as a customer in the configuration, or move it away." });
	}
	if (dir)
		(void)closedir(dir);
}

static void
look_at_customer(const struct config *c, const char *name, struct checkup *out)
{
	char *path = NULL;
	char text[TEXT_SIZE];

	if (asprintf(&path, "%s/%s", c->spool, name) < 0)
		return;
	if (access(path, R_OK | W_OK | X_OK) != 0 && errno != ENOENT) { /* the agent makes it */
		(void)snprintf(text, sizeof text, "lists cannot be taken from it: %s",
		    strerror(errno));
		checkup_add(out,
		    &(struct check){ "spool", path, CHECK_FAILED, EXIT_FAILED, text,
		        "The agent moves lists away, and writes reports there: let it write." });
	}
	free(path);
}

void
machine_checkup_spool(const struct config *c, struct checkup *out)
{
	char text[TEXT_SIZE];
	struct stat st;

	if (!look_at_folder("spool", c->spool, "The agent makes it when it starts first.", &st,
	        out))
		return;
	if (access(c->spool, R_OK | W_OK | X_OK) != 0) {
		(void)snprintf(text, sizeof text, "lists cannot be taken from it: %s",
		    strerror(errno));
		checkup_add(out,
		    &(struct check){ "spool", c->spool, CHECK_FAILED, EXIT_FAILED, text,
		        "Ask as the user that the agent runs as, and let it write there." });
		return;
	}
	(void)snprintf(text, sizeof text, "lists can be taken from it; mode %04o, group %ld",
	    (unsigned)st.st_mode & 07777, (long)st.st_gid);
	checkup_add(out, &(struct check){ "spool", c->spool, CHECK_OK, EXIT_DONE, text, NULL });
	for (size_t i = 0; i < c->customers.n; i++)
		look_at_customer(c, c->customers.item[i].name, out);
	look_for_strangers(c, out);
}
