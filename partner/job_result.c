/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/job_result.h"

#include <stdint.h>
#include <stdlib.h>

#include "channel/answer_json.h"
#include "channel/device_match.h"

enum progress { RUNNING, FINISHED, FINISHED_WITH_ERRORS, UNKNOWN_WORD };

/* One for each member of devicesStatus. */
struct entries {
	struct device_sighting *entry;
	size_t n;
};

/* --- words --- */

static bool
is_joint(char c)
{
	return c == '_' || c == '-' || c == ' ';
}

/* The same letters in the same order, whatever the case and whatever joins the words. */
static bool
is_word(struct slice s, const char *word)
{
	for (size_t i = 0; i < s.len; i++) {
		if (is_joint(s.ptr[i]))
			continue;
		if (!slice_eq_nocase((struct slice){ s.ptr + i, 1 }, slice_head(slice_of(word), 1)))
			return false;
		word++;
	}
	return *word == '\0';
}

static enum progress
progress_of(const json_t *object)
{
	static const struct {
		const char *word;
		enum progress progress;
	} known[] = {
		{ "unknown", RUNNING },
		{ "queued", RUNNING },
		{ "processing", RUNNING },
		{ "inprogress", RUNNING },
		{ "finished", FINISHED },
		{ "finishedwitherrors", FINISHED_WITH_ERRORS },
	};
	struct slice status = answer_json_text(object, "status");

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (is_word(status, known[i].word))
			return known[i].progress;
	}
	return UNKNOWN_WORD;
}

/* --- one device --- */

/* The number is text by the documents; what is no number is as good as a name. */
static void
read_error(const json_t *object, int32_t *code, struct slice *name, char number[ANSWER_NUMBER_SIZE])
{
	struct slice text = slice_trim(answer_json_code(object, "errorCode", number));
	uint64_t value = 0;

	*name = answer_json_text(object, "errorDescription");
	if (!slice_to_u64(text, INT32_MAX, &value) && name->len == 0)
		*name = text;
	*code = (int32_t)value;
}

static void
judge(const json_t *object, struct verdict *out)
{
	const struct slice no_name = { NULL, 0 };
	enum progress progress = progress_of(object);
	char number[ANSWER_NUMBER_SIZE];
	struct slice name;
	int32_t code;

	read_error(object, &code, &name, number);
	if (progress == RUNNING)
		return;
	if (code == 0 && slice_trim(name).len == 0) {
		if (progress == FINISHED)
			verdict_from_code(0, no_name, out);
		else if (progress == FINISHED_WITH_ERRORS)
			verdict_set(out, VERDICT_UNEXPECTED, 0, "",
			    "The service reports an error and does not say which.");
		return;
	}
	verdict_from_code(code, name, out);
	/* A kind word beside a success, like "Success". */
	if (progress == FINISHED && code == 0 && out->class == VERDICT_UNEXPECTED)
		verdict_from_code(0, no_name, out);
}

/* --- which device it is --- */

static bool
is_anonymous(const struct device_sighting *e)
{
	return e->serial.len == 0 && e->product_id.len == 0;
}

/* Whether all entries that say which device they are stand at its place. */
static bool
is_in_order(const struct entries *e, const struct batch *b)
{
	if (e->n != b->ndevice)
		return false;
	for (size_t i = 0; i < e->n; i++) {
		if (!is_anonymous(&e->entry[i]) && e->entry[i].device != i)
			return false;
	}
	return true;
}

static enum err_code
match(struct entries *e, const struct batch *b, struct err *err)
{
	struct device_match *m;

	if (device_match_new(b, &m, err))
		return err->code;
	device_match_all(m, e->entry, e->n);
	device_match_free(m);
	if (!is_in_order(e, b))
		return ERR_OK;
	for (size_t i = 0; i < e->n; i++)
		e->entry[i].device = i;
	return ERR_OK;
}

/* --- all of it --- */

static enum err_code
read_entries(const json_t *array, struct entries *out, struct err *err)
{
	size_t n = json_array_size(array);

	out->entry = calloc(n > 0 ? n : 1, sizeof out->entry[0]);
	if (!out->entry)
		return err_set(err, ERR_NOMEM, "no memory for the status of %zu devices", n);
	out->n = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *object = json_array_get(array, i);

		out->entry[i] = (struct device_sighting){
			.serial = slice_trim(answer_json_text(object, "serialNumber")),
			.product_id = slice_trim(answer_json_text(object, "productKey")),
			.device = SIZE_MAX,
		};
	}
	return ERR_OK;
}

static enum err_code
read_devices(const json_t *array, const struct batch *b, struct job_result *out, struct err *err)
{
	struct entries e = { NULL, 0 };
	enum err_code rc;

	out->verdict = calloc(b->ndevice > 0 ? b->ndevice : 1, sizeof out->verdict[0]);
	if (!out->verdict)
		return err_set(err, ERR_NOMEM, "no memory for %zu verdicts", b->ndevice);
	if ((rc = read_entries(array, &e, err)) || (rc = match(&e, b, err)))
		goto out;
	for (size_t i = 0; i < e.n; i++) {
		if (e.entry[i].device == SIZE_MAX)
			out->unmatched++;
		else
			judge(json_array_get(array, i), &out->verdict[e.entry[i].device]);
	}
out:
	free(e.entry);
	return rc;
}

enum err_code
job_result_read(struct slice body, const struct batch *b, struct job_result *out, struct err *err)
{
	json_t *root = answer_json_read(body);
	struct job_result r = { .over = false };
	enum progress progress = progress_of(root);
	enum err_code rc = ERR_OK;

	if (!json_is_string(json_object_get(root, "status")))
		rc = err_set(err, ERR_FORMAT, "the service's answer is no status of a job");
	r.over = progress == FINISHED || progress == FINISHED_WITH_ERRORS;
	if (!rc && r.over)
		rc = read_devices(json_object_get(root, "devicesStatus"), b, &r, err);
	if (!rc)
		*out = r;
	else
		job_result_done(&r);
	json_decref(root);
	return rc;
}

void
job_result_done(struct job_result *r)
{
	free(r->verdict);
	*r = (struct job_result){ .over = false };
}
