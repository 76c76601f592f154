/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <yaml.h>

#include "base/err.h"
#include "tests/simulator/scenario.h"

/*
 * Fills a scenario, which holds the defaults, from the document of a scenario file. The texts of
 * the scenario are the document's own.
 * Errors: ERR_FORMAT ("name:line:column: what is wrong"). *out is then filled in part.
 */
MUST_USE enum err_code scenario_reader_read(const char *name, yaml_document_t *document,
    struct scenario *out, struct err *err);
