/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * Writes a tree of maps, lists and scalars as YAML or as JSON, indented for people, into a buffer
 * of the caller's, who checks it when all is written. In a map each value follows its key. Texts
 * are UTF-8. As YAML the outermost is a map, and lists hold only scalars.
 */
enum doc_format { DOC_YAML, DOC_JSON };

struct doc_writer {
	struct buf *out;
	enum doc_format format;
	unsigned depth;
	bool empty;   /* what is open has nothing in it yet */
	bool has_key; /* the next value belongs to the key that was written */
};

void doc_writer_init(struct doc_writer *w, enum doc_format format, struct buf *out);

void doc_writer_map_open(struct doc_writer *w);
void doc_writer_map_close(struct doc_writer *w);
void doc_writer_list_open(struct doc_writer *w);
void doc_writer_list_close(struct doc_writer *w);
void doc_writer_key(struct doc_writer *w, const char *key);
void doc_writer_text(struct doc_writer *w, struct slice text);

/* A number, or true or false: as it is. */
void doc_writer_literal(struct doc_writer *w, struct slice word);
