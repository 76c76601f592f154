/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/oem_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/problems.h"
#include "oem/oem_credential.h"
#include "oem/oem_error_map.h"
#include "oem/oem_memory.h"
#include "oem/oem_rate.h"

static bool wants;
static uint64_t now_ms;

int
oem_fake_enter(void **state)
{
	wants = true;
	now_ms = 0;
	return partner_fake_enter(state);
}

int
oem_fake_leave(void **state)
{
	return partner_fake_leave(state);
}

void
oem_fake_wants_token(bool does)
{
	wants = does;
}

bool
oem_fake_refused(void)
{
	return partner_fake_refused()[0] != '\0';
}

void
oem_fake_set_ms(uint64_t at_ms)
{
	now_ms = at_ms;
}

/* --- the credential --- */

static const struct http_tls tls = { .tls_1_3 = true };

const struct http_tls *
oem_credential_tls(const struct oem_credential *c)
{
	(void)c;
	return &tls;
}

struct token_source *
oem_credential_tokens(const struct oem_credential *c)
{
	(void)c;
	return wants ? partner_fake_options()->tokens : NULL;
}

const struct secret *
oem_credential_token(const struct oem_credential *c)
{
	(void)c;
	return NULL;
}

/* --- the service --- */

/* The text of a section of the built-in profile, from its key to the next. */
static const char *
find_section(const char *text, const char *key, size_t len, const char **end)
{
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		const char *next;

		if (strncmp(line, key, len) != 0)
			continue;
		next = strchr(line, '\n') + 1;
		while (*next == ' ')
			next = strchr(next, '\n') + 1;
		*end = next;
		return line;
	}
	return NULL;
}

/* Takes out of text what sections has anew, and appends those. */
static void
replace(char *text, size_t size, const char *sections)
{
	for (const char *line = sections; *line; line = strchr(line, '\n') + 1) {
		const char *end, *old;

		if (*line == ' ')
			continue;
		old = find_section(text, line, strcspn(line, ":") + 1, &end);
		if (old)
			memmove(text + (old - text), end, strlen(end) + 1);
	}
	assert_true(strlen(text) + strlen(sections) < size);
	memcpy(text + strlen(text), sections, strlen(sections) + 1);
}

struct oem_profile *
oem_fake_profile(const char *sections)
{
	char text[16 * 1024];
	struct oem_profile *p = NULL;
	struct problems problems;
	struct err err;

	(void)snprintf(text, sizeof text, "%s", oem_profile_builtin("reference-v1"));
	if (sections)
		replace(text, sizeof text, sections);
	memset(&problems, 0, sizeof problems);
	if (oem_profile_parse(slice_of(text), ".", &p, &problems, &err))
		fail_msg("%s: %s\n%s", err.msg, problems.item[0].message, text);
	return p;
}

static int64_t
no_time(void *arg)
{
	(void)arg;
	return 0;
}

static uint64_t
mono_ms(void *arg)
{
	(void)arg;
	return now_ms;
}

struct oem_service *
oem_fake_service(const char *sections)
{
	static const struct clock clock = { no_time, mono_ms, NULL };
	struct oem_profile *p = oem_fake_profile(sections);
	struct oem_service *s = test_calloc(1, sizeof *s);
	struct err err;

	s->opt = (struct oem_options){
		.profile = p,
		.clock = &clock,
		.random = partner_fake_options()->random,
		.base_url = "https://oem.example/api",
	};
	assert_int_equal(oem_error_map_new(p, &s->errors, &err), ERR_OK);
	assert_int_equal(
	    oem_rate_new(p->batching.requests, p->batching.interval_ms, &s->rate, &err), ERR_OK);
	assert_int_equal(oem_memory_new(&s->memory, &err), ERR_OK);
	return s;
}

void
oem_fake_service_free(struct oem_service *s)
{
	struct oem_profile *p = (struct oem_profile *)(uintptr_t)s->opt.profile;

	oem_memory_free(s->memory);
	oem_rate_free(s->rate);
	oem_error_map_free(s->errors);
	oem_profile_free(p);
	test_free(s);
}

struct batch *
oem_fake_batch(void)
{
	struct batch *b = NULL;
	struct err err;

	assert_int_equal(batch_new(&(struct batch_head){ .id = 7,
	                               .customer = slice_of("contoso"),
	                               .tenant = slice_of(FAKE_TENANT),
	                               .domain = slice_of(FAKE_DOMAIN),
	                               .tag = slice_of("HQ"),
	                               .order = slice_of("PO-7") },
	                     &b, &err),
	    ERR_OK);
	memcpy(b->request_id, FAKE_REQUEST_ID, GUID_SIZE);
	memcpy(b->correlation_id, FAKE_CORRELATION_ID, GUID_SIZE);
	return b;
}
