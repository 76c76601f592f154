/* SPDX-License-Identifier: Apache-2.0 */
#include "config/unit.h"

#include <inttypes.h>
#include <string.h>

const struct unit unit_durations[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", UINT64_C(60) * 1000 },
	{ "h", UINT64_C(60) * 60 * 1000 },
	{ "d", UINT64_C(24) * 60 * 60 * 1000 },
	{ NULL, 0 },
};

const struct unit unit_sizes[] = {
	{ "B", 1 },
	{ "KiB", UINT64_C(1) << 10 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "GiB", UINT64_C(1) << 30 },
	{ NULL, 0 },
};

/* The length of the digits at the front. */
static size_t
span_digits(struct slice s, const char *digits)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] != '\0' && strchr(digits, s.ptr[n]))
		n++;
	return n;
}

enum unit_result
unit_parse(const struct unit *units, struct slice text, uint64_t *out)
{
	size_t len = span_digits(text, "0123456789");
	struct slice name = slice_from(text, len);
	uint64_t number;
	uint64_t product;

	if (len == 0)
		return UNIT_BAD;
	if (name.len == 0)
		return UNIT_MISSING;
	while (units->name && !slice_eq(slice_of(units->name), name))
		units++;
	if (!units->name)
		return UNIT_BAD;
	if (!slice_to_u64(slice_head(text, len), UINT64_MAX, &number) ||
	    __builtin_mul_overflow(number, units->factor, &product))
		return UNIT_HUGE;
	*out = product;
	return UNIT_GOOD;
}

void
unit_print(const struct unit *units, uint64_t value, struct buf *out)
{
	const struct unit *best = units;

	for (const struct unit *u = units; u->name; u++) {
		if (value > 0 && value % u->factor == 0)
			best = u;
	}
	buf_addf(out, "%" PRIu64 "%s", value / best->factor, best->name);
}

static bool
is_based(struct slice s, const char *prefix, const char *digits)
{
	return slice_eq(slice_head(s, 2), slice_of(prefix)) && s.len > 2 &&
	    span_digits(slice_from(s, 2), digits) == s.len - 2;
}

/* Behind the sign: .inf, or digits with a point among them and an exponent behind them. */
static bool
is_decimal(struct slice s)
{
	size_t whole = span_digits(s, "0123456789");
	size_t fraction = 0;
	size_t exponent;

	if (slice_eq_nocase(s, slice_of(".inf")))
		return true;
	s = slice_from(s, whole);
	if (s.len > 0 && s.ptr[0] == '.') {
		fraction = span_digits(slice_from(s, 1), "0123456789");
		s = slice_from(s, 1 + fraction);
	}
	if (whole + fraction == 0)
		return false;
	if (s.len == 0)
		return true;
	if (s.ptr[0] != 'e' && s.ptr[0] != 'E')
		return false;
	s = slice_from(s, s.len > 1 && (s.ptr[1] == '-' || s.ptr[1] == '+') ? 2 : 1);
	exponent = span_digits(s, "0123456789");
	return exponent > 0 && exponent == s.len;
}

bool
unit_is_yaml_number(struct slice s)
{
	if (is_based(s, "0x", "0123456789abcdefABCDEF") || is_based(s, "0o", "01234567") ||
	    slice_eq_nocase(s, slice_of(".nan")))
		return true;
	if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		s = slice_from(s, 1);
	return is_decimal(s);
}
