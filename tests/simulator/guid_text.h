/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

/* Is it a GUID: groups of 8-4-4-4-12 hexadecimal digits, in any case? */
bool guid_text_is(struct slice text);
