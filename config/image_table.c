/* SPDX-License-Identifier: Apache-2.0 */
#include "config/image_table.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdio.h>

#include "config/config_schema.h"
#include "config/section_reader.h"
#include "config/yaml_tree.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define FIELD(of, name) offsetof(struct of, name)
#define PATTERNS(...) \
	{ \
		.item = (const char *const[]){ __VA_ARGS__ }, \
		.n = LENGTH(((const char *const[]){ __VA_ARGS__ })), \
	}

enum { VALUE_MAX = 256 };

/* --- built in --- */

#define LENOVO_ORDER \
	"It has to be ordered as a special bid with the system building block \"SBB0Q94938 - MMD " \
	"Enablement\"."
#define OTHER_WAYS "Ask for an exception, or put the customer's image on it."

/*
 * Lenovo's models are told apart by the family in the firmware: its model is a machine type ("20S0"),
 * for which there is no public list. Some generations do not name themselves there.
 * Source: sources.md#images
 */
static const struct image_rule builtin[] = {
	{
	    .name = "dell",
	    .makers = PATTERNS("Dell*"),
	    .advice =
	        "Ask Dell's representative whether the approved image was applied to the order.",
	},
	{
	    .name = "hp",
	    .makers = PATTERNS("HP", "HP Inc*", "Hewlett*"),
	    .advice =
	        "Compare the SKU with the one that is prescribed for this model. If it was not ordered "
	        "so, recover the device with HP's Corporate Ready Image, which erases it.",
	},
	{
	    .name = "lenovo-enabled",
	    .makers = PATTERNS("Lenovo*"),
	    .families = PATTERNS("*L13", "*L13 Gen 1", "*L13 Yoga", "*L13 Yoga Gen 1", "*L14 Gen 1",
	        "*L15 Gen 1", "*X1 Carbon Gen 8", "*X1 Yoga Gen 5", "*T14 Gen 1", "*T15 Gen 1"),
	    .advice = LENOVO_ORDER,
	},
	{
	    .name = "lenovo-intel",
	    .makers = PATTERNS("Lenovo*"),
	    .families = PATTERNS("*X13 Gen 1"),
	    .advice = "Only the one with an Intel processor is enabled. " LENOVO_ORDER,
	},
	{
	    .name = "lenovo-other",
	    .makers = PATTERNS("Lenovo*"),
	    .families = PATTERNS("?*"),
	    .advice = "The model is not among the enabled models. " OTHER_WAYS,
	},
	{
	    .name = "lenovo-unknown",
	    .makers = PATTERNS("Lenovo*"),
	    .advice =
	        "Without a hardware hash nobody knows whether the model is enabled: compare it "
	        "with the list of enabled models. " LENOVO_ORDER,
	},
	{
	    .name = "microsoft",
	    .makers = PATTERNS("Microsoft*"),
	    .image = IMAGE_OK,
	    .advice = "Nothing more has to be done about the image.",
	},
	{
	    .name = "any",
	    .advice =
	        "Put the customer's image, or the universal image with the maker's drivers, on it.",
	},
};

/* --- rules of one's own --- */

static const char *const need_word[] = {
	[IMAGE_NEEDED] = "needed",
	[IMAGE_OK] = "ok",
	NULL,
};

static const struct section rule_section = {
	.size = sizeof(struct image_rule),
	.key =
	    (const struct key[]){
	        { .name = "makers",
	            .help = "Manufacturers, with * and ? as in file names; default: all.",
	            .type = TYPE_TEXT,
	            .items = 100,
	            .offset = FIELD(image_rule, makers) },
	        { .name = "models",
	            .help = "Models, with * and ?; default: all.",
	            .type = TYPE_TEXT,
	            .items = 1000,
	            .offset = FIELD(image_rule, models) },
	        { .name = "families",
	            .help = "Families as the hardware hash has them, with * and ?; default: all.",
	            .type = TYPE_TEXT,
	            .items = 1000,
	            .offset = FIELD(image_rule, families) },
	        { .name = "image",
	            .help = "Whether somebody has to acknowledge it.",
	            .type = TYPE_WORD,
	            .offset = FIELD(image_rule, image),
	            .words = need_word,
	            .initial = "needed" },
	        { .name = "advice",
	            .help = "What has to be done about the image.",
	            .type = TYPE_TEXT,
	            .offset = FIELD(image_rule, advice),
	            .required = true },
	        { .name = NULL },
	    },
};

/* The whole file. */
struct image_file {
	uint64_t version;
	struct image_table images;
};

static const struct section file_section = {
	.size = sizeof(struct image_file),
	.key =
	    (const struct key[]){
	        { .name = "version",
	            .help = "Of this format.",
	            .type = TYPE_NUMBER,
	            .offset = FIELD(image_file, version),
	            .min = 1,
	            .max = 1,
	            .required = true },
	        { .name = "images",
	            .help = "Rules by name; the first that fits counts.",
	            .type = TYPE_NAMED,
	            .offset = FIELD(image_file, images),
	            .section = &rule_section,
	            .required = true },
	        { .name = NULL },
	    },
};

enum err_code
image_table_parse(struct slice text, struct arena *arena, struct problems *problems,
    struct image_table *out, struct err *err)
{
	const struct value_context values = { "", arena, problems };
	struct image_file file = { .images = { .n = 0 } };
	struct arena scratch = { .block = NULL };
	const struct node *root = NULL;

	if (yaml_tree_parse(text, &scratch, problems, &root, err)) {
		arena_done(&scratch);
		return err->code;
	}
	if (root && root->kind == NODE_MAP)
		section_read(&file_section, root, &values, CONFIG_NO_LOOK, &file);
	else if (root)
		problem_advise(problems_add(problems, root->at, "there are no keys"),
		    "Write version: 1, and images: with rules below it.");
	arena_done(&scratch);
	if (arena->failed)
		return err_set(err, ERR_NOMEM, "no memory for the advice on images");
	*out = file.images;
	return ERR_OK;
}

/* --- the rule for a device --- */

/* Longer values than any maker writes are cut; a pattern that ends with * still fits them. */
static bool
matches(const struct text_list *patterns, struct slice value)
{
	char text[VALUE_MAX];

	if (patterns->n == 0)
		return true;
	(void)snprintf(text, sizeof text, SLICE_FMT, SLICE_ARG(slice_head(value, VALUE_MAX - 1)));
	for (size_t i = 0; i < patterns->n; i++) {
		if (fnmatch(patterns->item[i], text, FNM_CASEFOLD) == 0)
			return true;
	}
	return false;
}

static const struct image_rule *
find(const struct image_rule *rule, size_t n, const struct image_device *d)
{
	for (size_t i = 0; i < n; i++) {
		if (matches(&rule[i].makers, d->manufacturer) &&
		    matches(&rule[i].models, d->model) && matches(&rule[i].families, d->family))
			return &rule[i];
	}
	return NULL;
}

const struct image_rule *
image_table_find(const struct image_table *own, const struct image_device *d)
{
	const struct image_rule *rule = own ? find(own->item, own->n, d) : NULL;

	if (!rule)
		rule = find(builtin, LENGTH(builtin), d);
	assert(rule); /* the last one fits all */
	return rule;
}
