/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http_address.h"

/*
 * Plain http never leaves the machine, and an address that is refused leaves the output alone. Over a
 * Unix socket the same addresses are fit, and perhaps more.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_address poison = { .authority = "untouched" };
	struct http_address tcp = poison, unix_socket = poison;
	char *url = malloc(size + 1);
	enum err_code rc;
	struct err err;

	assert(url);
	if (size > 0)
		memcpy(url, data, size);
	url[size] = '\0';
	rc = http_address_parse(url, false, &tcp, &err);
	if (rc == ERR_OK) {
		assert(tcp.local || !tcp.plain);
		assert(tcp.authority[0] != '\0' && !strchr(tcp.authority, '@'));
		assert(strncasecmp(url, tcp.plain ? "http:" : "https:", tcp.plain ? 5 : 6) == 0);
		assert(http_address_parse(url, true, &unix_socket, &err) == ERR_OK);
		assert(unix_socket.local && strcmp(tcp.authority, unix_socket.authority) == 0);
	} else {
		assert(rc == ERR_USAGE && err.code == rc);
		assert(memcmp(&tcp, &poison, sizeof poison) == 0);
	}
	free(url);
	return 0;
}
