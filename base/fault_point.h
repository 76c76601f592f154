/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A place where the machine may die. Does nothing: a test links a function of this name that kills
 * the process here, to see that nothing is lost. name: static, "store.commit".
 */
void fault_point(const char *name);
