/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * System calls that a stub makes on the supervisor's behalf. Its code takes them from
 * the region, and the host asks the supervisor before it makes them: number and
 * arguments must be those that were wanted. They are values in registers, so nothing
 * can change between the check and the call.
 */
#include "channel.h"
#include "start.h"
#include "../host/sys.h"
#include <asm-generic/errno.h>
#include <asm/prctl.h>
#include <linux/mman.h>
#include <string.h>

static long call_ended(struct stub *stub)
{
	channel_end(stub);
	return -ESRCH;
}

long call_make(struct stub *stub, const struct channel_call *call)
{
	struct channel_message message;

	if (!stub->pid)
		return -ESRCH;
	if (stub->ordered) {	/* refused, its page is faulted at once more */
		struct channel_call before = stub->order;

		stub->ordered = 0;
		call_make(stub, &before);
	}
	channel_command(stub, call, 0);
	for (;;) {
		switch (channel_receive(stub, &message)) {
		case GOT_CALL:
			if (memcmp(&message.call, call, sizeof(*call)))
				return call_ended(stub);
			channel_allow(stub);
			break;
		case GOT_RESULT:
			return message.result;
		case GOT_LOST:
			channel_repeat(stub);
			break;
		default:
			return call_ended(stub);
		}
	}
}

/* Returns 1 if the range is whole pages below the end of user code's addresses. */
static int call_is_range(uint64_t va, uint64_t size)
{
	return size && !(va % 4096) && !(size % 4096) && size <= STUB_CODE && va <= STUB_CODE - size;
}

static uint64_t call_rights(unsigned rights)
{
	return (rights & STUB_READ ? PROT_READ : 0) | (rights & STUB_WRITE ? PROT_WRITE : 0) |
	       (rights & STUB_EXECUTE ? PROT_EXEC : 0);
}

static struct channel_call call_map(const struct stub *stub, uint64_t va, uint64_t size,
				    unsigned rights, uint64_t offset)
{
	return (struct channel_call){
		__NR_mmap, { va, size, call_rights(rights), MAP_SHARED | MAP_FIXED | MAP_POPULATE,
			     stub->memory, offset },
	};
}

int stub_map(struct stub *stub, uint64_t va, uint64_t size, unsigned rights, uint64_t offset)
{
	struct channel_call call = call_map(stub, va, size, rights, offset);
	long result;

	if (!call_is_range(va, size))
		return -EINVAL;
	result = call_make(stub, &call);
	return result < 0 ? result : 0;
}

int stub_map_next(struct stub *stub, uint64_t va, uint64_t size, unsigned rights,
		  uint64_t offset)
{
	if (stub->ordered || !stub->pid)
		return stub_map(stub, va, size, rights, offset);
	if (!call_is_range(va, size))
		return -EINVAL;
	stub->order = call_map(stub, va, size, rights, offset);
	stub->ordered = 1;
	return 0;
}

int stub_protect(struct stub *stub, uint64_t va, uint64_t size, unsigned rights)
{
	struct channel_call call = { __NR_mprotect, { va, size, call_rights(rights) } };

	return call_is_range(va, size) ? call_make(stub, &call) : -EINVAL;
}

int stub_unmap(struct stub *stub, uint64_t va, uint64_t size)
{
	struct channel_call nothing = { __NR_mmap, { va, size, PROT_NONE, STUB_NOTHING, ~0ull, 0 } };
	struct channel_call call = { __NR_munmap, { va, size } };
	long result;

	if (!call_is_range(va, size))
		return -EINVAL;
	result = call_make(stub, &nothing);
	return result >= 0 ? 0 : result == -ESRCH ? result : call_make(stub, &call);
}

int stub_base_set(struct stub *stub, int segment, uint64_t base)
{
	struct channel_call call = {
		__NR_arch_prctl, { segment == SEG_FS ? ARCH_SET_FS : ARCH_SET_GS, base },
	};
	long result = call_make(stub, &call);

	if (!result)
		stub->seg[segment] = 0;		/* the host makes it null */
	return result;
}

int stub_base_get(struct stub *stub, int segment, uint64_t *base)
{
	struct channel_call call = {
		__NR_arch_prctl, { segment == SEG_FS ? ARCH_GET_FS : ARCH_GET_GS,
				   STUB_REGION + offsetof(struct stub_control, base) },
	};
	long result = call_make(stub, &call);

	*base = stub->control->base;
	return result;
}
