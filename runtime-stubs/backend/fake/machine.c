/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Console, clock, events, the one processor that runs, and the end. The clock stands
 * still in the wedge; an instruction of the guest takes FAKE_INSTRUCTION_NS.
 */
#include "fake.h"
#include "../backend.h"
#include "../../cpu/cpu.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t fake_now, fake_timer;
const char *fake_input = "";
char fake_output[4096];
size_t fake_output_length;
int fake_echo, fake_kicked = -1, fake_ended = -1, fake_reminded;
uint8_t fake_if = 1;

unsigned backend_vcpus = 1, backend_vcpu;
static int machine_kick, machine_told;	/* told: of the input that is there */
static jmp_buf machine_back;

void backend_console_write(const char *text, size_t length)
{
	size_t room = sizeof(fake_output) - 1 - fake_output_length;

	if (fake_echo)
		fwrite(text, 1, length, stdout);
	length = length < room ? length : room;
	memcpy(fake_output + fake_output_length, text, length);
	fake_output_length += length;
	fake_output[fake_output_length] = 0;
}

size_t backend_console_read(char *text, size_t size)
{
	size_t n = strlen(fake_input);

	n = n < size ? n : size;
	memcpy(text, fake_input, n);
	fake_input += n;
	machine_told = 0;
	return n;
}

uint64_t backend_time(void) { return fake_now; }
void backend_timer_set(uint64_t when) { fake_timer = when; }

static int machine_timer_over(void)
{
	return fake_timer && fake_now >= fake_timer;
}

int fake_event_waits(void)
{
	return fake_reminded || machine_kick || machine_timer_over() ||
	       (*fake_input && !machine_told);
}

int backend_events(void)
{
	int seen = fake_event_waits();

	if (machine_timer_over())
		fake_timer = 0;
	fake_reminded = machine_kick = 0;
	machine_told = !!*fake_input;
	return seen;
}

void backend_wait(void)
{
	if (fake_event_waits())
		return;
	if (!fake_timer) {
		printf("BAD fake back-end: the guest waits for nothing\n");
		exit(1);
	}
	fake_now = fake_timer;
}

void backend_remind(void) { fake_reminded = 1; }

void backend_kick(unsigned vcpu)
{
	fake_kicked = vcpu;
	machine_kick |= vcpu == backend_vcpu;
}

uint64_t backend_fs_base, backend_near_slots, backend_sites_offset;

uint64_t backend_if_byte(void)
{
	return (uint64_t)&fake_if;
}

void fake_try(void (*does)(void *argument), void *argument)
{
	if (!setjmp(machine_back))
		does(argument);
}

/* Changes of tables that are not committed are seen at the next commit. */
void backend_enter(struct cpu *cpu)
{
	fake_if = !(cpu->rflags & FLAG_IF);
	longjmp(machine_back, 1);
}

void backend_shutdown(int how)
{
	fake_ended = how;
	longjmp(machine_back, -1);
}

const char *backend_check(void) { return NULL; }
uint64_t backend_hypercalls(void) { return 0; }
void backend_print_counters(void) { }
