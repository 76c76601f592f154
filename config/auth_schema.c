/* SPDX-License-Identifier: Apache-2.0 */
#include "config/auth_schema.h"

#include "config/config.h"

#define BIT(word) (1u << (word))
#define FIELD(of, name) offsetof(struct of, name)

#define HELP_CLIENT_SECRET "Where the application's client secret is."
#define HELP_CERTIFICATE "Where the certificate is (PEM), instead of a client secret."
#define HELP_PRIVATE_KEY "Where the certificate's private key is (PEM)."

static const char *const partner_method[] = {
	[PARTNER_REFRESH_TOKEN] = "refresh_token",
	[PARTNER_CLIENT_CREDENTIALS] = "client_credentials",
	NULL,
};

static const char *const token_version[] = {
	[TOKEN_VERSION_2] = "v2.0",
	[TOKEN_VERSION_1] = "v1",
	NULL,
};

static const char *const assertion_form[] = {
	[ASSERTION_PS256] = "PS256",
	[ASSERTION_RS256] = "RS256",
	NULL,
};

const struct section auth_schema_partner = {
	.size = sizeof(struct partner_auth),
	.selector = "method",
	.app_proof = BIT(PARTNER_REFRESH_TOKEN) | BIT(PARTNER_CLIENT_CREDENTIALS),
	.key =
	    (const struct key[]){
	        { .name = "method",
	            .help = "For a user who has consented, or the application by itself.",
	            .type = TYPE_WORD,
	            .offset = FIELD(partner_auth, method),
	            .words = partner_method,
	            .required = true,
	            .example = "refresh_token" },
	        { .name = "client_secret",
	            .help = HELP_CLIENT_SECRET,
	            .type = TYPE_SECRET,
	            .offset = FIELD(partner_auth, proof.client_secret),
	            .shown = true,
	            .example = "{credential: northwind-secret}" },
	        { .name = "certificate",
	            .help = HELP_CERTIFICATE,
	            .type = TYPE_CERTIFICATE,
	            .offset = FIELD(partner_auth, proof.certificate),
	            .example = "{file: /etc/autoreg/northwind.pem}" },
	        { .name = "private_key",
	            .help = HELP_PRIVATE_KEY,
	            .type = TYPE_SECRET,
	            .offset = FIELD(partner_auth, proof.private_key),
	            .example = "{file: /etc/autoreg/northwind.key}" },
	        { .name = "refresh_token",
	            .help = "The first refresh token; later ones are sealed in the state folder.",
	            .type = TYPE_SECRET,
	            .offset = FIELD(partner_auth, refresh_token),
	            .only_for = BIT(PARTNER_REFRESH_TOKEN),
	            .example = "{file: /etc/autoreg/northwind-token}" },
	        { .name = "endpoint",
	            .help = "Which token endpoint of Entra ID to use.",
	            .type = TYPE_WORD,
	            .offset = FIELD(partner_auth, endpoint),
	            .words = token_version,
	            .initial = "v2.0" },
	        { .name = "assertion",
	            .help = "How a certificate signs: RS256 only where PS256 is not understood.",
	            .type = TYPE_WORD,
	            .offset = FIELD(partner_auth, assertion),
	            .words = assertion_form,
	            .initial = "PS256" },
	        { .name = NULL },
	    },
};

static const char *const oem_method[] = {
	[OEM_BEARER] = "bearer",
	[OEM_HEADER] = "header",
	[OEM_MTLS] = "mtls",
	[OEM_OAUTH2] = "oauth2_client_credentials",
	NULL,
};

const struct section auth_schema_oem = {
	.size = sizeof(struct oem_auth),
	.selector = "method",
	.app_proof = BIT(OEM_OAUTH2),
	.key =
	    (const struct key[]){
	        { .name = "method",
	            .help = "What the service asks for.",
	            .type = TYPE_WORD,
	            .offset = FIELD(oem_auth, method),
	            .words = oem_method,
	            .required = true,
	            .example = "bearer" },
	        { .name = "token",
	            .help = "bearer, and header (auth_header of the profile): where the token is.",
	            .type = TYPE_SECRET,
	            .offset = FIELD(oem_auth, token),
	            .needed_by = BIT(OEM_BEARER) | BIT(OEM_HEADER),
	            .only_for = BIT(OEM_BEARER) | BIT(OEM_HEADER),
	            .shown = true,
	            .example = "{file: /etc/autoreg/fabrikam-token}" },
	        { .name = "certificate",
	            .help =
	                "mtls: where ours is (PEM, or PKCS#12 alone); oauth2: what signs (PEM).",
	            .type = TYPE_CERTIFICATE,
	            .offset = FIELD(oem_auth, certificate),
	            .needed_by = BIT(OEM_MTLS),
	            .only_for = BIT(OEM_MTLS) | BIT(OEM_OAUTH2),
	            .key_in = "private_key",
	            .example = "{file: /etc/autoreg/fabrikam.pem}" },
	        { .name = "private_key",
	            .help = HELP_PRIVATE_KEY,
	            .type = TYPE_SECRET,
	            .offset = FIELD(oem_auth, private_key),
	            .only_for = BIT(OEM_MTLS) | BIT(OEM_OAUTH2),
	            .example = "{file: /etc/autoreg/fabrikam.key}" },
	        { .name = "token_url",
	            .help = "oauth2_client_credentials: where tokens come from.",
	            .type = TYPE_LINK,
	            .offset = FIELD(oem_auth, token_url),
	            .needed_by = BIT(OEM_OAUTH2),
	            .only_for = BIT(OEM_OAUTH2),
	            .example = "https://login.example/token" },
	        { .name = "client_id",
	            .help = "oauth2_client_credentials: the client's name there.",
	            .type = TYPE_TEXT,
	            .offset = FIELD(oem_auth, client_id),
	            .needed_by = BIT(OEM_OAUTH2),
	            .only_for = BIT(OEM_OAUTH2),
	            .example = "autoreg" },
	        { .name = "client_secret",
	            .help = "oauth2_client_credentials: where the client's secret is.",
	            .type = TYPE_SECRET,
	            .offset = FIELD(oem_auth, client_secret),
	            .only_for = BIT(OEM_OAUTH2),
	            .example = "{credential: fabrikam-secret}" },
	        { .name = "scope",
	            .help = "oauth2_client_credentials: what to ask for, if anything.",
	            .type = TYPE_TEXT,
	            .offset = FIELD(oem_auth, scope),
	            .only_for = BIT(OEM_OAUTH2),
	            .example = "devices" },
	        { .name = "tls_certificate",
	            .help = "oauth2_client_credentials: the certificate of mtls as well, if any.",
	            .type = TYPE_CERTIFICATE,
	            .offset = FIELD(oem_auth, tls_certificate),
	            .only_for = BIT(OEM_OAUTH2),
	            .key_in = "tls_private_key",
	            .example = "{file: /etc/autoreg/fabrikam-tls.pem}" },
	        { .name = "tls_private_key",
	            .help = "Where the private key of tls_certificate is (PEM).",
	            .type = TYPE_SECRET,
	            .offset = FIELD(oem_auth, tls_private_key),
	            .only_for = BIT(OEM_OAUTH2),
	            .example = "{file: /etc/autoreg/fabrikam-tls.key}" },
	        { .name = NULL },
	    },
};

static const char *const app_method[] = {
	[APP_CLIENT_CREDENTIALS] = "client_credentials",
	NULL,
};

const struct section auth_schema_app = {
	.size = sizeof(struct app_auth),
	.selector = "method",
	.app_proof = BIT(APP_CLIENT_CREDENTIALS),
	.key =
	    (const struct key[]){
	        { .name = "method",
	            .help = "The application by itself.",
	            .type = TYPE_WORD,
	            .offset = FIELD(app_auth, method),
	            .words = app_method,
	            .required = true,
	            .example = "client_credentials" },
	        { .name = "client_secret",
	            .help = HELP_CLIENT_SECRET,
	            .type = TYPE_SECRET,
	            .offset = FIELD(app_auth, proof.client_secret),
	            .shown = true,
	            .example = "{credential: contoso-secret}" },
	        { .name = "certificate",
	            .help = HELP_CERTIFICATE,
	            .type = TYPE_CERTIFICATE,
	            .offset = FIELD(app_auth, proof.certificate),
	            .example = "{file: /etc/autoreg/contoso.pem}" },
	        { .name = "private_key",
	            .help = HELP_PRIVATE_KEY,
	            .type = TYPE_SECRET,
	            .offset = FIELD(app_auth, proof.private_key),
	            .example = "{file: /etc/autoreg/contoso.key}" },
	        { .name = NULL },
	    },
};
