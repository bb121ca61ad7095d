/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Events: why the wedge is entered though the guest did nothing (timer, console
 * input, a kick by another processor, a request of the hypervisor's).
 */
#ifndef PREVIRT_IFACE_EVENTS_H
#define PREVIRT_IFACE_EVENTS_H

/* Returns 1 if an event has come for the running processor since the last call, and
   takes it. */
int backend_events(void);

/* Gives the processor away until an event comes; returns at once if one came since
   the last backend_events. May return without one. Other processors may run the wedge
   meanwhile. */
void backend_wait(void);

/* An interrupt waits until the guest's IF is set: whatever sets it next (a rewritten
   site, iret) must enter the wedge. Counts for the running processor, until the next
   backend_events. */
void backend_remind(void);

/* Has processor @vcpu enter the wedge (wedge_event) if it runs the guest, and its
   backend_wait return. Nothing happens if it has not been started. */
void backend_kick(unsigned vcpu);

#endif
