/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * The token endpoints of Entra ID, v1 and v2.0. Source: sources.md#token-requests
 */
void entra_token(struct simulator *sim, struct exchange *x);

/* Where a code for a person to sign in with is given out. Source: sources.md#device-code */
void entra_device_code(struct simulator *sim, struct exchange *x);
