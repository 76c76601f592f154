/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/records/question.h"
#include "agent/tools/byte_sink.h"
#include "base/err.h"
#include "config/config.h"

/*
 * Questions of commands: the agent is asked, and if none answers at the control socket, the store of
 * the state folder. Block.
 */

/* Errors: those of control_client_ask(), of store_open() and of question_answer(). */
MUST_USE enum err_code ask_question(const struct config *c, const struct question *q,
    const struct byte_sink *sink, struct err *err);

/*
 * Whether the devices of a serial number may be delivered. wait_ms: the agent may answer when it is
 * settled, but no later; a store does not wait. Errors: those of control_client_ask(), of
 * store_open() and of gate_inquiry_read().
 */
MUST_USE enum err_code ask_gate(const struct config *c, const char *serial, uint64_t wait_ms,
    const struct byte_sink *sink, struct err *err);

/* The status; without an agent "running" is false in it. */
MUST_USE enum err_code ask_status(const struct config *c, const struct byte_sink *sink,
    struct err *err);

/*
 * How the consent of a customer stands, or (NULL) of all. Errors: as above, and of
 * consent_snapshot_new().
 */
MUST_USE enum err_code ask_consent(const struct config *c, const char *customer,
    const struct byte_sink *sink, struct err *err);
