/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * Proves one hardware hash (the "4K hash") offline: is it whole, is it undamaged, and which
 * device does it say it is.
 *
 * The text is base64 of "OA", a u16 total, type-length-value records up to total, a "CS" record
 * with the SHA-256 of the first total bytes, and zeros up to 3000 bytes: 4000 characters.
 * Source: sources.md#hardware-hash
 *
 * A bad hash is a result, not an error. The reader bounds every access by the record, then by
 * total, then by the decoded size; unknown records are skipped.
 */

enum {
	HARDWARE_HASH_BYTES = 3000,     /* a whole hash, decoded */
	HARDWARE_HASH_CHARS = 4000,     /* the same as text */
	HARDWARE_HASH_TEXT_MAX = 16384, /* longer texts are refused unread */
	HARDWARE_HASH_CHECKSUM = 36,    /* the "CS" record, its head included */
};

enum hash_fault {
	HASH_WHOLE = 0,
	HASH_EMPTY,       /* no text */
	HASH_NOT_BASE64,  /* at: offset of the first character that is not base64 */
	HASH_NOT_OA,      /* base64, but no "OA" in front */
	HASH_LEGACY,      /* no "OA", 128 bytes: the short hash of Windows 10 1703 and earlier */
	HASH_TRUNCATED,   /* have of need bytes */
	HASH_MALFORMED,   /* at: byte offset of the record that is damaged */
	HASH_NO_CHECKSUM, /* at: byte offset where the "CS" record should stand */
	HASH_CHECKSUM,    /* SHA-256 differs */
	HASH_TOO_LONG,    /* longer than HARDWARE_HASH_TEXT_MAX */
};

/*
 * What is odd about a whole hash. Bits of hardware_hash.notes; W1 to W8 are the numbers of the
 * checks. Source: sources.md#hardware-hash
 */
enum hash_note {
	HASH_NOTE_NONCANONICAL = 1u << 0, /* W1: wrapped, '=' missing, not 4000 characters, ... */
	HASH_NOTE_PADDING = 1u << 1,      /* W2: padding that is not zero */
	HASH_NOTE_NO_SERIAL = 1u << 2,    /* W4: missing, blank, index 0 or a factory default */
	HASH_NOTE_NO_MANUFACTURER = 1u << 3, /* W4 */
	HASH_NOTE_NO_MODEL = 1u << 4,        /* W4 */
	HASH_NOTE_NO_TPM = 1u << 5,          /* W5: no record 13 or 25 */
	HASH_NOTE_NO_NETWORK = 1u << 6,      /* W5: no record 8 */
	HASH_NOTE_NO_DISK = 1u << 7,         /* W5: no record 7 */
	HASH_NOTE_NO_PRODUCT_ID = 1u << 8,   /* W5: no record 24 */
	HASH_NOTE_NO_UUID = 1u << 9,         /* W5: absent, all 0, all FF, or the worthless one */
	HASH_NOTE_EK_MISMATCH = 1u << 10,    /* W6: record 11 is not the SHA-256 of record 25 */
	HASH_NOTE_NOT_FULL_OS = 1u << 11,    /* W7: collected in Windows PE */
	HASH_NOTE_TIME_EARLY = 1u << 12,     /* W7: collected before 2015 */
	HASH_NOTE_TIME_FUTURE = 1u << 13,    /* W7: collected after now_unix_s plus a day */
	HASH_NOTE_UNUSUAL = 1u << 14, /* W8: a record of unusual form, or in the wrong place */
};

/*
 * The identity of a device as its hash tells it. Slices point into the verifier's buffer: valid
 * until its next call. Text is without its NUL and as it stands in the record, "" if absent
 * or "SMBIOS_STRING_INDEX_0".
 * On a fault only fault, at, have and need mean something.
 */
struct hardware_hash {
	enum hash_fault fault;
	size_t at;   /* see enum hash_fault */
	size_t have; /* decoded bytes there are */
	size_t need; /* total + 36: decoded bytes there must be */
	unsigned notes;
	unsigned unknown_records; /* records of a type that sources.md does not know */

	struct slice serial;       /* record 14 */
	struct slice manufacturer; /* record 16 */
	struct slice model;        /* record 17 */
	struct slice family;       /* record 19 */
	struct slice version;      /* record 23 */
	struct slice product_id;   /* record 24, the PKID */
	struct slice uuid;        /* record 12, 16 bytes as in SMBIOS; len 0 if HASH_NOTE_NO_UUID */
	struct slice ek;          /* record 25, the TPM's public endorsement key; len 0 if absent */
	int64_t collected_unix_s; /* record 1; 0 if absent */
	struct slice used;        /* the bytes [0, total + 36): all that carries data */
	uint8_t digest[32];       /* SHA-256 of [0, total), as proven: names this very capture */
};

/*
 * Room and digest context for one thread. The digest is fetched once, here: fetching it for
 * every hash costs a third more.
 */
struct hash_verifier;

/* now_unix_s: for HASH_NOTE_TIME_FUTURE. Errors: ERR_NOMEM, ERR_IO (no SHA-256 in the library). */
MUST_USE enum err_code hash_verifier_new(int64_t now_unix_s, struct hash_verifier **out,
    struct err *err);
/* Accepts NULL. */
void hash_verifier_free(struct hash_verifier *v);

/*
 * Proves one text. Tolerates (and notes) blanks and quotes around it, line breaks inside,
 * missing or surplus '='. text is only read during the call. out is always filled.
 */
void hash_verify(struct hash_verifier *v, struct slice text, struct hardware_hash *out);

/*
 * The canonical text of a hash that was found HASH_WHOLE: base64 of its used bytes, filled with
 * zeros to 3000 bytes: exactly HARDWARE_HASH_CHARS characters, no NUL. used: as in struct
 * hardware_hash, at most HARDWARE_HASH_BYTES.
 */
void hardware_hash_canonical(struct slice used, char dst[HARDWARE_HASH_CHARS]);

/* One short sentence for people about fault and notes; static text. */
const char *hash_fault_text(enum hash_fault fault);
const char *hash_note_text(enum hash_note one_bit);
