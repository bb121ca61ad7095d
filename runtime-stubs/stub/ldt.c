/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The local descriptor table of a stub. The stub's code makes the call that sets a descriptor
 * (call.c); the host reads the descriptor in the region while no user code runs.
 *
 * LIMIT: the host sets the accessed bit, and has no 64-bit code there.
 */
#include "channel.h"
#include "../host/sys.h"
#include <asm-generic/errno.h>

#define DESC_PRESENT (1ull << 47)
#define DESC_DPL_3 (3ull << 45)
#define DESC_SEGMENT (1ull << 44)	/* code or data */
#define DESC_CODE (1ull << 43)
#define DESC_CONFORMING (1ull << 42)	/* of code */
#define DESC_ACCESS (1ull << 41)	/* code: may be read; data: may be written */
#define DESC_LONG (1ull << 53)

#define LDT_WRITE 0x11u			/* modify_ldt(2), as it is since Linux 2.6 */

static int ldt_may(uint64_t d)
{
	uint64_t conforming = DESC_PRESENT | DESC_CODE | DESC_CONFORMING;

	return !d || ((d & DESC_SEGMENT) && (d & DESC_DPL_3) == DESC_DPL_3 && !(d & DESC_LONG) &&
		      (d & conforming) != conforming);
}

/* As <asm/ldt.h> has it; what the host takes for none has nothing but two of its bits. */
static struct user_desc ldt_describe(unsigned number, uint64_t d)
{
	struct user_desc none = { .entry_number = number, .read_exec_only = 1, .seg_not_present = 1 };
	struct user_desc this = {
		.entry_number = number,
		.base_addr = (d >> 16 & 0xffffff) | (d >> 56 & 0xff) << 24,
		.limit = (d & 0xffff) | (d >> 32 & 0xf0000),
		.contents = d >> 42 & 3, .read_exec_only = !(d >> 41 & 1),
		.seg_not_present = !(d & DESC_PRESENT), .useable = d >> 52 & 1,
		.seg_32bit = d >> 54 & 1, .limit_in_pages = d >> 55 & 1,
	};

	return d ? this : none;
}

int stub_ldt_set(struct stub *stub, unsigned number, uint64_t descriptor)
{
	struct channel_call call = {
		__NR_modify_ldt, { LDT_WRITE, STUB_REGION + offsetof(struct stub_control, descriptor),
				   sizeof(struct user_desc) },
	};

	if (number >= STUB_LDT || !ldt_may(descriptor))
		return -EINVAL;
	if (!stub->pid)
		return -ESRCH;
	stub->control->descriptor = ldt_describe(number, descriptor);
	return (int32_t)call_make(stub, &call);		/* the host gives an int, zero-extended */
}

uint16_t stub_ldt_selector(const struct stub_ldt *ldt, int which, uint16_t selector)
{
	uint64_t d = ldt->descriptor[selector >> 3];
	int code = !!(d & DESC_CODE), access = !!(d & DESC_ACCESS), good = code ? access : 1;

	if (which == SEG_CS)
		good = code && stub_is_local(selector);
	if (which == SEG_SS)
		good = !code && access && stub_is_local(selector);
	return good && (d & DESC_PRESENT) && ldt_may(d) ? selector : 0;
}

unsigned stub_ldt_load(struct stub *stub, struct stub_ldt *has, const struct stub_ldt *wanted)
{
	unsigned changed = 0, end = has->count > wanted->count ? has->count : wanted->count;

	if (has->version == wanted->version)
		return 0;
	has->version = wanted->version;
	has->count = wanted->count;
	for (unsigned i = 0; i < end; i++) {
		uint64_t d = i < wanted->count ? wanted->descriptor[i] : 0;

		if (has->descriptor[i] == d)
			continue;
		has->descriptor[i] = d;
		changed++;
		if (stub_ldt_set(stub, i, d))
			stub_ldt_set(stub, i, 0);
	}
	return changed;
}
