/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * The token endpoints of Entra ID, v1 and v2.0. Source: sources.md#token-requests
 */
void entra_token(struct simulator *sim, struct exchange *x);

/* Answers with an error of that AADSTS number. text: NULL for the usual one. */
void entra_refuse(struct simulator *sim, struct exchange *x, unsigned code, const char *text);
