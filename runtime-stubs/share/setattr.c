/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Tsetattr: rights, owner, size and times of a file. */
#include "share.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

enum { SET_MODE = 1, SET_UID = 2, SET_GID = 4, SET_SIZE = 8, SET_ATIME = 0x10, SET_MTIME = 0x20,
       SET_ATIME_TO = 0x80, SET_MTIME_TO = 0x100 };

struct wanted {
	uint32_t what;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	off_t size;
	struct timespec time[2];	/* of access, of change */
};

static struct timespec setattr_take_time(struct message *in, uint32_t what, uint32_t set, uint32_t to)
{
	struct timespec time = { .tv_sec = (time_t)message_take(in, 8) };

	time.tv_nsec = (long)message_take(in, 8);
	if (!(what & set))
		time.tv_nsec = UTIME_OMIT;
	else if (!(what & to))
		time.tv_nsec = UTIME_NOW;
	return time;
}

static struct wanted setattr_take(struct message *in)
{
	struct wanted wanted = { .what = (uint32_t)message_take(in, 4) };

	wanted.mode = (mode_t)message_take(in, 4);
	wanted.uid = (uid_t)message_take(in, 4);
	wanted.gid = (gid_t)message_take(in, 4);
	wanted.size = (off_t)message_take(in, 8);
	wanted.time[0] = setattr_take_time(in, wanted.what, SET_ATIME, SET_ATIME_TO);
	wanted.time[1] = setattr_take_time(in, wanted.what, SET_MTIME, SET_MTIME_TO);
	return wanted;
}

static int setattr_size(const struct share *share, const struct share_file *file, off_t size)
{
	int data = share_open_data(share, file, O_WRONLY), error = 0;

	if (data < 0)
		return errno;
	if (ftruncate(data, size))
		error = errno;
	close(data);
	return error;
}

/* An owner that this user may not give is none: files are this user's. */
static int setattr_owner(const struct share_file *file, const struct wanted *wanted)
{
	uid_t uid = wanted->what & SET_UID ? wanted->uid : (uid_t)-1;
	gid_t gid = wanted->what & SET_GID ? wanted->gid : (gid_t)-1;

	return fchownat(file->path, "", uid, gid, AT_EMPTY_PATH) && errno != EPERM ? errno : 0;
}

int share_setattr(struct share *share, struct message *in, struct message *out)
{
	const struct share_file *file = share_take(share, in);
	struct wanted wanted = setattr_take(in);
	struct stat status;
	char name[16];
	int error = 0;

	(void)out;
	if (!file || in->bad)
		return file ? EINVAL : EBADF;
	if (fstat(file->path, &status))
		return errno;
	share_self_name(file, name);
	if (wanted.what & (SET_UID | SET_GID))
		error = setattr_owner(file, &wanted);
	if (!error && wanted.what & SET_MODE &&
	    fchmodat(share->self, name, wanted.mode & share_modes(status.st_mode), 0))
		error = errno;
	if (!error && wanted.what & SET_SIZE)
		error = setattr_size(share, file, wanted.size);
	if (!error && wanted.what & (SET_ATIME | SET_MTIME) &&
	    utimensat(share->self, name, wanted.time, 0))
		error = errno;
	return error;
}
