/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * What can be wrong (or mended, or worth knowing) in a device list: one code each, with its
 * severity, the advice and a longer explanation. The codes are a contract: scripts read them.
 *
 * An error refuses the row (or the file); a warning and an info never do.
 */
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO };

enum finding_code {
	/* on the file */
	FINDING_NOT_A_LIST,
	FINDING_LIST_EMPTY,
	FINDING_COLUMNS_UNKNOWN,
	FINDING_ENCODING_MIXED,
	FINDING_ENCODING_CUT,    /* warning: NULs at the end of the file, the copy was cut */
	FINDING_UNREADABLE,      /* cannot be opened or read */
	FINDING_HEADING_MISSING, /* warning: columns were recognised by their values */
	FINDING_TAG_NOT_WRITTEN, /* warning, convert: the output format has no tag column */
	/* on the row as a whole */
	FINDING_SAMPLE_DATA,
	FINDING_HEADER_ROW,
	FINDING_COLUMN_COUNT,
	FINDING_NO_IDENTITY,
	FINDING_ROW_TOO_LONG,
	FINDING_UNCLOSED_QUOTE,
	FINDING_DUPLICATE,
	FINDING_CONFLICT,
	FINDING_SHARED_IDENTITY, /* warning: same UUID as another serial number */
	FINDING_SHORT_SERIALS,   /* warning: some have fewer digits than the others of the list */
	FINDING_VALUE_NOT_WRITABLE,
	/* on the hash */
	FINDING_HASH_NOT_BASE64,
	FINDING_HASH_NOT_OA,
	FINDING_HASH_TRUNCATED,
	FINDING_HASH_MALFORMED,
	FINDING_HASH_CHECKSUM,
	FINDING_HASH_LEGACY,
	FINDING_HASH_NONCANONICAL,
	FINDING_HASH_INCOMPLETE, /* warning: no serial or manufacturer inside the hash */
	FINDING_HASH_UNUSUAL,    /* warning: W6, W7, W8 */
	FINDING_SERIAL_MISMATCH,
	FINDING_MANUFACTURER_MISMATCH,
	FINDING_MODEL_MISMATCH,
	FINDING_PRODUCT_ID_MISMATCH,
	/* on a value */
	FINDING_PLACEHOLDER_SERIAL,
	FINDING_PLACEHOLDER_VALUE, /* make or model is a factory default: as placeholder-serial */
	FINDING_BAD_PRODUCT_ID,
	FINDING_PRODUCT_KEY,
	FINDING_EXCEL_DAMAGE,
	FINDING_LEADING_ZEROS, /* warning, repaired: restored from a proven hash */
	FINDING_WHITESPACE,
	FINDING_QUOTED_VALUE, /* warning, repaired: quotes kept inside a value */
	FINDING_DAMAGED_TEXT, /* U+FFFD, control or invisible characters: error without a hash */
	FINDING_VALUE_TOO_LONG,
	FINDING_FILLED,        /* info, repaired: an empty cell filled from a proven hash */
	FINDING_KNOWN_VARIANT, /* warning: "Lenovo" where the firmware says "LENOVO", tuples only */
	FINDING_SERIAL_BLANKS, /* warning: blanks inside the serial */
	FINDING_BAD_USER,      /* warning: assigned user is no user principal name */
	FINDING_TAG_MISMATCH,
	FINDING_TAG_NEAR_MISS,
	FINDING_VIRTUAL_MACHINE,
};
enum { NFINDING = FINDING_VIRTUAL_MACHINE + 1 };

struct finding_info {
	const char *code;       /* "hash-truncated" */
	enum severity severity; /* where it depends on the row, the graver one */
	const char *title;      /* a few words, for headlines and completions */
	const char *advice;     /* one or two sentences: what to do */
	/*
	 * For --explain: paragraphs, what it is, how it comes about, what the service would answer,
	 * how autoreg handles it. Lines of at most 78 characters, each with its line end,
	 * paragraphs set off by an empty one.
	 */
	const char *explain;
};

/* Static; never NULL. */
const struct finding_info *finding_info(enum finding_code code);

/* By name, case as given; NULL if there is none. *out is set otherwise. */
const struct finding_info *finding_by_name(struct slice name, enum finding_code *out);

const char *severity_name(enum severity s); /* "error", "warning", "info" */

/*
 * One finding. The slices belong to whoever hands it out and hold as long as he says.
 */
struct finding {
	enum finding_code code;
	enum severity severity;
	uint64_t line;        /* physical line on which the row begins; 0: the file as a whole */
	const char *column;   /* static name of the column, or NULL */
	struct slice message; /* what happened, one line, no line end */
	struct slice advice;  /* what to do */
	struct slice serial;  /* of the row, if one could be read; never of a refused product key */
};
