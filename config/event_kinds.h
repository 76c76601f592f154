/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What kinds of events the trail holds: the words of hooks.on and of whoever asks for events of a
 * kind. Whoever writes events of a new kind adds it here. They are a contract with scripts: added,
 * never renamed.
 *
 * One is missing: hook_failed says that a hook could not be told, and is told to none.
 */

enum { EVENT_KINDS = 31 };

/* By subject; end with NULL. */
extern const char *const event_kinds[EVENT_KINDS + 1];
