/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A user process that enters the kernel and comes back with a stack pointer and an
 * address of its choice: each road into the kernel with rsp at places that are not its
 * own, each such place as the rip, rsp and selectors of a signal's frame, and code and
 * data at the end of its half. What each comes to must be the same on the bare machine.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/ucontext.h>
#include <unistd.h>

#define CODE 0x5000000000ul
#define FRESH_SIZE 0x10000000ul
#define FRESH 0x6000000000ul	/* pages that come with the first touch */
#define TOP 0x7ffffffff000ul	/* behind the last page of user mode's */
#define HALF 0x800000000000ul
#define WEDGE 0xffffffffffe00000ul
#define WEDGE_STEP 0x3ff8ul

/* rsp goes to rbx, and comes back from it. rsi: a page that is not there yet. */
#define ROADS \
	ROAD(call, "movl $39, %eax; syscall") \
	ROAD(call32, "movl $20, %eax; int $0x80") \
	ROAD(yield, "movl $24, %eax; syscall") \
	ROAD(breakpoint, "int3") \
	ROAD(undefined, "ud2") \
	ROAD(divide, "xorl %ecx, %ecx; divl %ecx") \
	ROAD(nowhere, "movl (0x30), %eax") \
	ROAD(protection, "hlt") \
	ROAD(fresh, "movl %eax, (%rsi)") \
	ROAD(step, "movq %rsp, %rcx; movq %rbx, %rsp; pushfq; orl $0x100, (%rsp); popfq; movq %rcx, %rsp; nop; nop") \
	ROAD(push, "pushq %rax") \
	ROAD(pop, "popq %rax") \
	ROAD(wait, "movl $3000000, %ecx; 1: decl %ecx; jnz 1b")
#define ROAD(name, code) \
	extern const uint8_t road_##name[]; \
	__asm__("road_" #name ": movq %rsp, %rbx; movq %rdi, %rsp; " code "; movq %rbx, %rsp; ret");
__asm__(".text");
ROADS
#undef ROAD
#define ROAD(name, code) { #name, road_##name },
static const struct { const char *name; const uint8_t *code; } roads[] = { ROADS };
#define ROAD_COUNT (sizeof(roads) / sizeof(roads[0]))

static volatile struct { int signal, code, ticks; uint64_t address, rsp, rip, error; } seen;
static uint64_t back_rsp, to[5];	/* rip, rsp, flags, selectors, whether */
extern const uint8_t corner_back[];

/* Behind the road, whatever it has come to. */
static void caught(int signal, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;

	if (signal == SIGALRM) {
		seen.ticks++;
		return;
	}
	if (signal == SIGUSR1) {
		r[REG_RIP] = to[0];
		r[REG_RSP] = to[1];
		r[REG_EFL] = to[2];
		r[REG_CSGSFS] = to[3];
		return;
	}
	seen.signal = signal;
	seen.code = info->si_code;
	seen.address = (uint64_t)info->si_addr;
	seen.rsp = r[REG_RSP];
	seen.rip = r[REG_RIP];
	seen.error = r[REG_ERR];
	r[REG_RIP] = (uint64_t)corner_back;
	r[REG_RSP] = back_rsp;
	r[REG_EFL] = 0x202;
	r[REG_CSGSFS] = 0x2bul << 48 | 0x33;
}

/* rdi: where rsp goes. A signal leads to corner_back. */
uint64_t corner_try(uint64_t rsp, uint64_t page, const void *code, uint64_t *keep);
__asm__("corner_try: pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
	"movq %rsp, (%rcx); xorl %eax, %eax; call *%rdx\n"
	"corner_back: popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx; ret");

static void road(unsigned i, uint64_t rsp)
{
	static uint64_t page = FRESH;

	memset((void *)&seen, 0, sizeof(seen));
	corner_try(rsp, page += 4096, roads[i].code, &back_rsp);
	printf("%s, rsp %lx: signal %d code %d", roads[i].name, rsp, seen.signal, seen.code);
	if (seen.signal)
		printf(" address %lx error %lx%s", seen.signal == SIGSEGV ? seen.address : 0, seen.error,
		       seen.rsp == rsp ? "" : ", another rsp");
	printf("\n");
}

/* As kill(SIGUSR1) goes back to the place of the frame. */
static void way_back(uint64_t rip, uint64_t rsp, uint64_t flags, uint64_t selectors)
{
	const uint64_t want[] = { rip, rsp, flags, selectors };
	extern const uint8_t road_raise[];

	memcpy(to, want, sizeof(want));
	memset((void *)&seen, 0, sizeof(seen));
	corner_try(getpid(), SIGUSR1, road_raise, &back_rsp);
	printf("back to %lx, rsp %lx, flags %lx, selectors %lx: signal %d code %d address %lx rip %lx error %lx%s\n",
	       rip, rsp, flags, selectors, seen.signal, seen.code, seen.signal == SIGSEGV ? seen.address : 0,
	       seen.rip, seen.error, seen.rsp == rsp ? "" : ", another rsp");
}
extern const uint8_t road_take[];
__asm__("road_raise: movl $62, %eax; syscall; ret\nroad_take: popq %rax; int3");

static const uint64_t places[] = {
	0, 8, FRESH, TOP, TOP - 8, HALF - 8, HALF, HALF + 8, 0x8000000000000000, 0xffff7ffffffffff8, 0xffff800000000000,
	0xffff82d040200000, 0xffff830000000000, 0xffff888000100000, 0xffffc90000000000, 0xfffffc0000100000,
	0xfffffc4000000000, 0xfffffc4040000000, 0xfffffe0000001000, 0xffffffff40001000, 0xffffffff81000000,
	0xffffffff81c00000, 0xffffffffffffe000, 0xffffffffffff0010, ~7ull,
};
#define PLACES (sizeof(places) / sizeof(places[0]))

/* Code and data that reach over the end of user mode's half. */
static void at_the_end(void)
{
	static const uint8_t call[] = { 0xb8, 39, 0, 0, 0, 0x0f, 0x05 };	/* getpid */
	uint8_t *page = mmap((void *)(TOP - 4096), 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	printf("the last page: %s\n", page == MAP_FAILED ? "none" : "there");
	if (page == MAP_FAILED)
		return;
	for (unsigned length = 1; length <= sizeof(call); length++) {
		memset(page, 0x90, 4096);
		memcpy(page + 4096 - length, call, length);
		way_back(TOP - length, TOP - 64, 0x202, 0x2bul << 48 | 0x33);
	}
	for (uint64_t at = TOP - 9; at < TOP + 2; at++)
		way_back((uint64_t)road_take, at, 0x202, 0x2bul << 48 | 0x33);
}

static void places_all(void)
{
	for (unsigned i = 0; i < ROAD_COUNT; i++)
		for (unsigned p = 0; p < PLACES; p++)
			road(i, places[p]);
	for (uint64_t at = WEDGE; at >= WEDGE; at += WEDGE_STEP)
		for (unsigned i = 0; i < ROAD_COUNT; i += 2)
			road(i, at);
	for (unsigned p = 0; p < PLACES; p++) {
		way_back(places[p], CODE + 0x800, 0x202, 0x2bul << 48 | 0x33);
		way_back(CODE, places[p], 0x202, 0x2bul << 48 | 0x33);
	}
	for (uint64_t at = WEDGE; at >= WEDGE; at += WEDGE_STEP)
		way_back(at, at, 0x202, 0x2bul << 48 | 0x33);
}

/* Each flag, and the selectors of kernels and of hypervisors. */
static void frames(void)
{
	static const uint16_t selectors[] = { 0, 3, 0x10, 0x13, 0x18, 0x1b, 0x23, 0x2b, 0x33, 0x3b, 0x43, 7, 0xf, 0xff,
		0xfffb, 0xe008, 0xe019, 0xe023, 0xe02b, 0xe033, 0xe03b };
	unsigned count = sizeof(selectors) / sizeof(selectors[0]);

	for (unsigned bit = 0; bit < 32; bit++)
		way_back(CODE, CODE + 0x800, 1ul << bit, 0x2bul << 48 | 0x33);
	for (unsigned cs = 0; cs < count; cs++)
		for (unsigned ss = 0; ss < count; ss++)
			way_back(CODE, CODE + 0x800, 0x202, (uint64_t)selectors[ss] << 48 | selectors[cs]);
}

int main(void)
{
	static const int signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGUSR1, SIGSEGV, SIGALRM };
	static uint8_t other[65536];
	stack_t stack = { .ss_sp = other, .ss_size = sizeof(other) };
	struct sigaction act = { .sa_sigaction = caught, .sa_flags = SA_ONSTACK | SA_NODEFER | SA_SIGINFO | SA_RESTART };
	struct itimerval often = { { 0, 1500 }, { 0, 1500 } };
	uint8_t *code = mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (code == MAP_FAILED || mmap((void *)FRESH, FRESH_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
				       MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		return 1;
	memset(code, 0xcc, 4096);
	sigaltstack(&stack, NULL);
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	places_all();
	at_the_end();
	frames();
	printf("ok back from all corners\n");
	return 0;
}
