/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Virtual processors: a process of the host each (host/processors.h), with mappings and stubs
 * of its own. Memory is shared, but for the variables between process_own and its end, of
 * which WEDGE_VCPUS has each processor's, and the stack.
 */
#include "process.h"
#include "../../host/processors.h"
#include "../../wedge/bundle.h"
#include "../../wedge/wedge.h"
#include <linux/mman.h>
#include <linux/signal.h>

extern char process_shared[], process_own[], process_own_end[], process_shared_bss[], process_image_end[];

/* What sites name by addresses of 32 bits is the running processor's. */
static void vcpus_place_sites(void)
{
	uint64_t size = (uint64_t)(process_sites_end - (char *)process_sites) + BACKEND_PAGE - 1;

	if (!wedge_wants_shared)
		return;
	process_must("what sites name", host_share_again((uint64_t)process_sites,
							 size & -(uint64_t)BACKEND_PAGE, WEDGE_LOW));
	process_must("rights", sys_call(__NR_mprotect, WEDGE_LOW, WEDGE_NEAR_SIZE, PROT_READ, 0));
}

void process_vcpus_init(const void *bundle, size_t size)
{
	const struct host_layout layout = {
		process_own, process_own_end, { process_shared, process_shared_bss },
		{ process_own, process_image_end }, WEDGE_VCPUS
	};
	size_t length;
	const uint8_t *file = bundle_find(bundle, size, "cpus", &length);
	unsigned wanted = file && length == 1 && *file <= BACKEND_VCPUS_MAX ? *file : 1;

	if (wanted > 1 || wedge_wants_shared)
		process_must("memory for processors", host_processors_layout(&layout, wanted > 1));
	if (wanted > 1)
		process_must("memory for the wedge", host_processors_memory(WEDGE_HEAP, WEDGE_HEAP_SHARED));
	backend_vcpus = wanted;
	vcpus_place_sites();
}

void process_vcpus_make(void)
{
	process_must("a process for a processor",
		     host_processors_make(SIGIO, PROCESS_GONE, &process_pending));
	if (backend_vcpu) {
		vcpus_place_sites();
		process_time_init();
	}
	process_filter_init();
	if (!backend_vcpu)
		return;
	host_processor_await();
	process_memory_own();
	backend_table_commit(BACKEND_FLUSH);
	wedge_running_started();
}

int process_vcpu_back(void)
{
	if (!host_processor_enter())
		return 0;
	backend_table_commit(BACKEND_FLUSH);
	return 1;
}

void process_vcpu_signal(int signal)
{
	int how = host_processors_ending();

	if (how >= 0) {
		process_user_end();
		host_processors_end(how);
	}
	if (signal != PROCESS_GONE)
		return;
	host_processors_gone();
	wedge_stop("a process of a processor has ended");
}
