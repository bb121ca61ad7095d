/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * For plugins of QEMU's that count whose instructions run. The few functions of QEMU's
 * they need are declared here, for Debian ships no header (docs/devel/tcg-plugins.rst of
 * QEMU).
 */
#ifndef PREVIRT_BENCHMARKS_QEMU_PLUGIN_H
#define PREVIRT_BENCHMARKS_QEMU_PLUGIN_H
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

enum { GUEST, WEDGE, XEN, USER, PARTS };

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*f)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*f)(unsigned, void *),
					  int flags, void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*f)(plugin_id, void *), void *data);

EXPORT int qemu_plugin_version = 1;

/* Whose code is at @va? */
static inline int part_of(uint64_t va)
{
	if (va >= 0xffffffffffe00000)
		return WEDGE;
	if (va >= 0xffff800000000000 && va < 0xffff880000000000)
		return XEN;
	return va >> 63 ? GUEST : USER;
}

#endif
