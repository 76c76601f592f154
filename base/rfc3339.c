/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rfc3339.h"

#include <stdio.h>
#include <time.h>

static const int64_t first_ms = INT64_C(-62167219200000); /* 0000-01-01T00:00:00Z */
static const int64_t last_ms = INT64_C(253402300799999);  /* 9999-12-31T23:59:59.999Z */

const char *
rfc3339_format(int64_t unix_ms, char out[RFC3339_SIZE])
{
	int64_t shown_ms = unix_ms < first_ms ? first_ms : unix_ms > last_ms ? last_ms : unix_ms;
	int64_t ms = (shown_ms % 1000 + 1000) % 1000;
	time_t t = (time_t)((shown_ms - ms) / 1000);
	struct tm tm;
	size_t n;

	(void)gmtime_r(&t, &tm);
	n = (size_t)snprintf(out, RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d",
	    (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
	if (ms)
		(void)snprintf(out + n, RFC3339_SIZE - n, ".%03dZ", (int)ms);
	else
		(void)snprintf(out + n, RFC3339_SIZE - n, "Z");
	return out;
}

/* Takes n digits from the front of *s. */
static bool
take_digits(struct slice *s, size_t n, uint64_t max, int *out)
{
	uint64_t value;

	if (s->len < n || !slice_to_u64(slice_head(*s, n), max, &value))
		return false;
	*s = slice_from(*s, n);
	*out = (int)value;
	return true;
}

static bool
take_char(struct slice *s, char c)
{
	if (s->len == 0 || *s->ptr != c)
		return false;
	*s = slice_from(*s, 1);
	return true;
}

/* Behind the dot: at least one digit. */
static bool
take_fraction(struct slice *s, int *ms)
{
	int value = 0;
	size_t n = 0;

	for (; s->len && *s->ptr >= '0' && *s->ptr <= '9'; n++) {
		if (n < 3)
			value = value * 10 + (*s->ptr - '0');
		*s = slice_from(*s, 1);
	}
	for (size_t i = n; i < 3; i++)
		value *= 10;
	*ms = value;
	return n > 0;
}

/* Seconds east of UTC; what has no zone is UTC. */
static bool
take_zone(struct slice *s, int *east_s)
{
	int hours, minutes;
	bool west;

	*east_s = 0;
	if (s->len == 0 || take_char(s, 'Z'))
		return true;
	west = *s->ptr == '-';
	if (!take_char(s, west ? '-' : '+') || !take_digits(s, 2, 23, &hours) ||
	    !take_char(s, ':') || !take_digits(s, 2, 59, &minutes))
		return false;
	*east_s = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
	return true;
}

bool
rfc3339_parse(struct slice text, int64_t *unix_ms)
{
	struct tm tm = { 0 };
	int second, ms = 0, east_s, month, day;
	time_t minute_s;

	if (!take_digits(&text, 4, 9999, &tm.tm_year) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, 12, &month) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, 31, &day) || !take_char(&text, 'T') ||
	    !take_digits(&text, 2, 23, &tm.tm_hour) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, 59, &tm.tm_min) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, 60, &second))
		return false;
	if (take_char(&text, '.') && !take_fraction(&text, &ms))
		return false;
	if (!take_zone(&text, &east_s) || text.len)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	minute_s = timegm(&tm);
	/* There is no such day if timegm() made another month or day of it. */
	if (tm.tm_mon != month - 1 || tm.tm_mday != day)
		return false;
	*unix_ms = ((int64_t)minute_s + second - east_s) * 1000 + ms;
	return true;
}
