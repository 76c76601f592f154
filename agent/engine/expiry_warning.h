/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* When people are warned that something ends: 30, 14 and 3 days before. Pure. */

/* The least of the warnings that have come due, in days; 0: none has. */
uint32_t expiry_warning_due(int64_t left_ms);

/* Until the next one comes due; INT64_MAX: none is to come. */
int64_t expiry_warning_wait_ms(int64_t left_ms);
