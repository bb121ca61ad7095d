/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A folder of this host, as a guest sees it by 9P2000.L (the protocol of Linux's client; its
 * messages: include/net/9p/9p.h there).
 *
 * Invariants: a name is one component, never "..", and is looked up below a descriptor
 * without following links; so nothing outside of the folder is reached, whatever links are
 * in it. Only files and folders are opened, no devices, pipes or sockets. In a read-only
 * share no call changes anything.
 */
#ifndef PREVIRT_SHARE_H
#define PREVIRT_SHARE_H
#include "message.h"
#include <sys/stat.h>

#define NAME_ROOM 256u
#define LINK_ROOM 4096u

/* What a number (fid) of the guest's stands for. */
struct share_file {
	struct share_file *next;
	uint32_t fid;
	int path;		/* O_PATH: where it is */
	int data;		/* opened, or -1 */
};

#define SHARE_ROWS 256u
#define SHARE_FILES 8192u	/* at most; the host's limit may be lower */

struct share {
	int root;		/* O_PATH */
	int self;		/* /proc/self/fd */
	bool read_only;
	uint32_t size_most;	/* of a message */
	unsigned files;
	struct share_file *row[SHARE_ROWS];
};

/* Carries out a message: reads @in, writes @out. 0, or an error's number. */
int share_answer(struct share *share, uint8_t type, struct message *in, struct message *out);
/* Of each kind of messages; in files of these names. */
typedef int share_function(struct share *share, struct message *in, struct message *out);
share_function share_version, share_attach, share_flush, share_walk, share_clunk;
share_function share_getattr, share_statfs, share_readlink, share_readdir;
share_function share_open, share_read, share_write, share_sync, share_lock, share_getlock;
share_function share_create, share_mkdir, share_mknod, share_symlink, share_link;
share_function share_rename, share_renameat, share_unlinkat, share_remove, share_setattr;

/* The rights that a guest may give: nothing of a file's that has its owner's rights for
   whoever starts it. */
static inline mode_t share_modes(mode_t kind)
{
	return S_ISDIR(kind) ? 0777 | S_ISVTX | S_ISGID : 0777;
}

/* Files by number (files.c). NULL: there is none. */
struct share_file *share_find(const struct share *share, uint32_t fid);
/* The one that the message names next. NULL: none of that number. */
struct share_file *share_take(const struct share *share, struct message *in);
/* @path is @fid's from now on. An error's number otherwise, and it is closed. */
int share_add(struct share *share, uint32_t fid, int path);
void share_drop(struct share *share, uint32_t fid);
void share_drop_all(struct share *share);

/* The next name of the message, one component; 0, or an error's number. */
int share_take_name(struct message *in, char name[NAME_ROOM]);
/* @name below @folder, as O_PATH; -1 and errno. */
int share_below(int folder, const char *name);
/* The file itself, opened with @flags: files and folders alone; -1 and errno. */
int share_open_data(const struct share *share, const struct share_file *file, int flags);
/* The name in /proc/self/fd, for calls that take no descriptor. */
const char *share_self_name(const struct share_file *file, char name[16]);
void share_put_qid(struct message *out, const struct stat *status);
/* That of a new @name in @folder; 0, or an error's number. */
int share_put_new(struct message *out, int folder, const char *name);

#endif
