/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a wedge or the loader is given to run: a cpio archive (cpio(5), format
 * newc) with the files vmlinux, and, if wanted, initrd, cmdline, memory, options
 * (words for the wedge itself), disks in memory (disk0-copy or disk0-ro, and so on), seed
 * (of an entropy device), models, console (empty: virtio's), moved and facts; where a wedge gets open files beside it,
 * disks, net and share, and balloon, which is empty.
 */
#ifndef PREVIRT_BUNDLE_H
#define PREVIRT_BUNDLE_H
#include <stddef.h>
#include <stdint.h>

/*
 * The file "moved": vmlinux was moved away from where it was linked. Its image and code
 * that was put behind it, from @code on, are guest-physical memory from @start to @end;
 * the kernel runs at @va, whether its tables map that or not. From @modules on there is
 * room for code that goes out of line in modules; the kernel's loader of modules traps at
 * @loader, or nowhere (0), and the file "facts" is the guest file. User addresses end at
 * @user_end; the kernel's areas are where @area says,
 * and what it links at 0 and reaches by gs at @per_cpu, if that is not 0. @no_gs: 1: no
 * instruction of the kernel's goes by gs.
 */
#define BUNDLE_MOVED_ALIGN 0x10000u	/* of the first five */
#define BUNDLE_AREAS 6
struct bundle_moved {
	uint64_t va, start, code, modules, end;
	uint64_t loader, user_end;
	struct {
		char name[24];
		uint64_t at, size;
	} area[BUNDLE_AREAS];
	uint64_t per_cpu, no_gs;
};

/* The file "disks": a byte for each. The file "net": the guest's Ethernet address, and
   which card it sees. The file "share": the folder's tag. The file "models": as what the
   guest sees each disk. */
enum { BUNDLE_DISK_WRITE = 'w', BUNDLE_DISK_READ = 'r', BUNDLE_DISK_COPY = 'c' };
enum { BUNDLE_NET_MODEL = 6, BUNDLE_NET_MTU, BUNDLE_NET_BYTES = BUNDLE_NET_MTU + 2 };
enum { BUNDLE_NET_VIRTIO = 'v', BUNDLE_NET_E1000 = 'e' };
enum { BUNDLE_MODEL_VIRTIO = 'v', BUNDLE_MODEL_ATA = 'a', BUNDLE_MODEL_AHCI = 's' };

/* The file "gdb": a gdb may come. @first_segment: where the kernel's first segment is, if it was
   moved, else 0. @wait: not 0: the guest begins when gdb says so. */
struct bundle_gdb {
	uint64_t first_segment, wait;
};

/* A file of the archive; NULL if it is not there. */
const uint8_t *bundle_find(const void *bundle, size_t size, const char *name, size_t *length);

#endif
