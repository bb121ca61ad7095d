/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* previrt run: the disks of the machine (--disk). */
#ifndef PREVIRT_CLI_RUN_DISK_H
#define PREVIRT_CLI_RUN_DISK_H
#include "util.h"

#define RUN_DISKS 4		/* at most; what a wedge's board has room for */

struct run_model {
	const char *word;
	char letter;			/* in a bundle (wedge/bundle.h) */
	const char *drive;		/* of QEMU's option */
};

struct run_disk {
	char *path;
	enum run_access {
		RUN_DISK_WRITE,		/* what is written reaches the file */
		RUN_DISK_COPY,		/* it is lost at the end */
		RUN_DISK_READ,		/* nothing can be written */
	} access;
	const struct run_model *model;	/* what the guest sees */
};

struct run_disks {
	struct run_disk disk[RUN_DISKS];
	unsigned n;
};

/* Takes FILE and, behind it, the words copy or ro, and model=virtio|ata|ahci. False after a
   numbered error: there are too many, no such model, or the file is no disk. */
bool run_disk_add(struct run_disks *disks, const char *value);
void run_disks_free(struct run_disks *disks);

/* For a machine where nothing that is written reaches a file: false after a numbered
   error if that is wanted. */
bool run_disks_are_copies(const struct run_disks *disks);

/* What copies of all of them take, in MiB. */
uint64_t run_disks_mib(const struct run_disks *disks);

/* The name of disk @n in a bundle (wedge/bundle.h), to be freed. */
char *run_disk_name(const struct run_disk *disk, unsigned n);

/* Opened as it is to be used, and locked against others that would disturb that or be
   disturbed. -1 after a numbered error. */
int run_disk_open(const struct run_disk *disk);

/* QEMU's option for disk @n, and its device on the controller "ahci", or NULL: it needs none. To
   be freed. */
char *run_disk_drive(const struct run_disk *disk, unsigned n);
char *run_disk_device(const struct run_disk *disk, unsigned n);

#endif
