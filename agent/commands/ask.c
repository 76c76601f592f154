/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/ask.h"

#include <inttypes.h>

#include "agent/commands/control_client.h"
#include "agent/gate/gate_inquiry.h"
#include "agent/server/consent_snapshot.h"
#include "agent/server/status_snapshot.h"
#include "agent/tools/json_out.h"
#include "agent/tools/request_target.h"
#include "base/clock.h"
#include "store/store.h"

enum { ADDRESS_MAX = 16 * 1024, STATUS_MAX = 16 * 1024 * 1024 };

static enum err_code
ask_agent(const struct config *c, const char *address, const struct byte_sink *sink,
    struct err *err)
{
	const struct control_request req = { .method = HTTP_GET, .address = address };

	return control_client_ask(c->control, &req, sink, err);
}

static enum err_code
open_store(const struct config *c, struct store **out, struct err *err)
{
	return store_open(c->state, STORE_READ, clock_system(), out, err);
}

static enum err_code
question_to_store(const struct config *c, const struct question *asked,
    const struct byte_sink *sink, struct err *err)
{
	struct question q = *asked;
	struct store *s;
	enum err_code rc = open_store(c, &s, err);

	question_note_customers(&q, c);
	if (rc == ERR_NOT_FOUND)
		return question_answer_nothing(&q, sink, err);
	if (rc)
		return rc;
	rc = question_answer(&q, s, c->state, sink, err);
	store_close(s);
	return rc;
}

enum err_code
ask_question(const struct config *c, const struct question *q, const struct byte_sink *sink,
    struct err *err)
{
	struct buf address;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	question_address(q, &address);
	rc = buf_check(&address, err);
	if (rc == ERR_OK)
		rc = ask_agent(c, address.ptr, sink, err);
	buf_done(&address);
	return rc == ERR_CONNECT ? question_to_store(c, q, sink, err) : rc;
}

/* --- before delivery --- */

/* Where there is no store there is no device. */
static enum err_code
read_gate(const struct config *c, struct gate_inquiry *q, struct err *err)
{
	struct store *s;
	enum err_code rc = open_store(c, &s, err);

	if (rc)
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	rc = gate_inquiry_read(q, s, err);
	store_close(s);
	return rc;
}

static enum err_code
gate_of_store(const struct config *c, const char *serial, const struct byte_sink *sink,
    struct err *err)
{
	struct gate_inquiry q;
	enum gate_cause cause;
	struct buf text;
	enum err_code rc;

	buf_init(&text, STATUS_MAX);
	if ((rc = gate_inquiry_init(&q, serial, err)) || (rc = read_gate(c, &q, err)) ||
	    (rc = json_out_add(&text, gate_inquiry_json(&q, c, &cause), err)))
		goto out;
	rc = byte_sink_put(sink, buf_slice(&text), err);
out:
	gate_inquiry_done(&q);
	buf_done(&text);
	return rc;
}

enum err_code
ask_gate(const struct config *c, const char *serial, uint64_t wait_ms, const struct byte_sink *sink,
    struct err *err)
{
	struct buf address;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	buf_add_str(&address, "/v1/gate?serial=");
	request_target_escape(&address, slice_of(serial));
	if (wait_ms > 0)
		buf_addf(&address, "&wait=%" PRIu64 "ms", wait_ms);
	rc = buf_check(&address, err);
	if (rc == ERR_OK)
		rc = ask_agent(c, address.ptr, sink, err);
	buf_done(&address);
	return rc == ERR_CONNECT ? gate_of_store(c, serial, sink, err) : rc;
}

/* --- how things stand --- */

/* What there is no store for is zero. */
static enum err_code
fill_from_store(const struct config *c, struct status_snapshot *snapshot, struct err *err)
{
	struct store *s;
	enum err_code rc = open_store(c, &s, err);

	if (rc)
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	rc = status_snapshot_count(snapshot, s, err);
	if (rc == ERR_OK)
		rc = status_snapshot_ask_store(snapshot, s, err);
	store_close(s);
	return rc;
}

static enum err_code
status_of_store(const struct config *c, const struct byte_sink *sink, struct err *err)
{
	struct status_snapshot *snapshot = NULL;
	struct buf text;
	enum err_code rc;

	buf_init(&text, STATUS_MAX);
	if ((rc = status_snapshot_new(c, &snapshot, err)) ||
	    (rc = fill_from_store(c, snapshot, err)) ||
	    (rc = json_out_add(&text, status_snapshot_json(snapshot), err)))
		goto out;
	buf_add_char(&text, '\n');
	rc = byte_sink_put(sink, buf_slice(&text), err);
out:
	buf_done(&text);
	status_snapshot_free(snapshot);
	return rc;
}

enum err_code
ask_status(const struct config *c, const struct byte_sink *sink, struct err *err)
{
	enum err_code rc = ask_agent(c, "/v1/status", sink, err);

	return rc == ERR_CONNECT ? status_of_store(c, sink, err) : rc;
}

/* --- consent --- */

static enum err_code
consent_of_store(const struct config *c, const char *customer, const struct byte_sink *sink,
    struct err *err)
{
	struct consent_snapshot *snapshot = NULL;
	struct store *s = NULL;
	struct buf text;
	enum err_code rc;

	buf_init(&text, STATUS_MAX);
	if ((rc = consent_snapshot_new(c, customer, &snapshot, err)))
		goto out;
	rc = open_store(c, &s, err);
	if (rc == ERR_OK)
		rc = consent_snapshot_read(snapshot, s, err);
	else if (rc == ERR_NOT_FOUND)
		rc = ERR_OK; /* there is none yet: nobody was asked */
	if (rc || (rc = json_out_add(&text, consent_snapshot_json(snapshot), err)))
		goto out;
	rc = byte_sink_put(sink, buf_slice(&text), err);
out:
	store_close(s);
	buf_done(&text);
	consent_snapshot_free(snapshot);
	return rc;
}

enum err_code
ask_consent(const struct config *c, const char *customer, const struct byte_sink *sink,
    struct err *err)
{
	struct buf address;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	buf_add_str(&address, "/v1/consent");
	if (customer) {
		buf_add_char(&address, '/');
		request_target_escape(&address, slice_of(customer));
	}
	rc = buf_check(&address, err);
	if (rc == ERR_OK)
		rc = ask_agent(c, address.ptr, sink, err);
	buf_done(&address);
	return rc == ERR_CONNECT ? consent_of_store(c, customer, sink, err) : rc;
}
