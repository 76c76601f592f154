/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/row_check.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "devices/field_rules.h"
#include "devices/group_tag.h"
#include "devices/hardware_hash.h"
#include "devices/hash_findings.h"
#include "devices/product_key.h"
#include "devices/row_findings.h"

enum {
	SERIAL_MAX = 128,     /* 54 is the longest seen */
	NAME_MAX_BYTES = 256, /* manufacturer, model, user */
	TAG_MAX = 512,        /* what Intune stores. Source: sources.md#field-rules */
};

struct row_checker {
	const struct row_policy *policy;
	struct hash_verifier *verifier;
	struct row_findings found;
	char canonical[HARDWARE_HASH_CHARS];

	/* What the last row without any finding said: most rows of a list say the same. */
	struct familiar {
		char text[VALUE_SHOWN_MAX];
		size_t len;
	} familiar[NCOLUMN];

	/* the row at hand */
	struct slice value[NCOLUMN]; /* trimmed, unquoted */
	bool is_familiar[NCOLUMN];   /* nothing can be wrong with the value by itself */
	struct hardware_hash hash;
	bool proven; /* hash is whole */
};

enum err_code
row_checker_new(const struct row_policy *policy, struct row_checker **out, struct err *err)
{
	struct row_checker *rc = calloc(1, sizeof *rc);

	if (!rc)
		return err_set(err, ERR_NOMEM, "row checker");
	rc->policy = policy;
	if (hash_verifier_new(policy->now_unix_s, &rc->verifier, err)) {
		free(rc);
		return err->code;
	}
	*out = rc;
	return ERR_OK;
}

void
row_checker_free(struct row_checker *rc)
{
	if (!rc)
		return;
	hash_verifier_free(rc->verifier);
	free(rc);
}

/* --- findings ------------------------------------------------------------------------------ */

/* A finding of the severity that its code always has. */
__attribute__((format(printf, 4, 5))) static void
note(struct row_checker *rc, enum finding_code code, enum column col, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	row_findings_vadd(&rc->found, code, finding_info(code)->severity,
	    col == COLUMN_UNKNOWN ? NULL : column_name(col), fmt, ap);
	va_end(ap);
}

/* A finding that is an error only if nothing else identifies the device. */
__attribute__((format(printf, 5, 6))) static void
note_unless(struct row_checker *rc, bool otherwise_identified, enum finding_code code,
    enum column col, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	row_findings_vadd(&rc->found, code,
	    otherwise_identified ? SEVERITY_WARNING : SEVERITY_ERROR, column_name(col), fmt, ap);
	va_end(ap);
}

/* --- single values --------------------------------------------------------------------------- */

/* Only these repeat from row to row. */
static const enum column repeating[] = { COLUMN_MANUFACTURER, COLUMN_MODEL };

static void
recognise_familiar(struct row_checker *rc)
{
	for (size_t i = 0; i < sizeof repeating / sizeof repeating[0]; i++) {
		const struct familiar *f = &rc->familiar[repeating[i]];

		rc->is_familiar[repeating[i]] =
		    slice_eq(rc->value[repeating[i]], (struct slice){ f->text, f->len });
	}
}

static void
remember_familiar(struct row_checker *rc)
{
	for (size_t i = 0; i < sizeof repeating / sizeof repeating[0]; i++) {
		struct familiar *f = &rc->familiar[repeating[i]];
		struct slice v = rc->value[repeating[i]];

		if (!rc->is_familiar[repeating[i]] && v.len && v.len <= sizeof f->text) {
			memcpy(f->text, v.ptr, v.len);
			f->len = v.len;
		}
	}
}

/* The value, for rules that look at nothing else: empty if they have passed it before. */
static struct slice
fresh(const struct row_checker *rc, enum column col)
{
	return rc->is_familiar[col] ? (struct slice){ NULL, 0 } : rc->value[col];
}

static bool
find_sample(struct row_checker *rc)
{
	static const struct {
		enum column col;
		enum sample_column sample;
	} map[] = {
		{ COLUMN_SERIAL, SAMPLE_SERIAL },
		{ COLUMN_PRODUCT_ID, SAMPLE_PRODUCT_ID },
		{ COLUMN_HASH, SAMPLE_HASH },
		{ COLUMN_MANUFACTURER, SAMPLE_MANUFACTURER },
		{ COLUMN_MODEL, SAMPLE_MODEL },
	};

	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
		struct slice v = fresh(rc, map[i].col);

		if (v.len && value_is_sample(map[i].sample, v)) {
			note(rc, FINDING_SAMPLE_DATA, map[i].col,
			    "\"" SLICE_FMT "\" is an example of the template", VALUE_SHOWN(v));
			return true;
		}
	}
	return false;
}

/* Trims and unquotes every cell but the tag, which is compared to the letter by the service. */
static void
take_values(struct row_checker *rc, const struct row_fields *row)
{
	for (enum column c = 0; c < NCOLUMN; c++) {
		struct slice v = row->cell[c];

		rc->value[c] = v;
		if (c == COLUMN_TAG || c == COLUMN_ORDER)
			continue;
		v = value_trim(v);
		if (v.len != row->cell[c].len && v.len)
			note(rc, FINDING_WHITESPACE, c, "blanks around the value, removed");
		if (c != COLUMN_HASH && value_is_quoted(v)) {
			v = value_trim((struct slice){ v.ptr + 1, v.len - 2 });
			note(rc, FINDING_QUOTED_VALUE, c, "quotes around the value, removed");
		}
		rc->value[c] = v;
	}
}

/* Firmware writes names as it likes; only another name is worth a word, not another case. */
static void
check_name_against_hash(struct row_checker *rc, enum column col, struct slice in_hash,
    enum finding_code code)
{
	struct slice v = rc->value[col];

	in_hash = value_trim(in_hash);
	if (v.len && in_hash.len && !slice_eq_nocase(v, in_hash) && !value_is_placeholder(in_hash))
		note(rc, code, col, "the list says \"" SLICE_FMT "\", the hash \"" SLICE_FMT "\"",
		    VALUE_SHOWN(v), VALUE_SHOWN(in_hash));
}

/* Restores the zeros that a spreadsheet dropped, if the hash proves them. */
static bool
restore_zeros(struct row_checker *rc, enum column col, struct slice in_hash)
{
	struct slice v = rc->value[col];

	if (!value_lost_zeros(v, in_hash))
		return false;
	note(rc, FINDING_LEADING_ZEROS, col,
	    "leading zeros were lost: \"" SLICE_FMT "\" is \"" SLICE_FMT "\", as the hash says",
	    VALUE_SHOWN(v), VALUE_SHOWN(in_hash));
	rc->value[col] = in_hash;
	return true;
}

static void
check_serial_against_hash(struct row_checker *rc)
{
	struct slice v = rc->value[COLUMN_SERIAL];
	struct slice in_hash = value_trim(rc->hash.serial);

	if (!v.len || !in_hash.len || slice_eq(v, in_hash) ||
	    (rc->hash.notes & HASH_NOTE_NO_SERIAL) || restore_zeros(rc, COLUMN_SERIAL, in_hash))
		return;
	note_unless(rc, rc->policy->accept_serial_mismatch, FINDING_SERIAL_MISMATCH, COLUMN_SERIAL,
	    "the list says \"" SLICE_FMT "\", the hash \"" SLICE_FMT "\"", VALUE_SHOWN(v),
	    VALUE_SHOWN(in_hash));
}

/*
 * An empty cell whose value the hash proves. A column that the list does not have is filled in
 * silence.
 */
static void
fill(struct row_checker *rc, const struct row_fields *row, enum column col, struct slice in_hash)
{
	in_hash = value_trim(in_hash);
	if (rc->value[col].len || !in_hash.len || value_is_placeholder(in_hash))
		return;
	rc->value[col] = in_hash;
	if (row->has_column[col])
		note(rc, FINDING_FILLED, col, "was empty, filled from the hash: \"" SLICE_FMT "\"",
		    VALUE_SHOWN(in_hash));
}

static void
check_hash(struct row_checker *rc, const struct row_fields *row)
{
	if (!rc->value[COLUMN_HASH].len)
		return;
	hash_verify(rc->verifier, rc->value[COLUMN_HASH], &rc->hash);
	rc->proven = rc->hash.fault == HASH_WHOLE;
	if (rc->proven && product_key_in_hash(&rc->hash)) {
		note(rc, FINDING_PRODUCT_KEY, COLUMN_HASH,
		    "a 25-character product key stands inside the hash");
		return;
	}
	hash_findings_add(&rc->hash, rc->value[COLUMN_HASH].len, row->last_and_cut, &rc->found);
	if (!rc->proven)
		return;
	check_serial_against_hash(rc);
	check_name_against_hash(rc, COLUMN_MANUFACTURER, rc->hash.manufacturer,
	    FINDING_MANUFACTURER_MISMATCH);
	check_name_against_hash(rc, COLUMN_MODEL, rc->hash.model, FINDING_MODEL_MISMATCH);
	if (!restore_zeros(rc, COLUMN_PRODUCT_ID, rc->hash.product_id))
		check_name_against_hash(rc, COLUMN_PRODUCT_ID, rc->hash.product_id,
		    FINDING_PRODUCT_ID_MISMATCH);
	fill(rc, row, COLUMN_SERIAL, rc->hash.serial);
	fill(rc, row, COLUMN_MANUFACTURER, rc->hash.manufacturer);
	fill(rc, row, COLUMN_MODEL, rc->hash.model);
}

static void
check_excel(struct row_checker *rc)
{
	static const enum column col[] = { COLUMN_SERIAL, COLUMN_PRODUCT_ID, COLUMN_MODEL };

	for (size_t i = 0; i < sizeof col / sizeof col[0]; i++) {
		struct slice v = fresh(rc, col[i]);

		if (v.len && value_is_excel_damage(v))
			note(rc, FINDING_EXCEL_DAMAGE, col[i],
			    "\"" SLICE_FMT "\" is what a spreadsheet made of the value",
			    VALUE_SHOWN(v));
	}
}

static void
check_length(struct row_checker *rc)
{
	static const struct {
		enum column col;
		size_t max;
	} limit[] = {
		{ COLUMN_SERIAL, SERIAL_MAX },
		{ COLUMN_PRODUCT_ID, SERIAL_MAX },
		{ COLUMN_MANUFACTURER, NAME_MAX_BYTES },
		{ COLUMN_MODEL, NAME_MAX_BYTES },
		{ COLUMN_TAG, TAG_MAX },
		{ COLUMN_USER, NAME_MAX_BYTES },
	};

	for (size_t i = 0; i < sizeof limit / sizeof limit[0]; i++) {
		size_t len = fresh(rc, limit[i].col).len;

		if (len > limit[i].max)
			note(rc, FINDING_VALUE_TOO_LONG, limit[i].col,
			    "%zu bytes, at most %zu are taken", len, limit[i].max);
	}
}

static void
check_damage(struct row_checker *rc)
{
	static const enum column identity[] = { COLUMN_SERIAL, COLUMN_PRODUCT_ID,
		COLUMN_MANUFACTURER, COLUMN_MODEL };

	for (size_t i = 0; i < sizeof identity / sizeof identity[0]; i++) {
		if (value_is_damaged(fresh(rc, identity[i])))
			note_unless(rc, rc->proven, FINDING_DAMAGED_TEXT, identity[i],
			    "a character that is damaged or cannot be seen stands in the value");
	}
	if (value_is_damaged(rc->value[COLUMN_TAG]))
		note_unless(rc, false, FINDING_DAMAGED_TEXT, COLUMN_TAG,
		    "a character that is damaged or cannot be seen stands in the tag");
}

static bool
has_good_product_id(const struct row_checker *rc)
{
	return product_id_is_good(rc->value[COLUMN_PRODUCT_ID]);
}

/* A factory default? What equals the hash's own value was judged there. */
static bool
is_placeholder(const struct row_checker *rc, enum column col)
{
	static const unsigned bad[NCOLUMN] = {
		[COLUMN_SERIAL] = HASH_NOTE_NO_SERIAL,
		[COLUMN_MANUFACTURER] = HASH_NOTE_NO_MANUFACTURER,
		[COLUMN_MODEL] = HASH_NOTE_NO_MODEL,
	};
	struct slice v = rc->value[col];

	if (rc->proven) {
		const struct slice in_hash = col == COLUMN_SERIAL ? rc->hash.serial
		    : col == COLUMN_MANUFACTURER                  ? rc->hash.manufacturer
		                                                  : rc->hash.model;

		if (slice_eq(v, in_hash))
			return rc->hash.notes & bad[col];
	}
	return value_is_placeholder(v);
}

static void
check_serial(struct row_checker *rc)
{
	struct slice v = rc->value[COLUMN_SERIAL];

	if (!v.len)
		return;
	if (is_placeholder(rc, COLUMN_SERIAL))
		note_unless(rc, rc->proven || has_good_product_id(rc), FINDING_PLACEHOLDER_SERIAL,
		    COLUMN_SERIAL, "\"" SLICE_FMT "\" is a factory default that many devices share",
		    VALUE_SHOWN(v));
	else if (memchr(v.ptr, ' ', v.len))
		note(rc, FINDING_SERIAL_BLANKS, COLUMN_SERIAL,
		    "\"" SLICE_FMT "\" has blanks inside", VALUE_SHOWN(v));
}

static bool
has_tuple(const struct row_checker *rc)
{
	return rc->value[COLUMN_SERIAL].len && rc->value[COLUMN_MANUFACTURER].len &&
	    rc->value[COLUMN_MODEL].len;
}

static void
check_product_id(struct row_checker *rc)
{
	struct slice v = rc->value[COLUMN_PRODUCT_ID];

	if (v.len && !product_id_is_good(v) && !value_is_excel_damage(v))
		note_unless(rc, rc->proven || has_tuple(rc), FINDING_BAD_PRODUCT_ID,
		    COLUMN_PRODUCT_ID, "\"" SLICE_FMT "\" is not 13 digits", VALUE_SHOWN(v));
}

/* Make and model matter only where they have to match what the maker reported: without a hash. */
static void
check_names(struct row_checker *rc)
{
	static const enum column col[] = { COLUMN_MANUFACTURER, COLUMN_MODEL };
	bool otherwise = rc->proven || has_good_product_id(rc);

	for (size_t i = 0; i < sizeof col / sizeof col[0]; i++) {
		struct slice v = fresh(rc, col[i]);

		if (v.len && is_placeholder(rc, col[i]))
			note_unless(rc, otherwise, FINDING_PLACEHOLDER_VALUE, col[i],
			    "\"" SLICE_FMT "\" is a factory default", VALUE_SHOWN(v));
	}
	if (!otherwise && rc->value[COLUMN_MANUFACTURER].len) {
		const char *known = manufacturer_known_variant(rc->value[COLUMN_MANUFACTURER]);

		if (known)
			note(rc, FINDING_KNOWN_VARIANT, COLUMN_MANUFACTURER,
			    "\"" SLICE_FMT "\": the firmware of this maker usually says \"%s\"",
			    VALUE_SHOWN(rc->value[COLUMN_MANUFACTURER]), known);
	}
}

static void
check_user(struct row_checker *rc)
{
	struct slice v = rc->value[COLUMN_USER];

	if (v.len && !value_is_upn(v))
		note(rc, FINDING_BAD_USER, COLUMN_USER,
		    "\"" SLICE_FMT "\" is not a user principal name", VALUE_SHOWN(v));
}

static void
check_virtual(struct row_checker *rc)
{
	const char *kind = virtual_machine_kind(fresh(rc, COLUMN_MANUFACTURER),
	    fresh(rc, COLUMN_MODEL), rc->value[COLUMN_SERIAL]);

	if (kind)
		note(rc, FINDING_VIRTUAL_MACHINE, COLUMN_UNKNOWN, "a virtual machine (%s)", kind);
}

static void
check_identity(struct row_checker *rc)
{
	char have[64] = "";
	static const enum column col[] = { COLUMN_SERIAL, COLUMN_MANUFACTURER, COLUMN_MODEL };

	if (rc->value[COLUMN_HASH].len || has_good_product_id(rc) || has_tuple(rc))
		return;
	if (rc->value[COLUMN_PRODUCT_ID].len)
		return; /* bad-product-id has said it */
	for (size_t i = 0, n = 0; i < sizeof col / sizeof col[0]; i++) {
		if (rc->value[col[i]].len)
			n += (size_t)snprintf(have + n, sizeof have - n, "%s%s", n ? ", " : "",
			    column_name(col[i]));
	}
	note(rc, FINDING_NO_IDENTITY, COLUMN_UNKNOWN,
	    "nothing identifies the device (there is: %s)", have[0] ? have : "no value");
}

/* --- the row ---------------------------------------------------------------------------------- */

static bool
is_utf8(struct slice v)
{
	while (v.len) {
		if (utf8_take(&v) < 0)
			return false;
	}
	return true;
}

/* No column has it, so nothing was said of it: what is of no use is left out in silence. */
static struct slice
family_of(const struct hardware_hash *h)
{
	struct slice v = value_trim(h->family);
	size_t at;

	if (!is_utf8(v) || value_is_damaged(v) || value_is_placeholder(v) ||
	    text_has_product_key(v, &at))
		return (struct slice){ NULL, 0 };
	return v;
}

static void
make_device(struct row_checker *rc, struct device *d)
{
	*d = (struct device){
		.serial = rc->value[COLUMN_SERIAL],
		.product_id = rc->value[COLUMN_PRODUCT_ID],
		.manufacturer = rc->value[COLUMN_MANUFACTURER],
		.model = rc->value[COLUMN_MODEL],
		.group_tag =
		    rc->value[COLUMN_TAG].len ? rc->value[COLUMN_TAG] : rc->policy->default_tag,
		.assigned_user = rc->value[COLUMN_USER],
	};
	if (!rc->proven)
		return;
	d->family = family_of(&rc->hash);
	if (product_id_is_good(value_trim(rc->hash.product_id)))
		d->hash_product_id = value_trim(rc->hash.product_id);
	d->hash = rc->value[COLUMN_HASH];
	if (rc->hash.notes & (HASH_NOTE_NONCANONICAL | HASH_NOTE_PADDING)) {
		hardware_hash_canonical(rc->hash.used, rc->canonical);
		d->hash = (struct slice){ rc->canonical, sizeof rc->canonical };
	}
}

static void
make_key(struct row_checker *rc, const struct device *d, struct device_key *key)
{
	struct device_identity id = {
		.serial = d->serial,
		.serial_is_shared = d->serial.len && is_placeholder(rc, COLUMN_SERIAL),
		.manufacturer = d->manufacturer,
	};

	if (has_good_product_id(rc))
		id.product_id = d->product_id;
	if (rc->proven) {
		struct slice serial = value_trim(rc->hash.serial);
		struct slice maker = value_trim(rc->hash.manufacturer);

		if (!(rc->hash.notes & HASH_NOTE_NO_SERIAL)) {
			id.serial = serial;
			id.serial_is_shared = false;
		}
		if (!(rc->hash.notes & HASH_NOTE_NO_MANUFACTURER))
			id.manufacturer = maker;
		id.uuid = rc->hash.uuid;
		id.ek = rc->hash.ek;
		id.digest = rc->hash.digest;
		id.collected_unix_s = rc->hash.collected_unix_s;
	}
	device_key_make(rc->policy->key_seed, &id, key);
}

/* The serial goes with every finding, so that people can find the device; a spoilt one does not. */
static void
finish(struct row_checker *rc, struct checked_row *out)
{
	for (size_t i = 0; i < rc->found.n; i++)
		rc->found.finding[i].serial = value_shown(rc->value[COLUMN_SERIAL]);
	out->finding = rc->found.finding;
	out->nfinding = rc->found.n;
	out->refused = rc->found.refused;
}

void
row_begin(struct row_checker *rc, struct checked_row *out)
{
	row_findings_reset(&rc->found);
	rc->proven = false;
	memset(rc->value, 0, sizeof rc->value);
	memset(rc->is_familiar, 0, sizeof rc->is_familiar);
	memset(out, 0, sizeof *out);
}

void
row_check(struct row_checker *rc, const struct row_fields *row, struct checked_row *out)
{
	enum column where;

	row_begin(rc, out);
	if (product_key_in_row(row, &where)) {
		note(rc, FINDING_PRODUCT_KEY, where,
		    "a 25-character product key stands in this cell");
		finish(rc, out);
		return;
	}
	take_values(rc, row);
	recognise_familiar(rc);
	if (find_sample(rc)) {
		finish(rc, out);
		return;
	}
	check_excel(rc);
	check_length(rc);
	if (!rc->found.refused) {
		check_hash(rc, row);
		recognise_familiar(rc); /* again, for what the hash has filled in */
	}
	check_damage(rc);
	check_serial(rc);
	check_product_id(rc);
	check_names(rc);
	group_tag_check(rc->value[COLUMN_TAG], rc->policy->allowed_tag, rc->policy->nallowed_tag,
	    &rc->found);
	check_user(rc);
	check_virtual(rc);
	if (!rc->found.refused)
		check_identity(rc);
	finish(rc, out);
	if (out->refused)
		return;
	if (rc->found.n == 0)
		remember_familiar(rc);
	make_device(rc, &out->device);
	make_key(rc, &out->device, &out->key);
}

void
row_refuse(struct row_checker *rc, struct checked_row *out, enum finding_code code,
    const char *column, const char *fmt, ...)
{
	va_list ap;

	assert(finding_info(code)->severity == SEVERITY_ERROR);
	va_start(ap, fmt);
	row_findings_vadd(&rc->found, code, SEVERITY_ERROR, column, fmt, ap);
	va_end(ap);
	finish(rc, out);
}
