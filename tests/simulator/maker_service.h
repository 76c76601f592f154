/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * A maker's registration service, which speaks the reference contract (profile reference-v1): what
 * its calls have in common, its errors, and the question of consent. Source: sources.md#oem-profile
 */

/* Notes what is wrong with how the exchange was sent. */
void maker_service_meet(struct simulator *sim, struct exchange *x);

/* Limits and credential. False: the exchange has got its refusal. */
bool maker_service_admit(struct simulator *sim, struct exchange *x);

/* As partner_center_judge_consent(). */
void maker_service_judge_consent(struct simulator *sim, struct exchange *x);

/* Answers 429, and remembers that the client was told to wait. */
void maker_service_throttle(struct simulator *sim, struct exchange *x, uint64_t retry_after_s,
    enum retry_form form);

/* An answer in JSON, with the id that support asks for. Takes doc over. */
void maker_service_answer(struct simulator *sim, struct exchange *x, unsigned status, json_t *doc);

/* A refusal of the whole request. Returns false. */
bool maker_service_refuse(struct simulator *sim, struct exchange *x, unsigned status,
    const char *code, const char *message);

/* 401; also for a token that is refused from now on. */
void maker_service_bad_token(struct simulator *sim, struct exchange *x);

/*
 * Is it an object without any members but these texts (NULL at the end), and the list if one is
 * named? False: the exchange is refused and what is wrong is noted, a hardware hash above all.
 */
bool maker_service_check_members(struct simulator *sim, struct exchange *x, json_t *object,
    const char *const *texts, const char *list);

/*
 * Tenant id and domain of the content: both texts. *blank: both are empty. Otherwise x->customer is
 * the customer; its domain is proven. False: the exchange has got its refusal.
 */
bool maker_service_read_tenant(struct simulator *sim, struct exchange *x, bool *blank);

void maker_service_validate(struct simulator *sim, struct exchange *x);
