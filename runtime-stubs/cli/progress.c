/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See progress.h for the contracts. */
#include "progress.h"
#include "util.h"
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define CALLS 0x10000u		/* between looks at the clock */
#define QUIET_MS 2000
#define AGAIN_MS 200

static struct {
	int64_t next;		/* ms of the monotonic clock */
	unsigned int calls;
	bool started, shown;
} progress;

void progress_now(const char *file, const char *part, uint64_t done, uint64_t total)
{
	int64_t now = util_now();

	if (!progress.started) {
		progress.started = true;
		progress.next = isatty(STDERR_FILENO) ? now + QUIET_MS : INT64_MAX;
	}
	if (now < progress.next)
		return;
	progress.next = now + AGAIN_MS;
	progress.shown = true;
	/* The rest of the line is erased: ECMA-48, EL. */
	fprintf(stderr, "\r%s: %s, %u%%\033[K", file, part,
		total ? (unsigned int)(done * 100 / total) : 100);
	fflush(stderr);
}

void progress_at(const char *file, const char *part, uint64_t done, uint64_t total)
{
	if (!progress.started || !(++progress.calls % CALLS))
		progress_now(file, part, done, total);
}

void progress_end(void)
{
	if (progress.shown)
		fputs("\r\033[K", stderr);
	progress.shown = false;
}
