/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/commands/ask.h"
#include "agent/commands/bundle_redact.h"
#include "agent/commands/control_client.h"
#include "agent/commands/doctor.h"
#include "agent/tools/json_out.h"
#include "agent/tools/tar_text.h"
#include "base/rfc3339.h"
#include "config/config_show.h"
#include "store/store.h"

enum {
	MEMBER_MAX = 16 * 1024 * 1024,
	JOURNAL_MAX = 2 * 1024 * 1024,
	DAY_MS = 24 * 60 * 60 * 1000,
	EVENTS = 5000,
	FILES_MAX = 20000,
};

struct source {
	const char *config_path;
	const struct config *config;
};

typedef enum err_code gather_fn(const struct source *from, struct buf *out, struct err *err);

/* --- the program and what is around it --- */

static void
add_version(struct buf *out)
{
	buf_add_str(out, "autoreg " AUTOREG_VERSION ", commit " AUTOREG_COMMIT "\n");
}

/* What the machine says of itself, line by line. */
static void
add_lines(struct buf *out, const char *path, const char *with)
{
	FILE *f = fopen(path, "re");
	char line[512];

	while (f && fgets(line, sizeof line, f)) {
		if (strstr(line, with))
			buf_add_str(out, line);
	}
	if (f)
		(void)fclose(f);
}

/* Each library once, where it is mapped from its beginning: "/usr/lib/…/libcurl.so.4.8.0". */
static void
add_libraries(struct buf *out)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[1024];

	while (f && fgets(line, sizeof line, f)) {
		const char *path = strchr(line, '/');

		if (path && strstr(path, ".so") && strstr(line, " 00000000 "))
			buf_add_str(out, path);
	}
	if (f)
		(void)fclose(f);
}

static enum err_code
gather_about(const struct source *from, struct buf *out, struct err *err)
{
	struct utsname u;

	(void)from;
	add_version(out);
	if (uname(&u) == 0)
		buf_addf(out, "%s %s %s, %ld processors\n", u.sysname, u.release, u.machine,
		    sysconf(_SC_NPROCESSORS_ONLN));
	add_lines(out, "/etc/os-release", "PRETTY_NAME=");
	add_lines(out, "/proc/meminfo", "MemTotal:");
	add_lines(out, "/proc/meminfo", "MemAvailable:");
	add_libraries(out);
	return buf_check(out, err);
}

static enum err_code
gather_config(const struct source *from, struct buf *out, struct err *err)
{
	config_show(from->config, DOC_YAML, out);
	return buf_check(out, err);
}

/* --- what the agent and its store know --- */

static enum err_code
gather_status(const struct source *from, struct buf *out, struct err *err)
{
	return ask_status(from->config, &(struct byte_sink){ byte_sink_gather, out }, err);
}

static enum err_code
gather_lists(const struct source *from, struct buf *out, struct err *err)
{
	const struct question q = { .kind = QUESTION_LISTS };

	return ask_question(from->config, &q, &(struct byte_sink){ byte_sink_gather, out }, err);
}

static enum err_code
gather_events(const struct source *from, struct buf *out, struct err *err)
{
	const struct question q = { .kind = QUESTION_EVENTS, .limit = EVENTS };
	char since[RFC3339_SIZE];
	json_t *doc = NULL;
	struct buf text;
	enum err_code rc;

	buf_init(&text, MEMBER_MAX);
	rc = ask_question(from->config, &q, &(struct byte_sink){ byte_sink_gather, &text }, err);
	if (rc)
		goto out;
	doc = json_loadb(text.ptr, text.len, 0, NULL);
	if (!doc) {
		rc = err_set(err, ERR_FORMAT, "the answer is no JSON");
		goto out;
	}
	bundle_redact_events(doc, rfc3339_format(clock_unix_ms(clock_system()) - DAY_MS, since));
	rc = json_out_add(out, doc, err);
out:
	buf_done(&text);
	return rc;
}

static enum err_code
gather_metrics(const struct source *from, struct buf *out, struct err *err)
{
	const struct control_request req = { .method = HTTP_GET, .address = "/metrics" };

	return control_client_ask(from->config->control, &req,
	    &(struct byte_sink){ byte_sink_gather, out }, err);
}

static enum err_code
gather_store(const struct source *from, struct buf *out, struct err *err)
{
	struct store_facts f;
	struct store *s = NULL;
	enum err_code rc = store_open(from->config->state, STORE_READ, clock_system(), &s, err);

	if (rc == ERR_OK)
		rc = store_inspect(s, &f, err);
	store_close(s);
	if (rc)
		return rc;
	return json_out_add(out,
	    json_pack("{s:I, s:I, s:I, s:o}", "schema", (json_int_t)f.schema, "bytes",
	        (json_int_t)f.bytes, "free_bytes", (json_int_t)f.free_bytes, "quick_check",
	        json_out_text(slice_of(f.integrity))),
	    err);
}

static enum err_code
gather_doctor(const struct source *from, struct buf *out, struct err *err)
{
	struct checkup *found = checkup_new();
	enum err_code rc;

	if (!found)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = doctor_look(from->config_path, DOCTOR_ALL, found, err);
	if (rc == ERR_OK)
		rc = json_out_add(out, checkup_json(found), err);
	checkup_free(found);
	return rc;
}

/* --- files --- */

/* Deepest first does not matter; links are named, not followed. */
static enum err_code
add_tree(const char *folder, struct buf *out, struct err *err)
{
	char *const top[] = { strdup(folder), NULL };
	FTS *walk;
	FTSENT *e;
	size_t n = 0;

	if (!top[0])
		return err_set(err, ERR_NOMEM, "out of memory");
	walk = fts_open(top, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (walk && n < FILES_MAX && (e = fts_read(walk))) {
		char at[RFC3339_SIZE];

		if (e->fts_info == FTS_DP)
			continue;
		n++;
		if (e->fts_info == FTS_NS || e->fts_info == FTS_DNR || e->fts_info == FTS_ERR) {
			buf_addf(out, "? %s: %s\n", e->fts_path, strerror(e->fts_errno));
			continue;
		}
		buf_addf(out, "%06o %ld:%ld %12lld %s %s\n", e->fts_statp->st_mode,
		    (long)e->fts_statp->st_uid, (long)e->fts_statp->st_gid,
		    (long long)e->fts_statp->st_size,
		    rfc3339_format((int64_t)e->fts_statp->st_mtime * 1000, at), e->fts_path);
	}
	if (n == FILES_MAX)
		buf_addf(out, "and more: only %d are named\n", FILES_MAX);
	if (walk)
		(void)fts_close(walk);
	free(top[0]);
	return ERR_OK;
}

static enum err_code
gather_files(const struct source *from, struct buf *out, struct err *err)
{
	enum err_code rc = add_tree(from->config->state, out, err);

	if (rc == ERR_OK)
		rc = add_tree(from->config->spool, out, err);
	return rc ? rc : buf_check(out, err);
}

/* --- the journal --- */

/* Standard input and errors go nowhere. */
static enum err_code
start_journalctl(int output, pid_t *pid, struct err *err)
{
	char *const argv[] = { "journalctl", "--unit=autoreg", "--since=-1day", "--lines=5000",
		"--no-pager", "--output=short-iso", NULL };
	posix_spawn_file_actions_t actions;
	int failed = posix_spawn_file_actions_init(&actions);

	if (failed)
		return err_errno(err, failed, "journalctl");
	if (!(failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)) &&
	    !(failed = posix_spawn_file_actions_adddup2(&actions, output, 1)) &&
	    !(failed = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)))
		failed = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return failed ? err_errno(err, failed, "journalctl") : ERR_OK;
}

/* Reads to the end, also what there is no room for, so that the program can end. */
static void
read_all(int fd, struct buf *out)
{
	char piece[16 * 1024];
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) != 0) {
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0 && out->len + (size_t)n <= JOURNAL_MAX)
			buf_add(out, piece, (size_t)n);
	}
}

static enum err_code
gather_journal(const struct source *from, struct buf *out, struct err *err)
{
	struct buf text;
	int fd[2];
	pid_t pid;
	enum err_code rc;

	(void)from;
	if (pipe2(fd, O_CLOEXEC) != 0)
		return err_errno(err, errno, "journalctl");
	rc = start_journalctl(fd[1], &pid, err);
	(void)close(fd[1]);
	if (rc == ERR_OK) {
		buf_init(&text, JOURNAL_MAX);
		read_all(fd[0], &text);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		bundle_redact_log(buf_slice(&text), out);
		buf_done(&text);
		rc = buf_check(out, err);
	}
	(void)close(fd[0]);
	return rc;
}

/* --- all of it --- */

static const struct {
	const char *name;
	const char *what;
	gather_fn *gather;
} known[] = {
	{ "about.txt", "version, system, libraries", gather_about },
	{ "config.yaml", "the configuration in force; secrets are references", gather_config },
	{ "status.json", "autoreg status", gather_status },
	{ "lists.json", "autoreg lists: names of lists, and counts", gather_lists },
	{ "events.json", "events of the last day, without serial numbers", gather_events },
	{ "metrics.txt", "what Prometheus is told", gather_metrics },
	{ "store.json", "the store's schema, size and integrity; no row of it", gather_store },
	{ "doctor.json", "autoreg doctor", gather_doctor },
	{ "files.txt", "modes, owners, sizes and names of files of state and spool", gather_files },
	{ "journal.txt", "the last lines of the journal, without serial numbers", gather_journal },
};
enum { MEMBERS = sizeof known / sizeof known[0] };

struct bundle {
	struct bundle_member member[MEMBERS];
};

enum err_code
bundle_gather(const char *config_path, const struct config *c, struct bundle **out, struct err *err)
{
	const struct source from = { config_path, c };
	struct bundle *b = calloc(1, sizeof *b);
	struct err failed;

	if (!b)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < MEMBERS; i++) {
		struct bundle_member *m = &b->member[i];

		m->name = known[i].name;
		m->what = known[i].what;
		buf_init(&m->content, MEMBER_MAX);
		if (known[i].gather(&from, &m->content, &failed)) {
			buf_done(&m->content);
			buf_addf(&m->content, "%s\n", failed.msg);
		}
	}
	*out = b;
	return ERR_OK;
}

const struct bundle_member *
bundle_member(const struct bundle *b, size_t i)
{
	return i < MEMBERS ? &b->member[i] : NULL;
}

enum err_code
bundle_archive(const struct bundle *b, int64_t at_unix_s, struct buf *out, struct err *err)
{
	char name[TAR_NAME_MAX + 1];

	for (size_t i = 0; i < MEMBERS; i++) {
		(void)snprintf(name, sizeof name, "autoreg-support/%s", b->member[i].name);
		tar_text_add(out, name, buf_slice(&b->member[i].content), at_unix_s);
	}
	tar_text_end(out);
	return buf_check(out, err);
}

void
bundle_free(struct bundle *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < MEMBERS; i++)
		buf_done(&b->member[i].content);
	free(b);
}
