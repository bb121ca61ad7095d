/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A user process that wants what is not its own: reads, writes, runs and has the
 * kernel touch random addresses of the upper half, takes every sensitive
 * instruction, every selector and every software interrupt, goes through far
 * pointers and descriptors of a local table. What each comes to (a signal, mostly)
 * is printed or summed up, and must be the same on the bare machine.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CODE 0x10000000ul
#define SELECTORS 0x400u	/* numbers with their table and privilege */
#define WEDGE_PLACES 1024u
#define RANDOM_PLACES 3000u

static sigjmp_buf back;
static uint8_t *code;
static uint64_t seed = 88172645463325252ull;
static unsigned bad;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static uint64_t fs_base;

static void caught(int signal)
{
	uint64_t none;
	uint16_t zero = 0;

	/* Whatever the attempt has loaded. */
	__asm__ volatile("movw %0, %%ds; movw %0, %%es" : : "r"(zero));
	__asm__ volatile("syscall" : "=a"(none) : "0"(SYS_arch_prctl), "D"(ARCH_SET_FS), "S"(fs_base)
			 : "rcx", "r11", "memory");
	siglongjmp(back, signal);
}

/* The signal that running @bytes ends with; SIGTRAP: they do no harm. */
static int run(const void *bytes, size_t size)
{
	int signal = sigsetjmp(back, 1);

	if (signal)
		return signal;
	memset(code, 0xcc, 64);
	memcpy(code, bytes, size);
	memset(code + 2048, 0, 2048);
	__asm__ volatile("movq %1, %%rsp; jmp *%0" : : "r"(code), "r"(CODE + 3800), "a"(-1l),
			 "b"(CODE + 2048), "c"(1), "d"(0x70), "S"(CODE + 2100), "D"(CODE + 3072)
			 : "memory");
	__builtin_unreachable();
}

static int touch(int how, uint64_t address)
{
	int signal = sigsetjmp(back, 1);

	if (signal)
		return signal;
	if (how == 0)
		(void)*(volatile uint8_t *)address;
	else if (how == 1)
		*(volatile uint8_t *)address = 0;
	else
		((void (*)(void))address)();
	return 0;
}

static void places(const char *what, unsigned count, uint64_t (*choose)(unsigned))
{
	static const char *const ways[] = { "read", "write", "execute" };
	int null = open("/dev/zero", 0), fd[2];
	unsigned reached = 0;

	if (pipe(fd) || null < 0)
		exit(1);
	for (unsigned i = 0; i < count; i++) {
		uint64_t at = choose(i);

		for (int how = 0; how < 3; how++)
			if (!touch(how, at)) {
				printf("BAD %s: %s at %lx\n", ways[how], what, at);
				reached++;
			}
		if (write(fd[1], (void *)at, 1) >= 0 || errno != EFAULT ||
		    read(null, (void *)at, 1) >= 0 || errno != EFAULT) {
			printf("BAD the kernel touches %s at %lx\n", what, at);
			reached++;
		}
	}
	printf("%s: %u of %u reached\n", what, reached, count);
	bad += reached;
}

static uint64_t of_wedge(unsigned i)	/* its image; each page */
{
	return 0xffffffffffe00000ul + i * 2048ul;
}

static uint64_t of_area(unsigned i)	/* its maps and tables, the hypervisor's */
{
	static const uint64_t starts[] = { 0xfffffc0000000000, 0xfffffc4000000000,
		0xfffffc4040000000, 0xfffffc4080000000, 0xfffffc40c0000000,
		0xffffffff40000000, 0xffff820000000000, 0xffff82d040000000,
		0xffff830000000000, 0xffff888000000000 };

	return starts[i % 10] + (any() & 0xffffff);
}

static uint64_t of_upper(unsigned i)
{
	return (i & 1 ? 0xffff800000000000ul : 0xffffff8000000000ul) | (any() >> (i % 24 + 17));
}

/* Every form of plugin/insns.tbl that gas takes. */
struct form { const uint8_t *start, *end; const char *text; };
extern const struct form hostile_forms[], hostile_forms_end[];

static void instructions(void)
{
	unsigned count = 0;

	for (const struct form *f = hostile_forms; f < hostile_forms_end; f++, count++)
		printf("%s: %d\n", f->text, run(f->start, f->end - f->start));
	printf("%u forms\n", count);
	bad += count < 200;
}

static void interrupts(void)
{
	for (unsigned n = 0; n < 256; n++) {
		uint8_t bytes[] = { 0xcd, n };
		int signal = run(bytes, sizeof(bytes));

		if (signal != SIGSEGV)
			printf("int %u: %d\n", n, signal);
	}
}

static void set_local(unsigned n, unsigned contents, int wide, int present)
{
	struct user_desc d = { .entry_number = n, .base_addr = 0, .limit = 0xfffff,
		.limit_in_pages = 1, .seg_32bit = wide, .contents = contents,
		.seg_not_present = !present, .useable = 1 };

	if (syscall(SYS_modify_ldt, 0x11, &d, sizeof(d)))
		printf("BAD modify_ldt %u\n", n);
}

/* Every selector: loaded, asked about, and jumped, called and returned to. */
static void selectors(void)
{
	uint64_t sum = 0;
	unsigned ended[65] = { 0 };

	for (unsigned contents = 0; contents < 4; contents++) {
		set_local(2 * contents, contents, 1, contents < 3);
		set_local(2 * contents + 1, contents, 1, 0);
	}
	for (unsigned s = 0; s < SELECTORS; s++) {
		const uint8_t loads[][3] = { { 0x8e, 0xd8 }, { 0x8e, 0xc0 }, { 0x8e, 0xe0 },
			{ 0x8e, 0xd0 } };
		const uint8_t asks[][4] = { { 0x0f, 0x02, 0xc0 }, { 0x0f, 0x03, 0xc0 },
			{ 0x0f, 0x00, 0xe0 }, { 0x0f, 0x00, 0xe8 } };
		const uint8_t far[][2] = { { 0xff, 0x2b }, { 0xff, 0x1b } };
		uint8_t bytes[16] = { 0xb8, s & 255, s >> 8, 0, 0 };
		int signal;

		for (unsigned i = 0; i < 4; i++) {	/* not %ss: the stack goes with it */
			if (i == 3 && (s & ~3u))
				continue;
			memcpy(bytes + 5, loads[i], 2);
			signal = run(bytes, 7);
			ended[signal]++;
			sum = sum * 31 + signal;
			memcpy(bytes + 5, asks[i], 3);
			memcpy(bytes + 8, "\x75\x02\x0f\x0b", 4);	/* ZF: ud2 */
			signal = run(bytes, 12);
			ended[signal]++;
			sum = sum * 31 + signal;
		}
		for (unsigned i = 0; i < 2; i++) {
			/* To int3, in either mode: movl $1024+CODE, (%rbx); ... */
			uint8_t all[] = { 0xc7, 0x03, 0, 4, 0, 0x10, 0x66, 0xc7, 0x43, 4, s & 255,
				s >> 8, far[i][0], far[i][1] };

			signal = run(all, sizeof(all));
			ended[signal]++;
			sum = sum * 31 + signal;
		}
	}
	for (unsigned i = 0; i < 65; i++)
		if (ended[i])
			printf("selectors: signal %u %u times\n", i, ended[i]);
	printf("selectors: %lx\n", sum);
}

int main(void)
{
	static uint8_t other[65536];
	stack_t stack = { .ss_sp = other, .ss_size = sizeof(other) };
	struct sigaction act = { .sa_handler = caught, .sa_flags = SA_ONSTACK | SA_NODEFER };

	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base);
	sigaltstack(&stack, NULL);
	for (int s = 1; s < 32; s++)
		if (s != SIGKILL && s != SIGSTOP)
			sigaction(s, &act, NULL);
	code = mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (code == MAP_FAILED)
		return 1;
	memset(code, 0xcc, 4096);
	places("wedge", WEDGE_PLACES, of_wedge);
	places("maps and hypervisor", RANDOM_PLACES, of_area);
	places("upper half", RANDOM_PLACES, of_upper);
	instructions();
	interrupts();
	selectors();
	printf(bad ? "BAD something was reached\n" : "ok nothing was reached\n");
	return bad != 0;
}
