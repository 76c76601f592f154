/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The least that proving a list can cost: reading it, and SHA-256 over as many bytes as its hashes
 * carry. Nothing is decoded, looked at or written.
 *
 * usage: bench_floor LIST ROW_BYTES HASHED_BYTES
 */

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/slice.h"

enum { BLOCK = 64 * 1024 };

static size_t
number(const char *text)
{
	uint64_t n;

	if (!slice_to_u64(slice_of(text), BLOCK, &n) || n == 0) {
		fprintf(stderr, "bench_floor: %s is no number from 1 to %d\n", text, BLOCK);
		exit(2);
	}
	return (size_t)n;
}

int
main(int argc, char **argv)
{
	static unsigned char block[BLOCK];
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t row, hashed, carried = 0;
	ssize_t n;
	EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int fd;

	if (argc != 4 || !sha256 || !ctx)
		return 2;
	row = number(argv[2]);
	hashed = number(argv[3]);
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || !EVP_DigestInit_ex2(ctx, sha256, NULL)) {
		perror(argv[1]);
		return 1;
	}
	while ((n = read(fd, block, sizeof block)) > 0) {
		/* As many digests as rows have ended, each from the beginning of the block. */
		for (carried += (size_t)n; carried >= row; carried -= row) {
			if (!EVP_DigestInit_ex2(ctx, NULL, NULL) ||
			    !EVP_DigestUpdate(ctx, block, hashed) ||
			    !EVP_DigestFinal_ex(ctx, digest, NULL))
				return 1;
		}
	}
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(sha256);
	(void)close(fd);
	return n < 0;
}
