/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/* The paths under /_simulator/, by which a test looks at the simulator and changes it. */
void control_books(struct simulator *sim, struct exchange *x);
void control_unit(struct simulator *sim, struct exchange *x);
void control_requests(struct simulator *sim, struct exchange *x);
void control_violations(struct simulator *sim, struct exchange *x);
void control_consent(struct simulator *sim, struct exchange *x);
void control_scenario(struct simulator *sim, struct exchange *x);
void control_sign_in(struct simulator *sim, struct exchange *x);
