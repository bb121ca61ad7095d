/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A process of this host: the wedge is a program, which gets the bundle and one end of
 * a socket for its console. The one file outside the back-end's folder that names it.
 */
#include "../devices/exit_status.h"
#include "diag.h"
#include "options.h"
#include "run.h"
#include "run_gdb.h"
#include "run_perf.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define FILE_CONSOLE 0			/* as the wedge has them */
#define FILE_BUNDLE 3
#define FILE_FIRST 4			/* gdb's, the network's, the shared folder's, and those of disks */
#define FILES (FILE_FIRST + 3 + RUN_DISKS)
#define ESCAPE 1			/* Ctrl-A; x behind it leaves, any other key is typed */

struct process {
	pid_t pid;
	int console, log;	/* log -1: there is none */
	bool input, shown;
	bool escaped;		/* Ctrl-A was typed */
	bool left, over_time;
	int64_t end;		/* ms; 0: never */
	struct run_gdb_relay gdb;
};

/* What the wedge is started with, by its numbers; -1: as it is here. */
struct process_files {
	int file[FILES], n;
};

static volatile sig_atomic_t process_signalled;

static void process_caught(int signal)
{
	process_signalled = signal;
}

/* Options of QEMU's have no meaning here. */
static bool process_takes(const struct run *run)
{
	const char *what = run->icount ? "--icount" : run->below ? "--hypervisor" :
			   run->qemu.n ? "--qemu" : run->cpu_given ? "--cpu" : NULL;

	if (what)
		diag_error(DIAG_USAGE, NULL, "run: %s: not with --on=process, where there is no QEMU",
			   what);
	return !what;
}

/* The files get their numbers, those in the way of others first another one. */
static bool process_place_files(struct process_files *files)
{
	for (int i = 0; i < files->n; i++)
		if (files->file[i] >= 0 && files->file[i] < files->n && files->file[i] != i &&
		    (files->file[i] = fcntl(files->file[i], F_DUPFD_CLOEXEC, files->n)) < 0)
			return false;
	for (int i = 0; i < files->n; i++)
		/* One that has its number already would be closed on the way. */
		if (files->file[i] >= 0 &&
		    (files->file[i] == i ? fcntl(i, F_SETFD, 0) : dup2(files->file[i], i)) < 0)
			return false;
	closefrom(files->n);
	return true;
}

static _Noreturn void process_child(const char *wedge, pid_t parent, struct process_files *files)
{
	char *const words[] = { (char *)wedge, NULL }, *const nothing[] = { NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && process_place_files(files)) {
		signal(SIGPIPE, SIG_IGN);
		execve(wedge, words, nothing);
	}
	fprintf(stderr, "previrt: %s: %s\n", wedge, strerror(errno));
	_exit(126);
}

static bool process_start(struct process *process, const char *wedge, struct process_files *files)
{
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		diag_error(DIAG_RUN_START, NULL, "socketpair: %s", strerror(errno));
		return false;
	}
	fflush(NULL);
	process->pid = fork();
	if (!process->pid) {
		files->file[FILE_CONSOLE] = ends[1];
		process_child(wedge, parent, files);
	}
	close(ends[1]);
	process->console = ends[0];
	if (process->pid < 0)
		diag_error(DIAG_RUN_START, NULL, "fork: %s", strerror(errno));
	return process->pid > 0;
}

/* The script for gdb names the process, so it comes when that is there. */
static bool process_tell_gdb(const struct process *process, const struct run *run, const char *wedge)
{
	if (!run->gdb || run_gdb_process(run, process->pid, wedge))
		return true;
	kill(process->pid, SIGKILL);
	while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return false;
}

/* What is typed, or comes from a file. */
static void process_type(struct process *process)
{
	char text[256], out[256];
	ssize_t n = read(0, text, sizeof(text));
	size_t size = 0;

	if (n < 0 && errno == EINTR)
		return;
	for (ssize_t i = 0; i < n && !process->left; i++) {
		bool was = process->escaped;

		process->escaped = !was && text[i] == ESCAPE;
		process->left = was && text[i] == 'x';
		if (!process->escaped)
			out[size++] = text[i];
	}
	util_write(process->console, out, size);
	if (n <= 0) {
		process->input = false;
		shutdown(process->console, SHUT_WR);
	}
}

/* False: the console is closed, for the wedge has ended. */
static bool process_show(struct process *process)
{
	char text[4096];
	ssize_t n = read(process->console, text, sizeof(text));

	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (process->shown)
		util_write(1, text, (size_t)n);
	if (process->log >= 0)
		util_write(process->log, text, (size_t)n);
	return true;
}

/* Until the wedge ends, or is ended. Its wait status. */
static int process_watch(struct process *process)
{
	int status = 0;

	for (;;) {
		struct pollfd p[2 + RUN_GDB_FILES] = {
			{ .fd = process->console, .events = POLLIN },
			{ .fd = process->input ? 0 : -1, .events = POLLIN },
		};
		int64_t left = process->end ? process->end - util_now() : -1;

		process->over_time = process->end && left <= 0;
		if (process->over_time || process->left || process_signalled)
			break;
		run_gdb_relay_poll(&process->gdb, &p[2]);
		if (poll(p, ARRAY_SIZE(p), left > 1000000 ? 1000000 : (int)left) < 0)
			continue;
		if (p[1].revents)
			process_type(process);
		run_gdb_relay_serve(&process->gdb, &p[2]);
		if (p[0].revents && !process_show(process))
			break;
	}
	if (process->over_time || process->left || process_signalled)
		kill(process->pid, SIGKILL);
	while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static enum run_end process_judge(const struct process *process, const struct run *run, int status)
{
	if (process->over_time) {
		fprintf(stderr, "previrt: no end within %llu s\n", (unsigned long long)run->timeout);
		return RUN_TIMEOUT;
	}
	if (process->left || process_signalled)
		fprintf(stderr, "previrt: the guest was left and has not ended\n");
	else if (WIFSIGNALED(status))
		fprintf(stderr, "previrt: the wedge was ended by signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status) == 126)
		return RUN_TROUBLE;
	else
		return run_ended(WEXITSTATUS(status));
	return RUN_LOST;
}

/* Key by key, as the guest's terminal; Ctrl-C is the guest's. */
static void process_raw(struct termios terminal)
{
	terminal.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	terminal.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
	terminal.c_cc[VMIN] = 1;
	terminal.c_cc[VTIME] = 0;
	tcsetattr(0, TCSANOW, &terminal);
}

static enum run_end process_go(struct process *process, const struct run *run, const char *wedge,
			       struct process_files *files)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction caught = { .sa_handler = process_caught };
	struct termios terminal;
	bool is_terminal = process->input && !tcgetattr(0, &terminal);
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &caught, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!process_start(process, wedge, files) || !process_tell_gdb(process, run, wedge))
		return RUN_TROUBLE;
	if (is_terminal)
		process_raw(terminal);
	process->end = run->timeout ? util_now() + (int64_t)run->timeout * 1000 : 0;
	status = process_watch(process);
	if (is_terminal)
		tcsetattr(0, TCSANOW, &terminal);
	close(process->console);
	return process_judge(process, run, status);
}

static bool process_add_file(struct process_files *files, int file)
{
	if (file >= 0)
		files->file[files->n++] = file;
	return file >= 0;
}

/* False after a numbered error. */
static bool process_open(struct process_files *files, const struct run *run,
			 struct run_gdb_relay *gdb)
{
	const struct run_disks *disks = &run->disks;

	if (run->gdb_port.given && !process_add_file(files, run_gdb_relay_open(gdb, &run->gdb_port)))
		return false;
	if (run->net.given && !process_add_file(files, run_net_start(&run->net)))
		return false;
	if (run->share.path && !process_add_file(files, run_share_start(&run->share)))
		return false;
	for (unsigned i = 0; i < disks->n; i++)
		if (!process_add_file(files, run_disk_open(&disks->disk[i])))
			return false;
	return true;
}

/* With all files open. */
static enum run_end process_with_files(const struct run *run, const char *wedge,
				       struct process_files *files, struct run_gdb_relay *gdb)
{
	struct process process = { .log = -1, .input = !run->quiet, .shown = !run->quiet, .gdb = *gdb };
	enum run_end end;

	if (run->log)
		process.log = open(run->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	end = process_go(&process, run, wedge, files);
	*gdb = process.gdb;
	if (process.log >= 0)
		close(process.log);
	return end;
}

static enum run_end process_run(const struct run *run)
{
	struct process_files files = { { -1, -1, -1, -1 }, FILE_FIRST };
	struct run moving = *run;
	struct run_gdb_relay gdb = RUN_GDB_RELAY_NONE;
	char *wedge, *name = NULL;
	enum run_end end = RUN_TROUBLE;
	size_t size;

	if (!process_takes(run))
		return end;
	moving.lower_half = moving.files = true;
	wedge = path_wedge("process.elf");
	if (!wedge)
		diag_error(DIAG_RUN_WEDGE, NULL, "process.elf is missing");
	else if ((!run->perf || run_perf(run, wedge)) && process_open(&files, run, &gdb))
		name = run_bundle(&moving, true, &size);
	if (name)
		files.file[FILE_BUNDLE] = open(name, O_RDONLY | O_CLOEXEC);
	if (files.file[FILE_BUNDLE] >= 0)
		end = process_with_files(run, wedge, &files, &gdb);
	while (files.n-- > FILE_BUNDLE)
		close(files.file[files.n]);
	run_gdb_relay_end(&gdb, (int)end);
	run_net_wait();
	run_share_wait();
	free(wedge);
	free(name);
	return end;
}

const struct run_machine run_process = {
	"process", "a process of this host, by any user", NULL,
	RUN_RESTART, false, process_run,
};
