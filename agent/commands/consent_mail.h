/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * What a customer is written when it is asked for its consent: a template, in which {customer},
 * {domain}, {tenant}, {partner} and {link} stand for what they say. Braces around anything else
 * but a name are just braces.
 */
struct consent_mail_values {
	const char *customer;
	const char *domain;
	const char *tenant;
	const char *partner;
	const char *link;
};

enum { CONSENT_MAIL_TEMPLATE_MAX = 64 * 1024 };

/* In plain English, with a subject line. Static. */
const char *consent_mail_template(void);

/*
 * Appends the template filled in. Errors: ERR_FORMAT (it has a name that stands for nothing: the
 * text has line and column), ERR_NOMEM, ERR_LIMIT of out, to which a part may have been appended.
 */
MUST_USE enum err_code consent_mail_fill(struct slice template,
    const struct consent_mail_values *values, struct buf *out, struct err *err);
