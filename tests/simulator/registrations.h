/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * Units for a customer, or for nobody, which takes them back: what comes in is checked, kept, and
 * decided when it is due. Source: sources.md#oem-profile
 */
void registrations_post(struct simulator *sim, struct exchange *x);
