/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * Answers as Entra ID does when it gives no tokens: with an error of that AADSTS number, or, where
 * none is documented, with the bare word of the standard. text: NULL for the usual one.
 * Source: sources.md#token-errors
 */
void entra_refusal(struct simulator *sim, struct exchange *x, unsigned code, const char *text);
void entra_refusal_word(struct exchange *x, const char *word, const char *text);
