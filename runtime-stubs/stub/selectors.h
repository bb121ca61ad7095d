/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Selectors of the host (Linux: arch/x86/include/asm/segment.h). For C and assembly. */
#ifndef PREVIRT_STUB_SELECTORS_H
#define PREVIRT_STUB_SELECTORS_H

#define HOST_CS 0x33
#define HOST_CS32 0x23
#define HOST_SS 0x2b		/* and ds, es of 32-bit code */

#endif
