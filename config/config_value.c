/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "config/address.h"
#include "config/config.h"
#include "config/unit.h"
#include "config/value_type.h"

#define QUOTE "\"" SLICE_FMT "\""

enum { ECHO_BYTES = 60 };

/* --- complaints --- */

/* A URL may hold a password, so it is not repeated. */
static struct problem *
complain(const struct key *k, const struct value_text *v, const struct value_context *c,
    const char *what)
{
	if (k->type == TYPE_URL || k->type == TYPE_LINK || k->type == TYPE_PROXY)
		return problems_add(c->problems, v->at, "%s: the URL %s", k->name, what);
	return problems_add(c->problems, v->at, "%s: " QUOTE " %s", k->name,
	    SLICE_ARG(slice_head(v->text, ECHO_BYTES)), what);
}

static bool
refuse(const struct key *k, const struct value_text *v, const struct value_context *c,
    const char *what, const char *advice)
{
	problem_advise(complain(k, v, c, what), "%s", advice);
	return false;
}

static bool
refuse_range(const struct key *k, const struct value_text *v, const struct value_context *c)
{
	struct buf range;

	buf_init(&range, PROBLEM_ADVICE_BYTES);
	config_value_print_range(k, &range);
	problem_advise(complain(k, v, c, "is out of range"), "Write %s.",
	    range.failed ? "less" : range.ptr);
	buf_done(&range);
	return false;
}

/* --- reading --- */

static size_t
characters(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
	return n;
}

size_t
config_value_length_max(const struct key *k)
{
	return k->max > 0 ? k->max : value_type(k->type)->length_max;
}

static bool
is_path(enum key_type t)
{
	return t == TYPE_PATH || t == TYPE_INPUT || t == TYPE_PROFILE;
}

/* As the field holds it. NULL if memory is out. */
static const char *
keep(const struct key *k, struct slice text, const struct value_context *c)
{
	char *path;
	size_t folder_len = strlen(c->folder);

	while (k->type == TYPE_URL && text.ptr[text.len - 1] == '/')
		text.len--;
	if (!is_path(k->type) || text.ptr[0] == '/' || folder_len == 0 ||
	    slice_eq(text, slice_of(VALUE_TYPE_PROFILE)))
		return arena_text(c->arena, text);
	path = arena_alloc(c->arena, folder_len + 1 + text.len + 1);
	if (!path)
		return NULL;
	memcpy(path, c->folder, folder_len);
	path[folder_len] = '/';
	memcpy(path + folder_len + 1, text.ptr, text.len);
	return path;
}

static bool
read_text(const struct key *k, const struct value_text *v, const struct value_context *c,
    const char **field)
{
	const struct value_type *t = value_type(k->type);
	const char *fault;
	const char *kept;

	if (v->plain && value_type_is_typed(v->text))
		return refuse(k, v, c, "is not text", "If it is meant, put quotes around it.");
	if (value_type_has_control(v->text))
		return refuse(k, v, c, "holds a control character", "Write it on one line.");
	fault = t->fault ? t->fault(v->text) : NULL;
	if (fault)
		return refuse(k, v, c, fault, t->advice);
	kept = keep(k, v->text, c);
	if (!kept)
		return false;
	if (characters(slice_of(kept)) > config_value_length_max(k)) { /* with its folder, too */
		problem_advise(complain(k, v, c, "is too long"), "At most %zu characters.",
		    config_value_length_max(k));
		return false;
	}
	*field = kept;
	return true;
}

static bool
read_number(const struct key *k, const struct value_text *v, const struct value_context *c,
    uint64_t *field)
{
	uint64_t number;

	if (!v->plain)
		return refuse(k, v, c, "is text, not a number", "Remove the quotes.");
	if (unit_parse(unit_sizes, v->text, &number) != UNIT_MISSING)
		return refuse(k, v, c, "is not a number", "Write decimal digits only.");
	if (!slice_to_u64(v->text, UINT64_MAX, &number) || number < k->min || number > k->max)
		return refuse_range(k, v, c);
	*field = number;
	return true;
}

static bool
read_bool(const struct key *k, const struct value_text *v, const struct value_context *c,
    bool *field)
{
	/* What people write instead; every other one means true. */
	static const char *const word[] = { "true", "false", "yes", "no", "on", "off", "y", "n" };
	bool is_true = slice_eq(v->text, slice_of("true"));

	if (v->plain && (is_true || slice_eq(v->text, slice_of("false")))) {
		*field = is_true;
		return true;
	}
	for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
		if (slice_eq_nocase(v->text, slice_of(word[i])))
			return refuse(k, v, c, "is neither true nor false",
			    i % 2 == 0 ? "Write true, without quotes."
			               : "Write false, without quotes.");
	}
	return refuse(k, v, c, "is neither true nor false", "Write true or false.");
}

static bool
read_quantity(const struct key *k, const struct value_text *v, const struct value_context *c,
    uint64_t *field)
{
	const struct unit *units = k->type == TYPE_DURATION ? unit_durations : unit_sizes;
	uint64_t number;

	switch (unit_parse(units, v->text, &number)) {
	case UNIT_GOOD:
		break;
	case UNIT_HUGE:
		return refuse_range(k, v, c);
	case UNIT_MISSING:
		return refuse(k, v, c, "has no unit",
		    k->type == TYPE_DURATION ? "Write ms, s, m, h or d behind the number: 30s."
		                             : "Write B, KiB, MiB or GiB behind the number: 8MiB.");
	case UNIT_BAD:
		return refuse(k, v, c, k->type == TYPE_DURATION ? "is no duration" : "is no size",
		    k->type == TYPE_DURATION
		        ? "Write a number and ms, s, m, h or d without a blank: 30s."
		        : "Write a number and B, KiB, MiB or GiB without a blank: 8MiB.");
	}
	if (number < k->min || number > k->max)
		return refuse_range(k, v, c);
	*field = number;
	return true;
}

static size_t
count_words(const struct key *k)
{
	size_t n = 0;

	while (k->words[n])
		n++;
	return n;
}

/* Which of the key's words; their number if it is none. */
static unsigned
find_word(const struct key *k, struct slice text)
{
	unsigned i = 0;

	while (k->words[i] && !slice_eq(slice_of(k->words[i]), text))
		i++;
	return i;
}

static void
advise_words(const struct key *k, struct problem *problem)
{
	struct buf list;

	buf_init(&list, PROBLEM_ADVICE_BYTES);
	for (size_t i = 0; k->words[i]; i++)
		buf_addf(&list, "%s%s", i > 0 ? ", " : "", k->words[i]);
	problem_advise(problem, "Known: %s.", list.ptr ? list.ptr : "");
	buf_done(&list);
}

static bool
read_word(const struct key *k, const struct value_text *v, const struct value_context *c,
    unsigned *field)
{
	unsigned i = find_word(k, v->text);
	const char *meant;
	char what[64] = "is unknown";

	if (k->words[i]) {
		*field = i;
		return true;
	}
	meant = nearest(v->text, k->words, count_words(k));
	if (meant)
		(void)snprintf(what, sizeof what, "is unknown; did you mean \"%s\"?", meant);
	advise_words(k, complain(k, v, c, what));
	return false;
}

static bool
read_choice(const struct key *k, const struct value_text *v, const struct value_context *c,
    const char **field)
{
	unsigned word;

	if (!read_word(k, v, c, &word))
		return false;
	*field = k->words[word];
	return true;
}

static bool
read_via(const struct key *k, const struct value_text *v, const struct value_context *c,
    struct via *field)
{
	const char *slash = memchr(v->text.ptr, '/', v->text.len);
	size_t len = slash ? (size_t)(slash - v->text.ptr) : v->text.len;
	struct slice name = { v->text.ptr + len + 1, slash ? v->text.len - len - 1 : 0 };
	unsigned kind = find_word(k, slice_head(v->text, len));
	struct via via = { .kind = (enum via_kind)kind };

	if (!k->words[kind] || (kind == VIA_INTUNE) != !slash ||
	    (slash && !value_type_is_name(name)))
		return refuse(k, v, c, "leads nowhere", "Write partner/NAME, oem/NAME or intune.");
	if (slash) {
		via.name = arena_text(c->arena, name);
		if (!via.name)
			return false;
	}
	*field = via;
	return true;
}

static bool
read_listen(const struct key *k, const struct value_text *v, const struct value_context *c,
    struct listen_address *field)
{
	struct listen_address address = { .host = NULL };
	struct slice host;

	if (slice_eq(v->text, slice_of(CONFIG_OFF))) {
		*field = address;
		return true;
	}
	if (!address_split(v->text, &host, &address.port) ||
	    (!address_is_literal(host) && !address_is_loopback(host)))
		return refuse(k, v, c, "is no address",
		    "Write host:port, as in 127.0.0.1:9417 or [::1]:9417, or off.");
	address.host = arena_text(c->arena, host);
	if (!address.host)
		return false;
	*field = address;
	return true;
}

bool
config_value_read(const struct key *k, const struct value_text *v, const struct value_context *c,
    void *field)
{
	assert(k->type < NSCALAR);
	if (v->text.len == 0 && (v->plain || k->type != TYPE_POINTER)) {
		problem_advise(problems_add(c->problems, v->at, "%s: there is no value", k->name),
		    "Give it one, or remove the key.");
		return false;
	}
	switch (k->type) {
	case TYPE_NUMBER:
		return read_number(k, v, c, field);
	case TYPE_BOOL:
		return read_bool(k, v, c, field);
	case TYPE_DURATION:
	case TYPE_SIZE:
		return read_quantity(k, v, c, field);
	case TYPE_CHOICE:
		return read_choice(k, v, c, field);
	case TYPE_WORD:
		return read_word(k, v, c, field);
	case TYPE_VIA:
		return read_via(k, v, c, field);
	case TYPE_LISTEN:
		return read_listen(k, v, c, field);
	default:
		return read_text(k, v, c, field);
	}
}

/* --- printing --- */

static bool
print_listen(const struct listen_address *a, struct buf *out)
{
	if (!a->host)
		buf_add_str(out, CONFIG_OFF);
	else
		buf_addf(out, strchr(a->host, ':') ? "[%s]:%u" : "%s:%u", a->host,
		    (unsigned)a->port);
	return true;
}

static bool
print_via(const struct key *k, const struct via *via, struct buf *out)
{
	buf_add_str(out, k->words[via->kind]);
	if (via->name)
		buf_addf(out, "/%s", via->name);
	return true;
}

static bool
print_text(const char *text, struct buf *out)
{
	if (text)
		buf_add_str(out, text);
	return text;
}

bool
config_value_print(const struct key *k, const void *field, struct buf *out)
{
	switch (k->type) {
	case TYPE_NUMBER:
		buf_addf(out, "%" PRIu64, *(const uint64_t *)field);
		return true;
	case TYPE_BOOL:
		buf_add_str(out, *(const bool *)field ? "true" : "false");
		return true;
	case TYPE_DURATION:
		unit_print(unit_durations, *(const uint64_t *)field, out);
		return true;
	case TYPE_SIZE:
		unit_print(unit_sizes, *(const uint64_t *)field, out);
		return true;
	case TYPE_WORD:
		buf_add_str(out, k->words[*(const unsigned *)field]);
		return true;
	case TYPE_VIA:
		return print_via(k, field, out);
	case TYPE_LISTEN:
		return print_listen(field, out);
	default:
		return print_text(*(const char *const *)field, out);
	}
}

void
config_value_print_range(const struct key *k, struct buf *out)
{
	(void)config_value_print(k, &k->min, out);
	if (k->max > k->min) {
		buf_add_str(out, " to ");
		(void)config_value_print(k, &k->max, out);
	}
	if (k->unit)
		buf_addf(out, " %s", k->unit);
}

bool
config_value_is_literal(const struct key *k)
{
	return k->type == TYPE_NUMBER || k->type == TYPE_BOOL;
}
