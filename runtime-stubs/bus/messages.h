/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Interrupt messages: from an I/O APIC to the local APICs, and the end of a level
 * interrupt back to it (Intel SDM volume 3, 11.1 and 11.8.5).
 */
#ifndef PREVIRT_BUS_MESSAGES_H
#define PREVIRT_BUS_MESSAGES_H
#include <stdint.h>

/* The device that has a function sets it. NULL: there is no such device. */
struct bus_messages {
	void *locals;		/* handed to the functions */
	/* Sends @entry, the low half of a redirection (82093AA, 3.2.4), to processors @to. */
	void (*deliver)(void *locals, uint32_t entry, uint8_t to);
	/* Returns 1 if @vector is pending at one of the processors. */
	int (*waits)(void *locals, unsigned vector);
	void *io;
	/* A local APIC has got an end of interrupt for @vector, which was level-triggered. */
	void (*end)(void *io, unsigned vector);
};

#endif
