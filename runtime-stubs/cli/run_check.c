/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* previrt run and bundle: what is looked at before anything starts. */
#include "diag.h"
#include "run.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct { const char *name, *what; } check_words[] = {
#define WEDGE_WORD(name, what) { #name, what },
#include "../wedge/words.def"
#undef WEDGE_WORD
};

/* All words with @between; to be freed. */
static char *check_list(const char *between)
{
	char *list = util_copy("");

	for (size_t i = 0; i < ARRAY_SIZE(check_words); i++) {
		char *longer = util_printf("%s%s%s", list, i ? between : "", check_words[i].name);

		free(list);
		list = longer;
	}
	return list;
}

bool run_wedge_word(const char *name)
{
	char *list;

	for (size_t i = 0; i < ARRAY_SIZE(check_words); i++)
		if (!strcmp(name, check_words[i].name))
			return true;
	list = check_list(", ");
	diag_error(DIAG_RUN_WORD, NULL, "--wedge %s: the words are %s", name, list);
	free(list);
	return false;
}

void run_wedge_help(void)
{
	char *list = check_list("|");

	printf("  --wedge=%s\n"
	       "                        a word for the wedge (may be repeated):\n", list);
	for (size_t i = 0; i < ARRAY_SIZE(check_words); i++)
		printf("                          %-8s%s\n", check_words[i].name,
		       check_words[i].what);
	free(list);
}

bool run_log_good(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0) {
		diag_error(DIAG_OUTPUT, path, "%s", strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

/* Does @words have one that begins with @name? */
static bool check_has(const char *words, const char *name)
{
	const char *at = words;

	while ((at = strstr(at, name)) && at != words && at[-1] != ' ')
		at++;
	return at;
}

void run_warn_endless(const struct run *run, const uint8_t *kernel, size_t size)
{
	static const char linux_banner[] = "Linux version ";

	if (!run->initrd && !run->timeout && !check_has(run->append, "panic=") &&
	    memmem(kernel, size, linux_banner, strlen(linux_banner)))
		diag_warn(DIAG_RUN_ENDLESS, NULL, "no initrd and no panic=: this run will not "
			  "end by itself");
}
