/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* clone(2), futex(2), tgkill(2). */
#include "processors_memory.h"
#include "sys.h"
#include "../iface/events.h"
#include "../iface/vcpu.h"
#include <asm-generic/errno.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/signal.h>
#include <linux/time_types.h>
#include <linux/wait.h>

#define SPINS 300u
#define FREE 0u
#define HELD 1u
#define WANTED 2u

VCPU_LOCAL unsigned backend_vcpu;
unsigned backend_vcpus = 1;

static struct processor {
	uint32_t away;		/* enum host_away */
	uint32_t started;
	uint32_t forgets;	/* its TLB must be flushed */
	int pid;
	uint8_t *pending;
} processors[BACKEND_VCPUS_MAX];
static uint32_t processors_lock, processors_watched;
static int processors_end = -1, signal_kick, signal_gone;

static void futex_wait(uint32_t *word, uint32_t value)
{
	sys_call(__NR_futex, (uint64_t)word, FUTEX_WAIT, value, 0);
}

static void futex_wake(uint32_t *word)
{
	sys_call(__NR_futex, (uint64_t)word, FUTEX_WAKE, 1, 0);
}

static void lock_take(void)
{
	for (unsigned n = 0; n < SPINS; n++) {
		uint32_t free = FREE;

		if (__atomic_compare_exchange_n(&processors_lock, &free, HELD, 0, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return;
		__builtin_ia32_pause();
	}
	while (__atomic_exchange_n(&processors_lock, WANTED, __ATOMIC_ACQUIRE) != FREE)
		futex_wait(&processors_lock, WANTED);
}

static void lock_give(void)
{
	if (__atomic_exchange_n(&processors_lock, FREE, __ATOMIC_RELEASE) == WANTED)
		futex_wake(&processors_lock);
}

static long processor_make(unsigned vcpu)
{
	int parent = processors[0].pid;
	long pid = sys_call6(__NR_clone, signal_gone, 0, 0, 0, 0, 0);

	if (pid) {
		processors[vcpu].pid = pid;
		return pid;
	}
	processors[vcpu].pid = sys_call(__NR_getpid, 0, 0, 0, 0);
	sys_call(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
	if (sys_call(__NR_getppid, 0, 0, 0, 0) != parent)
		sys_call(__NR_exit_group, 1, 0, 0, 0);
	return 0;
}

long host_processors_make(int kick, int gone, uint8_t *pending)
{
	long result = host_processors_copy_own();

	signal_kick = kick;
	signal_gone = gone;
	processors_lock = HELD;
	processors[0].started = 1;
	processors[0].pid = sys_call(__NR_getpid, 0, 0, 0, 0);
	for (unsigned i = 0; i < backend_vcpus; i++)
		processors[i].pending = host_processor_own(i, pending);
	for (unsigned i = 1; result >= 0 && i < backend_vcpus; i++) {
		result = processor_make(i);
		if (!result)
			return host_processor_become(i);
	}
	return result < 0 ? result : 0;
}

void host_processor_await(void)
{
	struct processor *own = &processors[backend_vcpu];

	while (!__atomic_load_n(&own->started, __ATOMIC_ACQUIRE))
		futex_wait(&own->started, 0);
	lock_take();
}

void backend_vcpu_start(unsigned vcpu)
{
	__atomic_store_n(&processors[vcpu].started, 1, __ATOMIC_RELEASE);
	futex_wake(&processors[vcpu].started);
}

void host_processor_leave(enum host_away how)
{
	if (backend_vcpus == 1)
		return;
	__atomic_store_n(&processors[backend_vcpu].away, how, __ATOMIC_SEQ_CST);
	lock_give();
}

int host_processor_enter(void)
{
	struct processor *own = &processors[backend_vcpu];
	int forgets;

	if (backend_vcpus == 1)
		return 0;
	__atomic_store_n(&own->away, HOST_HERE, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&processors_watched, __ATOMIC_SEQ_CST))
		futex_wake(&own->away);
	lock_take();
	forgets = own->forgets;
	own->forgets = 0;
	return forgets;
}

static void processors_signal(unsigned vcpu)
{
	sys_call(__NR_tgkill, processors[vcpu].pid, processors[vcpu].pid, signal_kick, 0);
}

/* A processor that is not away checks what is pending before it leaves. It cannot leave
   before the lock is released. */
void backend_kick(unsigned vcpu)
{
	struct processor *other = &processors[vcpu];

	if (backend_vcpus == 1 || !other->started || vcpu == backend_vcpu)
		return;
	__atomic_store_n(other->pending, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&other->away, __ATOMIC_SEQ_CST) != HOST_HERE)
		processors_signal(vcpu);
}

static void processor_await_here(unsigned vcpu)
{
	uint32_t *away = &processors[vcpu].away;

	for (unsigned n = 0; __atomic_load_n(away, __ATOMIC_SEQ_CST) == HOST_IN_GUEST; n++) {
		if (n >= SPINS)
			futex_wait(away, HOST_IN_GUEST);
		__builtin_ia32_pause();
	}
}

void host_processors_still(void)
{
	for (unsigned i = 0; i < backend_vcpus; i++) {
		if (i == backend_vcpu || !processors[i].started)
			continue;
		processors[i].forgets = 1;
		if (__atomic_load_n(&processors[i].away, __ATOMIC_SEQ_CST) == HOST_IN_GUEST)
			backend_kick(i);
	}
	__atomic_store_n(&processors_watched, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < backend_vcpus; i++)
		if (i != backend_vcpu && processors[i].started)
			processor_await_here(i);
	processors_watched = 0;
}

void host_processors_gone(void)
{
	siginfo_t info;

	for (unsigned i = 1; i < backend_vcpus; i++) {
		info.si_pid = 0;
		sys_call6(__NR_waitid, P_PID, processors[i].pid, (uint64_t)&info,
			  WEXITED | WNOHANG | WNOWAIT | __WALL, 0, 0);
		if (info.si_pid)
			processors[i].started = processors[i].away = 0;
	}
}

int host_processors_ending(void)
{
	return __atomic_load_n(&processors_end, __ATOMIC_SEQ_CST);
}

_Noreturn void host_processors_end(int how)
{
	const uint64_t all = ~0ull;

	sys_call(__NR_rt_sigprocmask, SIG_BLOCK, (uint64_t)&all, 0, sizeof(all));
	__atomic_store_n(&processors_end, how, __ATOMIC_SEQ_CST);
	if (backend_vcpu)
		processors_signal(0);
	for (unsigned i = 1; !backend_vcpu && i < backend_vcpus; i++) {
		processors_signal(i);
		while (sys_call(__NR_wait4, processors[i].pid, 0, __WALL, 0) == -EINTR)
			;
	}
	for (;;)
		sys_call(__NR_exit_group, backend_vcpu ? 0 : how, 0, 0, 0);
}
