/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What every implementation of store/store.h has to do, tested through that interface alone. It is
 * linked with the implementation; each test has a folder of its own.
 */

/* Runs it all; returns how many tests failed. */
int store_conformance_run(void);
