/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * When gdb has stopped the machine, the processor that has stopped stays here, in the wedge,
 * with the other ones waiting for it, and carries out what gdb sends.
 *
 * Invariant: TF is set for gdb's sake only between guest_goes_on and guest_entered, so what
 * the wedge carries out or delivers does not see it.
 *
 * LIMIT: the guest's clocks go on while it is stopped. While one processor takes a step the
 * others run. An instruction of user mode that reads its flags sees TF while it is stepped.
 */
#include "guest.h"
#include "registers.h"
#include "server.h"
#include "traps.h"
#include "../iface/memory.h"
#include "../iface/processor.h"
#include "../iface/tables.h"
#include "../mmu/mmu.h"
#include "../wedge/wedge.h"
#include <string.h>

#define INT3 0xcc
#define INT_N 0xcd

static const struct gdb_channel *channel;
static struct gdb_server server;
static char input[512];
static size_t input_size, input_at;
/* The running processor takes a step from @rip; @guests: TF is the guest's own, too. @signal: it is
   to stop, @trap: by a breakpoint. */
static VCPU_LOCAL struct { uint64_t rip; uint8_t on, guests, signal, trap; } step;

static unsigned guest_threads(void)
{
	return 1 + wedge_vm.vcpus_woken;
}

static int guest_read_register(unsigned thread, unsigned n, uint8_t *to)
{
	static struct cpu other;

	if (thread == backend_vcpu + 1)
		return registers_read(&previrt_cpu, n, 1, to);
	backend_vcpu_read(thread - 1, &previrt_cpu, &other, sizeof(other));
	return registers_read(&other, n, 0, to);
}

static int guest_write_register(unsigned thread, unsigned n, const uint8_t *from)
{
	return thread == backend_vcpu + 1 ? registers_write(&previrt_cpu, n, from) : -1;
}

/* By the tables of the running processor; devices are not read. */
static size_t guest_read(uint64_t at, uint8_t *to, size_t size)
{
	struct mmu_walk walk;
	uint32_t error;
	size_t done = 0;

	while (done < size) {
		size_t here = BACKEND_PAGE - (at + done) % BACKEND_PAGE;
		const uint8_t *memory;

		if (here > size - done)
			here = size - done;
		memory = mmu_look(at + done, &walk, &error) ? NULL : backend_guest(walk.gpa);
		if (!memory)
			break;
		memcpy(to + done, memory, here);
		done += here;
	}
	traps_hide(at, to, done);
	return done;
}

static int guest_write(uint64_t at, const uint8_t *from, size_t size)
{
	static uint8_t bytes[GDB_PACKET_MOST];

	memcpy(bytes, from, size);
	traps_written(at, bytes, size);
	return mmu_poke(at, bytes, size);
}

static int guest_breakpoint(uint64_t at, int on)
{
	return on ? traps_set(at) : traps_clear(at);
}

static void guest_send(const char *bytes, size_t size)
{
	channel->write(bytes, size);
}

static struct gdb_machine machine = {
	.registers = registers_table,
	.threads = guest_threads,
	.read_register = guest_read_register, .write_register = guest_write_register,
	.read = guest_read, .write = guest_write,
	.breakpoint = guest_breakpoint, .detached = traps_clear_all,
	.send = guest_send,
};

/* The next byte from gdb, or -1. */
static int guest_byte(int wait)
{
	if (input_at == input_size) {
		input_size = channel->read(input, sizeof(input), wait);
		input_at = 0;
	}
	return input_at < input_size ? (uint8_t)input[input_at++] : -1;
}

/* Something has come while the machine runs: it may stop. */
static void guest_listen(void)
{
	int byte;

	server.thread = backend_vcpu + 1;
	server.signal = GDB_SIGTRAP;
	server.trap = 0;
	while (server.state != GDB_STOPPED && (byte = guest_byte(0)) >= 0)
		gdb_server_take(&server, byte);
}

/* Returns 1 if gdb has changed where the guest goes on. */
static int guest_talk(struct cpu *cpu)
{
	uint64_t rip = cpu->rip;
	int byte;

	backend_table_commit(BACKEND_FLUSH | BACKEND_FLUSH_ALL);	/* the others stop, too */
	cpu_note_user_bases(cpu);
	registers_take_state();
	while (server.state == GDB_STOPPED && (byte = guest_byte(1)) >= 0)
		gdb_server_take(&server, byte);
	registers_give_state();
	if (server.state == GDB_STOPPED) {	/* nobody is there any more */
		traps_clear_all();
		server.state = GDB_RUNS;
	}
	if (server.state == GDB_KILLED)
		wedge_stop("gdb has ended the machine");
	step.on = server.state == GDB_STEPS;
	step.rip = cpu->rip;
	step.guests = !!(cpu->rflags & FLAG_TF);
	return cpu->rip != rip;
}

static void guest_entered(struct cpu *cpu)
{
	if (step.on && !step.guests)
		cpu->rflags &= ~(uint64_t)FLAG_TF;
}

/* One that another processor's stop has taken away meanwhile is no breakpoint any more, and
   what stands there now is executed. */
static int guest_met_trap(struct cpu *cpu)
{
	uint8_t bytes[2] = { 0, INT3 };
	uint64_t address;
	uint32_t error;

	if (traps_is_set(cpu->rip - 1)) {
		step.signal = GDB_SIGTRAP;
		step.trap = 1;
	} else {
		mmu_access(cpu->rip - 2, bytes, 1, 0, 0, &address, &error);
		mmu_access(cpu->rip - 1, bytes + 1, 1, 0, 0, &address, &error);
		if (bytes[1] == INT3 || bytes[0] == INT_N)
			return 0;	/* the guest's own */
	}
	cpu->rip--;
	return 1;
}

static int guest_trapped(struct cpu *cpu, unsigned vector)
{
	if (vector == VECTOR_BP)
		return guest_met_trap(cpu);
	if (!step.on || !(backend_get_debug(6) & DR6_BS))
		return 0;
	step.on = 0;
	step.signal = GDB_SIGTRAP;
	return !step.guests;
}

static int guest_goes_on(struct cpu *cpu, int event)
{
	int moved = 0;

	if (step.on && cpu->rip != step.rip)	/* carried out, or delivered, by the wedge */
		step.signal = GDB_SIGTRAP;
	if (step.signal) {
		step.on = 0;
		gdb_server_stopped(&server, backend_vcpu + 1, step.signal, step.trap);
		step.signal = step.trap = 0;
	} else if (event) {
		guest_listen();
	}
	while (server.state == GDB_STOPPED) {
		moved |= guest_talk(cpu);
		guest_listen();		/* what came behind gdb's word to go on */
	}
	if (step.on)
		cpu->rflags |= FLAG_TF;
	return step.on || moved;
}

static const struct wedge_debugger debugger = { guest_entered, guest_trapped, guest_goes_on };

void gdb_guest_init(const struct gdb_channel *to, const struct bundle_gdb *file)
{
	channel = to;
	machine.register_count = registers_count;
	server.machine = &machine;
	server.first_segment = file->first_segment;
	server.state = file->wait ? GDB_STOPPED : GDB_RUNS;
	server.thread = server.at = 1;
	server.signal = GDB_SIGTRAP;
	wedge_debugger = &debugger;
}
