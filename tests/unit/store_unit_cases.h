/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The part of tests/unit/store_conformance.h about purchase orders, units that come one by one, and
 * units that have become others.
 */

/* Runs it all; returns how many tests failed. */
int store_unit_cases_run(void);
