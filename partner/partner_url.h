/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * The address of a resource of a customer: <base>/v1/customers/<tenant>/<segment>/…
 *
 * base_url has no slash at its end. The segments follow, then NULL; each is percent-encoded whole,
 * because a batch name may hold blanks, slashes and any letter. The addresses that the service puts
 * into its answers are never used: they lack /v1 and are not encoded. Source: sources.md#partner-urls
 *
 * The caller frees what is returned; NULL if there is no memory.
 */
char *partner_url(const char *base_url, const char *tenant, ...) __attribute__((sentinel));

/*
 * The address of a page of the customers, which holds at most size of them. next: not the first.
 * The rest as above. Source: sources.md#partner-customers
 */
char *partner_url_customers(const char *base_url, unsigned size, bool next);
