/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A link-time double of malloc, calloc and realloc that runs out of memory on demand. Link with
 * --wrap=malloc --wrap=calloc --wrap=realloc. What libraries allocate by themselves is not counted.
 * One thread only. Leaks are the sanitizer's to find.
 */

/* The nth allocation from now (1 is the next) fails, those after it do not; 0: none fails. */
void alloc_fault_arm(size_t nth);

/* Has the armed allocation failed? */
bool alloc_fault_hit(void);

/*
 * One try of the code under test, from nothing to clean-up: asserts the success if
 * alloc_fault_hit() is false afterwards, else that the code failed as it should.
 */
typedef void alloc_fault_try(void *arg);

/*
 * Tries with the first allocation failing, then the second, and so on, until a try in which none
 * fails. Returns how many failed.
 */
size_t alloc_fault_sweep(alloc_fault_try *attempt, void *arg);
