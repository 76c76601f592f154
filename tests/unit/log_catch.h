/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/log.h"

/* Keeps what is logged from a test's output, and shows it to the test as short lines. */

void log_catch_begin(enum log_level most);

/* Logging is as before. What was caught holds until the next begin. */
const char *log_catch_end(void);
