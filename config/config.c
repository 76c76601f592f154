/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_rules.h"
#include "config/config_schema.h"
#include "config/config_text.h"
#include "config/image_table.h"
#include "config/oem_profile.h"
#include "config/section_reader.h"
#include "config/yaml_tree.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/*
 * Where Microsoft's clouds answer. Those of governments have no Partner Center of their own.
 * Source: sources.md#clouds
 */
static const struct cloud builtin[] = {
	{
	    .name = "global",
	    .login = "https://login.microsoftonline.com",
	    .partner_center = "https://api.partnercenter.microsoft.com",
	    .graph = "https://graph.microsoft.com",
	    .audience = "https://api.partnercenter.microsoft.com",
	},
	{
	    .name = "usgov",
	    .login = "https://login.microsoftonline.us",
	    .partner_center = "https://api.partnercenter.microsoft.com",
	    .graph = "https://graph.microsoft.us",
	    .audience = "https://api.partnercenter.microsoft.com",
	},
	{
	    .name = "china",
	    .login = "https://login.partner.microsoftonline.cn",
	    .partner_center = "https://partner.partnercenterapi.microsoftonline.cn",
	    .graph = "https://microsoftgraph.chinacloudapi.cn",
	    .audience = "https://partner.partnercenterapi.microsoftonline.cn",
	},
};

/* Behind the file's own ones, which may give a name another meaning. */
static void
add_builtin_clouds(struct config *c)
{
	struct cloud *all = arena_alloc(&c->arena, (c->clouds.n + LENGTH(builtin)) * sizeof *all);
	size_t n = c->clouds.n;

	if (!all)
		return;
	if (n > 0)
		memcpy(all, c->clouds.item, n * sizeof *all);
	for (size_t i = 0; i < LENGTH(builtin); i++) {
		if (!config_cloud(c, builtin[i].name))
			all[n++] = builtin[i];
	}
	c->clouds = (struct cloud_list){ all, n };
}

static void
read_document(struct config *c, const struct node *root, const struct value_context *values,
    enum config_look look)
{
	if (root->kind != NODE_MAP) {
		problem_advise(problems_add(values->problems, root->at, "there are no keys"),
		    "'autoreg config init' prints a file to begin with.");
		return;
	}
	section_read(config_schema(), root, values, look, c);
	add_builtin_clouds(c);
	if (!values->arena->failed)
		config_rules_judge(c, root, values->problems);
}

static enum err_code
verdict(const struct problems *problems, const struct arena *arena, struct err *err)
{
	if (arena->failed)
		return err_set(err, ERR_NOMEM, "no memory for the configuration");
	if (problems->n > 0)
		return err_set(err, ERR_FORMAT, "%zu problems", problems->n + problems->dropped);
	return ERR_OK;
}

/* On ERR_FORMAT c has what could be read. */
static enum err_code
fill(struct config *c, struct slice text, const char *folder, enum config_look look,
    struct problems *problems, struct err *err)
{
	struct value_context values = { folder, &c->arena, problems };
	struct arena scratch = { .block = NULL };
	const struct node *root = NULL;
	enum err_code rc = yaml_tree_parse(text, &scratch, problems, &root, err);

	if (rc == ERR_OK && root)
		read_document(c, root, &values, look);
	arena_done(&scratch);
	return rc ? rc : verdict(problems, &c->arena, err);
}

enum err_code
config_parse(struct slice text, const char *folder, enum config_look look, struct config **out,
    struct problems *problems, struct err *err)
{
	struct config *c = calloc(1, sizeof *c);
	enum err_code rc;

	*problems = (struct problems){ .n = 0 };
	if (!c)
		return err_set(err, ERR_NOMEM, "no memory for the configuration");
	rc = fill(c, text, folder, look, problems, err);
	if (rc == ERR_OK)
		*out = c;
	else
		config_free(c);
	return rc;
}

static const struct place whole_file = { 0, 0 };

/* Problems of a file that is named here are the configuration's, with its name and place in front. */
static void
pass_on(const char *key, const char *path, const struct problems *found, struct problems *problems)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct problem *p = &found->item[i];
		struct problem *told = p->at.line > 0
		    ? problems_add(problems, whole_file, "%s: %s:%zu:%zu: %s", key, path,
		          p->at.line, p->at.column, p->message)
		    : problems_add(problems, whole_file, "%s: %s: %s", key, path, p->message);

		problem_advise(told, "%s", p->advice);
	}
	problems->dropped += found->dropped;
}

static enum err_code
read_images(struct config *c, struct problems *problems, struct err *err)
{
	struct image_table *table = arena_alloc(&c->arena, sizeof *table);
	struct problems *found = calloc(1, sizeof *found);
	struct config_text text;
	enum err_code rc;

	if (!table || !found)
		rc = err_set(err, ERR_NOMEM, "no memory for the configuration");
	else if ((rc = config_text_read(c->images, "Check the path, or remove images.", &text,
	              found, err)) == ERR_OK) {
		rc = image_table_parse(buf_slice(&text.bytes), &c->arena, found, table, err);
		config_text_done(&text);
	}
	if (rc != ERR_NOMEM) {
		pass_on("images", c->images, found, problems);
		rc = verdict(problems, &c->arena, err);
		c->image_table = table;
	}
	free(found);
	return rc;
}

/* A token goes either as HTTP has it or into a header of the maker's: both have to say the same. */
static void
judge_token(const struct oem *o, const struct oem_profile *p, struct problems *problems)
{
	if (o->auth.method == OEM_HEADER && !p->auth_header)
		problem_advise(problems_add(problems, whole_file,
		                   "oems: %s: method header, but the profile has no auth_header",
		                   o->name),
		    "Add auth_header to the profile, or write method: bearer.");
	if (o->auth.method == OEM_BEARER && p->auth_header)
		problem_advise(problems_add(problems, whole_file,
		                   "oems: %s: method bearer, but the profile has auth_header",
		                   o->name),
		    "Write method: header, or remove auth_header from the profile.");
}

static enum err_code
judge_profile(const struct oem *o, struct problems *problems, struct err *err)
{
	struct problems *found = calloc(1, sizeof *found);
	struct oem_profile *p = NULL;
	enum err_code rc;

	if (!found)
		return err_set(err, ERR_NOMEM, "no memory for a profile");
	rc = oem_profile_load(o->profile, &p, found, err);
	if (rc == ERR_OK)
		judge_token(o, p, problems);
	pass_on("oems", o->profile, found, problems);
	oem_profile_free(p);
	free(found);
	return rc == ERR_FORMAT ? ERR_OK : rc;
}

/* They are read for what is wrong with them; whoever speaks to a service reads its own again. */
static enum err_code
judge_profiles(const struct config *c, struct problems *problems, struct err *err)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < c->oems.n; i++)
		rc = judge_profile(&c->oems.item[i], problems, err);
	return rc ? rc : verdict(problems, &c->arena, err);
}

enum err_code
config_load(const char *path, enum config_look look, struct config **out, struct problems *problems,
    struct err *err)
{
	struct config *c = NULL;
	struct config_text text;
	enum err_code rc = config_text_read(path,
	    "Name another with --config, or begin with what 'autoreg config init' prints.", &text,
	    problems, err);

	if (rc)
		return rc;
	rc = config_parse(buf_slice(&text.bytes), text.folder, look, &c, problems, err);
	if (rc == ERR_OK && c->images)
		rc = read_images(c, problems, err);
	if (rc == ERR_OK && look == CONFIG_LOOK_AT_FILES)
		rc = judge_profiles(c, problems, err);
	if (rc == ERR_OK) {
		*out = c;
		c = NULL;
	}
	config_free(c);
	config_text_done(&text);
	return rc;
}

/* In a file that says nothing the default counts. */
static enum err_code
usual_control(struct config *c, struct err *err)
{
	struct problems problems = { .n = 0 };

	return fill(c, slice_of("version: 1\n"), "/", CONFIG_NO_LOOK, &problems, err);
}

enum err_code
config_read_control(const char *path, char **out, struct err *err)
{
	struct problems *problems = calloc(1, sizeof *problems);
	struct config *c = calloc(1, sizeof *c);
	struct config_text text;
	enum err_code rc = ERR_OK;
	char *control;

	if (!problems || !c) {
		rc = err_set(err, ERR_NOMEM, "no memory for the configuration");
		goto out;
	}
	if (config_text_read(path, "", &text, problems, err) == ERR_OK) {
		rc = fill(c, buf_slice(&text.bytes), text.folder, CONFIG_NO_LOOK, problems, err);
		config_text_done(&text);
	}
	if (rc != ERR_NOMEM)
		rc = c->control ? ERR_OK : usual_control(c, err);
	if (rc)
		goto out;
	assert(c->control); /* the default, if nothing else */
	control = strdup(c->control);
	if (control)
		*out = control;
	else
		rc = err_set(err, ERR_NOMEM, "no memory for the configuration");
out:
	config_free(c);
	free(problems);
	return rc;
}

void
config_free(struct config *c)
{
	if (!c)
		return;
	arena_done(&c->arena);
	free(c);
}

const struct cloud *
config_cloud(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->clouds.n; i++) {
		if (strcmp(c->clouds.item[i].name, name) == 0)
			return &c->clouds.item[i];
	}
	return NULL;
}

const struct partner *
config_partner(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->partners.n; i++) {
		if (strcmp(c->partners.item[i].name, name) == 0)
			return &c->partners.item[i];
	}
	return NULL;
}

const struct customer *
config_customer(const struct config *c, struct slice name)
{
	for (size_t i = 0; i < c->customers.n; i++) {
		if (slice_eq(slice_of(c->customers.item[i].name), name))
			return &c->customers.item[i];
	}
	return NULL;
}

const struct oem *
config_oem(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->oems.n; i++) {
		if (strcmp(c->oems.item[i].name, name) == 0)
			return &c->oems.item[i];
	}
	return NULL;
}
