/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* previrt run: the folder that is shared with the machine (--share). */
#ifndef PREVIRT_CLI_RUN_SHARE_H
#define PREVIRT_CLI_RUN_SHARE_H
#include "util.h"

#define RUN_SHARE_PROGRAM "share-folder"
#define RUN_SHARE_TAG 31		/* letters, at most */

struct run_share {
	char *path;			/* NULL: none is shared */
	const char *tag;		/* behind it */
	bool read_only;
};

/* Takes DIR:TAG[,ro]. False after a numbered error. */
bool run_share_set(struct run_share *share, const char *value);
void run_share_free(struct run_share *share);

/* QEMU's options -fsdev and -device for it, to be freed. */
char *run_share_fsdev(const struct run_share *share);
char *run_share_device(const struct run_share *share);

/* The program that shares it, started; the socket that leads there, or -1 after a numbered
   error. */
int run_share_start(const struct run_share *share);
void run_share_wait(void);

#endif
