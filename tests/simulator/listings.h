/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * What can be read: batches, their devices, customers, the link for a relationship.
 * Source: sources.md#partner-batches, sources.md#partner-consent
 */
void listings_batches(struct simulator *sim, struct exchange *x);
void listings_devices(struct simulator *sim, struct exchange *x);
void listings_customer(struct simulator *sim, struct exchange *x);
void listings_customers(struct simulator *sim, struct exchange *x);
void listings_relationship(struct simulator *sim, struct exchange *x);
