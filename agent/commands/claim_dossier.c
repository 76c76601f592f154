/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/claim_dossier.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/commands/dossier_text.h"
#include "agent/records/records_json.h"
#include "agent/tools/json_out.h"
#include "agent/tools/safe_file.h"
#include "base/clock.h"
#include "config/config.h"
#include "devices/base64.h"
#include "devices/hardware_hash.h"
#include "devices/hash_inventory.h"
#include "devices/list_writer.h"
#include "store/store.h"

enum {
	NAME_MAX_BYTES = 128,
	FILE_MAX = 4 * 1024 * 1024,
	EVENTS_MAX = 1000,
};

struct dossier {
	const struct claim_dossier_request *req;
	json_t *doc; /* what dossier.json holds, and what dossier.txt tells */
	int64_t device;
	char customer[64]; /* whose claim was found; "" until then */
	struct buf hash;   /* as text */
};

/* jansson says no, here and everywhere, for want of memory alone. */
static enum err_code
set(json_t *object, const char *key, json_t *value, struct err *err)
{
	return json_object_set_new(object, key, value) ? err_set(err, ERR_NOMEM, "dossier")
	                                               : ERR_OK;
}

/* --- what the store knows --- */

/* Of several claims of one customer's the newest counts. */
static enum err_code
take_claim(void *arg, const struct store_claim *c, struct err *err)
{
	struct dossier *d = arg;

	if (d->customer[0] && !slice_eq(c->customer, slice_of(d->customer)))
		return err_set(err, ERR_USAGE,
		    "%s is claimed of customer %s and of customer " SLICE_FMT
		    ": say which with --customer",
		    d->req->serial, d->customer, SLICE_ARG(c->customer));
	(void)snprintf(d->customer, sizeof d->customer, SLICE_FMT, SLICE_ARG(c->customer));
	d->device = c->device;
	return set(d->doc, "claim", records_json_claim(c), err);
}

static enum err_code
take_device(void *arg, const struct store_device *v, struct err *err)
{
	struct dossier *d = arg;

	return v->id == d->device ? set(d->doc, "device", records_json_device(v), err) : ERR_OK;
}

static enum err_code
take_event(void *arg, const struct store_event *e, struct err *err)
{
	if (json_array_append_new(arg, records_json_event(e)))
		return err_set(err, ERR_NOMEM, "dossier");
	return ERR_OK;
}

/* As text, which is how a list has it. */
static enum err_code
take_hash(struct dossier *d, struct store *s, struct err *err)
{
	struct buf bytes;
	char *text = NULL;
	size_t len;
	enum err_code rc;

	buf_init(&bytes, HARDWARE_HASH_TEXT_MAX);
	rc = store_device_hash(s, d->device, &bytes, err);
	if (rc || bytes.len == 0)
		goto out;
	len = BASE64_ENCODED_LEN(bytes.len);
	text = malloc(len);
	if (!text) {
		rc = err_set(err, ERR_NOMEM, "dossier");
		goto out;
	}
	base64_encode((const uint8_t *)bytes.ptr, bytes.len, text);
	buf_add(&d->hash, text, len);
	rc = buf_check(&d->hash, err);
out:
	free(text);
	buf_done(&bytes);
	return rc;
}

static enum err_code
read_store(struct dossier *d, struct store *s, struct err *err)
{
	struct slice serial = slice_of(d->req->serial);
	const struct store_claim_query claim = {
		.serial = serial,
		.customer = slice_of(d->req->customer ? d->req->customer : ""),
		.released = true,
	};
	json_t *timeline = json_array();
	enum err_code rc;

	if ((rc = set(d->doc, "timeline", timeline, err)) ||
	    (rc = store_claims(s, &claim, take_claim, d, err)))
		return rc;
	if (!d->customer[0])
		return err_set(err, ERR_NOT_FOUND,
		    "no device with the serial number %s was ever claimed by another organization",
		    d->req->serial);
	const struct store_device_query device = {
		.serial = serial,
		.customer = slice_of(d->customer),
	};
	const struct store_event_query events = {
		.serial = serial,
		.customer = slice_of(d->customer),
		.limit = EVENTS_MAX,
		.newest = true,
	};

	if ((rc = store_devices(s, &device, take_device, d, err)) ||
	    (rc = store_events(s, &events, take_event, timeline, err)))
		return rc;
	return take_hash(d, s, err);
}

/* --- what else is known --- */

static json_t *
customer_json(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->customers.n; i++) {
		const struct customer *k = &c->customers.item[i];

		if (strcmp(k->name, name) == 0)
			return json_pack("{s:s, s:s?, s:s?}", "name", name, "tenant", k->tenant,
			    "domain", k->domain);
	}
	return json_pack("{s:s, s:n, s:n}", "name", name, "tenant", "domain");
}

/* Of a record that comes twice the first counts. */
static void
take_fact(void *arg, const char *name, struct slice value)
{
	json_t *identity = arg;

	if (!json_object_get(identity, name))
		(void)json_object_set_new(identity, name, json_out_text(value));
}

/* Everything that the hash tells, the UUID above all: NULL where there is no whole hash. */
static enum err_code
take_identity(struct dossier *d, struct err *err)
{
	json_t *identity = NULL;
	struct hash_verifier *v;
	struct hardware_hash h;

	if (hash_verifier_new(clock_unix_ms(clock_system()) / 1000, &v, err))
		return err->code;
	hash_verify(v, buf_slice(&d->hash), &h);
	if (h.fault == HASH_WHOLE) {
		identity = json_object();
		hash_inventory(h.used, take_fact, identity);
	}
	hash_verifier_free(v);
	return set(d->doc, "identity", identity ? identity : json_null(), err);
}

/* --- the files --- */

static enum err_code
write_file(const char *folder, const char *name, struct slice bytes, struct err *err)
{
	char path[CLAIM_DOSSIER_PATH_SIZE + 32];
	struct safe_file *f;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	if (safe_file_open(path, 0600, &f, err))
		return err->code;
	if (safe_file_write(f, bytes, err)) {
		safe_file_abandon(f);
		return err->code;
	}
	return safe_file_commit(f, SAFE_FILE_NEW, err);
}

/* A value that this file cannot hold is left out: the hash tells it as well. */
static struct slice
cell(const json_t *device, const char *key)
{
	const char *value = json_string_value(json_object_get(device, key));

	return value && !strpbrk(value, ",\"\r\n") ? slice_of(value) : slice_of("");
}

static enum err_code
write_csv(const struct dossier *d, const char *folder, struct err *err)
{
	const struct list_writer *writer = list_writer_find(slice_of("partner-center"));
	const json_t *device = json_object_get(d->doc, "device");
	const struct device row = {
		.serial = cell(device, "serial"),
		.product_id = cell(device, "product_id"),
		.manufacturer = cell(device, "manufacturer"),
		.model = cell(device, "model"),
		.hash = buf_slice(&d->hash),
	};
	const struct row_policy policy = { .nallowed_tag = 0 };
	struct row_checker *checker;
	struct checked_row checked;
	struct buf text;
	enum err_code rc;

	if (row_checker_new(&policy, &checker, err))
		return err->code;
	buf_init(&text, FILE_MAX);
	buf_add_str(&text, writer->header);
	row_begin(checker, &checked);
	list_writer_row(writer, &row, &text, checker, &checked);
	if ((rc = buf_check(&text, err)) == ERR_OK)
		rc = write_file(folder, "device.csv", buf_slice(&text), err);
	buf_done(&text);
	row_checker_free(checker);
	return rc;
}

static enum err_code
write_text(const struct dossier *d, const char *folder, struct err *err)
{
	struct buf text;
	enum err_code rc;

	buf_init(&text, FILE_MAX);
	dossier_text_add(&text, d->doc);
	if ((rc = buf_check(&text, err)) == ERR_OK)
		rc = write_file(folder, "dossier.txt", buf_slice(&text), err);
	buf_done(&text);
	return rc;
}

static enum err_code
write_json(const struct dossier *d, const char *folder, struct err *err)
{
	struct buf text;
	enum err_code rc;

	buf_init(&text, FILE_MAX);
	if ((rc = json_out_add(&text, json_incref(d->doc), err)) == ERR_OK) {
		buf_add_char(&text, '\n');
		rc = write_file(folder, "dossier.json", buf_slice(&text), err);
	}
	buf_done(&text);
	return rc;
}

/* --- the folder --- */

/* A serial number may hold anything; a name may not. */
static enum err_code
name_folder(const struct claim_dossier_request *req, char path[CLAIM_DOSSIER_PATH_SIZE],
    struct err *err)
{
	char name[NAME_MAX_BYTES + 1];
	size_t n = 0;
	int len;

	for (const char *c = req->serial; *c && n < NAME_MAX_BYTES; c++, n++) {
		bool plain = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
		    (*c >= 'a' && *c <= 'z') || *c == '-' || *c == '_' || (*c == '.' && n > 0);

		name[n] = plain ? *c : '_';
	}
	name[n] = '\0';
	len = snprintf(path, CLAIM_DOSSIER_PATH_SIZE, "%s/%s", req->folder, name);
	if (len < 0 || len >= CLAIM_DOSSIER_PATH_SIZE)
		return err_set(err, ERR_LIMIT, "the folder's path is too long");
	return ERR_OK;
}

static enum err_code
make_folder(const char *path, struct err *err)
{
	if (mkdir(path, 0700) == 0)
		return ERR_OK;
	if (errno == EEXIST)
		return err_set(err, ERR_EXISTS,
		    "%s is there already, and dossiers are not overwritten: move it away", path);
	return err_errno(err, errno, "%s", path);
}

static void
remove_folder(const char *folder)
{
	static const char *const file[] = { "device.csv", "dossier.txt", "dossier.json" };
	char path[CLAIM_DOSSIER_PATH_SIZE + 32];

	for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, file[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

static enum err_code
write_folder(const struct dossier *d, const char *folder, struct err *err)
{
	if (make_folder(folder, err))
		return err->code;
	if (write_csv(d, folder, err) || write_text(d, folder, err) || write_json(d, folder, err)) {
		remove_folder(folder);
		return err->code;
	}
	return ERR_OK;
}

/* --- all together --- */

static enum err_code
gather(struct dossier *d, struct err *err)
{
	const struct config *c = d->req->config;
	struct store *s;
	enum err_code rc;

	if (store_open(c->state, STORE_READ, clock_system(), &s, err))
		return err->code;
	rc = read_store(d, s, err);
	store_close(s);
	if (rc || (rc = set(d->doc, "customer", customer_json(c, d->customer), err)) ||
	    (rc = take_identity(d, err)))
		return rc;
	return set(d->doc, "ask", dossier_text_steps(d->doc), err);
}

enum err_code
claim_dossier_write(const struct claim_dossier_request *req, char path[CLAIM_DOSSIER_PATH_SIZE],
    struct err *err)
{
	struct dossier d = { .req = req, .doc = json_object() };
	char folder[CLAIM_DOSSIER_PATH_SIZE];
	enum err_code rc;

	buf_init(&d.hash, BASE64_ENCODED_LEN(HARDWARE_HASH_TEXT_MAX));
	if ((rc = name_folder(req, folder, err)) || (rc = gather(&d, err)) ||
	    (rc = write_folder(&d, folder, err)))
		goto out;
	memcpy(path, folder, sizeof folder);
out:
	json_decref(d.doc);
	buf_done(&d.hash);
	return rc;
}
