/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/alloc_fault.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static size_t left; /* allocations until the one that fails, itself included; 0: none */
static bool hit;

static bool
fails(void)
{
	if (left == 0 || --left > 0)
		return false;
	hit = true;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void
alloc_fault_arm(size_t nth)
{
	left = nth;
	hit = false;
}

bool
alloc_fault_hit(void)
{
	return hit;
}

size_t
alloc_fault_sweep(alloc_fault_try *attempt, void *arg)
{
	size_t failed = 0;

	for (;;) {
		alloc_fault_arm(failed + 1);
		attempt(arg);
		if (!alloc_fault_hit())
			break;
		failed++;
	}
	alloc_fault_arm(0);
	return failed;
}
