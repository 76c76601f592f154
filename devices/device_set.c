/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/device_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

/*
 * Rows in chunks that never move, and two tables of row numbers over them, with linear probing. A
 * key's home is the high half of key times size: keys are well mixed already, and any size will do,
 * so that a table can grow by little.
 *
 *	by_main   every row that has a main key; equal keys stand in the order of their rows
 *	by_uuid   the first row of each UUID: a fleet of clones must not make one long run
 *
 * Nothing is ever taken out. A row that was superseded stays, because a later row may match it and
 * not its successor (another spelling of the maker, say), and leads on to the row that counts.
 */

enum {
	CHUNK_ROWS = 32768,
	FIRST_SLOTS = 1024,
	SMALL_TABLE_BYTES = 1 << 20,
	EPOCH_2000_UNIX_S = 946684800,
	LINE_KEPT_MAX = UINT32_MAX >> 3,
};

static const uint32_t ROWS_MAX = UINT32_MAX - 1; /* a slot holds row + 1 */

enum state { STATE_LIVE, STATE_SUPERSEDED, STATE_CONFLICTED };

struct __attribute__((packed, aligned(4))) entry {
	uint64_t main;
	uint64_t uuid;
	uint32_t hash;
	union {
		uint32_t collected;
		uint32_t successor; /* STATE_SUPERSEDED: the row that took its place */
	};
	uint32_t list;
	uint32_t line : 29;
	uint32_t first_of_uuid : 1; /* stands in by_uuid */
	uint32_t state : 2;         /* enum state */
	uint16_t maker;
	uint16_t ek;
};
_Static_assert(sizeof(struct entry) == 36, "the budget for a device is this and its slots");

struct table {
	uint32_t *slot; /* row + 1; 0 is empty */
	size_t nslot;
	size_t used;
};

struct device_set {
	struct entry **chunk;
	size_t nchunk;
	struct table by_main;
	struct table by_uuid;
	uint32_t rows;
	uint32_t dropped;
};

/* How a row is the same device as an earlier one, the surest last. */
enum match { MATCH_NONE, MATCH_MAKER, MATCH_UUID, MATCH_CAPTURE };

/* What a fingerprint is of: the same bytes as serial number and as product id differ. */
enum part { PART_SERIAL, PART_MANUFACTURER, PART_PRODUCT_ID, PART_UUID, PART_DIGEST };

/*
 * A chain over blocks: each is hashed with the value of the one before it in front, the first
 * with the part. No value that a device really has needs a second one.
 */
static uint64_t
fingerprint(const uint8_t seed[16], enum part part, struct slice s)
{
	const bool fold = part == PART_SERIAL || part == PART_MANUFACTURER;
	uint64_t h = part;

	do {
		char block[256];
		struct slice head = slice_head(s, sizeof block - sizeof h);

		memcpy(block, &h, sizeof h);
		for (size_t i = 0; i < head.len; i++) {
			char c = head.ptr[i];

			block[sizeof h + i] = fold && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		}
		h = siphash(seed, block, sizeof h + head.len);
		s.ptr += head.len;
		s.len -= head.len;
	} while (s.len > 0);
	return h;
}

/* As many bits of a fingerprint as max has, and never 0; 0 for what is absent. */
static uint64_t
part_key(const uint8_t seed[16], enum part part, struct slice s, uint64_t max)
{
	uint64_t h;

	if (s.len == 0)
		return 0;
	h = fingerprint(seed, part, s) & max;
	return h ? h : 1;
}

/* A digest is a fingerprint already. */
static uint32_t
digest_key(const uint8_t *digest)
{
	uint32_t h;

	if (!digest)
		return 0;
	memcpy(&h, digest, sizeof h);
	return h ? h : 1;
}

/* A public key is a random number: any part of it tells it from others. */
static uint16_t
ek_key(struct slice ek)
{
	uint64_t part = 0;

	if (!ek.len)
		return 0;
	memcpy(&part, ek.ptr, ek.len < sizeof part ? ek.len : sizeof part);
	part ^= part >> 32;
	part ^= part >> 16;
	return part & UINT16_MAX ? (uint16_t)part : 1;
}

static uint32_t
collected_key(int64_t unix_s)
{
	if (unix_s == 0)
		return 0;
	if (unix_s <= EPOCH_2000_UNIX_S)
		return 1;
	if (unix_s - EPOCH_2000_UNIX_S > UINT32_MAX)
		return UINT32_MAX;
	return (uint32_t)(unix_s - EPOCH_2000_UNIX_S);
}

void
device_key_make(const uint8_t seed[16], const struct device_identity *id, struct device_key *out)
{
	struct device_key key = {
		.uuid = part_key(seed, PART_UUID, id->uuid, UINT64_MAX),
		.hash = digest_key(id->digest),
		.collected = id->digest ? collected_key(id->collected_unix_s) : 0,
		.maker = (uint16_t)part_key(seed, PART_MANUFACTURER, id->manufacturer, UINT16_MAX),
		.ek = ek_key(id->ek),
	};

	if (id->serial.len > 0 && !id->serial_is_shared)
		key.main = part_key(seed, PART_SERIAL, id->serial, UINT64_MAX);
	else if (key.uuid)
		key.main = key.uuid;
	else if (id->product_id.len > 0)
		key.main = part_key(seed, PART_PRODUCT_ID, id->product_id, UINT64_MAX);
	else if (id->digest) {
		key.main = part_key(seed, PART_DIGEST,
		    (struct slice){ (const char *)id->digest, 32 }, UINT64_MAX);
		key.maker = 0; /* the capture alone decides, however its maker is spelled */
	}
	*out = key;
}

static size_t
home(const struct table *t, uint64_t key)
{
	return (size_t)((unsigned __int128)key * t->nslot >> 64);
}

static size_t
next(const struct table *t, size_t i)
{
	return i + 1 < t->nslot ? i + 1 : 0;
}

static bool
table_init(struct table *t, size_t nslot)
{
	uint32_t *slot = calloc(nslot, sizeof *slot);

	if (!slot)
		return false;
	*t = (struct table){ .slot = slot, .nslot = nslot };
	return true;
}

static void
table_put(struct table *t, uint64_t key, uint32_t row)
{
	size_t i = home(t, key);

	while (t->slot[i])
		i = next(t, i);
	t->slot[i] = row + 1;
	t->used++;
}

static struct entry *
entry_at(const struct device_set *s, uint32_t row)
{
	return &s->chunk[row / CHUNK_ROWS][row % CHUNK_ROWS];
}

/* The row that counts for the device of this row. */
static uint32_t
standing_row(const struct device_set *s, uint32_t row)
{
	while (entry_at(s, row)->state == STATE_SUPERSEDED)
		row = entry_at(s, row)->successor;
	return row;
}

static bool
find_uuid(const struct device_set *s, uint64_t uuid, uint32_t *row)
{
	const struct table *t = &s->by_uuid;

	for (size_t i = home(t, uuid); t->slot[i]; i = next(t, i)) {
		if (entry_at(s, t->slot[i] - 1)->uuid == uuid) {
			*row = t->slot[i] - 1;
			return true;
		}
	}
	return false;
}

static enum match
match(const struct entry *e, const struct device_key *key)
{
	bool same_uuid = key->uuid && e->uuid == key->uuid;

	if (!same_uuid && e->maker != key->maker)
		return MATCH_NONE;
	if (key->hash && e->hash == key->hash)
		return MATCH_CAPTURE;
	return same_uuid ? MATCH_UUID : MATCH_MAKER;
}

/* The surest match, of equals the first, in *row; *namesakes: rows with the same main key. */
static enum match
find_device(const struct device_set *s, const struct device_key *key, uint32_t *row,
    size_t *namesakes)
{
	const struct table *t = &s->by_main;
	enum match best = MATCH_NONE;

	*namesakes = 0;
	if (!key->main)
		return MATCH_NONE;
	for (size_t i = home(t, key->main); t->slot[i]; i = next(t, i)) {
		const struct entry *e = entry_at(s, t->slot[i] - 1);
		enum match m;

		if (e->main != key->main)
			continue;
		++*namesakes;
		m = match(e, key);
		if (m > best) {
			best = m;
			*row = t->slot[i] - 1;
		}
	}
	return best;
}

/* What a row means for the standing row e of its device. */
static enum device_outcome
judge(const struct entry *e, const struct device_key *key, enum match how)
{
	if (e->state == STATE_CONFLICTED)
		return DEVICE_CONFLICT;
	if (how == MATCH_CAPTURE || !key->hash || !e->hash || e->hash == key->hash)
		return DEVICE_DUPLICATE;
	if (how != MATCH_UUID && (!key->ek || e->ek != key->ek))
		return DEVICE_CONFLICT;
	return key->collected > e->collected ? DEVICE_SUPERSEDES : DEVICE_DUPLICATE;
}

static struct device_place
place_of(const struct entry *e)
{
	return (struct device_place){ .list = e->list, .line = e->line };
}

/* Puts a row into its table. */
typedef void index_fn(struct device_set *s, uint32_t row);

static void
index_main(struct device_set *s, uint32_t row)
{
	const struct entry *e = entry_at(s, row);

	if (e->main)
		table_put(&s->by_main, e->main, row);
}

static void
index_uuid(struct device_set *s, uint32_t row)
{
	const struct entry *e = entry_at(s, row);

	if (e->first_of_uuid)
		table_put(&s->by_uuid, e->uuid, row);
}

/*
 * Room for one more row in a table. The rows know all that stands in a table, so a large one is
 * given back before the new one is taken: they are never both there.
 */
static bool
make_slot_room(struct device_set *s, struct table *t, index_fn *index)
{
	/* A small table is kept half empty, for speed; of a large one the memory counts. */
	bool small = t->nslot * sizeof *t->slot < SMALL_TABLE_BYTES;
	size_t most = small ? t->nslot / 2 : t->nslot / 20 * 17;
	size_t nslot = t->nslot + (small ? t->nslot : t->nslot / 4);
	uint32_t *old = t->slot;

	if (t->used < most)
		return true;
	if (!small) {
		free(old);
		old = NULL;
		*t = (struct table){ 0 };
	}
	if (!table_init(t, nslot))
		return false;
	free(old);
	for (uint32_t row = 0; row < s->rows; row++)
		index(s, row);
	return true;
}

static bool
make_entry_room(struct device_set *s)
{
	struct entry **chunk;

	if (s->rows < s->nchunk * CHUNK_ROWS)
		return true;
	chunk = realloc(s->chunk, (s->nchunk + 1) * sizeof *chunk);
	if (!chunk)
		return false;
	s->chunk = chunk;
	chunk[s->nchunk] = malloc(CHUNK_ROWS * sizeof **chunk);
	if (!chunk[s->nchunk])
		return false;
	s->nchunk++;
	return true;
}

static enum err_code
make_room(struct device_set *s, size_t namesakes, struct err *err)
{
	if (s->rows == ROWS_MAX)
		return err_set(err, ERR_LIMIT, "more than %u devices", ROWS_MAX);
	if (namesakes == DEVICE_NAMESAKES_MAX)
		return err_set(err, ERR_LIMIT, "one serial number in more than %d different rows",
		    DEVICE_NAMESAKES_MAX);
	if (!make_entry_room(s) || !make_slot_room(s, &s->by_main, index_main) ||
	    !make_slot_room(s, &s->by_uuid, index_uuid))
		return err_set(err, ERR_NOMEM, "out of memory after %u devices", s->rows);
	return ERR_OK;
}

static uint32_t
accept(struct device_set *s, const struct device_key *key, struct device_place place)
{
	uint32_t line = place.line < LINE_KEPT_MAX ? place.line : LINE_KEPT_MAX;
	uint32_t row = s->rows++;
	uint32_t first;

	*entry_at(s, row) = (struct entry){
		.main = key->main,
		.uuid = key->uuid,
		.hash = key->hash,
		.collected = key->collected,
		.list = place.list,
		.line = line & LINE_KEPT_MAX, /* the mask only shows the compiler that it fits */
		.first_of_uuid = key->uuid && !find_uuid(s, key->uuid, &first),
		.state = STATE_LIVE,
		.maker = key->maker,
		.ek = key->ek,
	};
	index_main(s, row);
	index_uuid(s, row);
	return row;
}

enum err_code
device_set_new(struct device_set **out, struct err *err)
{
	struct device_set *s = calloc(1, sizeof *s);

	if (!s || !table_init(&s->by_main, FIRST_SLOTS) || !table_init(&s->by_uuid, FIRST_SLOTS)) {
		device_set_free(s);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	*out = s;
	return ERR_OK;
}

void
device_set_free(struct device_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nchunk; i++)
		free(s->chunk[i]);
	free(s->chunk);
	free(s->by_main.slot);
	free(s->by_uuid.slot);
	free(s);
}

void
device_set_prefetch(const struct device_set *s, const struct device_key *key)
{
	__builtin_prefetch(&s->by_main.slot[home(&s->by_main, key->main)]);
	__builtin_prefetch(&s->by_uuid.slot[home(&s->by_uuid, key->uuid)]);
}

enum err_code
device_set_add(struct device_set *s, const struct device_key *key, struct device_place place,
    struct device_add *out, struct err *err)
{
	struct device_add add = { .outcome = DEVICE_NEW };
	struct entry *other = NULL;
	size_t namesakes;
	uint32_t row;
	enum match how;
	enum err_code rc;

	if (!s->by_main.slot || !s->by_uuid.slot)
		return err_set(err, ERR_NOMEM, "out of memory after %u devices", s->rows);
	how = find_device(s, key, &row, &namesakes);
	if (how != MATCH_NONE) {
		other = entry_at(s, standing_row(s, row));
		add.outcome = judge(other, key, how);
		add.other = place_of(other);
	}
	if (add.outcome == DEVICE_NEW || add.outcome == DEVICE_SUPERSEDES) {
		rc = make_room(s, namesakes, err);
		if (rc)
			return rc;
	}
	switch (add.outcome) {
	case DEVICE_NEW:
		add.shared = key->uuid && find_uuid(s, key->uuid, &row);
		if (add.shared)
			add.shared_with = place_of(entry_at(s, standing_row(s, row)));
		add.row = accept(s, key, place);
		break;
	case DEVICE_SUPERSEDES:
		add.row = accept(s, key, place);
		other->state = STATE_SUPERSEDED;
		other->successor = add.row;
		s->dropped++;
		break;
	case DEVICE_CONFLICT:
		add.other_was_kept = other->state == STATE_LIVE;
		other->state = STATE_CONFLICTED;
		s->dropped += add.other_was_kept;
		break;
	case DEVICE_DUPLICATE:
		break;
	}
	*out = add;
	return ERR_OK;
}

uint32_t
device_set_rows(const struct device_set *s)
{
	return s->rows;
}

uint32_t
device_set_dropped(const struct device_set *s)
{
	return s->dropped;
}

bool
device_set_is_dropped(const struct device_set *s, uint32_t row)
{
	assert(row < s->rows);
	return entry_at(s, row)->state != STATE_LIVE;
}

size_t
device_set_bytes(const struct device_set *s)
{
	return sizeof *s + s->nchunk * (sizeof *s->chunk + CHUNK_ROWS * sizeof **s->chunk) +
	    (s->by_main.nslot + s->by_uuid.nslot) * sizeof(uint32_t);
}
