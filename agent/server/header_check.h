/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct MHD_Connection;

/*
 * Whether all who read the headers of a request would take it for the same one. libmicrohttpd believes
 * the first of two lengths and overlooks a name with a blank behind it, so that what a reverse proxy
 * takes for a body could be another request to us. Of a header without a name, and of lines that were
 * continued but for these, it says nothing that could be judged here.
 * Source: sources.md#request-smuggling
 */

/* NULL: they would. Else what is wrong, as a sentence. */
const char *header_check_fault(struct MHD_Connection *connection);
