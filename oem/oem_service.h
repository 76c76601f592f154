/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oem/oem_channel.h"

struct oem_error_map;
struct oem_memory;
struct oem_rate;

/* What all operations of one channel share. A plain value, whose parts live as long as the channel. */
struct oem_service {
	struct oem_options opt;
	struct oem_error_map *errors;
	struct oem_rate *rate;
	struct oem_memory *memory;
};
