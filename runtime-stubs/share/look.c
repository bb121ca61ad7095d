/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Messages that begin, find files and look at them. */
#include "share.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SIZE_LEAST 4096u
#define NAMES_MOST 16u			/* of one walk */
#define BASIC 0x7ffu			/* of what Tgetattr gives: all but what follows ctime */
#define ENTRY_LEAST 24u			/* of a folder's entries in a message, without its name */

int share_version(struct share *share, struct message *in, struct message *out)
{
	uint64_t size = message_take(in, 4);
	char version[NAME_ROOM];

	if (!message_take_string(in, version, sizeof(version)) || size < SIZE_LEAST)
		return EINVAL;
	share_drop_all(share);
	share->size_most = size < MESSAGE_MOST ? (uint32_t)size : MESSAGE_MOST;
	message_put(out, 4, share->size_most);
	message_put_string(out, strcmp(version, "9P2000.L") ? "unknown" : version);
	return 0;
}

/* Whoever asks is the user that this program runs as. */
int share_attach(struct share *share, struct message *in, struct message *out)
{
	uint32_t fid = (uint32_t)message_take(in, 4);
	struct stat status;
	int path;

	if (in->bad || fstat(share->root, &status))
		return EINVAL;
	share_put_qid(out, &status);
	path = fcntl(share->root, F_DUPFD_CLOEXEC, 0);
	return path < 0 ? errno : share_add(share, fid, path);
}

/* Messages are carried out one by one: what it asks for is over. */
int share_flush(struct share *share, struct message *in, struct message *out)
{
	(void)share;
	(void)in;
	(void)out;
	return 0;
}

/* So many names from @path on, which is closed; qids of those found. The last of them, or
   -1: not all were found, and *@error if not even the first. */
static int look_walk(int path, unsigned names, struct message *in, struct message *out,
		     uint16_t *found, int *error)
{
	char name[NAME_ROOM];
	struct stat status;

	while (names-- && path >= 0) {
		int next = -1;

		*error = share_take_name(in, name);
		if (!*error && (next = share_below(path, name)) < 0)
			*error = errno;
		close(path);
		path = next;
		if (path < 0 || fstat(path, &status))
			break;
		share_put_qid(out, &status);
		++*found;
	}
	return path;
}

int share_walk(struct share *share, struct message *in, struct message *out)
{
	struct share_file *file = share_take(share, in);
	uint32_t fid = (uint32_t)message_take(in, 4);
	unsigned names = (unsigned)message_take(in, 2);
	uint8_t *count = out->at;
	uint16_t found = 0;
	int error = 0, path;

	if (!file || in->bad || names > NAMES_MOST || (file->fid != fid && share_find(share, fid)))
		return file ? EINVAL : EBADF;
	message_put(out, 2, 0);
	path = fcntl(file->path, F_DUPFD_CLOEXEC, 0);
	if (path < 0)
		return errno;
	path = look_walk(path, names, in, out, &found, &error);
	memcpy(count, &found, sizeof(found));
	if (path < 0)
		return found ? 0 : error;
	if (file->fid == fid)
		share_drop(share, fid);
	return share_add(share, fid, path);
}

int share_clunk(struct share *share, struct message *in, struct message *out)
{
	struct share_file *file = share_take(share, in);

	(void)out;
	if (!file)
		return EBADF;
	share_drop(share, file->fid);
	return 0;
}

static void look_put_time(struct message *out, struct timespec time)
{
	message_put(out, 8, (uint64_t)time.tv_sec);
	message_put(out, 8, (uint64_t)time.tv_nsec);
}

int share_getattr(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *file = share_take(share, in);
	struct stat status;

	if (!file)
		return EBADF;
	if (fstat(file->path, &status))
		return errno;
	message_put(out, 8, BASIC);
	share_put_qid(out, &status);
	message_put(out, 4, status.st_mode);
	message_put(out, 4, status.st_uid);
	message_put(out, 4, status.st_gid);
	message_put(out, 8, status.st_nlink);
	message_put(out, 8, 0);			/* of a device, which the guest has no use for */
	message_put(out, 8, (uint64_t)status.st_size);
	message_put(out, 8, (uint64_t)status.st_blksize);
	message_put(out, 8, (uint64_t)status.st_blocks);
	look_put_time(out, status.st_atim);
	look_put_time(out, status.st_mtim);
	look_put_time(out, status.st_ctim);
	for (int i = 0; i < 4; i++)		/* birth, generation, version: not told */
		message_put(out, 8, 0);
	return 0;
}

int share_statfs(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *file = share_take(share, in);
	struct statfs status;

	if (!file)
		return EBADF;
	if (fstatfs(file->path, &status))
		return errno;
	message_put(out, 4, (uint64_t)status.f_type);
	message_put(out, 4, (uint64_t)status.f_bsize);
	message_put(out, 8, status.f_blocks);
	message_put(out, 8, status.f_bfree);
	message_put(out, 8, status.f_bavail);
	message_put(out, 8, status.f_files);
	message_put(out, 8, status.f_ffree);
	message_put(out, 8, 0);
	message_put(out, 4, (uint64_t)status.f_namelen);
	return 0;
}

int share_readlink(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *file = share_take(share, in);
	char target[LINK_ROOM];
	ssize_t size;

	if (!file)
		return EBADF;
	size = readlinkat(file->path, "", target, sizeof(target) - 1);
	if (size < 0)
		return errno == ENOENT ? EINVAL : errno;	/* no link */
	target[size] = '\0';
	message_put_string(out, target);
	return 0;
}

/* As getdents64(2) gives it. */
struct entry {
	uint64_t number;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

static bool look_put_entry(struct message *out, const uint8_t *end, const struct entry *entry, dev_t device)
{
	const struct stat status = { .st_ino = entry->number, .st_dev = device,
				     .st_mode = DTTOIF(entry->type) };

	if ((size_t)(end - out->at) < ENTRY_LEAST + strlen(entry->name))
		return false;
	share_put_qid(out, &status);
	message_put(out, 8, (uint64_t)entry->offset);
	message_put(out, 1, entry->type);
	message_put_string(out, entry->name);
	return true;
}

int share_readdir(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *file = share_take(share, in);
	uint64_t offset = message_take(in, 8);
	uint32_t room = (uint32_t)message_take(in, 4);
	uint8_t *size = out->at, *start, *end;
	_Alignas(struct entry) char entries[8192];
	struct stat status;
	long n = 0;

	if (!file || file->data < 0 || in->bad)
		return EBADF;
	message_put(out, 4, 0);
	start = out->at;
	end = room < (size_t)(out->end - start) ? start + room : out->end;
	if (fstat(file->data, &status) || lseek(file->data, (off_t)offset, SEEK_SET) < 0)
		return errno;
	while ((n = syscall(SYS_getdents64, file->data, entries, sizeof(entries))) > 0)
		for (long at = 0; at < n; at += ((struct entry *)(entries + at))->size)
			if (!look_put_entry(out, end, (struct entry *)(entries + at), status.st_dev))
				goto full;
full:
	memcpy(size, &(uint32_t){ (uint32_t)(out->at - start) }, 4);
	return n < 0 ? errno : 0;
}
