/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"

/*
 * Appends text for a URL or a form: all but the characters that mean themselves everywhere is
 * percent-encoded. Source: sources.md#uri
 */
void percent_add(struct buf *out, struct slice text);
