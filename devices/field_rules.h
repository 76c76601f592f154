/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * What single values may look like. Pure functions over trimmed UTF-8; nothing here changes a
 * value, and nothing knows of rows. Source: sources.md#field-rules
 */

/* Blanks at the ends: ASCII blanks, U+00A0, U+200B to U+200D, U+2060, U+FEFF, U+3000. */
struct slice value_trim(struct slice v);

/* The length of the one such blank that v begins with, or 0. */
size_t value_blank(struct slice v);

/* One pair of '"' around the whole value, which has at least 2 bytes. */
bool value_is_quoted(struct slice v);

/* U+FFFD, C0 or C1 controls, or one of the invisible characters of value_trim() inside. */
bool value_is_damaged(struct slice v);

/*
 * Longer than 100 characters and begins with "T0", as every hardware hash does: tells columns
 * apart.
 */
bool value_looks_like_hash(struct slice v);

/* Exactly 13 decimal digits. */
bool product_id_is_good(struct slice v);

/*
 * A 25-character product key, five groups of five letters or digits with '-' between, or
 * (dashless true) without them. A secret: whoever finds one must not repeat it.
 */
bool value_is_product_key(struct slice v, bool dashless);

/* Does any product key with dashes stand somewhere in this longer text? *at is its offset. */
bool text_has_product_key(struct slice text, size_t *at);

/*
 * "1.23457E+11", "1,23457E+11", "3-Jan", "Mar-05", "#NAME?", "#REF!", "#N/A", "#VALUE!": what a
 * spreadsheet leaves behind.
 */
bool value_is_excel_damage(struct slice v);

/* full equals v with one or more '0' in front, both all digits. */
bool value_lost_zeros(struct slice v, struct slice full);

/* A value that many devices share because nobody set it ("Default string", "0", "xxxxxxxx"). */
bool value_is_placeholder(struct slice v);

/* A cell of one of Microsoft's sample rows, by column. Ignores case. */
enum sample_column {
	SAMPLE_SERIAL,
	SAMPLE_PRODUCT_ID,
	SAMPLE_HASH,
	SAMPLE_MANUFACTURER,
	SAMPLE_MODEL
};
bool value_is_sample(enum sample_column c, struct slice v);

/* The spelling that firmware uses, if v is a known other spelling of a maker; else NULL. Static. */
const char *manufacturer_known_variant(struct slice v);

/*
 * Manufacturer and model (either may be empty) of a virtual machine: its kind ("Hyper-V"), else
 * NULL. Static.
 */
const char *virtual_machine_kind(struct slice manufacturer, struct slice model,
    struct slice serial);

/*
 * Looks like a user principal name: one '@', something on both sides, a dot in the domain, no
 * blanks.
 */
bool value_is_upn(struct slice v);

/* How a tag compares with one that is allowed. Near: equal but for case, blanks, '_' and '-'. */
enum tag_match { TAG_EQUAL, TAG_NEAR, TAG_DIFFERENT };
enum tag_match tag_compare(struct slice tag, struct slice allowed);

/* The group tag of Microsoft Managed Desktop, letter for letter. Source: sources.md#group-tag */
#define GROUP_TAG_MMD "Microsoft365Managed_Autopilot"
