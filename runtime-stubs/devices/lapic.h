/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The local interrupt controllers of the processors, by what the board asks of them:
 * registers in memory, a timer, commands to the others, and for the first processor
 * the line from the 8259 pair (LINT0). Each call is for the processor that makes it.
 */
#ifndef PREVIRT_LAPIC_H
#define PREVIRT_LAPIC_H

struct lapic;			/* all of them */

/* This processor's is there, as firmware leaves it: in virtual wire mode. */
void lapic_start(struct lapic *lapics);

/* The vector to be delivered now, or -1; taking it. */
int lapic_due(struct lapic *lapics);
void lapic_take(struct lapic *lapics, int vector);

/* An NMI waits; taking it. */
int lapic_nmi_waits(struct lapic *lapics);
int lapic_take_nmi(struct lapic *lapics);

/* What the 8259 pair wants goes through to this processor, the first one. */
int lapic_passes_8259(struct lapic *lapics);

#endif
