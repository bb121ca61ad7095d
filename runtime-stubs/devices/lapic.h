/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The local interrupt controllers of the processors: registers in memory, a timer,
 * commands to other processors, and for the first processor the line of the 8259 pair
 * (LINT0). The board calls these functions. Each acts for the running processor.
 */
#ifndef PREVIRT_LAPIC_H
#define PREVIRT_LAPIC_H

struct lapic;			/* all of them */

/* Resets the running processor's APIC to virtual wire mode, as firmware leaves it. */
void lapic_start(struct lapic *lapics);

/* due returns the vector to be delivered now, or -1. take acknowledges it. */
int lapic_due(struct lapic *lapics);
void lapic_take(struct lapic *lapics, int vector);

/* Return 1 if an NMI is pending; take also clears it. */
int lapic_nmi_waits(struct lapic *lapics);
int lapic_take_nmi(struct lapic *lapics);

/* Returns 1 if the running processor, the first one, takes interrupts of the 8259 pair. */
int lapic_passes_8259(struct lapic *lapics);

#endif
