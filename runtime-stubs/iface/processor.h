/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Registers of the running processor that the guest's user mode sees, and CPUID. */
#ifndef PREVIRT_IFACE_PROCESSOR_H
#define PREVIRT_IFACE_PROCESSOR_H
#include <stdint.h>

/* Reads CPUID as the hypervisor grants it to this guest into @regs (eax, ebx, ecx,
   edx). Each feature, state and size in it can be used, and a feature that depends on
   others comes with them. It may be a subset of the processor's. What the wedge has by itself
   (PSE, PGE, APIC) need not be there. */
void backend_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4]);

/* Writes @value to debug register @reg (0 to 3, 6, 7). Non-zero: refused. */
int backend_set_debug(unsigned reg, uint64_t value);

/* Returns debug register @reg (0 to 3, 6, 7). */
uint64_t backend_get_debug(unsigned reg);

/* Sets the task-switched flag (CR0.TS) for the guest: with 1, x87 and SSE instructions
   raise #NM. */
void backend_set_ts(int on);

/* Sets the time-stamp disable bit (CR4.TSD): with 1, RDTSC of user mode raises #GP. */
void backend_set_tsd(int on);

/* Writes @value to XCR0. Non-zero: refused, it is as it was. */
int backend_set_xcr0(uint64_t value);

/* Writes @value to TSC_AUX, which RDTSCP and RDPID give. Non-zero: refused, it is as it
   was. */
int backend_set_tsc_aux(uint32_t value);

/* Optional: only a back-end whose machines are saved or loaded (wedge/state.h) has it. Copies the guest's x87, SSE and further registers to @area, the
   parts of XCR0 that are in @parts, as XSAVE writes them in its standard format (SDM
   volume 1, 13.4). CR0.TS raises nothing here. */
void backend_read_xstate(uint64_t parts, uint8_t *area);

/* The other way, as XRSTOR reads them. Parts beyond @parts are not used in @area's header. */
void backend_write_xstate(uint64_t parts, const uint8_t *area);

#endif
