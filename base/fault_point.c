/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault_point.h"

void
fault_point(const char *name)
{
	(void)name;
}
