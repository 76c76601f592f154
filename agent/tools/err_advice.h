/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* What people may do about an error; static. */
const char *err_advice(enum err_code code);
