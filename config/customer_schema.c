/* SPDX-License-Identifier: Apache-2.0 */
#include "config/customer_schema.h"

#include "config/auth_schema.h"
#include "config/config.h"

#define BIT(word) (1u << (word))
#define FIELD(of, name) offsetof(struct of, name)

static const struct section customer_app_section = {
	.size = sizeof(struct customer_app),
	.key =
	    (const struct key[]){
	        { .name = "client_id",
	            .help = "The application registered in the customer's tenant.",
	            .type = TYPE_GUID,
	            .offset = FIELD(customer_app, client_id),
	            .required = true,
	            .example = "cccccccc-cccc-4ccc-8ccc-cccccccccccc" },
	        { .name = "auth",
	            .help = "How the application proves itself.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(customer_app, auth),
	            .section = &auth_schema_app,
	            .required = true },
	        { .name = NULL },
	    },
};

#define COLUMN(place, word, text) \
	{ \
		.name = (word), .help = HELP_COLUMN, .type = TYPE_TEXT, .max = 127, .shown = true, \
		.offset = FIELD(customer_columns, heading[place]), .example = (text) \
	}

#define HELP_COLUMN "The heading of this column."

/* The words of --columns, in their order. */
static const struct section customer_columns_section = {
	.size = sizeof(struct customer_columns),
	.key =
	    (const struct key[]){
	        COLUMN(0, "serial", "Asset S/N"),
	        COLUMN(1, "product_id", "PKID"),
	        COLUMN(2, "hash", "4K HH"),
	        COLUMN(3, "manufacturer", "Maker"),
	        COLUMN(4, "model", "Type"),
	        COLUMN(5, "tag", "Profile"),
	        COLUMN(6, "user", "Owner"),
	        COLUMN(7, "order", "PO"),
	        { .name = NULL },
	    },
};

static const struct section customer_only_section = {
	.size = sizeof(struct customer_only),
	.key =
	    (const struct key[]){
	        { .name = "serials_from",
	            .help = "A file of serial numbers, one a line.",
	            .type = TYPE_INPUT,
	            .offset = FIELD(customer_only, serials_from),
	            .example = "wanted.txt" },
	        { .name = "models",
	            .help = "Models, with * and ? as in file names.",
	            .type = TYPE_TEXT,
	            .items = 1000,
	            .offset = FIELD(customer_only, models),
	            .shown = true,
	            .example = "[\"Contoso Book *\"]" },
	        { .name = "manufacturers",
	            .help = "Manufacturers, with * and ? as in file names.",
	            .type = TYPE_TEXT,
	            .items = 1000,
	            .offset = FIELD(customer_only, manufacturers),
	            .example = "[Contoso]" },
	        { .name = NULL },
	    },
};

static const char *const gate_need[] = { "accepted", "sent", "registered", "image", NULL };

static const struct section customer_gate_section = {
	.size = sizeof(struct customer_gate),
	.key =
	    (const struct key[]){
	        { .name = "needs",
	            .help = "What has to be so: accepted by us, sent, registered, image looked at.",
	            .type = TYPE_CHOICE,
	            .items = 4,
	            .offset = FIELD(customer_gate, needs),
	            .words = gate_need,
	            .initial = "registered" },
	        { .name = NULL },
	    },
};

static const char *const via_word[] = {
	[VIA_PARTNER] = "partner",
	[VIA_OEM] = "oem",
	[VIA_INTUNE] = "intune",
	NULL,
};

const struct section customer_schema = {
	.size = sizeof(struct customer),
	.selector = "via",
	.key =
	    (const struct key[]){
	        { .name = "via",
	            .help = "The way to the service: partner/NAME, oem/NAME or intune.",
	            .type = TYPE_VIA,
	            .offset = FIELD(customer, via),
	            .words = via_word,
	            .required = true,
	            .example = "partner/northwind" },
	        { .name = "tenant",
	            .help = "The customer's tenant.",
	            .type = TYPE_GUID,
	            .offset = FIELD(customer, tenant),
	            .required = true,
	            .example = "22222222-2222-4222-8222-222222222222" },
	        { .name = "domain",
	            .help = "A domain of that tenant; needed with oem.",
	            .type = TYPE_DOMAIN,
	            .offset = FIELD(customer, domain),
	            .needed_by = BIT(VIA_OEM),
	            .shown = true,
	            .example = "contoso.onmicrosoft.com" },
	        { .name = "group_tag",
	            .help = "The tag of devices whose rows have none; needed with intune.",
	            .type = TYPE_TAG,
	            .offset = FIELD(customer, group_tag),
	            .needed_by = BIT(VIA_INTUNE),
	            .shown = true,
	            .example = "Microsoft365Managed_Autopilot" },
	        { .name = "allowed_tags",
	            .help = "Rows with other tags are refused.",
	            .type = TYPE_TAG,
	            .items = 100,
	            .offset = FIELD(customer, allowed_tags),
	            .same_as = "group_tag",
	            .example = "[Microsoft365Managed_Autopilot]" },
	        { .name = "columns",
	            .help = "Headings of lists that are not recognised by themselves.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(customer, columns),
	            .section = &customer_columns_section },
	        { .name = "only",
	            .help = "Which devices of a list are meant; default: all.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(customer, only),
	            .section = &customer_only_section },
	        { .name = "gate",
	            .help = "When its devices may be delivered.",
	            .type = TYPE_SECTION,
	            .offset = FIELD(customer, gate),
	            .section = &customer_gate_section },
	        { .name = "accept_serial_mismatch",
	            .help = "Only warn of serial numbers that are not those inside the hashes.",
	            .type = TYPE_BOOL,
	            .offset = FIELD(customer, accept_serial_mismatch),
	            .initial = "false" },
	        { .name = "cloud",
	            .help = "intune: global, usgov, china, or one of clouds.",
	            .type = TYPE_NAME,
	            .offset = FIELD(customer, cloud),
	            .only_for = BIT(VIA_INTUNE),
	            .initial = "global" },
	        { .name = "app",
	            .help = "intune: who registers the devices.",
	            .type = TYPE_OPTIONAL_SECTION,
	            .offset = FIELD(customer, app),
	            .section = &customer_app_section,
	            .needed_by = BIT(VIA_INTUNE),
	            .only_for = BIT(VIA_INTUNE) },
	        { .name = NULL },
	    },
};
