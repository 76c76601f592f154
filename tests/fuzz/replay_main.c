/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Stands in for libFuzzer: gives every file of a corpus folder to a fuzz target, so that what was
 * once found is tried by every build with every compiler.
 */
enum { INPUT_MAX = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
replay(const char *name)
{
	static uint8_t input[INPUT_MAX];
	FILE *f = fopen(name, "rb");
	uint8_t *exact;
	size_t size;

	assert(f);
	size = fread(input, 1, sizeof input, f);
	assert(!ferror(f) && size < sizeof input);
	(void)fclose(f);

	/* Memory of exactly that size lets a sanitizer see the first byte beyond. */
	exact = malloc(size > 0 ? size : 1);
	assert(exact);
	memcpy(exact, input, size);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

int
main(int argc, char **argv)
{
	struct dirent **entry;
	int n;

	if (argc != 2 || chdir(argv[1]) != 0) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 2;
	}
	n = scandir(".", &entry, is_input, alphasort);
	if (n <= 0) {
		fprintf(stderr, "%s: no inputs\n", argv[1]);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		fprintf(stderr, "%s\n", entry[i]->d_name); /* the last one named is to blame */
		replay(entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	return 0;
}
