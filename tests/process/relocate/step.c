/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See step.h. A trap enters the handler, which loads the registers and sets TF; each
   step is a trap again; the last one goes back to where the first came from. */
#define _GNU_SOURCE
#include "step.h"
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define TF 0x100
#define STEPS 64

static struct step *volatile current;
static gregset_t home;
static volatile sig_atomic_t running;

static int inside(uint64_t rip)
{
	return (rip >= current->at && rip < current->at + current->length) ||
	       (rip >= current->from && rip < current->to);
}

static void go_home(greg_t *registers)
{
	memcpy(registers, home, sizeof(home));
	running = 0;
}

static void handle(int signal, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

	if (!running) {
		if (signal != SIGTRAP || !current)
			_Exit(3);
		memcpy(home, registers, sizeof(home));
		for (int i = REG_R8; i <= REG_RSP; i++)
			registers[i] = (greg_t)current->registers[i];
		registers[REG_EFL] = (greg_t)(current->registers[REG_EFL] & STEP_FLAGS);
		registers[REG_EFL] |= 0x202 | TF;
		registers[REG_RIP] = (greg_t)current->at;
		running = 1;
		return;
	}
	if (signal != SIGTRAP || registers[REG_TRAPNO] != 1) {
		current->fault = 1 + (int)registers[REG_TRAPNO];
		current->fault_address = (uint64_t)info->si_addr;
		if (registers[REG_TRAPNO] != 14)
			current->fault_address = 0;
		go_home(registers);
		return;
	}
	if (inside((uint64_t)registers[REG_RIP]) && ++current->steps < STEPS)
		return;
	memcpy(current->registers, registers, sizeof(current->registers));
	go_home(registers);
}

void step_init(void)
{
	static uint8_t stack[1 << 16];
	stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = handle,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	static const int signals[] = { SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE };

	if (sigaltstack(&other, NULL))
		err(1, "sigaltstack");
	for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigaction(signals[i], &action, NULL))
			err(1, "sigaction");
}

void step_run(struct step *step)
{
	step->fault = 0;
	step->steps = 0;
	current = step;
	/* All registers are the handler's to change and to bring back. */
	__asm__ volatile("int3" : : : "memory", "cc");
	current = NULL;
}
