/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * main DIR [ro]
 *
 * Shares a folder with one guest. Standard input is a socket, each message of which is one
 * of 9P2000.L, from the guest or for it, one at a time. "ready" on standard output: it may
 * begin; anything else there is why not. The end: the socket's other end is closed.
 *
 * The program can reach what is below DIR alone, also by the host's word (Landlock), where
 * the host's kernel has that (5.19 or later).
 */
#include "sandbox.h"
#include "share.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET 0
#define ERROR 7				/* Rlerror */

static uint8_t asked[MESSAGE_MOST], told[MESSAGE_MOST];

static void main_header(struct message *out, uint8_t type, uint16_t tag)
{
	out->at = told;
	out->bad = false;
	message_put(out, 4, 0);
	message_put(out, 1, type);
	message_put(out, 2, tag);
}

/* The answer to the message in @asked, in @told: its size. */
static size_t main_answer(struct share *share, size_t size)
{
	struct message in = { asked, asked + size, false };
	struct message out = { told, told + share->size_most, false };
	uint64_t said = message_take(&in, 4);
	uint8_t type = (uint8_t)message_take(&in, 1);
	uint16_t tag = (uint16_t)message_take(&in, 2);
	int error;

	main_header(&out, type + 1, tag);
	error = said == size ? share_answer(share, type, &in, &out) : EINVAL;
	if (error) {
		main_header(&out, ERROR, tag);
		message_put(&out, 4, (uint64_t)error);
	}
	size = (size_t)(out.at - told);
	out.at = told;
	message_put(&out, 4, size);
	return size;
}

static bool main_start(struct share *share, int argc, char **argv)
{
	struct rlimit files;

	share->root = argc > 1 ? open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	share->self = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	share->read_only = argc > 2 && !strcmp(argv[2], "ro");
	share->size_most = MESSAGE_MOST;
	if (share->root < 0 || share->self < 0 || sandbox(share->root, share->read_only)) {
		printf("%s: %s\n", argc > 1 ? argv[1] : "no folder", strerror(errno));
		return false;
	}
	umask(0);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return true;
}

int main(int argc, char **argv)
{
	static struct share share;
	ssize_t size;

	if (!main_start(&share, argc, argv))
		return 1;
	puts("ready");
	fclose(stdout);
	while ((size = recv(SOCKET, asked, sizeof(asked), MSG_TRUNC)) != 0) {
		if (size < 0 && errno == EINTR)
			continue;
		if (size < (ssize_t)MESSAGE_HEADER || size > (ssize_t)sizeof(asked))
			break;
		if (send(SOCKET, told, main_answer(&share, (size_t)size), MSG_NOSIGNAL) < 0)
			break;
	}
	share_drop_all(&share);
	return 0;
}
