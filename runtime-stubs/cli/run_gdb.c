/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "run_gdb.h"
#include "diag.h"
#include "run.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Signals by which the wedge works. SIGTRAP, which user mode's steps take, is gdb's own. */
#define OF_THE_WEDGE "SIGSEGV SIGBUS SIGILL SIGFPE SIGSYS SIGALRM SIGURG SIGIO SIGCHLD"

static bool gdb_write(const struct run *run, const char *text)
{
	FILE *out = fopen(run->gdb, "w");
	bool good = out && fputs(text, out) >= 0;

	good = (!out || !fclose(out)) && good;
	if (!good)
		diag_error(DIAG_RUN_START, run->gdb, "the script for gdb cannot be written: %s",
			   strerror(errno));
	return good;
}

/* Both files by their whole names: gdb may be started elsewhere. To be freed. */
static char *gdb_name(const char *path)
{
	char *whole = realpath(path, NULL);

	return whole ? whole : util_copy(path);
}

bool run_gdb_process(const struct run *run, pid_t pid, const char *wedge)
{
	char *kernel = gdb_name(run->kernel), *own = gdb_name(wedge), *text;
	uint64_t away = run_moved_by(run->kernel);
	bool good;

	text = util_printf("# gdb -x FILE, while the guest runs\n"
			   "handle " OF_THE_WEDGE " nostop noprint pass\n"
			   "attach %d\n"
			   "symbol-file \"%s\" -o 0x%" PRIx64 "\n"
			   "add-symbol-file \"%s\"\n", (int)pid, kernel, away, own);
	good = gdb_write(run, text);
	free(text);
	free(own);
	free(kernel);
	return good;
}

bool run_gdb_qemu(const struct run *run, struct run_words *words)
{
	char *kernel = gdb_name(run->kernel), *text;
	char *socket = util_printf("%s.socket", run->gdb), *name = run_qemu_name(socket);
	bool good;

	text = util_printf("# gdb -x FILE, while the guest runs\n"
			   "symbol-file \"%s\"\n"
			   "target remote %s\n", kernel, socket);
	good = gdb_write(run, text);
	free(text);
	text = util_printf("unix:%s,server=on,wait=off", name);
	run_word(words, "-gdb");
	run_word(words, text);
	free(text);
	free(name);
	free(socket);
	free(kernel);
	return good;
}
