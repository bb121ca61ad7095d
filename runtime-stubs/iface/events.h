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

/* Halts the running processor until an event comes; returns at once if one has come since
   the last backend_events. May return without an event. Other processors may run the wedge
   meanwhile. */
void backend_wait(void);

/* An interrupt is pending at the running processor, and the guest's IF is 0. Until the next
   backend_events, whatever sets IF there (a rewritten site, iret) must enter the wedge. */
void backend_remind(void);

/* Has processor @vcpu enter the wedge (wedge_event) if it runs the guest, and its
   backend_wait return. Nothing happens if it has not been started. */
void backend_kick(unsigned vcpu);

#endif
