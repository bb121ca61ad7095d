/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Files by the guest's numbers, names, and how a file is found and opened. */
#include "share.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QID_FILE = 0, QID_LINK = 0x02, QID_FOLDER = 0x80 };

struct share_file *share_find(const struct share *share, uint32_t fid)
{
	struct share_file *file = share->row[fid % SHARE_ROWS];

	while (file && file->fid != fid)
		file = file->next;
	return file;
}

struct share_file *share_take(const struct share *share, struct message *in)
{
	uint32_t fid = (uint32_t)message_take(in, 4);

	return in->bad ? NULL : share_find(share, fid);
}

int share_add(struct share *share, uint32_t fid, int path)
{
	struct share_file *file = NULL;
	int error = share_find(share, fid) ? EBADF : share->files == SHARE_FILES ? ENFILE : 0;

	if (!error && !(file = malloc(sizeof(*file))))
		error = ENOMEM;
	if (error) {
		close(path);
		return error;
	}
	*file = (struct share_file){ share->row[fid % SHARE_ROWS], fid, path, -1 };
	share->row[fid % SHARE_ROWS] = file;
	share->files++;
	return 0;
}

void share_drop(struct share *share, uint32_t fid)
{
	struct share_file **at = &share->row[fid % SHARE_ROWS], *file;

	while (*at && (*at)->fid != fid)
		at = &(*at)->next;
	file = *at;
	if (!file)
		return;
	*at = file->next;
	close(file->path);
	if (file->data >= 0)
		close(file->data);
	free(file);
	share->files--;
}

void share_drop_all(struct share *share)
{
	for (unsigned i = 0; i < SHARE_ROWS; i++)
		while (share->row[i])
			share_drop(share, share->row[i]->fid);
}

int share_take_name(struct message *in, char name[NAME_ROOM])
{
	if (!message_take_string(in, name, NAME_ROOM))
		return EINVAL;
	return !*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") ? EINVAL : 0;
}

int share_below(int folder, const char *name)
{
	return openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

const char *share_self_name(const struct share_file *file, char name[16])
{
	snprintf(name, 16, "%d", file->path);
	return name;
}

int share_open_data(const struct share *share, const struct share_file *file, int flags)
{
	char name[16];
	struct stat status;

	if (fstat(file->path, &status))
		return -1;
	if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
		errno = S_ISLNK(status.st_mode) ? ELOOP : EPERM;
		return -1;
	}
	return openat(share->self, share_self_name(file, name), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

void share_put_qid(struct message *out, const struct stat *status)
{
	message_put(out, 1, S_ISDIR(status->st_mode) ? QID_FOLDER :
			    S_ISLNK(status->st_mode) ? QID_LINK : QID_FILE);
	message_put(out, 4, (uint32_t)status->st_mtim.tv_sec ^ (uint32_t)status->st_mtim.tv_nsec);
	message_put(out, 8, status->st_ino ^ status->st_dev << 40);
}

int share_put_new(struct message *out, int folder, const char *name)
{
	struct stat status;

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW))
		return errno;
	share_put_qid(out, &status);
	return 0;
}
