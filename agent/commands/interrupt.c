/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t seen;

static void
on_signal(int number)
{
	(void)number;
	seen = 1;
}

void
interrupt_watch(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

bool
interrupt_seen(void)
{
	return seen != 0;
}
