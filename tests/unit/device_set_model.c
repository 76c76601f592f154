/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/device_set_model.h"

#include <assert.h>
#include <string.h>

const uint8_t row_key_seed[16] = "a seed of tests";

static struct slice
slice_or_none(const char *s)
{
	return s ? slice_of(s) : (struct slice){ NULL, 0 };
}

struct device_key
row_key(const struct row *r)
{
	uint8_t digest[32];
	struct device_identity id = {
		.serial = slice_or_none(r->serial),
		.serial_is_shared = r->serial && r->serial[0] == '?',
		.manufacturer = slice_or_none(r->maker),
		.product_id = slice_or_none(r->product_id),
		.uuid = slice_or_none(r->uuid),
		.ek = slice_or_none(r->ek),
		.digest = r->capture ? digest : NULL,
		.collected_unix_s = r->second ? 1700000000 + r->second : 0,
	};
	struct device_key key;

	memset(digest, r->capture, sizeof digest);
	device_key_make(row_key_seed, &id, &key);
	return key;
}

uint32_t
chance(uint64_t *state, uint32_t n)
{
	*state = *state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)((*state >> 32) * n >> 32);
}

/* One of n texts, or none at all as often as each of them. */
static const char *
pick(uint64_t *state, const char *const *text, uint32_t n)
{
	uint32_t i = chance(state, n + 1);

	return i < n ? text[i] : NULL;
}

struct row
row_random(uint64_t *state, const char *const *serial, uint32_t nserial)
{
	static const char *const maker[] = { "Acme", "ACME", "Bolt" };
	static const char *const product_id[] = { "1", "2" };
	static const char *const uuid[] = { UUID_A, UUID_B, UUID_C };
	static const char *const ek[] = { "k", "l" };

	return (struct row){
		.serial = pick(state, serial, nserial),
		.maker = pick(state, maker, 3),
		.product_id = pick(state, product_id, 2),
		.uuid = pick(state, uuid, 3),
		.ek = pick(state, ek, 2),
		.capture = (int)chance(state, 5),
		.second = (int)chance(state, 4),
	};
}

static bool
both(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool
both_nocase(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

/* NULL if it says nothing. */
static const char *
serial_of(const struct row *r)
{
	return r->serial && r->serial[0] != '?' ? r->serial : NULL;
}

static bool
same_main(const struct row *a, const struct row *b)
{
	if (serial_of(a) || serial_of(b))
		return both_nocase(serial_of(a), serial_of(b));
	if (a->uuid || b->uuid)
		return both(a->uuid, b->uuid);
	if (a->product_id || b->product_id)
		return both(a->product_id, b->product_id);
	return a->capture && a->capture == b->capture;
}

static bool
same_maker(const struct row *a, const struct row *b)
{
	bool capture_decides = !serial_of(a) && !a->uuid && !a->product_id;

	return capture_decides || (!a->maker && !b->maker) || both_nocase(a->maker, b->maker);
}

static bool
same_device(const struct row *a, const struct row *b)
{
	return same_main(a, b) && (both(a->uuid, b->uuid) || same_maker(a, b));
}

enum likeness { LIKE_MAKER, LIKE_UUID, LIKE_CAPTURE };

static bool
is_like(const struct row *a, const struct row *b, enum likeness how)
{
	if (!same_device(a, b))
		return false;
	switch (how) {
	case LIKE_CAPTURE:
		return a->capture && a->capture == b->capture;
	case LIKE_UUID:
		return both(a->uuid, b->uuid);
	case LIKE_MAKER:
		break;
	}
	return true;
}

/* The first row that is the same device in the surest way: its index, or n. */
static size_t
find(const struct device_set_model *m, const struct row *r, enum likeness *how)
{
	static const enum likeness surest_first[] = { LIKE_CAPTURE, LIKE_UUID, LIKE_MAKER };

	for (size_t k = 0; k < 3; k++) {
		*how = surest_first[k];
		for (size_t i = 0; i < m->n; i++)
			if (is_like(&m->seen[i].row, r, *how))
				return i;
	}
	return m->n;
}

static size_t
standing(const struct device_set_model *m, size_t i)
{
	while (m->seen[i].successor != i)
		i = m->seen[i].successor;
	return i;
}

static void
accept(struct device_set_model *m, const struct row *r, uint32_t line)
{
	assert(m->n < DEVICE_SET_MODEL_MAX);
	m->seen[m->n].row = *r;
	m->seen[m->n].line = line;
	m->seen[m->n].successor = m->n;
	m->n++;
}

static struct want
add_new(struct device_set_model *m, const struct row *r, uint32_t line)
{
	struct want want = { .outcome = DEVICE_NEW };

	for (size_t i = 0; i < m->n && !want.also; i++) {
		want.also = both(m->seen[i].row.uuid, r->uuid);
		if (want.also)
			want.other = m->seen[standing(m, i)].line;
	}
	accept(m, r, line);
	return want;
}

static enum device_outcome
judge(const struct row *other, const struct row *r, enum likeness how)
{
	bool both_hashes = other->capture && r->capture;

	if (how == LIKE_CAPTURE || !both_hashes || other->capture == r->capture)
		return DEVICE_DUPLICATE;
	if (how == LIKE_UUID || both(other->ek, r->ek))
		return r->second > other->second ? DEVICE_SUPERSEDES : DEVICE_DUPLICATE;
	return DEVICE_CONFLICT;
}

struct want
device_set_model_add(struct device_set_model *m, const struct row *r, uint32_t line)
{
	struct want want = { 0 };
	enum likeness how;
	size_t at = find(m, r, &how);

	if (at == m->n)
		return add_new(m, r, line);
	at = standing(m, at);
	want.other = m->seen[at].line;
	want.outcome = m->seen[at].conflicted ? DEVICE_CONFLICT : judge(&m->seen[at].row, r, how);
	if (want.outcome == DEVICE_CONFLICT) {
		want.also = !m->seen[at].conflicted;
		m->seen[at].conflicted = true;
	} else if (want.outcome == DEVICE_SUPERSEDES) {
		m->seen[at].successor = m->n;
		accept(m, r, line);
	}
	return want;
}
