/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What the files of this folder share. */
#ifndef PREVIRT_WEDGE_H
#define PREVIRT_WEDGE_H
#include "../cpu/cpu.h"
#include "../rewriter/rewriter.h"
#include "bundle.h"
#include "insns.h"

extern struct rewriter wedge_rewriter;

/* The counters are wanted at the end. */
extern int wedge_wants_counts;
/* Its data is to be looked at, then. */
extern int wedge_wants_check;
/* All of them: no site takes short code. */
extern int wedge_wants_exact;

/* What has happened so far; by class: of the instruction. */
struct wedge_counters {
	uint64_t trapped[PREVIRT_CLASSES], emulated[PREVIRT_CLASSES];
	uint64_t events, interrupts, exceptions, syscalls;
};
extern struct wedge_counters wedge_counters;

/* The last access to a model-specific register that was answered by #GP. */
struct wedge_refused {
	uint64_t at;		/* of the instruction; 0: there was none */
	uint32_t msr;
	int write;
};
extern struct wedge_refused wedge_refused;

/* How many processors have been started. */
extern unsigned vcpus_running;
/* What wakes further processors is there. */
void vcpus_init(void);

/* A page of the guest's kernel has become executable: look for a module. */
void modules_code_appeared(uint64_t va);
void modules_print_counters(void);

/* The rewriter has made new slots: the back-end is told. */
void wedge_tell_slots(void);

/*
 * Load the ELF kernel @image into guest memory and rewrite its sites. Gives its
 * entry point and the end of what it occupies; stops the wedge with the reason
 * if it cannot be run.
 */
void image_load(const uint8_t *image, size_t size, uint64_t *entry, uint64_t *end);

#endif
