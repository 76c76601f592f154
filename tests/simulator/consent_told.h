/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* What the client can know of a customer's consent, from the last answer that says something of it. */
enum consent_word { CONSENT_NEVER_TOLD, CONSENT_TOLD_YES, CONSENT_TOLD_NO };

struct consent_told {
	enum consent_word word;
	uint64_t at_ms; /* when the first answer that said so left */
};

struct exchange;
struct simulator;

/*
 * What the answer, which stands, says of consent: x->said, and x->told is whose knowledge it becomes.
 * upload: the kind of violation that it is, NULL if none is sent. An upload for a customer who does
 * not consent, by a client that was told so or has never asked, is one; who was told otherwise learns it
 * from the refusal.
 */
void consent_told_judge(struct simulator *sim, struct exchange *x, struct consent_told *told,
    enum consent_word said, const char *upload);

/* The answer leaves now. */
void consent_told_learn(struct simulator *sim, const struct exchange *x);
