/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "config/arena.h"
#include "config/problems.h"

/*
 * The one document of a YAML file as a tree. Only what a person writes by hand is taken: no
 * aliases, anchors, tags or further documents, keys are plain words that stand once, at most
 * YAML_TREE_DEPTH_MAX levels.
 */

enum { YAML_TREE_DEPTH_MAX = 32 };

enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct node {
	enum node_kind kind;
	struct place at;
	struct slice text;      /* of a scalar: UTF-8, terminated */
	bool plain;             /* a scalar without quotes */
	const struct node *key; /* in a map: the scalar in front of it */
	struct node *child;     /* of a map or list: the first */
	struct node *next;      /* the next of the same map or list */
};

/*
 * Reads text, which may begin with a byte order mark. What is wrong is added to problems; then the
 * tree lacks what could not be read, and *out is NULL if nothing could. All of the tree is in the
 * arena.
 *
 * Errors: ERR_NOMEM. *out is untouched then.
 */
MUST_USE enum err_code yaml_tree_parse(struct slice text, struct arena *arena,
    struct problems *problems, const struct node **out, struct err *err);

/* The value of a key; NULL if map is NULL, no map, or has no such key. */
const struct node *yaml_tree_get(const struct node *map, const char *key);

/*
 * Is it a scalar with this text? False for NULL. Rules ask this of a file that may have mistakes, and
 * not the struct that was read from it, in which a word that nobody knows looks like the first one.
 */
bool yaml_tree_says(const struct node *node, const char *text);
