/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Interrupt messages: from an I/O APIC to the local APICs, and the end of a level
 * interrupt back to it (Intel SDM volume 3, 11.1 and 11.8.5).
 */
#ifndef PREVIRT_BUS_MESSAGES_H
#define PREVIRT_BUS_MESSAGES_H
#include <stdint.h>

/* Each part is filled in by the device that has it; NULL: there is none. */
struct bus_messages {
	void *locals;		/* handed to the functions */
	/* @entry as the low half of a redirection (82093AA, 3.2.4), to processors @to. */
	void (*deliver)(void *locals, uint32_t entry, uint8_t to);
	/* 1 if @vector has not been taken yet by one of the processors. */
	int (*waits)(void *locals, unsigned vector);
	void *io;
	/* A local APIC has had the end of @vector, which came as a level. */
	void (*end)(void *io, unsigned vector);
};

#endif
