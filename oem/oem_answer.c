/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_answer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "channel/answer_json.h"
#include "channel/channel_answer.h"
#include "channel/device_match.h"
#include "http/http_status.h"
#include "oem/json_pointer.h"
#include "oem/oem_request.h"

/* More entries than devices and a few strangers are no results. */
enum { SAID_MAX = 320, STRANGERS_MAX = 1000 };

static bool
is_one_of(struct slice word, const struct text_list *words)
{
	for (size_t i = 0; i < words->n; i++) {
		if (slice_eq(word, slice_of(words->item[i])))
			return true;
	}
	return false;
}

/* --- consent ---------------------------------------------------------------------------------------- */

static bool
passes(const struct oem_test_list *tests, unsigned status, json_t *root)
{
	char number[ANSWER_NUMBER_SIZE];

	for (size_t i = 0; i < tests->n; i++) {
		const struct oem_test *t = &tests->item[i];

		if (t->status == status &&
		    (!t->pointer ||
		        is_one_of(json_pointer_text(root, t->pointer, number), &t->values)))
			return true;
	}
	return false;
}

/* No comes first: whoever writes both into one answer has not said yes. */
enum oem_said
oem_answer_consent(const struct oem_profile *p, unsigned status, struct slice body)
{
	json_t *root = answer_json_read(body);
	enum oem_said said = OEM_SAID_NOTHING;

	if (passes(&p->consent.refused, status, root))
		said = OEM_SAID_REFUSED;
	else if (passes(&p->consent.granted, status, root))
		said = OEM_SAID_GRANTED;
	json_decref(root);
	return said;
}

/* --- the job ------------------------------------------------------------------------------------------ */

bool
oem_answer_job(const struct oem_profile *p, struct slice body, char *out, size_t size)
{
	json_t *root = answer_json_read(body);
	char number[ANSWER_NUMBER_SIZE];
	struct slice id = json_pointer_text(root, p->job.id, number);
	bool there = id.len > 0 && id.len < size;

	if (there) {
		memcpy(out, id.ptr, id.len);
		out[id.len] = '\0';
	}
	json_decref(root);
	return there;
}

/* --- results ------------------------------------------------------------------------------------------ */

/* What one entry is called, if the service writes it as numbers. */
struct numbers {
	char serial[ANSWER_NUMBER_SIZE];
	char product_id[ANSWER_NUMBER_SIZE];
};

struct reading {
	const struct oem_profile *profile;
	const struct oem_error_map *errors;
	const struct batch *batch;
	const json_t *entries;
	size_t n;                     /* of entries */
	struct device_sighting *seen; /* one for each entry, as is: */
	struct numbers *number;
	struct device_match *match;
	bool *doubted; /* of each device: two entries have its reference */
	bool named;    /* an entry says whose it is */
};

static bool
contradicts(struct slice said, struct slice own)
{
	return said.len > 0 && own.len > 0 && !slice_eq_nocase(said, own);
}

/* Where our reference stands nothing else is looked for; but it may not speak against it. */
static void
find_by_ref(struct reading *r, struct device_sighting *seen, struct slice ref)
{
	struct device_sighting said = *seen;
	uint64_t id = UINT64_MAX;

	*seen = (struct device_sighting){ .device = SIZE_MAX };
	(void)slice_to_u64(ref, INT64_MAX, &id);
	for (size_t i = 0; i < r->batch->ndevice; i++) {
		const struct batch_device *d = &r->batch->device[i];

		if ((uint64_t)d->id != id || contradicts(said.serial, d->serial) ||
		    contradicts(said.product_id, d->product_id))
			continue;
		if (device_match_take(r->match, i))
			seen->device = i;
		else
			r->doubted[i] = true;
	}
}

static void
find_owners(struct reading *r)
{
	const struct oem_result *form = &r->profile->result;

	for (size_t i = 0; i < r->n; i++) {
		json_t *entry = json_array_get(r->entries, i);
		struct device_sighting *seen = &r->seen[i];
		struct numbers *number = &r->number[i];
		char digits[ANSWER_NUMBER_SIZE];
		struct slice ref = json_pointer_text(entry, form->ref, digits);

		seen->serial = json_pointer_text(entry, form->serial, number->serial);
		seen->product_id = json_pointer_text(entry, form->product_id, number->product_id);
		seen->device = SIZE_MAX;
		r->named =
		    r->named || ref.len > 0 || seen->serial.len > 0 || seen->product_id.len > 0;
		if (ref.len > 0)
			find_by_ref(r, seen, ref);
	}
	device_match_all(r->match, r->seen, r->n);
}

static bool
was_sent(const struct reading *r, size_t device)
{
	struct err err;

	return oem_request_judge(r->profile, &r->batch->device[device], slice_of(r->batch->tag),
	           slice_of(r->batch->order), &err) == ERR_OK;
}

/* Nobody promises an order: places only count where nothing else is said, and all are there. */
static void
find_by_place(struct reading *r)
{
	size_t sent = 0;

	for (size_t i = 0; i < r->batch->ndevice; i++)
		sent += was_sent(r, i);
	if (r->named || r->n != sent)
		return;
	sent = 0;
	for (size_t i = 0; i < r->batch->ndevice; i++) {
		if (was_sent(r, i))
			r->seen[sent++].device = i;
	}
}

static enum oem_result_class
class_of(const struct oem_result *form, struct slice word)
{
	if (is_one_of(word, &form->ok))
		return OEM_RESULT_OK;
	if (is_one_of(word, &form->pending))
		return OEM_RESULT_PENDING;
	if (is_one_of(word, &form->error))
		return OEM_RESULT_ERROR;
	return form->otherwise;
}

/*
 * A kind word beside an error is believed less than the error; but a name that no row has, with no
 * number, may be "Success".
 */
static bool
is_error(const struct reading *r, struct slice code, struct slice name, struct slice message)
{
	return (code.len > 0 && !slice_eq(code, slice_of("0"))) ||
	    oem_error_map_find(r->errors, code, name, message);
}

/* Leaves *out as it is if it is not over. */
static void
judge_entry(const struct reading *r, json_t *entry, struct verdict *out)
{
	const struct oem_result *form = &r->profile->result;
	char number[4][ANSWER_NUMBER_SIZE];
	struct slice word = json_pointer_text(entry, form->status, number[0]);
	struct slice code = json_pointer_text(entry, form->code, number[1]);
	struct slice name = json_pointer_text(entry, form->name, number[2]);
	struct slice message = json_pointer_text(entry, form->message, number[3]);
	enum oem_result_class class = class_of(form, word);

	if (class == OEM_RESULT_PENDING)
		return;
	if (class == OEM_RESULT_ERROR || is_error(r, code, name, message))
		oem_error_map_judge(r->errors, code, name, message, out);
	else
		verdict_from_code(0, (struct slice){ NULL, 0 }, out);
}

/* False: there is something that is not settled. */
static bool
judge_entries(const struct reading *r, struct verdict *verdict, size_t *unmatched)
{
	bool settled = r->n > 0;

	for (size_t i = 0; i < r->n; i++) {
		size_t device = r->seen[i].device;

		if (device == SIZE_MAX) {
			++*unmatched;
			continue;
		}
		judge_entry(r, json_array_get(r->entries, i), &verdict[device]);
		settled = settled && verdict[device].class != VERDICT_NONE;
	}
	for (size_t i = 0; i < r->batch->ndevice; i++) {
		if (r->doubted[i])
			verdict[i] = (struct verdict){ .class = VERDICT_NONE };
	}
	return settled;
}

/* What the answer says of the job as a whole. */
static enum oem_progress
progress_of(const struct oem_profile *p, json_t *root)
{
	char number[ANSWER_NUMBER_SIZE];
	struct slice word;

	if (p->job.mode != OEM_SYNC && p->job.status) {
		word = json_pointer_text(root, p->job.status, number);
		if (word.len == 0)
			return OEM_UNREADABLE;
		return is_one_of(word, &p->job.running) ? OEM_RUNNING : OEM_OVER;
	}
	return json_is_array(json_pointer_get(root, p->result.devices)) ? OEM_OVER : OEM_UNREADABLE;
}

enum err_code
oem_answer_results(const struct oem_profile *p, const struct oem_error_map *errors,
    struct slice body, const struct batch *b, struct oem_results *out, struct err *err)
{
	json_t *root = answer_json_read(body);
	struct reading r = {
		.profile = p,
		.errors = errors,
		.batch = b,
		.entries = json_pointer_get(root, p->result.devices),
	};
	struct oem_results results = { .progress = progress_of(p, root) };
	enum err_code rc = ERR_OK;
	bool settled;

	r.n = json_array_size(r.entries);
	if (r.n > b->ndevice + STRANGERS_MAX)
		results.progress = OEM_UNREADABLE;
	if (results.progress != OEM_OVER)
		goto out;
	r.seen = calloc(r.n + 1, sizeof *r.seen);
	r.number = calloc(r.n + 1, sizeof *r.number);
	r.doubted = calloc(b->ndevice + 1, sizeof *r.doubted);
	results.verdict = calloc(b->ndevice + 1, sizeof *results.verdict);
	if (!r.seen || !r.number || !r.doubted || !results.verdict) {
		rc =
		    err_set(err, ERR_NOMEM, "no memory for the results of %zu devices", b->ndevice);
		goto out;
	}
	if ((rc = device_match_new(b, &r.match, err)))
		goto out;
	find_owners(&r);
	find_by_place(&r);
	settled = judge_entries(&r, results.verdict, &results.unmatched);
	/* Without a word for the whole job it is over when all that is listed is. */
	if (!settled && p->job.mode != OEM_SYNC && !p->job.status)
		results.progress = OEM_RUNNING;
out:
	device_match_free(r.match);
	free(r.doubted);
	free(r.number);
	free(r.seen);
	json_decref(root);
	if (rc || results.progress != OEM_OVER) {
		free(results.verdict);
		results.verdict = NULL;
	}
	if (!rc)
		*out = results;
	return rc;
}

/* --- refusals ----------------------------------------------------------------------------------------- */

struct meaning {
	enum channel_outcome outcome;
	const char *advice; /* NULL: the usual one */
};

#define COMPARE_PROFILE \
	"Compare base_url and the profile with the maker's document; its support wants the request id."

static struct meaning meaning_of_class(enum oem_class class)
{
	switch (class) {
	case OEM_CLASS_OK:
		return (struct meaning){ CHANNEL_DONE, NULL };
	case OEM_CLASS_NO_CONSENT:
		return (struct meaning){ CHANNEL_NO_CONSENT, NULL };
	case OEM_CLASS_AUTH:
		return (struct meaning){ CHANNEL_AUTH, NULL };
	case OEM_CLASS_THROTTLED:
		return (struct meaning){ CHANNEL_THROTTLED, NULL };
	case OEM_CLASS_TRANSIENT:
		return (struct meaning){ CHANNEL_SERVER, NULL };
	default:
		return (struct meaning){ CHANNEL_REFUSED, COMPARE_PROFILE };
	}
}

static struct meaning
meaning_of_status(unsigned status)
{
	if ((status >= 300 && status < 400) || status == 407)
		return (struct meaning){
			CHANNEL_UNSENT,
			"Something between here and the service answered: check the proxy and base_url."
		};
	switch (http_status_class(status)) {
	case HTTP_UNAUTHORIZED:
	case HTTP_FORBIDDEN: /* who lacks consent is told so by a code, which has a row */
		return meaning_of_class(OEM_CLASS_AUTH);
	case HTTP_NOT_FOUND:
		return (struct meaning){ CHANNEL_GONE, COMPARE_PROFILE };
	case HTTP_TOO_LARGE:
		return (struct meaning){ CHANNEL_TOO_LARGE, NULL };
	case HTTP_THROTTLED:
		return meaning_of_class(OEM_CLASS_THROTTLED);
	case HTTP_UNKNOWN:
		return meaning_of_class(OEM_CLASS_TRANSIENT);
	default:
		return meaning_of_class(OEM_CLASS_UNEXPECTED);
	}
}

void
oem_answer_refused(const struct oem_profile *p, const struct oem_error_map *errors,
    struct slice body, struct channel_answer *answer)
{
	json_t *root = answer_json_read(body);
	char number[3][ANSWER_NUMBER_SIZE];
	struct slice code = json_pointer_text(root, p->refusal.code, number[0]);
	struct slice name = json_pointer_text(root, p->refusal.name, number[1]);
	struct slice text = json_pointer_text(root, p->refusal.message, number[2]);
	const struct oem_error *row = oem_error_map_find(errors, code, name, text);
	struct meaning m = row ? meaning_of_class(row->means) : meaning_of_status(answer->status);
	struct slice shown = utf8_head(code.len > 0 ? code : name, CHANNEL_CODE_SIZE - 1);
	struct slice said = utf8_head(text, SAID_MAX);

	if (row && row->retry_after_ms > 0 && answer->retry_after_ms < 0)
		answer->retry_after_ms = (int64_t)row->retry_after_ms;
	(void)snprintf(answer->code, sizeof answer->code, SLICE_FMT, SLICE_ARG(shown));
	channel_answer_set(answer, m.outcome, m.advice,
	    "the service answers HTTP %u%s" SLICE_FMT "%s" SLICE_FMT, answer->status,
	    shown.len > 0 ? ", " : "", SLICE_ARG(shown), said.len > 0 ? ": " : "", SLICE_ARG(said));
	json_decref(root);
}
