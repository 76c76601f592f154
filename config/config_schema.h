/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * The keys of the configuration file: a table for each section. Reading, checking, showing, the
 * JSON Schema, the example and the key list for people all come from here. A new key is a new row
 * and a field of its struct in config.h. All of it is static.
 */

/* What a key takes, and the type of its field. */
enum key_type {
	TYPE_NUMBER,   /* uint64_t */
	TYPE_BOOL,     /* bool */
	TYPE_DURATION, /* uint64_t, milliseconds; as a list struct duration_list */
	TYPE_SIZE,     /* uint64_t, bytes */
	TYPE_TEXT,     /* const char *; as a list struct text_list. So are the next ones */
	TYPE_TAG,      /* no blanks at the ends */
	TYPE_NAME,
	TYPE_GUID,
	TYPE_DOMAIN,
	TYPE_HOST,    /* a name, or an address without brackets */
	TYPE_PATH,    /* relative ones are taken from the folder of the file */
	TYPE_INPUT,   /* the path of a file that must be there */
	TYPE_PROFILE, /* the name of a built-in one, or such a path with a slash in it */
	TYPE_URL,     /* a base: no query, no slash at the end */
	TYPE_LINK,    /* any URL */
	TYPE_PROXY,   /* the URL of one, or off */
	TYPE_CHOICE,  /* one of the words */
	TYPE_WORD,    /* an enum, by its place among the words */
	TYPE_VIA,     /* struct via; the words are its kinds */
	TYPE_LISTEN,  /* struct listen_address */
	TYPE_POINTER, /* a JSON pointer; "" is the whole document. Source: sources.md#json-pointer */

	TYPE_SECRET,           /* struct secret_ref */
	TYPE_CERTIFICATE,      /* the same, and others may read it */
	TYPE_SIGNING_KEY,      /* the same, or a key outside the process: a token's, a TPM's */
	TYPE_SECTION,          /* the struct of another section; defaults apply if it is absent */
	TYPE_OPTIONAL_SECTION, /* a pointer to it, NULL if it is absent */
	TYPE_NAMED,            /* a list of structs that begin with their name */
	TYPE_SECTIONS,         /* a list of structs, at most `items` */
	TYPE_PAIRS, /* a list of struct name_value, whose names are anybody's, at most `items` */
};
#define NSCALAR TYPE_SECRET

struct key {
	const char *name;
	const char *help; /* one line, ends in a full stop */
	const char *unit; /* of a number */
	enum key_type type;
	size_t items; /* a list of scalars, at most so many; 0: no list */
	bool required;
	bool shown;          /* in the example, where what is not required is only a comment */
	unsigned needed_by;  /* required if the section's selector is one of these: bits */
	unsigned only_for;   /* refused unless it is; 0: never refused */
	size_t offset;       /* of the field in the section's struct */
	uint64_t min;        /* durations in ms, texts in characters */
	uint64_t max;        /* 0 for a text: what its type allows */
	const char *key_in;  /* the key beside a certificate that holds its private key; without
	                        that the certificate's file holds it, and is as secret */
	const char *at_most; /* the key beside it whose value may not be less */
	const char *beside;  /* the key without which it may not stand */
	const char *
	    same_as; /* the key before it whose value is the default; a list has it as its only item */
	const char *initial; /* the value if absent, as it would be written; a list with blanks */
	const char *example; /* what the example shows if there is no default; names a TYPE_NAMED */
	const char *const *words;      /* end with NULL */
	const struct section *section; /* of TYPE_SECTION and those behind it */
};

enum {
	TEXT_MAX = 1024,
	NAME_CHARACTERS_MAX = 63,
	GROUP_TAG_MAX = 512,   /* Source: sources.md#group-tag */
	SOCKET_PATH_MAX = 107, /* of sun_path, the NUL not counted */
	POINTER_MAX = 255,
	PAIRS_MAX = 32,
	SECTION_KEYS_MAX = 32,
};

struct section {
	size_t size;           /* of the struct */
	const struct key *key; /* end with a NULL name; the selector is the first */
	const char
	    *selector;      /* whose value says which of the others are needed and which refused */
	unsigned app_proof; /* with these of its words, as bits, the section takes either
	                       client_secret or certificate with private_key */
};

/* An item of TYPE_PAIRS. */
struct name_value {
	const char *name;
	const char *value;
};

/* What every struct …_list looks like. */
struct any_list {
	const void *item;
	size_t n;
};

/* Of the whole file. */
const struct section *config_schema(void);

/* NULL if there is none. */
const struct key *section_key(const struct section *s, struct slice name);

/* How far apart the items of a list of scalars are, in bytes. */
size_t key_item_size(const struct key *k);

/*
 * Takes the next item off a default: one of several of a list, else all of it. False if there is
 * none left.
 */
bool key_next_initial(const struct key *k, struct slice *rest, struct slice *item);
