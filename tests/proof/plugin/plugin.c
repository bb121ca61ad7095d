/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Arguments: memory=FILE, what QEMU keeps the guest's RAM in (share=on);
 * code=FILE, see code.h; out=FILE for the report.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "proof.h"
#include "qemu.h"

enum { MAX_CPUS = 64, MAX_DEPTH = 16, PAGE_SIZE = 4096 };
/* User mode ends here; below this address only real mode and firmware run. */
#define USER_END 0x800000000000ull
#define USER_START 0x100000ull
/* The direct map, four levels: no device is there. */
#define DIRECT_START 0xffff888000000000ull
#define DIRECT_END 0xffffc88000000000ull

__attribute__((visibility("default"))) int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct {
	bool loaded;		/* CR3, and nobody has looked at it yet */
	uint32_t called;	/* a call of a bulk function that is a site */
	uint32_t owners[MAX_DEPTH];	/* these calls, or 0, as interrupts nest them */
	unsigned depth;
} cpus[MAX_CPUS];
static uint32_t in_init;	/* OWNER_INIT once user mode was entered */
static bool running;		/* the kernel does */
static uint64_t wrong_places;
static const char *out_path;

static void *(*get_cpu)(int index);
static void (*dump_cpu)(void *cpu, FILE *out, int flags);

/* "CR0=80050033 CR2=0000000000000000 CR3=000000000240a000 CR4=000006f0" */
static uint64_t read_cr3(unsigned cpu)
{
	static char text[1 << 14];
	FILE *out = fmemopen(text, sizeof(text), "w");
	const char *at;

	dump_cpu(get_cpu(cpu), out, 0);
	fclose(out);
	at = strstr(text, "CR3=");
	if (!at)
		abort();
	return strtoull(at + 4, NULL, 16);
}

static void look_at_root(unsigned cpu)
{
	if (!cpus[cpu].loaded)
		return;
	cpus[cpu].loaded = false;
	tables_root(cpu, read_cr3(cpu));
}

/* Ahead of the instruction: what the last load brought counts now. */
static void on_cr3(unsigned cpu, void *data)
{
	(void)data;
	look_at_root(cpu);
	cpus[cpu].loaded = true;
}

static void on_call(unsigned cpu, void *data)
{
	cpus[cpu].called = (uintptr_t)data;
}

static void on_bulk(unsigned cpu, void *data)
{
	(void)data;
	if (cpus[cpu].depth < MAX_DEPTH)
		cpus[cpu].owners[cpus[cpu].depth++] = cpus[cpu].called;
	cpus[cpu].called = 0;
}

static void on_bulk_end(unsigned cpu, void *data)
{
	(void)data;
	if (cpus[cpu].depth)
		cpus[cpu].depth--;
}

/* A part of a store, within one page. */
static void store_part(uint32_t access, uint64_t address, unsigned size, uint32_t owner)
{
	struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(access, address);
	uint64_t physical;

	if (!place)
		return;
	physical = qemu_plugin_hwaddr_phys_addr(place);
	if (qemu_plugin_hwaddr_is_io(place)) {
		events_device(owner, true, size, qemu_plugin_hwaddr_device_name(place), physical);
		return;
	}
	if (address >= DIRECT_START && address < DIRECT_END && address - DIRECT_START != physical)
		wrong_places++;
	tables_store(owner, physical, size);
}

static void store(unsigned cpu, uint32_t access, uint64_t address, uint32_t owner)
{
	unsigned size = 1u << qemu_plugin_mem_size_shift(access);
	unsigned room = PAGE_SIZE - address % PAGE_SIZE;

	look_at_root(cpu);
	store_part(access, address, size < room ? size : room, owner);
	if (size > room)
		store_part(access, address + room, size - room, owner);
}

static void load(uint32_t access, uint64_t address, uint32_t owner)
{
	struct qemu_plugin_hwaddr *place;

	if (address < USER_END || (address >= DIRECT_START && address < DIRECT_END))
		return;
	place = qemu_plugin_get_hwaddr(access, address);
	if (place && qemu_plugin_hwaddr_is_io(place))
		events_device(owner, false, 1u << qemu_plugin_mem_size_shift(access),
			      qemu_plugin_hwaddr_device_name(place),
			      qemu_plugin_hwaddr_phys_addr(place));
}

static void on_access(unsigned cpu, uint32_t access, uint64_t address, void *data)
{
	uint32_t owner = (uintptr_t)data | in_init;

	if (qemu_plugin_mem_is_store(access))
		store(cpu, access, address, owner);
	else
		load(access, address, owner);
}

/* The same in a bulk function: the site that called it has stored. */
static void on_bulk_access(unsigned cpu, uint32_t access, uint64_t address, void *data)
{
	unsigned depth = cpus[cpu].depth;
	uint32_t owner = depth ? cpus[cpu].owners[depth - 1] : 0;

	if (!owner)
		owner = (uintptr_t)data;

	on_access(cpu, access, address, (void *)(uintptr_t)owner);
}

/* The address that the kernel's code has been linked to, or 0. */
static uint64_t kernel_address(uint64_t address)
{
	if (address >= KERNEL_BASE)
		return address;
	if (!running && code_is_text(address + KERNEL_BASE))
		return address + KERNEL_BASE;
	return 0;
}

static uint32_t owner_of(uint64_t address)
{
	uint64_t kernel = kernel_address(address);

	if (kernel)
		return kernel - KERNEL_BASE;
	return running && address >= USER_START && address < USER_END ? OWNER_USER : OWNER_BEFORE;
}

static void watch_kernel(struct qemu_plugin_insn *insn, uint64_t address, uint32_t owner)
{
	bool entry, bulk = code_is_bulk(address, &entry);

	if (entry)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_bulk, QEMU_PLUGIN_NO_REGISTERS, NULL);
	if (bulk && code_leaves_bulk(address, qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn)))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_bulk_end, QEMU_PLUGIN_NO_REGISTERS,
						       NULL);
	if (code_is_call(address))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_call, QEMU_PLUGIN_NO_REGISTERS,
						       (void *)(uintptr_t)owner);
	qemu_plugin_register_vcpu_mem_cb(insn, bulk ? on_bulk_access : on_access,
					 QEMU_PLUGIN_NO_REGISTERS, QEMU_PLUGIN_BOTH,
					 (void *)(uintptr_t)owner);
}

static void watch(struct qemu_plugin_insn *insn)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	uint32_t owner = owner_of(address);

	if (owner >= OWNER_FIRST)
		watch_kernel(insn, kernel_address(address), owner);
	else
		qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_NO_REGISTERS,
						 QEMU_PLUGIN_WRITE, (void *)(uintptr_t)owner);
	/* What ran before the kernel had tables of its own. */
	if ((running || owner >= OWNER_FIRST) &&
	    code_loads_cr3(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn)))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_cr3, QEMU_PLUGIN_NO_REGISTERS, NULL);
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		if (!running && address >= KERNEL_BASE && code_is_text(address))
			running = true;
		if (running && address >= USER_START && address < USER_END)
			in_init = OWNER_INIT;
		watch(insn);
	}
}

static void on_end(uint64_t id, void *data)
{
	FILE *out = fopen(out_path, "w");

	(void)id;
	(void)data;
	if (!out)
		return;
	tables_report(out);
	fprintf(out, "places %llu\n", (unsigned long long)wrong_places);
	events_report(out);
	fclose(out);
}

static const char *argument(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);

	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], name, length) && argv[i][length] == '=')
			return argv[i] + length + 1;
	fprintf(stderr, "proof: no %s=\n", name);
	return "";
}

__attribute__((visibility("default")))
int qemu_plugin_install(uint64_t id, const struct qemu_plugin_info *info, int argc, char **argv)
{
	if (info->version.current < QEMU_PLUGIN_VERSION || !info->system ||
	    strcmp(info->target, "x86_64") || info->machine.max_cpus > MAX_CPUS)
		return -1;
	*(void **)&get_cpu = dlsym(RTLD_DEFAULT, "qemu_get_cpu");
	*(void **)&dump_cpu = dlsym(RTLD_DEFAULT, "cpu_dump_state");
	out_path = argument(argc, argv, "out");
	if (!get_cpu || !dump_cpu || !tables_begin(argument(argc, argv, "memory")) ||
	    !code_read(argument(argc, argv, "code"))) {
		fputs("proof: cannot begin: no registers, no memory, or no code\n", stderr);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_end, NULL);
	return 0;
}
