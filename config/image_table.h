/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "config/arena.h"
#include "config/config.h"
#include "config/problems.h"

/*
 * What has to be done about the image of a device before it is delivered: rules, the first of which
 * that fits a device counts. A file of one's own comes before the rules that are built in:
 *
 *	version: 1
 *	images:
 *	  contoso-books:                # a name of one's own
 *	    makers: ["Contoso*"]        # these three with * and ? as in file names, in any case of
 *	    models: ["Book *"]          # letters; what is left out fits every device
 *	    families: ["Contoso Book"]  # as the hardware hash has it
 *	    image: needed               # or ok: nobody needs to acknowledge it
 *	    advice: "Have the depot apply image 7."
 *
 * The last of the built-in rules fits every device.
 */
enum image_need { IMAGE_NEEDED, IMAGE_OK };

struct image_rule {
	const char *name;
	struct text_list makers;
	struct text_list models;
	struct text_list families;
	enum image_need image;
	const char *advice; /* sentences */
};

struct image_table {
	const struct image_rule *item;
	size_t n;
};

/*
 * Reads rules of one's own. What is wrong is added to problems; the table then lacks it. All of it
 * is in the arena. Errors: ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code image_table_parse(struct slice text, struct arena *arena,
    struct problems *problems, struct image_table *out, struct err *err);

struct image_device {
	struct slice manufacturer;
	struct slice model;
	struct slice family; /* empty: not known */
};

/* The rule for a device, of one's own or built in; never NULL. own: may be NULL. */
const struct image_rule *image_table_find(const struct image_table *own,
    const struct image_device *d);
