/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Messages that change names and what files are. Nothing that a guest makes has the rights
 * of its owner for whoever starts it (set-user-ID), nor is it a device.
 */
#include "share.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define UNLINK_FOLDER 0x200u		/* of flags */

/* A folder and a name in it; 0, or an error's number. */
static int change_take(const struct share *share, struct message *in, struct share_file **folder,
		       char name[NAME_ROOM])
{
	*folder = share_take(share, in);
	return *folder ? share_take_name(in, name) : EBADF;
}

/* One that exists is opened as any other, unless it must not. */
static int change_open_existing(const struct share *share, int folder, const char *name, int flags,
				int *path)
{
	*path = share_below(folder, name);
	if (*path < 0)
		return -1;
	return share_open_data(share, &(struct share_file){ .path = *path }, flags & ~O_EXCL);
}

int share_create(struct share *share, struct message *in, struct message *out)
{
	struct share_file *folder;
	char name[NAME_ROOM];
	int error = change_take(share, in, &folder, name), path = -1, data;
	int flags = (int)message_take(in, 4) & (O_ACCMODE | O_EXCL | O_TRUNC | O_DSYNC | O_SYNC);
	mode_t mode = (mode_t)message_take(in, 4) & share_modes(S_IFREG);
	struct stat status;

	if (error || in->bad || folder->data >= 0)
		return error ? error : EINVAL;
	data = openat(folder->path, name, flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (data >= 0)
		path = share_below(folder->path, name);
	else if (errno == EEXIST && !(flags & O_EXCL))
		data = change_open_existing(share, folder->path, name, flags, &path);
	if (data < 0 || path < 0 || fstat(data, &status)) {
		error = errno;
		if (data >= 0)
			close(data);
		if (path >= 0)
			close(path);
		return error;
	}
	close(folder->path);			/* the number is the file's now */
	folder->path = path;
	folder->data = data;
	share_put_qid(out, &status);
	message_put(out, 4, 0);
	return 0;
}

int share_mkdir(struct share *share, struct message *in, struct message *out)
{
	struct share_file *folder;
	char name[NAME_ROOM];
	int error = change_take(share, in, &folder, name);
	mode_t mode = (mode_t)message_take(in, 4) & share_modes(S_IFDIR);

	if (error || in->bad)
		return error ? error : EINVAL;
	return mkdirat(folder->path, name, mode) ? errno : share_put_new(out, folder->path, name);
}

int share_mknod(struct share *share, struct message *in, struct message *out)
{
	struct share_file *folder;
	char name[NAME_ROOM];
	int error = change_take(share, in, &folder, name);
	mode_t mode = (mode_t)message_take(in, 4);

	if (error || in->bad)
		return error ? error : EINVAL;
	if (!S_ISREG(mode) && !S_ISFIFO(mode) && !S_ISSOCK(mode))
		return EPERM;
	if (mknodat(folder->path, name, mode & (S_IFMT | share_modes(mode)), 0))
		return errno;
	return share_put_new(out, folder->path, name);
}

int share_symlink(struct share *share, struct message *in, struct message *out)
{
	struct share_file *folder;
	char name[NAME_ROOM], target[LINK_ROOM];
	int error = change_take(share, in, &folder, name);

	if (error || !message_take_string(in, target, sizeof(target)))
		return error ? error : EINVAL;
	return symlinkat(target, folder->path, name) ? errno : share_put_new(out, folder->path, name);
}

int share_link(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *folder = share_take(share, in), *file = share_take(share, in);
	char name[NAME_ROOM], self[16];
	int error = share_take_name(in, name);

	(void)out;
	if (!folder || !file || error)
		return error ? error : EBADF;
	return linkat(share->self, share_self_name(file, self), folder->path, name, AT_SYMLINK_FOLLOW) ?
	       errno : 0;
}

/* The name by which the message knew it, it has no more: it is asked for by number alone. */
int share_rename(struct share *share, struct message *in, struct message *out)
{
	(void)share;
	(void)in;
	(void)out;
	return EOPNOTSUPP;
}

int share_remove(struct share *share, struct message *in, struct message *out)
{
	int error = share_clunk(share, in, out);

	return error ? error : EOPNOTSUPP;
}

int share_renameat(struct share *share, struct message *in, struct message *out)
{
	struct share_file *from, *to;
	char name[NAME_ROOM], new[NAME_ROOM];
	int error = change_take(share, in, &from, name);

	(void)out;
	if (!error)
		error = change_take(share, in, &to, new);
	if (error)
		return error;
	return renameat(from->path, name, to->path, new) ? errno : 0;
}

int share_unlinkat(struct share *share, struct message *in, struct message *out)
{
	struct share_file *folder;
	char name[NAME_ROOM];
	int error = change_take(share, in, &folder, name);
	uint32_t flags = (uint32_t)message_take(in, 4);

	(void)out;
	if (error || in->bad)
		return error ? error : EINVAL;
	return unlinkat(folder->path, name, flags & UNLINK_FOLDER ? AT_REMOVEDIR : 0) ? errno : 0;
}
