/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/hardware_hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "devices/base64.h"
#include "devices/field_rules.h"
#include "devices/hash_record.h"

enum {
	HEAD = 4, /* "OA" and total */
	LEGACY_BYTES = 128,
	DAY_S = 24 * 60 * 60,
	YEAR_2015_UNIX_S = 1420070400,
};

struct hash_verifier {
	EVP_MD_CTX *digest; /* set up for SHA-256; each use starts it again */
	int64_t now_unix_s;
	char text[HARDWARE_HASH_TEXT_MAX]; /* a text without what had to be tolerated */
	uint8_t bytes[BASE64_DECODED_MAX(HARDWARE_HASH_TEXT_MAX)];
};

enum err_code
hash_verifier_new(int64_t now_unix_s, struct hash_verifier **out, struct err *err)
{
	struct hash_verifier *v = calloc(1, sizeof *v);
	EVP_MD *sha256 = NULL;
	enum err_code code = ERR_OK;

	if (!v) {
		code = err_set(err, ERR_NOMEM, "out of memory");
		goto out;
	}
	v->now_unix_s = now_unix_s;
	v->digest = EVP_MD_CTX_new();
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!v->digest || !sha256 || !EVP_DigestInit_ex2(v->digest, sha256, NULL)) {
		code = err_set(err, ERR_IO, "the OpenSSL library offers no SHA-256");
		goto out;
	}
	*out = v;
	v = NULL;
out:
	EVP_MD_free(sha256); /* the context holds on to it */
	hash_verifier_free(v);
	return code;
}

void
hash_verifier_free(struct hash_verifier *v)
{
	if (!v)
		return;
	EVP_MD_CTX_free(v->digest);
	free(v);
}

static void
sha256(struct hash_verifier *v, struct slice data, uint8_t digest[32])
{
	bool ok = EVP_DigestInit_ex2(v->digest, NULL, NULL) &&
	    EVP_DigestUpdate(v->digest, data.ptr, data.len) &&
	    EVP_DigestFinal_ex(v->digest, digest, NULL);

	assert(ok);
}

static bool
is_run_of(struct slice s, char c)
{
	return s.len == 0 || (s.ptr[0] == c && memcmp(s.ptr, s.ptr + 1, s.len - 1) == 0);
}

/* The decoded bytes [from, to). */
static struct slice
bytes_between(const struct hash_verifier *v, size_t from, size_t to)
{
	return (struct slice){ (const char *)v->bytes + from, to - from };
}

static size_t
stated_total(const struct hash_verifier *v)
{
	return hash_record_u16(bytes_between(v, 2, HEAD).ptr);
}

static bool
is_oa(const struct hash_verifier *v)
{
	return memcmp(v->bytes, "OA", 2) == 0;
}

/* Decodes n bytes and what else their last group of four characters holds. */
static bool
decode_front(struct hash_verifier *v, struct slice text, size_t n)
{
	size_t chars = BASE64_ENCODED_LEN(n);

	return base64_decode(slice_head(text, chars), v->bytes) == chars;
}

/*
 * A text as devices write it: of full length, all base64, with zeros for padding, which as text is
 * a run of 'A' and is compared, not decoded. Nearly all texts are like this: the function is here
 * for speed alone, and of any other text it says no more than false.
 */
static bool
decode_canonical(struct hash_verifier *v, struct slice text, struct hardware_hash *out)
{
	size_t need, chars;

	if (text.len != HARDWARE_HASH_CHARS || !decode_front(v, text, HEAD))
		return false;
	need = stated_total(v) + HARDWARE_HASH_CHECKSUM;
	chars = BASE64_ENCODED_LEN(need);
	if (chars > HARDWARE_HASH_CHARS || !decode_front(v, text, need) ||
	    !is_run_of(bytes_between(v, need, BASE64_DECODED_MAX(chars)), '\0') ||
	    !is_run_of(slice_from(text, chars), 'A'))
		return false;
	out->have = HARDWARE_HASH_BYTES;
	return true;
}

static bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/* What mail programs and spreadsheets put around a text and its lines. */
static bool
is_wrapping(char c)
{
	return c == ' ' || c == '\t' || c == '"' || c == '\'' || is_line_end(c);
}

static bool
is_ending(char c)
{
	return c == '=' || is_wrapping(c);
}

static struct slice
unwrap(struct slice text)
{
	while (text.len != 0 && is_wrapping(text.ptr[0]))
		text = slice_from(text, 1);
	while (text.len != 0 && is_ending(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

/*
 * The length of a break between two lines and what wraps it, in front of text; else 0. A blank
 * alone is no break: it stands where a '+' was lost.
 */
static size_t
line_break_len(struct slice text)
{
	bool ended = false;
	size_t n = 0;

	for (; n < text.len && is_wrapping(text.ptr[n]); n++)
		ended = ended || is_line_end(text.ptr[n]);
	return ended ? n : 0;
}

/* Joins the lines of text in v->text. NULL, or the first character that is not base64. */
static const char *
join_lines(struct hash_verifier *v, struct slice text, size_t *len)
{
	*len = 0;
	while (text.len != 0) {
		size_t gap = line_break_len(text);

		if (gap == 0 && base64_value(text.ptr[0]) < 0)
			return text.ptr;
		if (gap == 0)
			v->text[(*len)++] = text.ptr[0];
		text = slice_from(text, gap != 0 ? gap : 1);
	}
	return NULL;
}

static enum hash_fault
decode_tolerant(struct hash_verifier *v, struct slice text, struct hardware_hash *out)
{
	struct slice core = unwrap(text);
	const char *bad;
	size_t len, decoded, need;
	bool dangling;

	if (core.len == 0)
		return HASH_EMPTY;
	bad = join_lines(v, core, &len);
	if (bad) {
		out->at = (size_t)(bad - text.ptr);
		return HASH_NOT_BASE64;
	}
	if (text.len != HARDWARE_HASH_CHARS || len != HARDWARE_HASH_CHARS)
		out->notes |= HASH_NOTE_NONCANONICAL;

	out->have = len * 3 / 4;
	/* A lone character at the end has too few bits for a byte. */
	dangling = len % 4 == 1 && v->text[len - 1] != 'A';
	while (len % 4 != 0)
		v->text[len++] = 'A';
	decoded = BASE64_DECODED_MAX(base64_decode((struct slice){ v->text, len }, v->bytes));
	assert(decoded == BASE64_DECODED_MAX(len));
	need = out->have < HEAD ? 0 : stated_total(v) + HARDWARE_HASH_CHECKSUM;
	/* Where more should follow, the text was cut there; behind all else it is a mistake. */
	if (dangling && (out->have >= need || !is_oa(v))) {
		out->at = (size_t)(core.ptr - text.ptr) + core.len - 1;
		return HASH_NOT_BASE64;
	}
	if (out->have < HEAD)
		return HASH_NOT_OA;
	if (need <= out->have && !is_run_of(bytes_between(v, need, decoded), '\0'))
		out->notes |= HASH_NOTE_PADDING;
	return HASH_WHOLE;
}

/* What the walk over the records leaves for the checks after it. */
struct survey {
	uint64_t seen;      /* a bit for each type */
	struct slice ek_id; /* of record 11, if it says that it is made from the TPM's key */
};

static bool
has_seen(const struct survey *s, enum hash_record_type type)
{
	return (s->seen >> type & 1) != 0;
}

static struct slice
identity_text(const struct hash_record *r)
{
	struct slice text = hash_record_text(r);

	/* SMBIOS counts strings from 1: the maker set none. */
	return slice_eq(text, slice_of("SMBIOS_STRING_INDEX_0")) ? (struct slice){ 0 } : text;
}

/* The UUID that board makers ship by the million is 03000200-0400-0500-0006-000700080009. */
static bool
uuid_is_worthless(struct slice uuid)
{
	static const char sample[] =
	    "\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06\x00\x07\x00\x08\x00\x09";

	return is_run_of(uuid, '\0') || is_run_of(uuid, '\xff') ||
	    slice_eq(uuid, (struct slice){ sample, sizeof sample - 1 });
}

/* Records whose fields stand at fixed places; they have been found regular. */
static void
take_fields(const struct hash_record *r, struct survey *s, struct hardware_hash *out)
{
	const char *p = r->payload.ptr;

	switch (r->type) {
	case HASH_RECORD_SYSTEM:
		out->collected_unix_s = (int64_t)hash_record_u32(p + 16) + HASH_EPOCH_UNIX_S;
		if (hash_record_u8(p + 21) != HASH_OS_FULL)
			out->notes |= HASH_NOTE_NOT_FULL_OS;
		break;
	case HASH_RECORD_UUID:
		if (!uuid_is_worthless(r->payload))
			out->uuid = r->payload;
		break;
	case HASH_RECORD_OFFLINE_ID:
		if (hash_record_u16(p + 4) == HASH_ID_TPM_EK)
			s->ek_id = slice_from(r->payload, 10);
		break;
	}
}

static void
take_text(const struct hash_record *r, struct hardware_hash *out)
{
	switch (r->type) {
	case HASH_RECORD_SERIAL:
		out->serial = identity_text(r);
		break;
	case HASH_RECORD_MANUFACTURER:
		out->manufacturer = identity_text(r);
		break;
	case HASH_RECORD_MODEL:
		out->model = identity_text(r);
		break;
	case HASH_RECORD_FAMILY:
		out->family = identity_text(r);
		break;
	case HASH_RECORD_VERSION:
		out->version = identity_text(r);
		break;
	case HASH_RECORD_PRODUCT_ID:
		out->product_id = identity_text(r);
		break;
	case HASH_RECORD_EK:
		out->ek = r->payload;
		break;
	}
}

/* Of a record that comes twice the first counts. */
static void
take_record(const struct hash_record *r, struct survey *s, struct hardware_hash *out)
{
	bool regular;

	if (!hash_record_is_known(r->type)) {
		out->unknown_records++;
		return;
	}
	regular = hash_record_is_regular(r);
	if (!regular || (has_seen(s, r->type) && !hash_record_repeats(r->type)))
		out->notes |= HASH_NOTE_UNUSUAL;
	if (has_seen(s, r->type))
		return;
	s->seen |= UINT64_C(1) << r->type;
	take_text(r, out);
	if (regular)
		take_fields(r, s, out);
}

static bool
is_set(struct slice value)
{
	value = value_trim(value);
	return value.len != 0 && !value_is_placeholder(value);
}

static bool
ek_agrees(struct hash_verifier *v, const struct survey *s, struct slice ek)
{
	uint8_t digest[32];

	if (!ek.len || !s->ek_id.len)
		return true;
	sha256(v, ek, digest);
	return slice_eq(s->ek_id, (struct slice){ (const char *)digest, sizeof digest });
}

/* What only the whole can tell. */
static unsigned
notes_of(struct hash_verifier *v, const struct survey *s, const struct hardware_hash *h)
{
	const int64_t collected = h->collected_unix_s;
	unsigned notes = 0;

	if (!is_set(h->serial))
		notes |= HASH_NOTE_NO_SERIAL;
	if (!is_set(h->manufacturer))
		notes |= HASH_NOTE_NO_MANUFACTURER;
	if (!is_set(h->model))
		notes |= HASH_NOTE_NO_MODEL;
	if (!has_seen(s, HASH_RECORD_TPM_VERSION) || !has_seen(s, HASH_RECORD_EK))
		notes |= HASH_NOTE_NO_TPM;
	if (!has_seen(s, HASH_RECORD_NETWORK))
		notes |= HASH_NOTE_NO_NETWORK;
	if (!has_seen(s, HASH_RECORD_DISK_NAME))
		notes |= HASH_NOTE_NO_DISK;
	if (!has_seen(s, HASH_RECORD_PRODUCT_ID))
		notes |= HASH_NOTE_NO_PRODUCT_ID;
	if (!h->uuid.len)
		notes |= HASH_NOTE_NO_UUID;
	if (!ek_agrees(v, s, h->ek))
		notes |= HASH_NOTE_EK_MISMATCH;
	if (collected != 0 && collected < YEAR_2015_UNIX_S)
		notes |= HASH_NOTE_TIME_EARLY;
	if (collected > v->now_unix_s + DAY_S)
		notes |= HASH_NOTE_TIME_FUTURE;
	return notes;
}

/* Walks the records, which have to end exactly at total. */
static enum hash_fault
read_records(const struct hash_verifier *v, size_t total, struct survey *s,
    struct hardware_hash *out)
{
	struct hash_record r;
	struct slice rest;

	/* A total that leaves no room for itself, or none for the checksum, is a damaged head. */
	if (total < HEAD || out->need > HARDWARE_HASH_BYTES)
		return HASH_MALFORMED;
	rest = bytes_between(v, HEAD, total);
	if (rest.len < HASH_RECORD_HEAD || hash_record_u16(rest.ptr) != HASH_RECORD_SYSTEM)
		out->notes |= HASH_NOTE_UNUSUAL;
	while (hash_record_take(&rest, &r))
		take_record(&r, s, out);
	out->at = total - rest.len;
	return rest.len == 0 ? HASH_WHOLE : HASH_MALFORMED;
}

/* Proves the bytes that a text was decoded to. */
static enum hash_fault
prove(struct hash_verifier *v, struct hardware_hash *out)
{
	static const char checksum_head[] = { 'C', 'S', HARDWARE_HASH_CHECKSUM, 0 };
	struct survey s = { 0 };
	struct slice checksum;
	enum hash_fault fault;
	size_t total;

	if (!is_oa(v))
		return out->have == LEGACY_BYTES ? HASH_LEGACY : HASH_NOT_OA;
	total = stated_total(v);
	out->need = total + HARDWARE_HASH_CHECKSUM;
	if (out->have < out->need)
		return HASH_TRUNCATED;
	fault = read_records(v, total, &s, out);
	if (fault != HASH_WHOLE)
		return fault;
	checksum = bytes_between(v, total, out->need);
	if (memcmp(checksum.ptr, checksum_head, sizeof checksum_head) != 0)
		return HASH_NO_CHECKSUM;
	sha256(v, bytes_between(v, 0, total), out->digest);
	if (memcmp(checksum.ptr + HASH_RECORD_HEAD, out->digest, sizeof out->digest) != 0)
		return HASH_CHECKSUM;
	out->notes |= notes_of(v, &s, out);
	out->used = bytes_between(v, 0, out->need);
	return HASH_WHOLE;
}

void
hash_verify(struct hash_verifier *v, struct slice text, struct hardware_hash *out)
{
	memset(out, 0, sizeof *out);
	if (text.len > HARDWARE_HASH_TEXT_MAX) {
		out->fault = HASH_TOO_LONG;
		return;
	}
	if (!decode_canonical(v, text, out))
		out->fault = decode_tolerant(v, text, out);
	if (out->fault == HASH_WHOLE)
		out->fault = prove(v, out);
}

void
hardware_hash_canonical(struct slice used, char dst[HARDWARE_HASH_CHARS])
{
	uint8_t bytes[HARDWARE_HASH_BYTES] = { 0 };

	assert(used.len <= sizeof bytes);
	memcpy(bytes, used.ptr, used.len);
	base64_encode(bytes, sizeof bytes, dst);
}

const char *
hash_fault_text(enum hash_fault fault)
{
	switch (fault) {
	case HASH_WHOLE:
		return "the hash is whole and undamaged";
	case HASH_EMPTY:
		return "there is no hash";
	case HASH_NOT_BASE64:
		return "the hash holds a character that is not base64";
	case HASH_NOT_OA:
		return "this is not a hardware hash: it does not begin with \"OA\"";
	case HASH_LEGACY:
		return "this is the short hash of Windows 10 1703 and earlier";
	case HASH_TRUNCATED:
		return "the hash is cut short";
	case HASH_MALFORMED:
		return "the hash is damaged: a record has a wrong length";
	case HASH_NO_CHECKSUM:
		return "the hash is damaged: its checksum is not where it should be";
	case HASH_CHECKSUM:
		return "the hash is damaged: its checksum does not match";
	case HASH_TOO_LONG:
		return "the text is too long for a hardware hash";
	}
	abort();
}

const char *
hash_note_text(enum hash_note one_bit)
{
	switch (one_bit) {
	case HASH_NOTE_NONCANONICAL:
		return "the text is wrapped, quoted or not 4000 characters long";
	case HASH_NOTE_PADDING:
		return "the padding behind the checksum is not zero";
	case HASH_NOTE_NO_SERIAL:
		return "the hash holds no serial number, or a factory default";
	case HASH_NOTE_NO_MANUFACTURER:
		return "the hash holds no manufacturer, or a factory default";
	case HASH_NOTE_NO_MODEL:
		return "the hash holds no model, or a factory default";
	case HASH_NOTE_NO_TPM:
		return "the hash lacks the TPM or its key, so self-deploying and pre-provisioning will fail";
	case HASH_NOTE_NO_NETWORK:
		return "the hash lists no network adapter";
	case HASH_NOTE_NO_DISK:
		return "the hash lists no disk";
	case HASH_NOTE_NO_PRODUCT_ID:
		return "the hash holds no product key id";
	case HASH_NOTE_NO_UUID:
		return "the hash holds no UUID, or one that many devices share";
	case HASH_NOTE_EK_MISMATCH:
		return "the offline device id does not belong to the TPM's key";
	case HASH_NOTE_NOT_FULL_OS:
		return "the hash was collected in Windows PE, not in a full Windows";
	case HASH_NOTE_TIME_EARLY:
		return "the device's clock was before 2015 when the hash was collected";
	case HASH_NOTE_TIME_FUTURE:
		return "the device's clock was ahead when the hash was collected";
	case HASH_NOTE_UNUSUAL:
		return "a record of the hash has an unusual form";
	}
	abort();
}
