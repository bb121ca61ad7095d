/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The address space of a stub, above what user code can have: one page of code, and
 * a region that supervisor and stub share. For C and assembly; frame.h and stub.h
 * assert the offsets.
 */
#ifndef PREVIRT_STUB_LAYOUT_H
#define PREVIRT_STUB_LAYOUT_H
#include "selectors.h"

#ifdef __ASSEMBLER__
#define LAYOUT(x) x
#else
#define LAYOUT(x) x##ull
#endif

#define STUB_CODE	LAYOUT(0x7fff00000000)	/* read and execute, the same in each stub */
#define STUB_CODE_SIZE	LAYOUT(0x1000)
#define STUB_REGION	LAYOUT(0x7fff00010000)	/* read and write */
#define STUB_REGION_SIZE LAYOUT(0x10000)
#define STUB_TOP	LAYOUT(0x7ffffffff000)	/* end of what a process has */

/* The region's first page is struct stub_control; the rest is the signal stack. */
#define STUB_STACK_OFFSET LAYOUT(0x1000)

/* struct stub_control */
#define CONTROL_SEQUENCE 0
#define CONTROL_FIRST 8
#define CONTROL_COMMAND 16	/* number, then six arguments */
#define CONTROL_THEN 72		/* 0, or the frame to go on with if it is not refused */
/* Selectors of ds, es, fs and gs, 16 bits each: as user code had them; to be loaded. */
#define CONTROL_HAD 80
#define CONTROL_LOAD 88

/* struct stub_step */
#define STEP_NUMBER 0
#define STEP_ARGUMENTS 8
#define STEP_EXPECTED 56
#define STEP_MASK 64
#define STEP_RESULT 72
#define STEP_SIZE 80
/* Numbers that are no system calls: go on at argument 1 with the steps at argument 0;
   the start is over. */
#define STEP_MOVE -2
#define STEP_END -1

/* struct stub_frame: what the host's kernel pushes for a handler. */
#define FRAME_R8 48
#define FRAME_RDI 112
#define FRAME_RBP 128
#define FRAME_RIP 176
#define FRAME_FPU 232
#define FRAME_SIZE 440
/* What iretq pops stands so many bytes below the frame: rip, cs, flags, rsp, ss. */
#define FRAME_IRET 48

/* The number of the system call that tells the supervisor something. The host has none
   of that number. Arguments: a frame, or STUB_RESULT; the sequence number; a result. */
#define STUB_NOTIFY 0x70766972
#define STUB_RESULT 1
/* The supervisor's answer: the address of a frame to go on with, or make the call of
   CONTROL_COMMAND. */
#define STUB_COMMAND 1

#endif
