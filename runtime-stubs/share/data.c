/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Messages about what is in files. */
#include "share.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The protocol's flags are Linux's own on this machine. An appending guest gives its
   offsets; what says how a file is found has been done. */
#define FLAGS_PASSED (O_ACCMODE | O_TRUNC | O_DSYNC | O_SYNC | O_DIRECTORY)
#define LOCK_SUCCESS 0
#define LOCK_NONE 2			/* of types */

int share_open(struct share *share, struct message *in, struct message *out)
{
	struct share_file *file = share_take(share, in);
	int flags = (int)message_take(in, 4) & FLAGS_PASSED;
	struct stat status;

	if (!file || in->bad || file->data >= 0)
		return file ? EINVAL : EBADF;
	if (share->read_only && (flags & O_ACCMODE || flags & O_TRUNC))
		return EROFS;
	file->data = share_open_data(share, file, flags);
	if (file->data < 0 || fstat(file->data, &status))
		return errno;
	share_put_qid(out, &status);
	message_put(out, 4, 0);			/* as much at once as a message holds */
	return 0;
}

int share_read(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *file = share_take(share, in);
	uint64_t offset = message_take(in, 8);
	uint32_t count = (uint32_t)message_take(in, 4);
	struct message size = *out;
	ssize_t n;

	if (!file || file->data < 0 || in->bad)
		return EBADF;
	message_put(out, 4, 0);
	if (count > out->end - out->at)
		count = (uint32_t)(out->end - out->at);
	n = pread(file->data, out->at, count, (off_t)offset);
	if (n < 0)
		return errno;
	message_put(&size, 4, (uint64_t)n);
	out->at += n;
	return 0;
}

int share_write(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *file = share_take(share, in);
	uint64_t offset = message_take(in, 8);
	uint32_t count = (uint32_t)message_take(in, 4);
	const void *from = message_take_bytes(in, count);
	ssize_t n;

	if (!file || file->data < 0)
		return EBADF;
	if (!from)
		return EINVAL;
	n = pwrite(file->data, from, count, (off_t)offset);
	if (n < 0)
		return errno;
	message_put(out, 4, (uint64_t)n);
	return 0;
}

int share_sync(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *file = share_take(share, in);
	uint32_t data_alone = (uint32_t)message_take(in, 4);

	(void)out;
	if (!file || file->data < 0)
		return EBADF;
	return (data_alone ? fdatasync(file->data) : fsync(file->data)) ? errno : 0;
}

/* The guest keeps its own locks; there is nobody else. */
int share_lock(struct share *share, struct message *in, struct message *out)
{
	if (!share_take(share, in))
		return EBADF;
	message_put(out, 1, LOCK_SUCCESS);
	return 0;
}

int share_getlock(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *file = share_take(share, in);
	char client[NAME_ROOM];
	uint64_t start, length, process;

	message_take(in, 1);
	start = message_take(in, 8);
	length = message_take(in, 8);
	process = message_take(in, 4);
	if (!file || !message_take_string(in, client, sizeof(client)))
		return EBADF;
	message_put(out, 1, LOCK_NONE);
	message_put(out, 8, start);
	message_put(out, 8, length);
	message_put(out, 4, process);
	message_put_string(out, client);
	return 0;
}
