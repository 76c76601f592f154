/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/children.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_RUN = 127, FOREVER = -1 };

/* What the program's ends of a pipe are; -1: the stream stays ours. */
struct streams {
	int in;
	int out;
};

enum err_code
children_init(struct children *c, struct err *err)
{
	struct children made = { .server_in = -1 };
	sigset_t blocked;

	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGINT);
	(void)sigaddset(&blocked, SIGTERM);
	(void)sigaddset(&blocked, SIGCHLD);
	made.signals = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
	if (made.signals < 0)
		return err_errno(err, errno, "signalfd");
	(void)sigprocmask(SIG_BLOCK, &blocked, &made.before);
	*c = made;
	return ERR_OK;
}

/* --- one program -------------------------------------------------------------------------------- */

static void
become(const struct children *c, const char *path, char *const argv[], struct streams s,
    pid_t parent)
{
	(void)sigprocmask(SIG_SETMASK, &c->before, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent && (s.in < 0 || dup2(s.in, STDIN_FILENO) >= 0) &&
	    (s.out < 0 || dup2(s.out, STDOUT_FILENO) >= 0))
		(void)execv(path, argv);
	_exit(CANNOT_RUN);
}

static enum err_code
start(const struct children *c, const char *path, char *const argv[], struct streams s, pid_t *out,
    struct err *err)
{
	pid_t parent = getpid();
	pid_t pid;

	if (access(path, X_OK) != 0) /* asked here, because behind fork() nobody could tell why */
		return err_errno(err, errno, "%s", path);
	(void)fflush(NULL); /* what we have said comes before what the program says */
	pid = fork();
	if (pid < 0)
		return err_errno(err, errno, "%s", path);
	if (pid == 0)
		become(c, path, argv, s, parent);
	*out = pid;
	return ERR_OK;
}

static bool
has_ended(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Has somebody asked us to stop? */
static bool
read_signals(const struct children *c)
{
	struct signalfd_siginfo info;
	bool stop = false;

	while (read(c->signals, &info, sizeof info) == (ssize_t)sizeof info)
		stop |= info.ssi_signo != SIGCHLD;
	return stop;
}

static enum err_code
interrupted(struct err *err)
{
	return err_set(err, ERR_INTERRUPTED, "interrupted");
}

/* --- the server --------------------------------------------------------------------------------- */

static void
end_server(struct children *c)
{
	if (c->server == 0)
		return;
	(void)kill(c->server, SIGKILL);
	(void)waitpid(c->server, NULL, 0);
	(void)close(c->server_in);
	c->server = 0;
	c->server_in = -1;
}

static bool
server_has_ended(struct children *c)
{
	siginfo_t info = { .si_pid = 0 };

	/* It stays a zombie, so that its number means nobody else until end_server(). */
	return c->server &&
	    waitid(P_PID, (id_t)c->server, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid == c->server;
}

/* Reads what the server says until the line ends. */
static enum err_code
read_line(const struct children *c, const char *path, int fd, int limit_ms, char *line, size_t size,
    struct err *err)
{
	size_t len = 0;

	while (len < size) {
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
			{ .fd = c->signals, .events = POLLIN } };
		int ready = poll(p, 2, limit_ms);
		ssize_t n;

		if (ready == 0)
			return err_set(err, ERR_TIMEOUT, "%s does not say that it is ready", path);
		if (read_signals(c))
			return interrupted(err);
		if (ready < 0 || p[0].revents == 0)
			continue;
		n = read(fd, line + len, 1);
		if (n != 1)
			return err_set(err, ERR_IO, "%s has ended before it was ready", path);
		if (line[len] == '\n') {
			line[len] = '\0';
			return ERR_OK;
		}
		len++;
	}
	return err_set(err, ERR_LIMIT, "%s says more than it should", path);
}

static void
close_pipe(const int end[2])
{
	if (end[0] >= 0)
		(void)close(end[0]);
	if (end[1] >= 0)
		(void)close(end[1]);
}

enum err_code
children_serve(struct children *c, const char *path, char *const argv[], int limit_ms, char *line,
    size_t size, struct err *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	char said[256];
	enum err_code rc;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
		rc = err_errno(err, errno, "pipe");
		goto out;
	}
	rc = start(c, path, argv, (struct streams){ in[0], out[1] }, &c->server, err);
	if (rc)
		goto out;
	c->server_in = in[1];
	in[1] = -1;
	(void)close(out[1]); /* so that its end is seen */
	out[1] = -1;
	rc = read_line(c, path, out[0], limit_ms, said, size < sizeof said ? size : sizeof said,
	    err);
	if (rc)
		end_server(c);
	else
		(void)snprintf(line, size, "%s", said);
out:
	close_pipe(in);
	close_pipe(out);
	return rc;
}

/* --- the job ------------------------------------------------------------------------------------ */

enum err_code
children_run(struct children *c, const char *path, char *const argv[], int *exit_code,
    struct err *err)
{
	struct pollfd p = { .fd = c->signals, .events = POLLIN };
	enum err_code rc = ERR_OK;
	int status;
	pid_t pid;

	if (start(c, path, argv, (struct streams){ -1, -1 }, &pid, err))
		return err->code;
	while (!has_ended(pid, &status)) {
		if (rc == ERR_OK && server_has_ended(c)) {
			rc = err_set(err, ERR_IO, "the server has ended before %s", path);
			(void)kill(pid, SIGTERM);
		}
		(void)poll(&p, 1, FOREVER);
		if (read_signals(c)) {
			rc = interrupted(err);
			(void)kill(pid,
			    SIGTERM); /* again each time: its second one is more urgent */
		}
	}
	if (rc)
		return rc;
	if (WIFSIGNALED(status))
		return err_set(err, ERR_IO, "%s was ended by signal %d", path, WTERMSIG(status));
	*exit_code = WEXITSTATUS(status);
	return ERR_OK;
}

void
children_done(struct children *c)
{
	end_server(c);
	(void)close(c->signals);
	(void)sigprocmask(SIG_SETMASK, &c->before, NULL);
}
