/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LDT entries for the tests, by modify_ldt(2).
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "guest.h"

#define MODIFY_LDT_WRITE 0x11

int guest_set_ldt(int nr, enum guest_segment kind)
{
	struct user_desc d;

	memset(&d, 0, sizeof(d));
	d.entry_number = nr;
	d.limit = 0xfffff;
	d.limit_in_pages = 1;
	switch (kind) {
	case SEG_NONE:		/* what the kernel takes for "remove" */
		d.limit = 0;
		d.limit_in_pages = 0;
		d.read_exec_only = 1;
		d.seg_not_present = 1;
		break;
	case SEG_CODE32:
		d.seg_32bit = 1;
		d.contents = MODIFY_LDT_CONTENTS_CODE;
		break;
	case SEG_DATA32:
		d.seg_32bit = 1;
		break;
	case SEG_DATA16:
		d.limit = 0xffff;
		d.limit_in_pages = 0;
		break;
	case SEG_ABSENT:
		d.seg_32bit = 1;
		d.seg_not_present = 1;
		break;
	}
	return syscall(SYS_modify_ldt, MODIFY_LDT_WRITE, &d, sizeof(d));
}
