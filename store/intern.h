/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * Words that stand in thousands of rows are kept once and go by number: customers, lanes (a
 * customer's group tag and purchase order), makers, makes (manufacturer and model as written). Numbers of the last few
 * are remembered, because neighbouring rows have the same ones.
 */
struct sql_db;

enum {
	INTERN_SLOTS = 64,
	INTERN_KEY_MAX = 120, /* bytes of a word that is remembered; longer ones are looked up */
};

struct intern {
	struct intern_word {
		int64_t id;    /* 0: nothing is remembered here */
		int64_t group; /* a lane's customer, a make's maker */
		size_t len;
		bool has_family; /* a make's family is known */
		char key[INTERN_KEY_MAX];
	} lane[INTERN_SLOTS], make[INTERN_SLOTS];
};

struct intern_make {
	int64_t id;
	int64_t maker; /* the manufacturer, whatever the case of its letters */
};

/* Each makes what is not there yet. Errors: those of store/sql.h. */
MUST_USE enum err_code intern_customer(struct sql_db *db, struct slice name, int64_t *id,
    struct err *err);
MUST_USE enum err_code intern_lane(struct intern *in, struct sql_db *db, int64_t customer,
    struct slice tag, struct slice order, int64_t *id, struct err *err);

/* family: kept if it is not empty and none is known of this make. */
MUST_USE enum err_code intern_make(struct intern *in, struct sql_db *db, struct slice manufacturer,
    struct slice model, struct slice family, struct intern_make *out, struct err *err);

/* What was made since may have been rolled back. */
void intern_forget(struct intern *in);
