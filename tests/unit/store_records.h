/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The part of tests/unit/store_conformance.h about what a store keeps beside lists and devices: what
 * the gate asks, the trail, logins and links.
 */

/* Runs it all; returns how many tests failed. */
int store_records_run(void);
