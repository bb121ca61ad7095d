/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What this plugin uses of QEMU 7.2's interface for TCG plugins (version 1 of
 * it; QEMU's manual, "QEMU TCG Plugins"), declared here since Debian ships no
 * header of it.
 *
 * Two functions stand outside that interface, as plugins cannot read registers:
 * qemu_get_cpu and cpu_dump_state ("info registers"). They are looked up when
 * the plugin is loaded, and without them it does not start.
 */
#ifndef PROOF_QEMU_H
#define PROOF_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { QEMU_PLUGIN_VERSION = 1 };
enum { QEMU_PLUGIN_NO_REGISTERS = 0 };
enum { QEMU_PLUGIN_READ = 1, QEMU_PLUGIN_WRITE = 2, QEMU_PLUGIN_BOTH = 3 };

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

struct qemu_plugin_info {
	const char *target;
	struct { int min, current; } version;
	bool system;
	struct { int cpus, max_cpus; } machine;
};

typedef void (*qemu_plugin_tb_fn)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_insn_fn)(unsigned cpu, void *data);
typedef void (*qemu_plugin_memory_fn)(unsigned cpu, uint32_t access, uint64_t address, void *data);
typedef void (*qemu_plugin_exit_fn)(uint64_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, qemu_plugin_tb_fn fn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    qemu_plugin_insn_fn fn, int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, qemu_plugin_memory_fn fn,
				      int flags, int ways, void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, qemu_plugin_exit_fn fn, void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

unsigned qemu_plugin_mem_size_shift(uint32_t access);
bool qemu_plugin_mem_is_store(uint32_t access);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t access, uint64_t address);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *place);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *place);
const char *qemu_plugin_hwaddr_device_name(const struct qemu_plugin_hwaddr *place);

#endif
