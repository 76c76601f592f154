/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/readiness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A list of ten thousand devices takes about this much, in the state folder and the store. */
enum { FREE_MIN_MB = 64 };

static const char *const check_name[NREADINESS] = {
	[READINESS_CONFIGURATION] = "configuration",
	[READINESS_CREDENTIALS] = "credentials",
	[READINESS_STORE] = "store",
	[READINESS_DISK] = "disk",
	[READINESS_SPOOL] = "spool",
};

static const char *const state_name[] = {
	[READINESS_UNKNOWN] = NULL,
	[READINESS_OK] = "ok",
	[READINESS_WARNING] = "warning",
	[READINESS_FAILED] = "failed",
};

static void
pass(struct readiness *r, enum readiness_check check)
{
	r->check[check].state = READINESS_OK;
}

static void __attribute__((format(printf, 5, 6)))
note(struct readiness *r, enum readiness_check check, enum readiness_state state,
    const char *advice, const char *fmt, ...)
{
	va_list ap;

	r->check[check].state = state;
	r->check[check].advice = advice;
	va_start(ap, fmt);
	(void)vsnprintf(r->check[check].reason, sizeof r->check[check].reason, fmt, ap);
	va_end(ap);
}

/* --- what the agent knows --- */

static bool
is_usable(const struct status_snapshot *s, const char *via)
{
	char scope[96];

	for (size_t i = 0; i < s->npartner; i++) {
		const struct status_partner *p = &s->partner[i];

		(void)snprintf(scope, sizeof scope, "partner/%s", p->name);
		if (strcmp(via, scope) == 0)
			return p->signed_in && strcmp(p->token, "refused") != 0;
	}
	for (size_t i = 0; i < s->noem; i++) {
		(void)snprintf(scope, sizeof scope, "oem/%s", s->oem[i].name);
		if (strcmp(via, scope) == 0)
			return strcmp(s->oem[i].credential, "valid") == 0;
	}
	return false;
}

static void
check_credentials(struct readiness *r, const struct status_snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->ncustomer; i++)
		n += is_usable(s, s->customer[i].via);
	if (s->ncustomer == 0)
		note(r, READINESS_CREDENTIALS, READINESS_WARNING,
		    "Add a customer to the configuration, then reload.",
		    "no customer is configured");
	else if (n == 0)
		note(r, READINESS_CREDENTIALS, READINESS_FAILED,
		    "Run 'autoreg status': it says for each service what has to be done.",
		    "no service of any customer lets us in");
	else if (n < s->ncustomer)
		note(r, READINESS_CREDENTIALS, READINESS_WARNING,
		    "Run 'autoreg status': it says for each service what has to be done.",
		    "the services of %zu of %zu customers do not let us in", s->ncustomer - n,
		    s->ncustomer);
	else
		pass(r, READINESS_CREDENTIALS);
}

void
readiness_ask_agent(struct readiness *r, const struct agent_config_status *config,
    const struct status_snapshot *s)
{
	if (config->refused)
		note(r, READINESS_CONFIGURATION, READINESS_WARNING,
		    "Run 'autoreg config check', mend what it says, then reload; a restart would fail.",
		    "the newest configuration was refused, the one before it is in force");
	else
		pass(r, READINESS_CONFIGURATION);
	check_credentials(r, s);
}

/* --- disks --- */

void
readiness_note_store(struct readiness *r, const struct err *err)
{
	if (err)
		note(r, READINESS_STORE, READINESS_FAILED,
		    "Nothing is sent until it can be written again; the journal has the cause.",
		    "%s", err->msg);
	else
		pass(r, READINESS_STORE);
}

/* The reason why nothing more should be written there; false: there is none. */
static bool
is_full(struct readiness *r, const char *path)
{
	struct statvfs fs;
	uint64_t free_mb;

	if (statvfs(path, &fs) != 0) {
		note(r, READINESS_DISK, READINESS_FAILED,
		    "Mount it again, or mend the path in the configuration.", "%s: %s", path,
		    strerror(errno));
		return true;
	}
	free_mb = (uint64_t)fs.f_bavail * fs.f_frsize / (1024 * 1024);
	if (fs.f_flag & ST_RDONLY)
		note(r, READINESS_DISK, READINESS_FAILED,
		    "Mount it writable; see the kernel's log.",
		    "%s: the file system is mounted read-only", path);
	else if (free_mb < FREE_MIN_MB)
		note(r, READINESS_DISK, READINESS_FAILED, "Make room, or move the folder.",
		    "%s: %" PRIu64 " MiB are free, and %d have to be", path, free_mb, FREE_MIN_MB);
	else
		return false;
	return true;
}

/* Lists are moved out of it, reports are put into it. */
static void
check_spool(struct readiness *r)
{
	if (access(r->spool_path, R_OK | W_OK | X_OK) == 0)
		pass(r, READINESS_SPOOL);
	else
		note(r, READINESS_SPOOL, READINESS_FAILED,
		    "Give the agent's user the right to read and to write it.", "%s: %s",
		    r->spool_path, strerror(errno));
}

void
readiness_look(struct readiness *r)
{
	if (!is_full(r, r->state_path) && !is_full(r, r->spool_path))
		pass(r, READINESS_DISK);
	check_spool(r);
}

/* --- what comes of it --- */

bool
readiness_is_ready(const struct readiness *r)
{
	for (size_t i = 0; i < NREADINESS; i++) {
		if (r->check[i].state == READINESS_FAILED)
			return false;
	}
	return true;
}

static json_t *
check_json(const struct readiness *r, size_t i)
{
	const char *state = state_name[r->check[i].state];

	if (r->check[i].state == READINESS_OK)
		return json_pack("{s:s, s:s}", "name", check_name[i], "state", state);
	return json_pack("{s:s, s:s, s:s, s:s}", "name", check_name[i], "state", state, "reason",
	    r->check[i].reason, "advice", r->check[i].advice);
}

json_t *
readiness_json(const struct readiness *r)
{
	json_t *checks = json_array();

	for (size_t i = 0; i < NREADINESS; i++) {
		if (r->check[i].state != READINESS_UNKNOWN &&
		    json_array_append_new(checks, check_json(r, i))) {
			json_decref(checks);
			return NULL;
		}
	}
	return json_pack("{s:b, s:o}", "ready", readiness_is_ready(r), "checks", checks);
}
