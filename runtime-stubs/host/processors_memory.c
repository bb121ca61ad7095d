/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Memory of the processors: mmap(2), mremap(2). mremap with an old size of 0 maps shared
   memory a second time. */
#include "processors_memory.h"
#include "sys.h"
#include "../iface/vcpu.h"
#include <linux/mman.h>
#include <string.h>

#define PAGE 4096u

static struct host_layout layout;

static uint64_t own_size(void)
{
	return layout.own_end - layout.own;
}

void *host_processor_own(unsigned vcpu, const void *own)
{
	return (void *)(layout.place + vcpu * own_size() + ((const char *)own - layout.own));
}

void backend_vcpu_read(unsigned vcpu, const void *own, void *to, size_t size)
{
	memcpy(to, vcpu == backend_vcpu ? own : host_processor_own(vcpu, own), size);
}

static int page_is_empty(const uint64_t *page)
{
	for (unsigned i = 0; i < PAGE / sizeof(*page); i++)
		if (page[i])
			return 0;
	return 1;
}

long host_processors_memory(uint64_t va, uint64_t size)
{
	long result = sys_call6(__NR_mmap, va, size, PROT_READ | PROT_WRITE, MAP_SHARED |
				MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	return result < 0 ? result : 0;
}

/* Maps memory at @place, with the contents of @from. */
static long memory_copy(uint64_t place, uint64_t from, uint64_t size)
{
	long result = host_processors_memory(place, size);

	for (uint64_t i = 0; !result && i < size; i += PAGE)
		if (!page_is_empty((const uint64_t *)(from + i)))
			memcpy((void *)(place + i), (const void *)(from + i), PAGE);
	return result;
}

long host_share_again(uint64_t from, uint64_t size, uint64_t to)
{
	long result = sys_call6(__NR_mremap, from, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, to, 0);

	return result < 0 ? result : 0;
}

long host_processor_become(unsigned vcpu)
{
	return host_share_again((uint64_t)host_processor_own(vcpu, layout.own), own_size(),
				(uint64_t)layout.own);
}

long host_processors_copy_own(void)
{
	long result = 0;

	for (unsigned i = 1; !result && i < backend_vcpus; i++) {
		result = memory_copy((uint64_t)host_processor_own(i, layout.own), (uint64_t)layout.own,
				     own_size());
		if (!result)
			*(unsigned *)host_processor_own(i, &backend_vcpu) = i;
	}
	return result;
}

long host_processors_layout(const struct host_layout *told, int share)
{
	uint64_t place, size;
	long result;

	layout = *told;
	result = memory_copy(layout.place, (uint64_t)layout.own, own_size());
	if (!result)
		result = host_processor_become(0);
	place = (uint64_t)host_processor_own(BACKEND_VCPUS_MAX, layout.own);
	for (unsigned i = 0; !result && share && i < 2; i++, place += size) {
		size = layout.shared_end[i] - layout.shared[i];
		result = memory_copy(place, (uint64_t)layout.shared[i], size);
		if (!result)
			result = host_share_again(place, size, (uint64_t)layout.shared[i]);
	}
	return result;
}
