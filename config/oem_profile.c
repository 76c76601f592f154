/* SPDX-License-Identifier: Apache-2.0 */
#include "config/oem_profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/config_text.h"
#include "config/oem_profile_rules.h"
#include "config/oem_profile_schema.h"
#include "config/section_reader.h"
#include "config/value_type.h"
#include "config/yaml_tree.h"

/* The bytes of config/reference-v1.yaml, with a NUL behind them. */
extern const char oem_profile_reference_v1[];

const char *
oem_profile_builtin(const char *name)
{
	return strcmp(name, VALUE_TYPE_PROFILE) == 0 ? oem_profile_reference_v1 : NULL;
}

static void
read_document(struct oem_profile *p, const struct node *root, const struct value_context *values,
    enum config_look look)
{
	if (root->kind != NODE_MAP) {
		problem_advise(problems_add(values->problems, root->at, "there are no keys"),
		    "'autoreg profile show reference-v1' prints one to begin with.");
		return;
	}
	section_read(oem_profile_schema(), root, values, look, p);
	if (!values->arena->failed)
		oem_profile_rules_judge(p, root, values->problems);
}

static enum err_code
parse(struct slice text, const char *folder, enum config_look look, struct oem_profile **out,
    struct problems *problems, struct err *err)
{
	struct oem_profile *p = calloc(1, sizeof *p);
	struct arena scratch = { .block = NULL };
	const struct node *root = NULL;
	struct value_context values;
	enum err_code rc;

	*problems = (struct problems){ .n = 0 };
	if (!p)
		return err_set(err, ERR_NOMEM, "no memory for the profile");
	values = (struct value_context){ folder, &p->arena, problems };
	if ((rc = yaml_tree_parse(text, &scratch, problems, &root, err)))
		goto out;
	if (root)
		read_document(p, root, &values, look);
	if (p->arena.failed)
		rc = err_set(err, ERR_NOMEM, "no memory for the profile");
	else if (problems->n > 0)
		rc = err_set(err, ERR_FORMAT, "%zu problems", problems->n + problems->dropped);
	if (rc)
		goto out;
	*out = p;
	p = NULL;
out:
	arena_done(&scratch);
	oem_profile_free(p);
	return rc;
}

enum err_code
oem_profile_parse(struct slice text, const char *folder, struct oem_profile **out,
    struct problems *problems, struct err *err)
{
	return parse(text, folder, CONFIG_NO_LOOK, out, problems, err);
}

enum err_code
oem_profile_load(const char *name, struct oem_profile **out, struct problems *problems,
    struct err *err)
{
	const char *builtin = oem_profile_builtin(name);
	struct config_text text;
	enum err_code rc;

	if (builtin)
		return oem_profile_parse(slice_of(builtin), "", out, problems, err);
	rc = config_text_read(name,
	    "Begin with what 'autoreg profile show reference-v1' prints, or name that.", &text,
	    problems, err);
	if (rc)
		return rc;
	rc = parse(buf_slice(&text.bytes), text.folder, CONFIG_LOOK_AT_FILES, out, problems, err);
	config_text_done(&text);
	return rc;
}

void
oem_profile_free(struct oem_profile *p)
{
	if (!p)
		return;
	arena_done(&p->arena);
	free(p);
}
