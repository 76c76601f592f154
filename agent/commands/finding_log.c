/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/finding_log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

enum { TEXT_MAX = 16 * 1024 };

/* One file of findings; the texts lie behind each record. */
struct record {
	struct finding finding; /* its slices hold lengths only */
	uint32_t list;
};

struct part {
	FILE *file;
	struct record next; /* read ahead, when replaying */
	bool has_next;
	bool replaying;
};

struct finding_log {
	struct part in_order; /* findings on the list that was being read */
	struct part
	    late; /* findings on lists before that one: few, and sought for each list anew */
	uint32_t newest;
	struct buf text;
};

enum err_code
finding_log_new(struct finding_log **out, struct err *err)
{
	struct finding_log *log = calloc(1, sizeof *log);

	if (!log)
		return err_set(err, ERR_NOMEM, "findings");
	buf_init(&log->text, TEXT_MAX);
	*out = log;
	return ERR_OK;
}

void
finding_log_free(struct finding_log *log)
{
	if (!log)
		return;
	if (log->in_order.file)
		(void)fclose(log->in_order.file);
	if (log->late.file)
		(void)fclose(log->late.file);
	buf_done(&log->text);
	free(log);
}

static bool
write_bytes(FILE *f, const void *p, size_t n)
{
	return n == 0 || fwrite(p, 1, n, f) == n;
}

enum err_code
finding_log_add(struct finding_log *log, uint32_t list, const struct finding *f, struct err *err)
{
	struct part *p = list < log->newest ? &log->late : &log->in_order;
	struct record r = { *f, list };

	if (list > log->newest)
		log->newest = list;
	if (!p->file)
		p->file = tmpfile();
	if (!p->file || !write_bytes(p->file, &r, sizeof r) ||
	    !write_bytes(p->file, f->message.ptr, f->message.len) ||
	    !write_bytes(p->file, f->advice.ptr, f->advice.len) ||
	    !write_bytes(p->file, f->serial.ptr, f->serial.len))
		return err_errno(err, errno, "temporary file for findings");
	return ERR_OK;
}

/* Reads the record ahead, if there is one. */
static enum err_code
read_ahead(struct part *p, struct err *err)
{
	p->has_next = fread(&p->next, sizeof p->next, 1, p->file) == 1;
	if (!p->has_next && ferror(p->file))
		return err_errno(err, errno, "temporary file for findings");
	return ERR_OK;
}

static enum err_code
rewind_part(struct part *p, struct err *err)
{
	if (!p->file)
		return ERR_OK;
	if (fflush(p->file) != 0 || fseek(p->file, 0, SEEK_SET) != 0)
		return err_errno(err, errno, "temporary file for findings");
	p->replaying = true;
	return read_ahead(p, err);
}

/* The texts of the record ahead into the buffer, and its slices onto them. */
static enum err_code
read_texts(struct finding_log *log, struct part *p, struct finding *f, struct err *err)
{
	size_t n = f->message.len + f->advice.len + f->serial.len;

	buf_reset(&log->text);
	if (!buf_reserve(&log->text, n))
		return buf_check(&log->text, err);
	if (fread(log->text.ptr, 1, n, p->file) != n)
		return err_errno(err, errno, "temporary file for findings");
	f->message.ptr = log->text.ptr;
	f->advice.ptr = f->message.ptr + f->message.len;
	f->serial.ptr = f->advice.ptr + f->advice.len;
	return ERR_OK;
}

/* Hands out the records of one list: those ahead, or (all) those anywhere in the rest. */
static enum err_code
replay(struct finding_log *log, struct part *p, uint32_t list, bool all, finding_take_fn *take,
    void *arg, struct err *err)
{
	while (p->has_next && (all || p->next.list == list)) {
		struct finding f = p->next.finding;
		bool wanted = p->next.list == list;

		if (read_texts(log, p, &f, err) || (wanted && take(arg, &f, err)) ||
		    read_ahead(p, err))
			return err->code;
	}
	return ERR_OK;
}

enum err_code
finding_log_each(struct finding_log *log, uint32_t list, finding_take_fn *take, void *arg,
    struct err *err)
{
	if (!log->in_order.replaying && rewind_part(&log->in_order, err))
		return err->code;
	if (replay(log, &log->in_order, list, false, take, arg, err) ||
	    rewind_part(&log->late, err))
		return err->code;
	return replay(log, &log->late, list, true, take, arg, err);
}
