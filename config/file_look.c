/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file_look.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
file_look(const char *path, bool secret, const char *key, struct place at,
    struct problems *problems)
{
	struct stat st;
	char reason[128];

	if (stat(path, &st) != 0 || access(path, R_OK) != 0) {
		problem_advise(problems_add(problems, at, "%s: %s: %s", key, path,
		                   strerror_r(errno, reason, sizeof reason)),
		    "Check the path, and that the user who runs autoreg may read the file.");
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		problem_advise(problems_add(problems, at, "%s: %s is not a file", key, path),
		    "Give the path of a file.");
		return;
	}
	if (secret && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		problem_advise(problems_add(problems, at, "%s: %s is open to others (mode %04o)",
		                   key, path, (unsigned)st.st_mode & 07777),
		    "Close it: chmod 600 %s", path);
}
