/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/field_rules.h"

#include <ctype.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A word of a table, its length settled by the compiler: these tables are walked for every row. */
#define WORD(literal) \
	{ \
		(literal), sizeof(literal) - 1 \
	}

static bool
starts(struct slice s, const char *prefix)
{
	return slice_starts_nocase(s, slice_of(prefix));
}

static bool
is_one_of(struct slice v, const struct slice *word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v.len == word[i].len && slice_eq_nocase(v, word[i]))
			return true;
	}
	return false;
}

/* In a shape '9' stands for a digit, 'X' for a letter or digit, all else for itself. */
static bool
fits(unsigned char c, char shape)
{
	switch (shape) {
	case '9':
		return isdigit(c);
	case 'X':
		return isalnum(c);
	default:
		return c == (unsigned char)shape;
	}
}

static bool
has_shape(struct slice v, const char *shape)
{
	if (v.len != strlen(shape))
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (!fits((unsigned char)v.ptr[i], shape[i]))
			return false;
	}
	return true;
}

static size_t
count_digits(struct slice v)
{
	size_t n = 0;

	while (n < v.len && isdigit((unsigned char)v.ptr[n]))
		n++;
	return n;
}

static bool
all_digits(struct slice v)
{
	return v.len > 0 && count_digits(v) == v.len;
}

/* Wider than one byte: U+00A0, U+200B to U+200D, U+2060, U+FEFF, U+3000. */
static const char *const wide_blank[] = {
	"\xc2\xa0",
	"\xe2\x80\x8b",
	"\xe2\x80\x8c",
	"\xe2\x80\x8d",
	"\xe2\x81\xa0",
	"\xef\xbb\xbf",
	"\xe3\x80\x80",
};

static bool
is_ascii_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_visible(char c)
{
	return c > ' ' && c < 0x7f;
}

size_t
value_blank(struct slice v)
{
	if (v.len == 0)
		return 0;
	if ((unsigned char)*v.ptr < 0x80)
		return is_ascii_blank(*v.ptr);
	for (size_t i = 0; i < sizeof wide_blank / sizeof wide_blank[0]; i++) {
		size_t n = strlen(wide_blank[i]);

		if (n <= v.len && memcmp(v.ptr, wide_blank[i], n) == 0)
			return n;
	}
	return 0;
}

static size_t
blank_at_end(struct slice v)
{
	char last = v.ptr[v.len - 1];

	if ((unsigned char)last < 0x80)
		return is_ascii_blank(last);
	for (size_t n = 2; n <= 3 && n <= v.len; n++) {
		if (value_blank(slice_from(v, v.len - n)) == n)
			return n;
	}
	return 0;
}

struct slice
value_trim(struct slice v)
{
	size_t n;

	/* Nearly every value begins and ends in a character that can be seen, and is ASCII. */
	if (v.len == 0 || (is_visible(v.ptr[0]) && is_visible(v.ptr[v.len - 1])))
		return v;
	while ((n = value_blank(v)) > 0)
		v = slice_from(v, n);
	while (v.len > 0 && (n = blank_at_end(v)) > 0)
		v.len -= n;
	return v;
}

bool
value_is_quoted(struct slice v)
{
	return v.len >= 2 && v.ptr[0] == '"' && v.ptr[v.len - 1] == '"';
}

bool
value_is_damaged(struct slice v)
{
	for (; v.len > 0; v = slice_from(v, 1)) {
		unsigned char c = (unsigned char)*v.ptr;

		if (c < ' ' || c == 0x7f)
			return true;
		if (c < 0x80)
			continue;
		if (value_blank(v) || starts(v, "\xef\xbf\xbd"))
			return true;
		/* The C1 controls, U+0080 to U+009F. */
		if (c == 0xc2 && v.len > 1 && (unsigned char)v.ptr[1] < 0xa0)
			return true;
	}
	return false;
}

bool
product_id_is_good(struct slice v)
{
	return has_shape(v, "9999999999999");
}

#define PRODUCT_KEY_SHAPE "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX"

bool
value_is_product_key(struct slice v, bool dashless)
{
	return has_shape(v, PRODUCT_KEY_SHAPE) ||
	    (dashless && has_shape(v, "XXXXXXXXXXXXXXXXXXXXXXXXX"));
}

/*
 * Jumps from dash to dash: base64 has none, so that a whole hash is passed in one stride. What
 * stands before and behind the key does not matter, since missing one would print a secret.
 */
bool
text_has_product_key(struct slice text, size_t *at)
{
	const size_t len = sizeof PRODUCT_KEY_SHAPE - 1;
	const char *dash;

	for (size_t from = 5; from < text.len; from = (size_t)(dash - text.ptr) + 1) {
		size_t start;

		dash = memchr(text.ptr + from, '-', text.len - from);
		if (!dash)
			return false;
		start = (size_t)(dash - text.ptr) - 5;
		if (has_shape(slice_head(slice_from(text, start), len), PRODUCT_KEY_SHAPE)) {
			*at = start;
			return true;
		}
	}
	return false;
}

/*
 * A number that was turned into scientific notation: 1.23457E+11, with a comma in half of Europe.
 */
static bool
is_scientific(struct slice v)
{
	size_t n;

	if (count_digits(v) != 1)
		return false;
	v = slice_from(v, 1);
	if (v.len > 0 && (*v.ptr == '.' || *v.ptr == ',')) {
		n = count_digits(slice_from(v, 1));
		if (n == 0)
			return false;
		v = slice_from(v, 1 + n);
	}
	return starts(v, "E+") && v.len >= 4 && all_digits(slice_from(v, 2));
}

/*
 * As spreadsheets spell them: English, then what German, French and Spanish ones spell otherwise.
 */
static bool
is_month(struct slice v)
{
	static const char *const month[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec", "Mrz", "Mai", "Okt", "Dez", "janv", "f\xc3\xa9vr",
		"avr", "juin", "juil", "ao\xc3\xbbt", "ene", "abr", "ago", "dic" };

	for (size_t i = 0; i < COUNT(month); i++) {
		if (slice_eq(v, slice_of(month[i])))
			return true;
	}
	return false;
}

/* "3-Jan", "03-Jan" or "Jan-05", in exactly this form: real serial numbers look much the same. */
static bool
is_spreadsheet_date(struct slice v)
{
	const char *dash = v.len > 0 ? memchr(v.ptr, '-', v.len) : NULL;
	struct slice left, right;
	uint64_t day;

	if (!dash)
		return false;
	left = slice_head(v, (size_t)(dash - v.ptr));
	right = slice_from(v, left.len + 1);
	if (is_month(right))
		return left.len <= 2 && slice_to_u64(left, 31, &day) && day > 0;
	return is_month(left) && has_shape(right, "99");
}

bool
value_is_excel_damage(struct slice v)
{
	static const struct slice error_word[] = {
		WORD("#NAME?"),
		WORD("#REF!"),
		WORD("#N/A"),
		WORD("#VALUE!"),
		WORD("#NUM!"),
		WORD("#DIV/0!"),
		WORD("#NULL!"),
	};

	return is_scientific(v) || is_spreadsheet_date(v) ||
	    is_one_of(v, error_word, COUNT(error_word));
}

bool
value_lost_zeros(struct slice v, struct slice full)
{
	if (v.len >= full.len || !all_digits(v) || !all_digits(full))
		return false;
	while (full.len > v.len && *full.ptr == '0')
		full = slice_from(full, 1);
	return slice_eq(v, full);
}

/* Source: sources.md#placeholders */
bool
value_is_placeholder(struct slice v)
{
	static const struct slice word[] = {
		WORD("default string"), WORD("to be filled by o.e.m."),
		WORD("system serial number"), WORD("system manufacturer"),
		WORD("system product name"), WORD("not specified"), WORD("not applicable"),
		WORD("none"), WORD("unknown"), WORD("n/a"), WORD("na"), WORD("0"), WORD("o.e.m."),
		WORD("oem"), WORD("invalid"), WORD("serial"), WORD("123456789"), WORD("0123456789"),
		WORD("1234567890"),
		WORD("R9-ZNP67"), /* the sample serial number that is not one digit repeated */
	};

	/* One character repeated: the value is then equal to itself moved by one. */
	if (v.len >= 3 && tolower((unsigned char)v.ptr[0]) == tolower((unsigned char)v.ptr[1]) &&
	    slice_eq_nocase(slice_head(v, v.len - 1), slice_from(v, 1)))
		return true;
	return is_one_of(v, word, COUNT(word));
}

/* Source: sources.md#sample-data */
bool
value_is_sample(enum sample_column c, struct slice v)
{
	static const struct {
		enum sample_column column;
		struct slice value;
	} sample[] = {
		{ SAMPLE_SERIAL, WORD("000000000000") },
		{ SAMPLE_SERIAL, WORD("R9-ZNP67") },
		{ SAMPLE_PRODUCT_ID, WORD("00329-00000-0003-AA606") },
		{ SAMPLE_PRODUCT_ID, WORD("123451234567") },
		{ SAMPLE_HASH, WORD("dGhpc2RldmljZWlzYW5tbWRkZXZpY2U") },
		{ SAMPLE_HASH, WORD("dGhpc2RldmljZWlzYW5tbWRkZXZpY2U=") },
		{ SAMPLE_MANUFACTURER, WORD("SpiralOrbit") },
		{ SAMPLE_MODEL, WORD("ContosoABC") },
	};

	for (size_t i = 0; i < COUNT(sample); i++) {
		if (sample[i].column == c && v.len == sample[i].value.len &&
		    slice_eq_nocase(v, sample[i].value))
			return true;
	}
	/* A genuine beginning with a capture time in it: no other device's hash begins so. */
	return c == SAMPLE_HASH && starts(v, "T0FzAQEAHAAAAAoA6AOCOgEABgBgW7EdzorHH3g");
}

const char *
manufacturer_known_variant(struct slice v)
{
	static const struct {
		const char *variant;
		const char *firmware;
	} maker[] = {
		{ "LENOVO", "LENOVO" },
		{ "Dell Inc.", "Dell Inc." },
		{ "Dell Inc", "Dell Inc." },
		{ "Dell", "Dell Inc." },
		{ "HP", "HP" },
		{ "HP Inc.", "HP" },
		{ "HP Inc", "HP" },
		{ "Hewlett Packard", "HP" },
		{ "Hewlett-Packard", "Hewlett-Packard" }, /* older machines do say so */
		{ "Microsoft Corporation", "Microsoft Corporation" },
		{ "Microsoft", "Microsoft Corporation" },
	};

	for (size_t i = 0; i < COUNT(maker); i++) {
		if (slice_eq_nocase(v, slice_of(maker[i].variant)))
			return slice_eq(v, slice_of(maker[i].firmware)) ? NULL : maker[i].firmware;
	}
	return NULL;
}

static bool
begins(struct slice v, struct slice with)
{
	return with.len && v.len >= with.len && slice_starts_nocase(v, with);
}

/* Source: sources.md#virtual-machines */
const char *
virtual_machine_kind(struct slice manufacturer, struct slice model, struct slice serial)
{
	static const struct {
		const char *kind;
		struct slice manufacturer, model, serial; /* beginnings, or empty */
	} machine[] = {
		/* The manufacturer is that of every Surface, too. */
		{ "Hyper-V", { NULL, 0 }, WORD("Virtual Machine"), { NULL, 0 } },
		{ "VMware", WORD("VMware"), WORD("VMware"), WORD("VMware-") },
		{ "Parallels", WORD("Parallels"), WORD("Parallels"), WORD("Parallels-") },
		{ "VirtualBox", WORD("innotek GmbH"), WORD("VirtualBox"), { NULL, 0 } },
		{ "QEMU/KVM", WORD("QEMU"), WORD("Standard PC ("), { NULL, 0 } },
	};

	if (has_shape(serial, "9999-9999-9999-9999-9999-9999-99"))
		return "Hyper-V";
	for (size_t i = 0; i < COUNT(machine); i++) {
		if (begins(manufacturer, machine[i].manufacturer) ||
		    begins(model, machine[i].model) || begins(serial, machine[i].serial))
			return machine[i].kind;
	}
	return NULL;
}

bool
value_looks_like_hash(struct slice v)
{
	return v.len > 100 && v.ptr[0] == 'T' && v.ptr[1] == '0';
}

bool
value_is_upn(struct slice v)
{
	const char *at = v.len > 0 ? memchr(v.ptr, '@', v.len) : NULL;
	struct slice domain;

	if (!at || at == v.ptr)
		return false;
	for (struct slice s = v; s.len > 0; s = slice_from(s, 1)) {
		if (value_blank(s))
			return false;
	}
	domain = slice_from(v, (size_t)(at - v.ptr) + 1);
	/* The dot stands inside: neither first nor last. */
	return domain.len >= 3 && !memchr(domain.ptr, '@', domain.len) && *domain.ptr != '.' &&
	    domain.ptr[domain.len - 1] != '.' && memchr(domain.ptr, '.', domain.len);
}

/* The next letter that counts when tags are held side by side, or -1 at the end. */
static int
next_tag_letter(struct slice *tag)
{
	while (tag->len > 0) {
		unsigned char c = (unsigned char)*tag->ptr;
		size_t blank = value_blank(*tag);

		*tag = slice_from(*tag, blank ? blank : 1);
		if (!blank && c != '_' && c != '-')
			return tolower(c);
	}
	return -1;
}

enum tag_match
tag_compare(struct slice tag, struct slice allowed)
{
	int c;

	if (slice_eq(tag, allowed))
		return TAG_EQUAL;
	do {
		c = next_tag_letter(&tag);
		if (c != next_tag_letter(&allowed))
			return TAG_DIFFERENT;
	} while (c >= 0);
	return TAG_NEAR;
}
