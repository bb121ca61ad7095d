/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Time, the timer and events. xen/xen.h: struct vcpu_time_info. */
#include "domu.h"
#include "xenpv.h"
#include "../backend.h"
#include <xen/vcpu.h>

enum { TIME_TIMER, TIME_KICK, TIME_CONSOLE, TIME_REQUESTS, TIME_PORTS };
static evtchn_port_t time_kicks[BACKEND_VCPUS_MAX];	/* 0: not there yet */
static VCPU_LOCAL evtchn_port_t time_ports[TIME_PORTS];
static VCPU_LOCAL uint64_t time_armed;	/* the timer's, ns; 0: not set, or over */

/* Xen sends an event for each byte of input; some may have come before it was bound. */
int xenpv_console_has = 1;

uint64_t backend_time(void)
{
	const volatile struct vcpu_time_info *t = &xenpv_vcpu->time;
	uint64_t delta, ns;
	uint32_t version;

	do {
		version = t->version & ~1u;
		__asm__ volatile("" : : : "memory");
		delta = __builtin_ia32_rdtsc() - t->tsc_timestamp;
		if (t->tsc_shift >= 0)
			delta <<= t->tsc_shift;
		else
			delta >>= -t->tsc_shift;
		ns = t->system_time + (uint64_t)((unsigned __int128)delta *
						 t->tsc_to_system_mul >> 32);
		__asm__ volatile("" : : : "memory");
	} while (t->version != version);
	return ns;
}

void backend_timer_set(uint64_t when)
{
	if (when == time_armed)
		return;
	time_armed = when;
	xenpv_call(__HYPERVISOR_set_timer_op, when, 0, 0, 0);
}

/* The console's input and requests are the first processor's. */
static unsigned time_count(void)
{
	return backend_vcpu ? TIME_CONSOLE : xenpv_domu_is() ? TIME_PORTS : TIME_REQUESTS;
}

void backend_wait(void)
{
	struct sched_poll poll = { .nr_ports = time_count() };

	set_xen_guest_handle(poll.ports, time_ports);
	backend_unlock();
	xenpv_call(__HYPERVISOR_sched_op, SCHEDOP_poll, (uint64_t)&poll, 0, 0);
	backend_lock();
}

int backend_events(void)
{
	volatile struct vcpu_info *vcpu = xenpv_vcpu;
	int seen = 0;

	if (!vcpu->evtchn_upcall_pending && !vcpu->evtchn_pending_sel)
		return 0;
	vcpu->evtchn_upcall_pending = 0;
	/* Before the ports are looked at, for Xen on another processor too: a bit of a
	   port that is set already is never told again. */
	__atomic_exchange_n(&vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < time_count(); i++) {
		volatile unsigned long *word = &xenpv_shared->evtchn_pending[time_ports[i] / 64];
		unsigned long bit = 1ul << time_ports[i] % 64;

		if (*word & bit) {
			__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
			seen = 1;
			/* By this clock it may have come too early: set it again. */
			if (i == TIME_TIMER)
				time_armed = 0;
			if (i == TIME_REQUESTS)
				xenpv_domu_requests_run();
			xenpv_console_has |= i == TIME_CONSOLE;
		}
	}
	return seen;
}

void backend_remind(void)
{
	xenpv_vcpu->evtchn_upcall_pending = 1;
}

static evtchn_port_t time_open(evtchn_port_t port)
{
	__atomic_fetch_and(&xenpv_shared->evtchn_mask[port / 64], ~(1ul << port % 64),
			   __ATOMIC_SEQ_CST);
	return port;
}

static evtchn_port_t time_bind(unsigned virq)
{
	struct evtchn_bind_virq bind = { .virq = virq, .vcpu = backend_vcpu };

	xenpv_must("an event", xenpv_call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq,
					  (uint64_t)&bind, 0, 0));
	return time_open(bind.port);
}

static evtchn_port_t time_bind_kick(void)
{
	struct evtchn_bind_ipi bind = { .vcpu = backend_vcpu };

	xenpv_must("an event", xenpv_call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi,
					  (uint64_t)&bind, 0, 0));
	return time_open(bind.port);
}

void backend_kick(unsigned vcpu)
{
	struct evtchn_send send = { .port = time_kicks[vcpu] };

	if (send.port)
		xenpv_call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)&send, 0, 0);
}

void xenpv_time_init(void)
{
	xenpv_call(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, backend_vcpu, 0, 0);
	time_ports[TIME_TIMER] = time_bind(VIRQ_TIMER);
	time_ports[TIME_KICK] = time_kicks[backend_vcpu] = time_bind_kick();
	if (backend_vcpu)
		return;
	if (xenpv_domu_is()) {
		time_ports[TIME_CONSOLE] = time_open(xenpv_start_info->console.domU.evtchn);
		time_ports[TIME_REQUESTS] = time_open(xenpv_start_info->store_evtchn);
		xenpv_domu_requests_init();
	} else {
		time_ports[TIME_CONSOLE] = time_bind(VIRQ_CONSOLE);
	}
}
