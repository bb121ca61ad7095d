/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the plugin is told of a kernel's code, by a file of lines:
 *	text START END		code that runs where it was loaded at first, with
 *				addresses below the kernel's by KERNEL_BASE
 *	bulk START END		a function that fills or copies memory
 *	more START END		code that such functions jump to
 *	call ADDRESS		a call of one of these that is a site
 */
#ifndef PROOF_CODE_H
#define PROOF_CODE_H

#include <stdbool.h>
#include <stdint.h>

bool code_read(const char *path);
bool code_is_text(uint64_t address);	/* kernel addresses, all three */
bool code_is_bulk(uint64_t address, bool *entry);	/* or what it jumps to */
bool code_is_call(uint64_t address);

/* ret, or a jump out of bulk functions? */
bool code_leaves_bulk(uint64_t address, const uint8_t *insn, unsigned size);

/* mov to cr3? */
bool code_loads_cr3(const uint8_t *insn, unsigned size);

#endif
