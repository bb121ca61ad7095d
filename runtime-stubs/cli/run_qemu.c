/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Starts QEMU, watches it, and tells how the run ended: from the exit port's
 * value (devices/exit_status.h) where one was written, else from the SHUTDOWN event
 * on QEMU's control socket (QEMU Machine Protocol), which tells whose doing it
 * was. QEMU's own status alone is never good news.
 */
#include "../devices/exit_status.h"
#include "diag.h"
#include "run.h"
#include "run_input.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SECOND_MS 1000
#define KILL_AFTER_MS 5000
#define EVENTS_MOST 65536

/* What QEMU said on its control socket, from the first SHUTDOWN on. */
struct qemu {
	pid_t pid;
	int control;
	char said[EVENTS_MOST];
	size_t size;
	bool over_time, hung_up;
	bool answered;		/* the machine is made, and QEMU's main loop runs */
	struct run_input input;
};

static volatile sig_atomic_t qemu_signalled;

void run_word(struct run_words *words, const char *word)
{
	array_add(&words->word, util_copy(word));
}

void run_words_free(struct run_words *words)
{
	size_t i;

	for (i = 0; i < words->word.n; i++)
		free(words->word.v[i]);
	free(words->word.v);
}

static void qemu_caught(int signal)
{
	qemu_signalled = signal;
}

static void qemu_add(struct run_words *words, const char *const *all)
{
	for (; *all; all++)
		run_word(words, *all);
}

char *run_qemu_name(const char *name)
{
	char *out = util_alloc(2 * strlen(name) + 1, 1), *to = out;

	for (; *name; name++) {
		*to++ = *name;
		if (*name == ',')
			*to++ = ',';
	}
	return out;
}

/* The serial port: the terminal (with Ctrl-A), the log, or both. */
static void qemu_console(const struct run *run, struct run_words *words)
{
	static const char *const silent[] = { "-monitor", "none", "-serial", "chardev:c", NULL };
	static const char *const shown[] = { "-mon", "chardev=c", "-serial", "chardev:c", NULL };
	const char *mux = run->console ? ",mux=on" : "";	/* two look at it */
	char *name = run->log ? run_qemu_name(run->log) : NULL, *text;

	if (run->quiet)
		text = name ? util_printf("file,id=c%s,path=%s", mux, name) : util_printf("null,id=c%s", mux);
	else
		text = util_printf("stdio,id=c,mux=on,signal=off%s%s", name ? ",logfile=" : "",
				   name ? name : "");
	run_word(words, "-chardev");
	run_word(words, text);
	qemu_add(words, run->quiet ? silent : shown);
	free(text);
	free(name);
}

/* The port by which a wedge tells how much room there is. */
static void qemu_room(const struct run_input *input, struct run_words *words)
{
	char *socket = util_printf("socket,id=r,fd=%d", input->tells);
	char *port = util_printf("isa-debugcon,iobase=%#x,chardev=r", ROOM_PORT);
	const char *const all[] = { "-chardev", socket, "-device", port, NULL };

	if (input->tells >= 0)
		qemu_add(words, all);
	free(socket);
	free(port);
}

/* The machine's memory in a file of QEMU's that others can read (guest_memory.c), of the
 * size that the machine has been given. */
static void qemu_watched(struct run_words *words)
{
	const char *size = "0";
	char *object;

	for (size_t i = 0; i + 1 < words->word.n; i++)
		if (!strcmp(words->word.v[i], "-m"))
			size = words->word.v[i + 1];
	object = util_printf("memory-backend-memfd,id=guest,share=on,size=%sM", size);
	run_word(words, "-object");
	run_word(words, object);
	run_word(words, "-machine");
	run_word(words, "memory-backend=guest");
	free(object);
}

static void qemu_common(const struct run *run, struct run_words *words, int control)
{
	char *socket = util_printf("socket,id=q,fd=%d", control);
	char *cpus = util_printf("%llu", (unsigned long long)run->cpus);
	char *port = util_printf("isa-debug-exit,iobase=%#x,iosize=4", EXIT_PORT);
	const char *const all[] = { "-machine", "pc,accel=tcg", "-cpu", run->cpu, "-display",
		"none", "-nodefaults", "-no-reboot", "-device", port, "-chardev", socket,
		"-mon", "chardev=q,mode=control", NULL };
	static const char *const icount[] = { "-icount", "shift=3,sleep=off", "-rtc",
		"base=2026-01-01,clock=vm", NULL };

	qemu_add(words, all);
	if (run->watch)
		qemu_watched(words);
	qemu_console(run, words);
	run_word(words, "-smp");
	run_word(words, cpus);
	free(cpus);
	if (run->icount)
		qemu_add(words, icount);
	for (size_t i = 0; i < run->qemu.n; i++)
		run_word(words, run->qemu.v[i]);
	free(socket);
	free(port);
}

/* The error goes to @failure, which a QEMU that has started does not keep. */
static _Noreturn void qemu_child(struct run_words *words, pid_t parent, int input, int failure)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && (input < 0 || !dup2(input, 0))) {
		signal(SIGPIPE, SIG_DFL);
		array_add(&words->word, NULL);
		execvp(words->word.v[0], words->word.v);
		if (write(failure, &errno, sizeof(errno)) < 0)
			_exit(126);
	}
	_exit(127);
}

/* The new process, with @words; -1 after an error. */
static pid_t qemu_spawn(struct run_words *words, int input)
{
	pid_t parent = getpid(), pid;
	int failure[2], error;

	if (pipe2(failure, O_CLOEXEC))
		return -1;
	fflush(NULL);
	pid = fork();
	if (!pid)
		qemu_child(words, parent, input, failure[1]);
	close(failure[1]);
	if (pid > 0 && read(failure[0], &error, sizeof(error)) == sizeof(error)) {
		waitpid(pid, NULL, 0);
		errno = error;
		pid = -1;
	}
	close(failure[0]);
	return pid;
}

static bool qemu_start(struct qemu *qemu, const struct run *run, struct run_words *words)
{
	static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) {
		diag_error(DIAG_RUN_START, NULL, "socketpair: %s", strerror(errno));
		return false;
	}
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	qemu_common(run, words, pair[1]);
	qemu_room(&qemu->input, words);
	qemu->control = pair[0];
	if (write(pair[0], hello, strlen(hello)) < 0)
		qemu->hung_up = true;
	qemu->pid = qemu_spawn(words, qemu->input.qemu);
	close(pair[1]);
	input_started(&qemu->input);
	if (qemu->pid < 0)
		diag_error(DIAG_RUN_QEMU, NULL, RUN_QEMU ": %s; install Debian's " RUN_QEMU_PACKAGE,
			   strerror(errno));
	return qemu->pid > 0;
}

static void qemu_listen(struct qemu *qemu)
{
	ssize_t n = read(qemu->control, qemu->said + qemu->size,
			 sizeof(qemu->said) - 1 - qemu->size);

	if (n <= 0) {
		qemu->hung_up = true;
		return;
	}
	qemu->size += (size_t)n;
	qemu->said[qemu->size] = '\0';
	qemu->answered |= strstr(qemu->said, "\"return\"") != NULL;
	input_heard(&qemu->input, qemu->said);
	/* Only the end is of interest: never mind what came first. */
	if (qemu->size > sizeof(qemu->said) / 2 && !strstr(qemu->said, "\"SHUTDOWN\"")) {
		memmove(qemu->said, qemu->said + qemu->size - 256, 256);
		qemu->size = 256;
	}
	qemu->said[qemu->size] = '\0';
}

/* ms to wait for news at most. */
static int64_t qemu_patience(const struct qemu *qemu)
{
	return input_asks(&qemu->input) ? INPUT_ASK_MS : SECOND_MS;
}

/* QEMU's wait status. The socket ends with it. */
static int qemu_wait(struct qemu *qemu, uint64_t timeout)
{
	int64_t end = timeout ? util_now() + (int64_t)timeout * SECOND_MS : INT64_MAX;
	int status = 0;

	while (!qemu->hung_up) {
		struct pollfd p[3] = { { .fd = qemu->control, .events = POLLIN } };
		int64_t left = end - util_now();

		if (qemu_signalled || left <= 0) {
			qemu->over_time |= !qemu_signalled;
			if (kill(qemu->pid, qemu->over_time && left < -KILL_AFTER_MS ?
				 SIGKILL : SIGTERM))
				break;
			left = SECOND_MS;
		}
		input_poll(&qemu->input, p + 1);
		if (left > qemu_patience(qemu))
			left = qemu_patience(qemu);
		if (poll(p, ARRAY_SIZE(p), (int)left) < 0)
			continue;
		if (p[0].revents)
			qemu_listen(qemu);
		input_move(&qemu->input, p + 1, util_now());
		input_ask(&qemu->input, qemu->control, util_now());
	}
	while (waitpid(qemu->pid, &status, 0) < 0 && errno == EINTR)
		if (qemu_signalled)
			kill(qemu->pid, SIGKILL);
	return status;
}

enum run_end run_ended(int value)
{
	switch (value) {
	case EXIT_GOOD:
		return RUN_GOOD;
	case EXIT_STOPPED:
		return RUN_STOPPED;
	case EXIT_RESET:
		return RUN_RESTART;
	}
	fprintf(stderr, "previrt: the guest ended with status %d\n", value);
	return RUN_GUEST;
}

/* Did the last SHUTDOWN event give @reason? */
static bool qemu_shut(const struct qemu *qemu, const char *reason)
{
	char *wanted = util_printf("\"reason\": \"%s\"", reason);
	const char *event = strstr(qemu->said, "\"SHUTDOWN\"");
	bool found;

	/* The event's data stands in front of its name or behind it. */
	found = event && strstr(qemu->said, wanted);
	free(wanted);
	return found;
}

static enum run_end qemu_judge(const struct qemu *qemu, const struct run *run,
			       const struct run_machine *machine, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (qemu->over_time) {
		fprintf(stderr, "previrt: no end within %llu s\n", (unsigned long long)run->timeout);
		return RUN_TIMEOUT;
	}
	if (code > 1 && (code & 1))
		return run_ended(code >> 1);
	if (qemu_shut(qemu, "guest-shutdown") && machine->restart == RUN_RESTART)
		return RUN_GOOD;
	if (qemu_shut(qemu, "guest-reset"))
		return machine->restart;
	if (code == 1 && !qemu->answered) {
		diag_error(DIAG_RUN_REFUSED, NULL, "QEMU has not started: it has said why; is "
			   "--cpu=%s one of `" RUN_QEMU " -cpu help`, and are the words of --qemu its?",
			   run->cpu);
		return RUN_TROUBLE;
	}
	if (WIFSIGNALED(status))
		fprintf(stderr, "previrt: QEMU was ended by signal %d\n", WTERMSIG(status));
	else
		fprintf(stderr, "previrt: QEMU has ended with status %d; the guest has not\n", code);
	return RUN_LOST;
}

enum run_end run_qemu(const struct run *run, const struct run_machine *machine)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction caught = { .sa_handler = qemu_caught };
	struct qemu *qemu = util_alloc(1, sizeof(*qemu));
	enum run_end end = RUN_TROUBLE;
	struct run_words words = { 0 };
	struct termios terminal;
	bool is_terminal = !tcgetattr(0, &terminal);
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &caught, NULL);
	/* Number 0 must not become one of the run's own files. */
	if (fcntl(0, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
		diag_warn(DIAG_RUN_START, "/dev/null", "%s", strerror(errno));
	run_word(&words, RUN_QEMU);
	if (machine->words(run, &words) && input_open(&qemu->input, run, machine) &&
	    qemu_start(qemu, run, &words)) {
		status = qemu_wait(qemu, run->timeout);
		/* QEMU may have gone before it could put it back. */
		if (is_terminal)
			tcsetattr(0, TCSANOW, &terminal);
		end = qemu_judge(qemu, run, machine, status);
		close(qemu->control);
	}
	input_close(&qemu->input);
	run_words_free(&words);
	free(qemu);
	return end;
}
