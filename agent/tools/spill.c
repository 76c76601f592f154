/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/spill.h"

void
spill_init(struct spill *s, const char *folder)
{
	*s = (struct spill){ .folder = folder };
	buf_init(&s->text, SPILL_MEMORY_MAX);
}

void
spill_done(struct spill *s)
{
	temp_file_free(s->file);
	buf_done(&s->text);
	s->file = NULL;
}

/* What is in memory goes to the file, which is there afterwards. */
static enum err_code
flush(struct spill *s, struct err *err)
{
	if (!s->file && temp_file_open(s->folder, &s->file, err))
		return err->code;
	if (temp_file_add(s->file, buf_slice(&s->text), err))
		return err->code;
	buf_reset(&s->text);
	return ERR_OK;
}

enum err_code
spill_add(struct spill *s, struct slice bytes, struct err *err)
{
	if (bytes.len > SPILL_MEMORY_MAX - s->text.len && flush(s, err))
		return err->code;
	if (bytes.len > SPILL_MEMORY_MAX)
		return temp_file_add(s->file, bytes, err);
	buf_add_slice(&s->text, bytes);
	return buf_check(&s->text, err);
}

enum err_code
spill_take(struct spill *s, int *fd, struct err *err)
{
	if (!s->file) {
		*fd = -1;
		return ERR_OK;
	}
	if (flush(s, err))
		return err->code;
	*fd = temp_file_take(s->file);
	s->file = NULL;
	return ERR_OK;
}
