/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A disk that is a file or a block device of a Linux host, by system calls without a
 * library. A request ends before submit returns.
 */
#ifndef PREVIRT_HOST_DISK_H
#define PREVIRT_HOST_DISK_H
#include "../bus/disk.h"

enum host_access {
	HOST_WRITE,		/* writes reach the file */
	HOST_READ,		/* nothing can be written */
	HOST_COPY		/* writes are lost at the end */
};

/*
 * Makes disk @number, less than BUS_DISKS, of the open @file. NULL: the host refuses
 * it. A copy takes addresses from host_disk_place on and moves that up. @before_write:
 * called before the host writes to so many bytes of guest memory.
 */
struct bus_disk *host_disk(unsigned number, int file, enum host_access access,
			   void (*before_write)(void *at, uint64_t size));
extern uint64_t host_disk_place;

#endif
