/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Included by C and assembly. */
#ifndef PREVIRT_FASTPATH_ROUTINE_H
#define PREVIRT_FASTPATH_ROUTINE_H

/* Size and alignment, in bytes, of each routine of read.S and call.S that saves rcx first. */
#define FASTPATH_ROUTINE 64

#endif
