/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing lines at the control socket of a running agent: CONNECTIONS that each give a unit, wait until
 * it is durable, and give the next, in one line of JSON:
 *
 *	units_per_s	of all of them
 *	p50_ms, p99_ms	of their acknowledgements
 *	bare_p99_ms	of as many that take turns at a bare SQLite table, a commit for each row
 *
 * The agent and the yardstick take turns. Who waits for a turn at the bare table waits for the commits
 * before it, and for nothing else: this is added up, to its favour.
 *
 * usage: bench_line SOCKET CUSTOMER FOLDER [UNITS]
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/slice.h"

enum {
	CONNECTIONS = 50,
	ROUNDS = 5,
	UNITS = 20000,
	BARE_COMMITS = 1000, /* a round */
	TEXT_SIZE = 1024,
};

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "bench_line: %s\n", what);
		exit(1);
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The share of all that is at most the answer; sorts. */
static double
at_share(double *s, size_t n, double share)
{
	qsort(s, n, sizeof s[0], compare);
	return s[(size_t)((double)(n - 1) * share)];
}

/* --- lines --- */

struct line {
	const char *customer;
	int id;
	int fd;
	int round;
	size_t n; /* units of a round */
	double *sample;
	size_t nsample;
};

static void
connect_line(struct line *l, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	must(strlen(path) < sizeof to.sun_path, "the socket's path is too long");
	(void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	l->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	must(connect(l->fd, (struct sockaddr *)&to, sizeof to) == 0, "nobody answers");
}

/* Until the end of the answer, whose length we need not know: it ends with a document. */
static void
await_answer(const struct line *l)
{
	char answer[4 * TEXT_SIZE];
	size_t used = 0;

	do {
		ssize_t n = recv(l->fd, answer + used, sizeof answer - 1 - used, 0);

		must(n > 0, "the connection has ended");
		used += (size_t)n;
		answer[used] = '\0';
	} while (!strstr(answer, "}\n"));
	must(strncmp(answer, "HTTP/1.1 202", 12) == 0, answer);
}

static void
give(struct line *l, size_t i)
{
	char body[TEXT_SIZE], request[2 * TEXT_SIZE];
	double since_s = now_s();
	int len;

	len = snprintf(body, sizeof body,
	    "{\"customer\":\"%s\",\"serial\":\"BL%02d%02d%06zu\",\"manufacturer\":\"Fabrikam\","
	    "\"model\":\"Book 14\",\"order\":\"4500017\"}",
	    l->customer, l->round, l->id, i);
	len = snprintf(request, sizeof request,
	    "POST /v1/units HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	    "Content-Length: %d\r\n\r\n%s",
	    len, body);
	must(send(l->fd, request, (size_t)len, MSG_NOSIGNAL) == len, "it cannot be sent");
	await_answer(l);
	l->sample[l->nsample++] = now_s() - since_s;
}

static void *
work(void *arg)
{
	struct line *l = arg;

	for (size_t i = 0; i < l->n; i++)
		give(l, i);
	return NULL;
}

/* Returns the seconds that it took. */
static double
run_lines(struct line *line, const char *socket, int round)
{
	pthread_t thread[CONNECTIONS];
	double start;

	for (int i = 0; i < CONNECTIONS; i++) {
		line[i].round = round;
		connect_line(&line[i], socket);
	}
	start = now_s();
	for (int i = 0; i < CONNECTIONS; i++)
		must(pthread_create(&thread[i], NULL, work, &line[i]) == 0, "no thread");
	for (int i = 0; i < CONNECTIONS; i++)
		(void)pthread_join(thread[i], NULL);
	start = now_s() - start;
	for (int i = 0; i < CONNECTIONS; i++)
		(void)close(line[i].fd);
	return start;
}

/* --- the bare table --- */

struct bare {
	sqlite3 *db;
	sqlite3_stmt *insert;
	double last_s[CONNECTIONS]; /* what the commits before this one took */
	double waiting_s[BARE_COMMITS * ROUNDS];
	size_t n;
};

static void
bare_open(struct bare *b, const char *folder)
{
	char path[TEXT_SIZE];

	(void)snprintf(path, sizeof path, "%s/bare.db", folder);
	must(sqlite3_open(path, &b->db) == SQLITE_OK, path);
	must(sqlite3_exec(b->db,
	         "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	         "CREATE TABLE unit (id INTEGER PRIMARY KEY, serial TEXT, manufacturer TEXT,"
	         " model TEXT, state INTEGER)",
	         NULL, NULL, NULL) == SQLITE_OK,
	    "no bare table");
	must(sqlite3_prepare_v2(b->db,
	         "INSERT INTO unit (serial, manufacturer, model, state)"
	         " VALUES (?, 'Fabrikam', 'Book 14', 2)",
	         -1, &b->insert, NULL) == SQLITE_OK,
	    "no bare statement");
}

static void
bare_add(struct bare *b)
{
	double start = now_s(), wait_s = 0;
	char serial[32];

	(void)snprintf(serial, sizeof serial, "BL%010zu", b->n);
	(void)sqlite3_bind_text(b->insert, 1, serial, -1, NULL);
	must(sqlite3_step(b->insert) == SQLITE_DONE, sqlite3_errmsg(b->db));
	(void)sqlite3_reset(b->insert);
	b->last_s[b->n % CONNECTIONS] = now_s() - start;
	for (size_t i = 0; i < CONNECTIONS; i++)
		wait_s += b->last_s[i];
	b->waiting_s[b->n++] = wait_s;
}

int
main(int argc, char **argv)
{
	static struct line line[CONNECTIONS];
	static struct bare bare;
	uint64_t units = UNITS;
	double took_s = 0, p99_s, bare_p99_s;
	double *all;
	size_t n = 0;

	if (argc < 4 || argc > 5 ||
	    (argc == 5 && !slice_to_u64(slice_of(argv[4]), 10000000, &units)) ||
	    units < CONNECTIONS * ROUNDS) {
		fprintf(stderr, "usage: bench_line SOCKET CUSTOMER FOLDER [UNITS]\n");
		return 2;
	}
	units = units / CONNECTIONS / ROUNDS; /* of one line in a round */
	all = calloc(units * CONNECTIONS * ROUNDS, sizeof *all);
	must(all != NULL, "out of memory");
	for (int i = 0; i < CONNECTIONS; i++) {
		line[i] = (struct line){ .customer = argv[2], .id = i, .n = units };
		line[i].sample = all + (size_t)i * units * ROUNDS;
	}
	bare_open(&bare, argv[3]);
	for (int round = 0; round < ROUNDS; round++) {
		took_s += run_lines(line, argv[1], round);
		for (int i = 0; i < BARE_COMMITS; i++)
			bare_add(&bare);
	}
	(void)sqlite3_finalize(bare.insert);
	(void)sqlite3_close(bare.db);
	n = units * CONNECTIONS * ROUNDS;
	p99_s = at_share(all, n, 0.99);
	/* The first have not waited for as many. */
	bare_p99_s = at_share(bare.waiting_s + CONNECTIONS, bare.n - CONNECTIONS, 0.99);
	printf("{\"units\":%zu,\"units_per_s\":%.0f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,"
	       "\"bare_p99_ms\":%.2f,\"p99_ratio\":%.2f}\n",
	    n, (double)n / took_s, at_share(all, n, 0.5) * 1e3, p99_s * 1e3, bare_p99_s * 1e3,
	    p99_s / bare_p99_s);
	free(all);
	return 0;
}
