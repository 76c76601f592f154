/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/customer_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define T1 "11111111-1111-4111-8111-111111111111"
#define T2 "22222222-2222-4222-8222-222222222222"

static bool memory_is_out;

void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return memory_is_out ? NULL : __real_reallocarray(p, n, size);
}

/* "tenant|domain|company|+", and a blank behind each. */
static void
show(struct customer_page *c, char *out, size_t size)
{
	const struct channel_customer *all = customer_page_all(c);
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < c->n; i++)
		len += (size_t)snprintf(out + len, size - len, "%.2s|%s|%s|%s ", all[i].tenant,
		    all[i].domain, all[i].company, all[i].granted ? "+" : "-");
}

static void
pages(void **state)
{
	static const struct {
		const char *name;
		const char *page[3];
		enum page_end want; /* of the last */
		const char *shown;
	} tc[] = {
		{ "none", { "{\"items\":[]}" }, PAGE_LAST, "" },
		{ "one",
		    { "\xEF\xBB\xBF{\"items\":[{\"id\":\"" T1
		      "\",\"companyProfile\":{\"domain\":\"a.example\",\"companyName\":\"A\"},"
		      "\"relationshipToPartner\":\"reseller\"}]}" },
		    PAGE_LAST, "11|a.example|A|+ " },
		{ "another relationship",
		    { "{\"items\":[{\"id\":\"" T1 "\",\"relationshipToPartner\":\"none\"}]}" },
		    PAGE_LAST, "11|||- " },
		{ "two pages",
		    { "{\"items\":[{\"id\":\"" T1 "\"}],\"continuationToken\":\"x\"}",
		        "{\"items\":[{\"id\":\"" T2 "\"}]}" },
		    PAGE_LAST, "11|||- 22|||- " },
		{ "more to come", { "{\"items\":[],\"continuationToken\":\"x\"}" }, PAGE_MORE, "" },
		{ "in circles",
		    { "{\"items\":[],\"continuationToken\":\"x\"}",
		        "{\"items\":[],\"continuationToken\":\"x\"}" },
		    PAGE_BAD, "" },
		{ "what is no customer", { "{\"items\":[{\"id\":\"../x\"},7,null,{}]}" }, PAGE_LAST,
		    "" },
		{ "names of other kinds",
		    { "{\"items\":[{\"id\":\"" T1 "\",\"companyProfile\":{\"domain\":7,"
		      "\"companyName\":null}}]}" },
		    PAGE_LAST, "11|||- " },
		{ "no list", { "{\"totalCount\":0}" }, PAGE_BAD, "" },
		{ "unreadable", { "<html>" }, PAGE_BAD, "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		enum page_end end = PAGE_MORE;
		struct customer_page c;
		char shown[256];
		struct err err;

		print_message("  %s\n", tc[i].name);
		customer_page_init(&c);
		for (size_t k = 0; k < 3 && tc[i].page[k]; k++)
			assert_int_equal(
			    customer_page_read(&c, slice_of(tc[i].page[k]), &end, &err), ERR_OK);
		assert_int_equal(end, tc[i].want);
		show(&c, shown, sizeof shown);
		assert_string_equal(shown, tc[i].shown);
		customer_page_done(&c);
	}
}

/* A page of n customers; the caller frees it. */
static char *
large_page(size_t n)
{
	static const char item[] = "{\"id\":\"" T1 "\"},";
	size_t len = sizeof item - 1;
	char *page = malloc(16 + n * len);

	assert_non_null(page);
	memcpy(page, "{\"items\":[", 10);
	for (size_t i = 0; i < n; i++)
		memcpy(page + 10 + i * len, item, len);
	memcpy(page + 10 + n * len - 1, "]}", 3);
	return page;
}

static void
too_many(void **state)
{
	char *page = large_page(CUSTOMERS_MAX / 2);
	struct customer_page c;
	enum page_end end;
	struct err err;

	(void)state;
	customer_page_init(&c);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(customer_page_read(&c, slice_of(page), &end, &err), ERR_OK);
	assert_int_equal(c.n, CUSTOMERS_MAX);
	end = PAGE_MORE;
	assert_int_equal(
	    customer_page_read(&c, slice_of("{\"items\":[{\"id\":\"" T2 "\"}]}"), &end, &err),
	    ERR_LIMIT);
	assert_int_equal(end, PAGE_MORE); /* untouched */
	customer_page_done(&c);
	free(page);
}

static void
long_names(void **state)
{
	char page[2000];
	struct customer_page c;
	char name[1000];
	enum page_end end;
	struct err err;

	(void)state;
	memset(name, 'a', sizeof name);
	memcpy(name + 255, "\xC3\xA4", 2); /* would be cut in its middle */
	name[sizeof name - 1] = '\0';
	(void)snprintf(page, sizeof page,
	    "{\"items\":[{\"id\":\"" T1 "\",\"companyProfile\":{\"companyName\":\"%s\"}}]}", name);
	customer_page_init(&c);
	assert_int_equal(customer_page_read(&c, slice_of(page), &end, &err), ERR_OK);
	assert_int_equal(strlen(customer_page_all(&c)[0].company), 255);
	customer_page_done(&c);
}

static void
no_memory(void **state)
{
	enum page_end end = PAGE_BAD;
	struct customer_page c;
	struct err err;

	(void)state;
	customer_page_init(&c);
	memory_is_out = true;
	assert_int_equal(
	    customer_page_read(&c, slice_of("{\"items\":[{\"id\":\"" T1 "\"}]}"), &end, &err),
	    ERR_NOMEM);
	memory_is_out = false;
	assert_int_equal(end, PAGE_BAD);
	assert_int_equal(c.n, 0);
	customer_page_done(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages),
		cmocka_unit_test(too_many),
		cmocka_unit_test(long_names),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
