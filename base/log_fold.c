/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_fold.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* FNV-1a. Who makes two kinds collide has one line fewer of his own in the log, no more. */
static uint64_t
mix(uint64_t hash, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)p[i]) * UINT64_C(1099511628211);
	return hash;
}

static uint64_t
kind_of(const struct log_record *r)
{
	uint64_t hash = mix(UINT64_C(14695981039346656037), r->event, strlen(r->event) + 1);

	for (size_t i = 0; i < r->nfield; i++) {
		const struct log_field *f = &r->field[i];

		if (f->varies)
			continue;
		hash = mix(hash, f->name, strlen(f->name) + 1);
		hash = mix(hash, f->value.ptr, f->value.len);
		hash = mix(hash, "", 1);
	}
	return hash;
}

static bool
is_over(const struct log_fold_slot *s, uint64_t now_ms)
{
	return now_ms - s->since_ms >= LOG_FOLD_WINDOW_MS;
}

static struct log_fold_slot *
find(struct log_fold *f, uint64_t kind)
{
	for (size_t i = 0; i < LOG_FOLD_SLOTS; i++) {
		if (f->slot[i].passed > 0 && f->slot[i].kind == kind)
			return &f->slot[i];
	}
	return NULL;
}

/* One that nobody needs, else the one whose window began first; NULL: something is kept in each. */
static struct log_fold_slot *
find_room(struct log_fold *f)
{
	struct log_fold_slot *best = NULL;

	for (size_t i = 0; i < LOG_FOLD_SLOTS; i++) {
		struct log_fold_slot *s = &f->slot[i];

		if (s->passed == 0)
			return s;
		if (s->kept == 0 && (!best || s->since_ms < best->since_ms))
			best = s;
	}
	return best;
}

/* The record's own fields are gone when it is told again. */
static void
remember(struct log_fold_slot *s, const struct log_record *r)
{
	size_t used = 0;
	size_t n = 0;

	for (size_t i = 0; i < r->nfield && n < LOG_FIELDS_MAX - 1; i++) {
		struct slice value = r->field[i].value;

		if (r->field[i].varies || value.len > sizeof s->text - used)
			continue;
		memcpy(s->text + used, value.ptr, value.len);
		s->field[n] = r->field[i];
		s->field[n++].value.ptr = s->text + used;
		used += value.len;
	}
	s->record = *r;
	s->record.field = s->field;
	s->record.nfield = n;
}

bool
log_fold_pass(struct log_fold *f, const struct log_record *r, uint64_t now_ms)
{
	struct log_fold_slot *s;
	uint64_t kind;

	if (r->level > LOG_LEVEL_WARNING)
		return true;
	kind = kind_of(r);
	s = find(f, kind);
	if (s && !(is_over(s, now_ms) && s->kept == 0)) {
		if (s->passed == LOG_FOLD_LINES) {
			s->kept++;
			return false;
		}
		s->passed++;
		return true;
	}
	if (!s)
		s = find_room(f);
	if (s) {
		remember(s, r);
		s->kind = kind;
		s->since_ms = now_ms;
		s->passed = 1;
		s->kept = 0;
	}
	return true;
}

static struct log_record
tell(struct log_fold *f, struct log_fold_slot *s)
{
	int n = snprintf(f->repeated, sizeof f->repeated, "%" PRIu64, s->kept);

	s->field[s->record.nfield++] =
	    (struct log_field){ LOG_REPEATED, { f->repeated, (size_t)n }, true };
	s->passed = 0;
	s->kept = 0;
	return s->record;
}

bool
log_fold_take(struct log_fold *f, uint64_t now_ms, bool all, struct log_record *out)
{
	for (size_t i = 0; i < LOG_FOLD_SLOTS; i++) {
		struct log_fold_slot *s = &f->slot[i];

		if (s->kept == 0 || !(all || is_over(s, now_ms)))
			continue;
		*out = tell(f, s);
		return true;
	}
	return false;
}

uint64_t
log_fold_due_ms(const struct log_fold *f)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < LOG_FOLD_SLOTS; i++) {
		const struct log_fold_slot *s = &f->slot[i];

		if (s->kept > 0 && s->since_ms + LOG_FOLD_WINDOW_MS < due)
			due = s->since_ms + LOG_FOLD_WINDOW_MS;
	}
	return due;
}
