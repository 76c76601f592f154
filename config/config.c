/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "config/config_rules.h"
#include "config/config_schema.h"
#include "config/image_table.h"
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

enum err_code
config_parse(struct slice text, const char *folder, enum config_look look, struct config **out,
    struct problems *problems, struct err *err)
{
	struct config *c = calloc(1, sizeof *c);
	struct value_context values;
	struct arena scratch = { .block = NULL };
	const struct node *root = NULL;
	enum err_code rc;

	*problems = (struct problems){ .n = 0 };
	if (!c)
		return err_set(err, ERR_NOMEM, "no memory for the configuration");
	values = (struct value_context){ folder, &c->arena, problems };
	rc = yaml_tree_parse(text, &scratch, problems, &root, err);
	if (rc)
		goto out;
	if (root)
		read_document(c, root, &values, look);
	rc = verdict(problems, &c->arena, err);
	if (rc)
		goto out;
	*out = c;
	c = NULL;
out:
	arena_done(&scratch);
	config_free(c);
	return rc;
}

static enum err_code
blame_file(struct problems *problems, struct err *err, const char *what, const char *advice)
{
	problem_advise(problems_add(problems, (struct place){ 0, 0 }, "%s", what), "%s", advice);
	return err_set(err, ERR_FORMAT, "1 problem");
}

static enum err_code
blame_errno(struct problems *problems, struct err *err, int errnum)
{
	char reason[128];

	return blame_file(problems, err, strerror_r(errnum, reason, sizeof reason),
	    errnum == ENOENT ? "Name another with --config, or begin with what "
	                       "'autoreg config init' prints."
	                     : "Check the path and its permissions.");
}

static enum err_code
read_file(const char *path, struct buf *text, struct problems *problems, struct err *err)
{
	char block[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int errnum;

	if (fd < 0)
		return blame_errno(problems, err, errno);
	while ((n = read(fd, block, sizeof block)) > 0 && !text->failed)
		buf_add(text, block, (size_t)n);
	errnum = errno;
	(void)close(fd);
	if (n < 0)
		return blame_errno(problems, err, errnum);
	if (text->failed == ERR_LIMIT)
		return blame_file(problems, err, "the file is larger than 1 MiB",
		    "Check that this is the right file.");
	return buf_check(text, err);
}

/* Its problems are the configuration's, with its name and place in front. */
static void
pass_on(const char *path, const struct problems *found, struct problems *problems)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct problem *p = &found->item[i];
		struct problem *told = p->at.line > 0
		    ? problems_add(problems, (struct place){ 0, 0 }, "images: %s:%zu:%zu: %s", path,
		          p->at.line, p->at.column, p->message)
		    : problems_add(problems, (struct place){ 0, 0 }, "images: %s: %s", path,
		          p->message);

		problem_advise(told, "%s", p->advice);
	}
	problems->dropped += found->dropped;
}

static enum err_code
read_images(struct config *c, struct problems *problems, struct err *err)
{
	struct image_table *table = arena_alloc(&c->arena, sizeof *table);
	struct problems *found = calloc(1, sizeof *found);
	struct buf text;
	enum err_code rc;

	buf_init(&text, CONFIG_BYTES_MAX);
	if (!table || !found)
		rc = err_set(err, ERR_NOMEM, "no memory for the configuration");
	else
		rc = read_file(c->images, &text, found, err);
	if (rc == ERR_OK)
		rc = image_table_parse(buf_slice(&text), &c->arena, found, table, err);
	if (rc != ERR_NOMEM) {
		pass_on(c->images, found, problems);
		rc = verdict(problems, &c->arena, err);
		c->image_table = table;
	}
	buf_done(&text);
	free(found);
	return rc;
}

/* The folder of a path, which the caller frees; "" if it names none. NULL: no memory. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == path)
		return strdup("/");
	return strndup(path, slash ? (size_t)(slash - path) : 0);
}

enum err_code
config_load(const char *path, enum config_look look, struct config **out, struct problems *problems,
    struct err *err)
{
	char *folder = folder_of(path);
	struct config *c = NULL;
	struct buf text;
	enum err_code rc;

	*problems = (struct problems){ .n = 0 };
	buf_init(&text, CONFIG_BYTES_MAX);
	if (!folder)
		rc = err_set(err, ERR_NOMEM, "no memory for the configuration");
	else
		rc = read_file(path, &text, problems, err);
	if (rc == ERR_OK)
		rc = config_parse(buf_slice(&text), folder, look, &c, problems, err);
	if (rc == ERR_OK && c->images)
		rc = read_images(c, problems, err);
	if (rc == ERR_OK) {
		*out = c;
		c = NULL;
	}
	config_free(c);
	buf_done(&text);
	free(folder);
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

const struct oem *
config_oem(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->oems.n; i++) {
		if (strcmp(c->oems.item[i].name, name) == 0)
			return &c->oems.item[i];
	}
	return NULL;
}
