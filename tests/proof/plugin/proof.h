/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A QEMU plugin that finds out which instructions of a kernel store into page
 * tables, and which access device memory. It knows of x86-64 what the
 * processor does with tables, and of the kernel only where its code is.
 *
 * plugin.c watches instructions, tables.c knows which pages are tables,
 * events.c counts. One thread runs all processors (-accel tcg,thread=single).
 */
#ifndef PROOF_H
#define PROOF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Who stored: an instruction in the top 2 GiB, as its distance from there, or
 * one of these; OWNER_INIT is set once user mode has been entered.
 */
enum { OWNER_NOBODY, OWNER_USER, OWNER_BEFORE, OWNER_FIRST };
#define OWNER_INIT 0x80000000u
#define KERNEL_BASE 0xffffffff80000000ull

enum { LEVEL_NONE, LEVEL_PTE, LEVEL_PMD, LEVEL_PUD, LEVEL_PGD };

/*
 * tables.c. The guest's RAM, shared with QEMU; it lies at guest-physical 0.
 */
bool tables_begin(const char *memory_file);
/* A store of so many bytes to guest-physical memory has just been made. */
void tables_store(uint32_t owner, uint64_t address, unsigned size);
/* A processor has loaded CR3. */
void tables_root(unsigned cpu, uint64_t cr3);
void tables_report(FILE *out);

/*
 * events.c. A store to an entry of a table of this level: while the table was
 * linked, or as the last one to the entry ahead of that.
 */
void events_table(uint32_t owner, unsigned level, bool linked, uint64_t address);
/* An access to device memory; the name lives for ever. */
void events_device(uint32_t owner, bool store, unsigned size, const char *device,
		   uint64_t address);
void events_report(FILE *out);

#endif
