/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Start, counters, and the end. */
#include "process.h"
#include "../../stub/stub.h"
#include "../../devices/exit_status.h"
#include "../../host/base.h"
#include "../../host/console.h"
#include "../../host/processors.h"
#include "../../host/space.h"
#include "../../moved/moved.h"
#include "../../wedge/print.h"
#include "../../wedge/wedge.h"
#include <asm/stat.h>
#include <linux/mman.h>
#include <string.h>

extern char process_image_end[];
_Noreturn void process_main(const uint64_t *stack);

void backend_print_counters(void)
{
	static const char *const names[PROCESS_CALLS] = {
		"map", "unmap", "protect", "user-run", "user-map", "user-unmap", "user-made",
		"base", "ldt", "timer", "wait",
	};
	uint64_t calls;

	wedge_print("previrt: count memory tables used %u of %u\n",
		    backend_table_limit() - backend_tables_left(), backend_table_limit());
	for (unsigned i = 0; i < PROCESS_CALLS; i++)
		if ((calls = wedge_counter_sum(&process_calls[i])))
			wedge_print("previrt: count hypercall %s calls %lu\n", names[i], calls);
	if (process_patch_calls)
		wedge_print("previrt: count patched calls %lu\n", process_patch_calls);
	wedge_print("previrt: count hypercall console calls %lu\n", host_console_calls);
}

const char *backend_check(void)
{
	uint64_t va;
	const char *what;

	for (int i = 0; i < 2; i++) {
		maps_sync(&process_maps[i], maps_kernel_root);
		what = maps_check(&process_maps[i], maps_kernel_root, &va);
		if (what)
			return what;
	}
	return process_user_check(&va);
}

void backend_shutdown(int how)
{
	host_processors_still();
	how = wedge_ending(how);
	process_user_end();
	host_processors_end(how);
}

/* Sites of the guest's kernel name the wedge by fs (iface/vcpu.h). */
static void main_sites(void)
{
	process_map_own(WEDGE_NEAR, WEDGE_NEAR_SIZE);
	memcpy((void *)WEDGE_NEAR, process_sites, WEDGE_NEAR_SIZE);
	process_must("rights", sys_call(__NR_mprotect, WEDGE_NEAR, WEDGE_NEAR_SIZE, PROT_READ, 0));
	host_base_set(0, backend_fs_base);
}

/* Unmaps what the host maps besides the program: a stack, the vDSO. */
static void main_unmap(void)
{
	uint64_t end = ((uint64_t)process_image_end + BACKEND_PAGE - 1) & -(uint64_t)BACKEND_PAGE;

	process_must("to unmap", sys_call(__NR_munmap, 0, WEDGE_BASE, 0, 0));
	process_must("to unmap", sys_call(__NR_munmap, end, WEDGE_TOP - end, 0, 0));
}

static void *main_bundle(size_t *size)
{
	struct stat stat;

	process_must("the bundle", sys_call(__NR_fstat, FILE_BUNDLE, (uint64_t)&stat, 0, 0));
	*size = stat.st_size;
	return (void *)process_must("the bundle",
		sys_call6(__NR_mmap, WEDGE_BUNDLE, *size, PROT_READ,
			  MAP_PRIVATE | MAP_FIXED_NOREPLACE, FILE_BUNDLE, 0));
}

/* They name it by addresses of 32 bits: fs is user mode's, all the time. */
static void main_sites_shared(void)
{
	backend_sites_offset = WEDGE_LOW - (uint64_t)process_sites;
	backend_fs_base = backend_near_slots = 0;
	process_maps[0].walk = process_shared_walk;
}

void process_main(const uint64_t *stack)
{
	const void *bundle;
	size_t size;

	host_fsgsbase = host_has_fsgsbase(stack);
	main_unmap();
	bundle = main_bundle(&size);
	wedge_read_options(bundle, size);
	process_vcpus_init(bundle, size);
	if (wedge_wants_shared)
		main_sites_shared();
	else
		main_sites();
	process_memory_init(wedge_memory_wanted(bundle, size));
	stub_place = WEDGE_STUBS;
	process_must("user mode", stub_init());
	process_signals_init();
	process_time_init();
	process_files_init(bundle, size);
	moved_modules_init(bundle, size);
	process_vcpus_make();
	wedge_start(bundle, size);
}
