/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A disk that is a file or a block device of a Linux host, by system calls without a
 * library. A request is over when its call of submit returns.
 */
#ifndef PREVIRT_HOST_DISK_H
#define PREVIRT_HOST_DISK_H
#include "../bus/disk.h"

enum host_access {
	HOST_WRITE,		/* what is written reaches the file */
	HOST_READ,		/* nothing can be written */
	HOST_COPY		/* what is written is lost at the end */
};

/*
 * Disk @number, of BUS_DISKS, is the open @file. NULL: the host refuses that. A copy takes
 * addresses from host_disk_place on, which is behind it then. @before_write: the host is
 * going to write to so many bytes of guest memory.
 */
struct bus_disk *host_disk(unsigned number, int file, enum host_access access,
			   void (*before_write)(void *at, uint64_t size));
extern uint64_t host_disk_place;

#endif
