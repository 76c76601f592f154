/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "channel/batch.h"
#include "config/oem_profile.h"
#include "oem/oem_service.h"
#include "tests/unit/partner_fake.h"

/*
 * A link-time double of oem/oem_credential.h, on that of tokens in partner_fake.h, which also has the
 * requests; and a maker's service with its profile. Mistakes fail the test that runs.
 */

/* Set-up and tear-down of a test. */
int oem_fake_enter(void **state);
int oem_fake_leave(void **state);

/* Whether a token is wanted at all; true to begin with. */
void oem_fake_wants_token(bool wants);

/* What the last wait was told to have been refused: the token at hand. */
bool oem_fake_refused(void);

/* Monotonic; 0 to begin with. */
void oem_fake_set_ms(uint64_t now_ms);

/*
 * The profile reference-v1 with other sections, whole lines such as "job: {mode: sync}\n", in place of
 * those of the same name. NULL: as it is. The caller frees it with oem_profile_free().
 */
struct oem_profile *oem_fake_profile(const char *sections);

/* base_url is "https://oem.example/api". Free it with oem_fake_service_free(), profile included. */
struct oem_service *oem_fake_service(const char *sections);
void oem_fake_service_free(struct oem_service *s);

#define FAKE_DOMAIN "contoso.onmicrosoft.com"

/* The tag "HQ" and the order "PO-7"; devices have the ids 1, 2, … */
struct batch *oem_fake_batch(void);
