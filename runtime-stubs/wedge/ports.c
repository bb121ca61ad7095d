/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Accesses to devices for the fast path: IN and OUT of one byte, annotated loads and stores. */
#include "entry.h"
#include "wedge.h"
#include "../cpu/cpu.h"
#include "../iface/events.h"
#include "../iface/vcpu.h"
#include "../board/board.h"

static __attribute__((noinline)) void ports_look_again(void)
{
	if (backend_events())
		board_run();
	if (board_interrupt_waits())
		backend_remind();
}

void wedge_find_port(struct wedge_io *io, uint16_t port)
{
	io->window = bus_find_ports(&board_vm.bus, port);
	io->offset = port - io->window->first;
}

/* The access may have raised an interrupt of the 8259 (bus.interrupt); of other controllers only
   with several processors. */
uint64_t wedge_fast_io(const struct wedge_io *io, uint8_t *al, int events)
{
	wedge_cause(PREVIRT_CLASS_io);
	if (io->out)
		io->window->write(io->window->self, io->offset, 1, *al);
	else
		*al = io->window->read(io->window->self, io->offset, 1);
	if (events || board_vm.bus.interrupt || backend_vcpus > 1)
		ports_look_again();
	return 0;
}

int wedge_fast_device(unsigned slot, uint64_t behind, int events)
{
	const struct rewriter_kind *kind = &wedge_rewriter.calls[slot];
	struct cpu_fault ignored;

	previrt_cpu.user = 0;
	wedge_cause(CAUSE_DEVICE);
	if (cpu_access_device(&previrt_cpu, &kind->access,
			      behind - kind->jump_len + kind->access.insn.len, &ignored) != CPU_NEXT)
		return -1;
	wedge_vcpu.counters.devices++;
	if (wedge_wants_counts)
		wedge_count_site(behind - kind->jump_len, REWRITER_DEVICE);
	if (events || board_vm.bus.interrupt || backend_vcpus > 1)
		ports_look_again();
	return 0;
}
