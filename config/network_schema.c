/* SPDX-License-Identifier: Apache-2.0 */
#include "config/network_schema.h"

#include "config/config.h"

#define FIELD(of, name) offsetof(struct of, name)

const struct section network_schema_server = {
	.size = sizeof(struct server_settings),
	.key =
	    (const struct key[]){
	        { .name = "certificate",
	            .help = "TLS: where the certificate is (PEM), those of its issuers behind it.",
	            .type = TYPE_CERTIFICATE,
	            .offset = FIELD(server_settings, certificate),
	            .example = "{file: /etc/autoreg/server.pem}" },
	        { .name = "private_key",
	            .help = "Where the certificate's private key is (PEM).",
	            .type = TYPE_SECRET,
	            .offset = FIELD(server_settings, private_key),
	            .example = "{file: /etc/autoreg/server.key}" },
	        { .name = "token",
	            .help = "Who asks must send it (Authorization: Bearer), 16 characters or more.",
	            .type = TYPE_SECRET,
	            .offset = FIELD(server_settings, token),
	            .example = "{file: /etc/autoreg/server.token}" },
	        { .name = "client_ca",
	            .help = "Who asks must show a certificate that one of these has issued (PEM).",
	            .type = TYPE_CERTIFICATE,
	            .offset = FIELD(server_settings, client_ca),
	            .example = "{file: /etc/autoreg/clients.pem}" },
	        { .name = "names",
	            .help = "What this machine is called by those who ask, beside its addresses.",
	            .type = TYPE_HOST,
	            .items = 16,
	            .offset = FIELD(server_settings, names),
	            .example = "[autoreg.example]" },
	        { .name = NULL },
	    },
};

const struct section network_schema_http = {
	.size = sizeof(struct http_settings),
	.key =
	    (const struct key[]){
	        { .name = "proxy",
	            .help = "The proxy, or off; default: what https_proxy in the environment says.",
	            .type = TYPE_PROXY,
	            .offset = FIELD(http_settings, proxy),
	            .example = "http://proxy.example:3128" },
	        { .name = "no_proxy",
	            .help = "Hosts and domains without it; default: no_proxy in the environment.",
	            .type = TYPE_HOST,
	            .items = 64,
	            .offset = FIELD(http_settings, no_proxy),
	            .example = "[oem.example]" },
	        { .name = "proxy_credential",
	            .help = "Where the proxy's user and password are: user:password.",
	            .type = TYPE_SECRET,
	            .offset = FIELD(http_settings, proxy_credential),
	            .example = "{file: /etc/autoreg/proxy}" },
	        { .name = NULL },
	    },
};
