/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "config/config.h"

/* Small configurations for tests: the least that is good, and one thing more. */

#define CONFIG_PARTNER(rest) \
	"version: 1\n" \
	"partners:\n" \
	"  nw: {tenant: 11111111-1111-4111-8111-111111111111," \
	" client_id: aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa, " rest "}\n"

#define CONFIG_OEM(rest) \
	"version: 1\n" \
	"oems:\n" \
	"  f: {base_url: https://oem.example, " rest "}\n"

#define CONFIG_CUSTOMER(rest) \
	CONFIG_PARTNER("auth: {method: refresh_token, client_secret: {env: S}}") \
	"customers:\n" \
	"  c: {tenant: 22222222-2222-4222-8222-222222222222, " rest "}\n"

#define CONFIG_APP \
	"app: {client_id: cccccccc-cccc-4ccc-8ccc-cccccccccccc," \
	" auth: {method: client_credentials, client_secret: {env: S}}}"

struct config_case {
	const char *name;
	const char *text;
	const char *want; /* "LINE:COLUMN MESSAGE\nADVICE\n" of each problem */
};

/* Fails the test unless each of them is refused just so. */
void config_fixture_refused(const struct config_case *tc, size_t n);

/* A configuration that is good, or the test fails. The caller frees it. */
struct config *config_fixture_parse(const char *text, const char *folder);
