/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The part of tests/unit/store_conformance.h about devices that others hold. */

/* Runs it all; returns how many tests failed. */
int store_claim_cases_run(void);
