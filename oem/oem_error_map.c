/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_error_map.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* What an expression is held against at most: names and messages are short. */
enum { SUBJECT_SIZE = 512 };

struct oem_error_map {
	const struct oem_profile *profile;
	regex_t *expression; /* one for each row; of no use where a row has none */
};

static const enum verdict_class class[] = {
	[OEM_CLASS_OK] = VERDICT_OK,
	[OEM_CLASS_ALREADY_HERE] = VERDICT_ALREADY_HERE,
	[OEM_CLASS_CLAIMED_ELSEWHERE] = VERDICT_CLAIMED_ELSEWHERE,
	[OEM_CLASS_NOT_FOUND] = VERDICT_NOT_FOUND,
	[OEM_CLASS_BAD_INPUT] = VERDICT_BAD_INPUT,
	[OEM_CLASS_NO_CONSENT] = VERDICT_NO_CONSENT,
	[OEM_CLASS_AUTH] = VERDICT_AUTH,
	[OEM_CLASS_THROTTLED] = VERDICT_THROTTLED,
	[OEM_CLASS_TRANSIENT] = VERDICT_TRANSIENT,
	[OEM_CLASS_DIRECTORY] = VERDICT_DIRECTORY,
	[OEM_CLASS_CONFIG] = VERDICT_CONFIG,
	[OEM_CLASS_UNEXPECTED] = VERDICT_UNEXPECTED,
};

/* The expressions of the first n rows. */
static void
map_free(struct oem_error_map *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (m->profile->errors.item[i].match)
			regfree(&m->expression[i]);
	}
	free(m->expression);
	free(m);
}

enum err_code
oem_error_map_new(const struct oem_profile *profile, struct oem_error_map **out, struct err *err)
{
	size_t n = profile->errors.n;
	struct oem_error_map *m = calloc(1, sizeof *m);
	size_t done = 0;

	if (!m)
		return err_set(err, ERR_NOMEM, "no memory for a profile");
	m->profile = profile;
	m->expression = calloc(n + 1, sizeof *m->expression);
	for (; m->expression && done < n; done++) {
		const char *match = profile->errors.item[done].match;

		if (match && regcomp(&m->expression[done], match, REG_EXTENDED | REG_NOSUB))
			break; /* it could be compiled when it was checked, so there is no memory */
	}
	if (!m->expression || done < n) {
		map_free(m, done);
		return err_set(err, ERR_NOMEM, "no memory for a profile");
	}
	*out = m;
	return ERR_OK;
}

void
oem_error_map_free(struct oem_error_map *m)
{
	if (m)
		map_free(m, m->profile->errors.n);
}

static bool
fits_expression(const regex_t *expression, struct slice text)
{
	char subject[SUBJECT_SIZE];
	struct slice head = utf8_head(text, sizeof subject - 1);

	(void)snprintf(subject, sizeof subject, SLICE_FMT, SLICE_ARG(head));
	return head.len > 0 && regexec(expression, subject, 0, NULL, 0) == 0;
}

static bool
fits_name(const struct oem_error_map *m, size_t i, struct slice name, struct slice message)
{
	const struct oem_error *e = &m->profile->errors.item[i];

	if (e->name)
		return slice_eq(name, slice_of(e->name));
	return e->match &&
	    (fits_expression(&m->expression[i], name) ||
	        fits_expression(&m->expression[i], message));
}

const struct oem_error *
oem_error_map_find(const struct oem_error_map *m, struct slice code, struct slice name,
    struct slice message)
{
	const struct oem_error_list *list = &m->profile->errors;

	for (size_t i = 0; i < list->n; i++) {
		if (fits_name(m, i, name, message))
			return &list->item[i];
	}
	for (size_t i = 0; i < list->n; i++) {
		if (list->item[i].code && slice_eq(code, slice_of(list->item[i].code)))
			return &list->item[i];
	}
	return NULL;
}

/* What the code is known to mean, if the profile agrees and the service has nothing to say. */
static void
explain(struct verdict *v)
{
	struct verdict known;

	verdict_from_code(v->code, slice_of(v->name), &known);
	(void)snprintf(v->message, sizeof v->message, "%s",
	    known.class == v->class ? known.message : "The service does not say more.");
}

void
oem_error_map_judge(const struct oem_error_map *m, struct slice code, struct slice name,
    struct slice message, struct verdict *out)
{
	const struct oem_error *row = oem_error_map_find(m, code, name, message);
	struct slice shown = utf8_head(name.len > 0 ? name : code, VERDICT_NAME_SIZE - 1);
	struct slice said = utf8_head(message, VERDICT_MESSAGE_SIZE / 2);
	char name_text[VERDICT_NAME_SIZE];
	uint64_t number = 0;

	(void)slice_to_u64(code, INT32_MAX, &number);
	(void)snprintf(name_text, sizeof name_text, SLICE_FMT, SLICE_ARG(shown));
	if (!row)
		verdict_set(out, class[m->profile->error_default], (int32_t)number, name_text,
		    "The profile has no row for this error%s" SLICE_FMT, said.len > 0 ? ": " : ".",
		    SLICE_ARG(said));
	else
		verdict_set(out, class[row->means], (int32_t)number, name_text, SLICE_FMT,
		    SLICE_ARG(said));
	if (row && said.len == 0)
		explain(out);
}
