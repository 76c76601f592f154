/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The other half of tests/unit/store_conformance.h: what a store answers in every field, and what
 * becomes of it when a question or a change fails.
 */

/* Runs it all; returns how many tests failed. */
int store_questions_run(void);
