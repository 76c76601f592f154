/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "agent/intake/spool_entry.h"
#include "agent/intake/spool_notes.h"
#include "agent/intake/spool_tree.h"
#include "agent/intake/spool_watch.h"

/*
 * There is one way from a file to spool_next(): its folder is read, and what is ready is queued.
 * An event only notes that a writer has closed a file, and wants the folder to be read. So events
 * may get lost, and the notes may overflow: a later look finds the file.
 *
 * A folder is read only while nothing of it is queued, and reading stops when the queue is full.
 * By the time it is read again the files that were handed out have been moved away, or have notes
 * that say so.
 */
enum {
	RESCAN_MS = 60 * 1000,
	READY_MAX = 64,     /* queued files of a customer */
	SLICE_ENTRIES = 64, /* read in one turn of the loop */
	NOTES_KEPT = 3,     /* looks */
};

struct ready {
	char *name;
	struct spool_stamp stamp; /* as it was when it was ready */
};

struct folder {
	const char *name; /* the customer's; "" for the spool itself */
	int watch;        /* -1: none */
	bool wanted;      /* is to be read */
	bool told;        /* it could not be read, and somebody knows */
	struct ready ready[READY_MAX];
	size_t next;   /* of ready; 0 if none is there */
	size_t nready; /* from there on */
};

struct spool {
	struct spool_options opt;
	char *root;
	struct spool_notes *notes;
	struct folder *folder; /* the spool itself, then the customers' */
	size_t nfolder;
	size_t at;       /* the folder that is being read, or was last */
	DIR *dir;        /* NULL: none is being read */
	size_t turn;     /* the folder whose file was handed out last */
	bool ready_told; /* and nobody has asked since */
	bool watch_told; /* that not all folders are watched */
	bool closing;
	struct spool_watch *watch; /* NULL: there is none, because of */
	struct err no_watch;
	uv_loop_t *loop;
	uv_timer_t look;
	uv_idle_t reader;
	unsigned parts; /* that are to be closed: two handles, and the watch */
	char given[PATH_MAX];
	void (*closed)(void *arg);
	void *closed_arg;
};

static struct folder *
root_of(struct spool *sp)
{
	return &sp->folder[0];
}

static struct folder *
find_customer(struct spool *sp, const char *name)
{
	for (size_t i = 1; i < sp->nfolder; i++) {
		if (strcmp(sp->folder[i].name, name) == 0)
			return &sp->folder[i];
	}
	return NULL;
}

static void on_turn(uv_idle_t *reader);

static void
wake(struct spool *sp)
{
	(void)uv_idle_start(&sp->reader, on_turn);
}

static void
want(struct spool *sp, struct folder *f)
{
	f->wanted = true;
	wake(sp);
}

static void
want_all(struct spool *sp)
{
	for (size_t i = 0; i < sp->nfolder; i++)
		want(sp, &sp->folder[i]);
}

static void
stop_reading(struct spool *sp)
{
	if (sp->dir)
		(void)closedir(sp->dir);
	sp->dir = NULL;
}

static void
forget_ready(struct folder *f)
{
	for (; f->nready > 0; f->nready--)
		free(f->ready[f->next++].name);
	f->next = 0;
}

/* --- watching --------------------------------------------------------------------------------- */

static void
unwatch(struct spool *sp, struct folder *f)
{
	if (f->watch >= 0)
		spool_watch_remove(sp->watch, f->watch);
	f->watch = -1;
}

/*
 * A watch belongs to the folder that stands there now, which need not be the one that stood there
 * at the last look. (If it stood at another customer's name then, that one gives up the watch of
 * both, which is an event, upon which it is watched anew.) Last in its caller: the callback may do
 * anything.
 */
static void
watch_folder(struct spool *sp, struct folder *f)
{
	struct err err = sp->no_watch;
	char path[PATH_MAX];
	int watch;

	spool_tree_path(sp->root, f->name, NULL, path);
	if (sp->watch &&
	    spool_watch_add(sp->watch, path, *f->name ? SPOOL_WATCH_FILES : SPOOL_WATCH_FOLDERS,
	        &watch, &err) == ERR_OK) {
		if (watch != f->watch)
			unwatch(sp, f);
		f->watch = watch;
	} else if (!sp->watch_told) {
		sp->watch_told = true;
		(void)err_wrap(&err, "%s: new lists are found only every %" PRIu64 " s", path,
		    sp->opt.rescan_ms / 1000);
		sp->opt.on_trouble(sp->opt.arg, &err);
	}
}

/* The event may be older than the look in which the file was found, and handed out. */
static void
note_closed(struct spool *sp, struct folder *f, const char *name)
{
	uint64_t now_ms = uv_now(sp->loop);
	const struct spool_note *note = spool_notes_find(sp->notes, f->name, name, now_ms);
	struct spool_stamp stamp;
	char path[PATH_MAX];

	spool_tree_path(sp->root, f->name, name, path);
	if (!spool_entry_is_named(name) || !spool_entry_stamp(AT_FDCWD, path, &stamp) ||
	    (note && note->kind == SPOOL_GIVEN && spool_stamp_same(&note->stamp, &stamp)))
		return;
	(void)spool_notes_set(sp->notes, f->name, name, SPOOL_CLOSED, &stamp, now_ms);
	want(sp, f);
}

/* One has come into the spool: a customer's, or one to tell about. */
static void
note_folder(struct spool *sp, const char *name)
{
	struct folder *f = find_customer(sp, name);

	want(sp, f ? f : root_of(sp));
}

static void
on_event(void *arg, const struct spool_event *e)
{
	struct spool *sp = arg;
	struct folder *f = NULL;

	if (e->folder < 0) {
		want_all(sp);
		return;
	}
	for (size_t i = 0; i < sp->nfolder && !f; i++) {
		if (sp->folder[i].watch == e->folder)
			f = &sp->folder[i];
	}
	if (!f) /* it is no longer ours */
		return;
	if (!e->name || e->rights)
		want(sp, f);
	else if (*f->name && !e->is_folder)
		note_closed(sp, f, e->name);
	else if (!*f->name && e->is_folder)
		note_folder(sp, e->name);
}

/* --- reading folders -------------------------------------------------------------------------- */

/*
 * Who has closed a file after writing has finished it, but perhaps for its mode and owner, which
 * install(1) and its like set last: one that cannot be read is given a while. Else the kernel may know
 * whether somebody is writing; and where it does not, a file is finished that has not changed for a
 * while. A file that was handed out and is still there comes again after the same while.
 */
static bool
is_ready(struct spool *sp, const struct folder *f, const char *name,
    const struct spool_stamp *stamp)
{
	uint64_t now_ms = uv_now(sp->loop);
	const struct spool_note *note = spool_notes_find(sp->notes, f->name, name, now_ms);
	bool same = note && spool_stamp_same(&note->stamp, stamp);
	bool settled = same && now_ms - note->since_ms >= sp->opt.rescan_ms / 2;

	if (same && note->kind == SPOOL_CLOSED)
		return settled || spool_entry_is_readable(dirfd(sp->dir), name);
	if (same && note->kind == SPOOL_GIVEN && !settled)
		return false;
	switch (spool_entry_writer(dirfd(sp->dir), name)) {
	case SPOOL_WRITER_NONE:
		return true;
	case SPOOL_WRITER_SOME:
		return false;
	case SPOOL_WRITER_UNKNOWN:
		break;
	}
	if (!same)
		(void)spool_notes_set(sp->notes, f->name, name, SPOOL_SEEN, stamp, now_ms);
	return settled;
}

static void
read_file_entry(struct spool *sp, struct folder *f, const char *name)
{
	struct spool_stamp stamp;
	char *copy;

	if (!spool_entry_is_named(name) || !spool_entry_stamp(dirfd(sp->dir), name, &stamp) ||
	    !is_ready(sp, f, name, &stamp))
		return;
	copy = strdup(name);
	if (!copy) { /* better luck at the next look */
		stop_reading(sp);
		return;
	}
	f->ready[f->next + f->nready++] = (struct ready){ copy, stamp };
	if (f->next + f->nready == READY_MAX) {
		f->wanted = true;
		stop_reading(sp);
	}
}

static bool
is_folder(int parent, const char *name)
{
	struct stat st;

	return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* What cannot be noted is not told: better late than over and over. */
static void
read_folder_entry(struct spool *sp, const char *name)
{
	static const struct spool_stamp any;
	uint64_t now_ms = uv_now(sp->loop);

	if (name[0] == '.' || find_customer(sp, name) || !is_folder(dirfd(sp->dir), name) ||
	    spool_notes_find(sp->notes, "", name, now_ms))
		return;
	if (spool_notes_set(sp->notes, "", name, SPOOL_SEEN, &any, now_ms))
		sp->opt.on_stranger(sp->opt.arg, name);
}

static void
tell_unreadable(struct spool *sp, struct folder *f, const struct err *err)
{
	if (f->told || root_of(sp)->told)
		return;
	f->told = true;
	sp->opt.on_trouble(sp->opt.arg, err);
}

static void
end_reading(struct spool *sp, struct folder *f, int errnum)
{
	struct err err;

	stop_reading(sp);
	if (errnum == 0) {
		f->told = false;
		return;
	}
	(void)err_errno(&err, errnum, "%s/%s cannot be read", sp->root, f->name);
	tell_unreadable(sp, f, &err);
}

/* One entry. A callback is the last thing that happens: it may do anything. */
static void
read_entry(struct spool *sp)
{
	struct folder *f = &sp->folder[sp->at];
	const struct dirent *e;
	int errnum;

	errno = 0;
	e = readdir(sp->dir);
	errnum = errno;
	if (!e)
		end_reading(sp, f, errnum);
	else if (*f->name)
		read_file_entry(sp, f, e->d_name);
	else
		read_folder_entry(sp, e->d_name);
}

/* The spool itself goes first: if that is gone, it says so for all the others. */
static struct folder *
next_wanted(struct spool *sp)
{
	if (root_of(sp)->wanted)
		return root_of(sp);
	for (size_t i = 1; i <= sp->nfolder; i++) {
		struct folder *f = &sp->folder[(sp->at + i) % sp->nfolder];

		if (f->wanted && f->nready == 0)
			return f;
	}
	return NULL;
}

static void
begin_reading(struct spool *sp, struct folder *f)
{
	struct err err;

	f->wanted = false;
	sp->at = (size_t)(f - sp->folder);
	if (spool_tree_open(sp->root, f->name, &sp->dir, &err) == ERR_OK) {
		watch_folder(sp, f);
	} else {
		unwatch(sp, f);
		tell_unreadable(sp, f, &err);
	}
}

static bool
has_ready(const struct spool *sp)
{
	for (size_t i = 1; i < sp->nfolder; i++) {
		if (sp->folder[i].nready > 0)
			return true;
	}
	return false;
}

static void
on_turn(uv_idle_t *reader)
{
	struct spool *sp = reader->data;

	if (!sp->dir) {
		struct folder *f = next_wanted(sp);

		if (f)
			begin_reading(sp, f);
		else
			(void)uv_idle_stop(reader);
	}
	for (int i = 0; i < SLICE_ENTRIES && sp->dir; i++)
		read_entry(sp);
	if (!sp->closing && !sp->ready_told && has_ready(sp)) {
		sp->ready_told = true;
		sp->opt.on_ready(sp->opt.arg);
	}
}

static void
on_look(uv_timer_t *look)
{
	want_all(look->data);
}

/* --- handing out ------------------------------------------------------------------------------ */

/* Takes the folder's next file out of the queue; false if it is no longer what it was. */
static bool
give(struct spool *sp, struct folder *f)
{
	struct ready r = f->ready[f->next++];
	struct spool_stamp now;
	bool same;

	if (--f->nready == 0)
		f->next = 0;
	spool_tree_path(sp->root, f->name, r.name, sp->given);
	same = spool_entry_stamp(AT_FDCWD, sp->given, &now) && spool_stamp_same(&now, &r.stamp);
	if (same)
		(void)spool_notes_set(sp->notes, f->name, r.name, SPOOL_GIVEN, &now,
		    uv_now(sp->loop));
	free(r.name);
	return same;
}

bool
spool_next(struct spool *sp, struct spool_file *out)
{
	sp->ready_told = false;
	wake(sp); /* to tell of the others, or to read a folder whose queue is empty now */
	for (size_t i = 0; i < sp->nfolder; i++) {
		struct folder *f;

		sp->turn = (sp->turn + 1) % sp->nfolder;
		f = &sp->folder[sp->turn];
		while (f->nready > 0) {
			if (!give(sp, f))
				continue;
			*out = (struct spool_file){
				.customer = sp->turn - 1,
				.name = strrchr(sp->given, '/') + 1,
				.path = sp->given,
			};
			return true;
		}
	}
	return false;
}

void
spool_again(struct spool *sp)
{
	struct folder *f = &sp->folder[sp->turn];
	struct spool_stamp now;

	if (!spool_entry_stamp(AT_FDCWD, sp->given, &now))
		return;
	(void)spool_notes_set(sp->notes, f->name, strrchr(sp->given, '/') + 1, SPOOL_CLOSED, &now,
	    uv_now(sp->loop));
	want(sp, f);
}

/* --- opening and closing ---------------------------------------------------------------------- */

static enum err_code
folders_new(const char *const *customer, size_t n, struct folder **out, struct err *err)
{
	struct folder *folder = calloc(n + 1, sizeof *folder);

	if (!folder)
		return err_set(err, ERR_NOMEM, "the folders of the spool");
	for (size_t i = 0; i <= n; i++) {
		folder[i].name = i ? customer[i - 1] : "";
		folder[i].watch = -1;
	}
	*out = folder;
	return ERR_OK;
}

static void
spool_free(struct spool *sp)
{
	for (size_t i = 0; i < sp->nfolder; i++)
		forget_ready(&sp->folder[i]);
	free(sp->folder);
	free(sp->root);
	spool_notes_free(sp->notes);
	free(sp);
}

static void
on_part_closed(void *arg)
{
	struct spool *sp = arg;
	void (*closed)(void *) = sp->closed;
	void *closed_arg = sp->closed_arg;

	if (--sp->parts > 0)
		return;
	spool_free(sp);
	if (closed)
		closed(closed_arg);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	on_part_closed(handle->data);
}

void
spool_close(struct spool *sp, void (*closed)(void *arg), void *arg)
{
	assert(!sp->closing);
	sp->closing = true;
	sp->closed = closed;
	sp->closed_arg = arg;
	stop_reading(sp);
	uv_close((uv_handle_t *)&sp->look, on_handle_closed);
	uv_close((uv_handle_t *)&sp->reader, on_handle_closed);
	if (sp->watch)
		spool_watch_close(sp->watch, on_part_closed, sp);
}

/* Without a watch there are still the looks; that is told with the first folder. */
static void
start(struct spool *sp)
{
	sp->parts = 2;
	(void)uv_timer_init(sp->loop, &sp->look);
	(void)uv_idle_init(sp->loop, &sp->reader);
	sp->look.data = sp->reader.data = sp;
	(void)uv_timer_start(&sp->look, on_look, sp->opt.rescan_ms, sp->opt.rescan_ms);
	if (spool_watch_new(sp->loop, on_event, sp, &sp->watch, &sp->no_watch) == ERR_OK)
		sp->parts++;
	want_all(sp);
}

enum err_code
spool_open(struct uv_loop_s *loop, const struct spool_options *opt, struct spool **out,
    struct err *err)
{
	struct spool *sp;
	enum err_code rc;

	if (strlen(opt->path) > SPOOL_ROOT_MAX)
		return err_errno(err, ENAMETOOLONG, "%s", opt->path);
	sp = calloc(1, sizeof *sp);
	if (!sp || !(sp->root = strdup(opt->path))) {
		free(sp);
		return err_set(err, ERR_NOMEM, "%s", opt->path);
	}
	sp->opt = *opt;
	sp->opt.rescan_ms = opt->rescan_ms ? opt->rescan_ms : RESCAN_MS;
	sp->loop = loop;
	if ((rc = spool_notes_new(NOTES_KEPT * sp->opt.rescan_ms, &sp->notes, err)) ||
	    (rc = spool_tree_make(sp->root, opt->customer, opt->ncustomer, err)) ||
	    (rc = folders_new(opt->customer, opt->ncustomer, &sp->folder, err))) {
		spool_free(sp);
		return rc;
	}
	sp->nfolder = opt->ncustomer + 1;
	start(sp);
	*out = sp;
	return ERR_OK;
}
