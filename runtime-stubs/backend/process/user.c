/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User mode: each user root that has run lately has a stub (stub.h), which maps what
 * the root's tables give to user mode.
 *
 * Invariants: user mode's registers are in struct cpu while the wedge or the guest's
 * kernel run, its vector state in the processor; the stub has them while it runs.
 */
#include "process.h"
#include "../../stub/stub.h"
#include "../../cpu/breakpoints.h"
#include "../../host/base.h"
#include "../../host/processors.h"
#include "../../host/space.h"
#include "../../wedge/print.h"
#include "../../wedge/wedge.h"
#include <asm-generic/errno.h>
#include <string.h>

#define USERS 512u			/* stubs at most */
#define USER_ROOM 131072u		/* pages of one */
#define ROOTS 16384u

/* Flags that user mode has itself; IF and IOPL are virtual. */
#define REAL_IN_USER (0xcd5u | FLAG_TF | FLAG_NT | FLAG_RF | FLAG_AC | 1u << 21)
#define VIRTUAL_FLAGS (FLAG_IF | FLAG_IOPL)

struct user {
	struct stub stub;
	struct maps maps;
	unsigned root;			/* 0: none */
	struct stub_segments has;
	uint64_t used;			/* when */
	uint64_t fault;			/* the page fault that the kernel was told of; 0: none */
	uint32_t access;
};

static struct user users[USERS];
static uint16_t user_by_root[ROOTS];	/* which one it had */
static struct user *user_last;		/* that has run last */
static uint64_t user_clock;
static struct breakpoints_step user_step;
static uint64_t user_met;		/* by its last step, bits of DR6 */
struct stub *volatile process_stub;

static struct user *user_of(struct maps *maps)
{
	return (struct user *)((char *)maps - offsetof(struct user, maps));
}

/* A stub that has ended maps nothing. */
static long user_map(struct maps *maps, uint64_t va, uint64_t size, unsigned rights, uint64_t frame)
{
	_Static_assert(MAPS_READ == STUB_READ && MAPS_WRITE == STUB_WRITE &&
		       MAPS_EXECUTE == STUB_EXECUTE, "rights");
	long result = stub_map_next(&user_of(maps)->stub, va, size, rights, frame);

	process_calls[CALL_STUB_MAP]++;
	return result == -ESRCH ? 0 : result;
}

static void user_unmap(struct maps *maps, uint64_t va, uint64_t size)
{
	long result = stub_unmap(&user_of(maps)->stub, va, size);

	process_calls[CALL_STUB_UNMAP]++;
	if (result != -ESRCH)
		process_must("to unmap", result);
}

static void user_walk(unsigned root, uint64_t va, struct maps_walk *walk)
{
	maps_walk_tables(root, va, walk);
	breakpoints_limit(&user_step, &previrt_cpu, va, walk);
}

/* Ends the stub that has not run for the longest time. Returns 0 if there is none. */
static int user_give_way(const struct user *user)
{
	struct user *oldest = NULL;

	for (unsigned i = 0; i < USERS; i++)
		if (users[i].root && &users[i] != user && (!oldest || users[i].used < oldest->used))
			oldest = &users[i];
	if (!oldest)
		return 0;
	stub_destroy(&oldest->stub);
	oldest->root = 0;
	return 1;
}

static void user_make(struct user *user)
{
	static uint8_t pinned;
	long result;

	if (!pinned++)		/* a hand-over between two takes fifty times as long */
		host_pin(backend_vcpu, backend_vcpus);
	stub_destroy(&user->stub);
	do {
		process_calls[CALL_STUB_MADE]++;
		result = stub_create(&user->stub, process_memory_file);
	} while (result < 0 && user_give_way(user));
	if (result < 0) {
		wedge_print("previrt: a process for user mode: %s\n", user->stub.refused);
		process_refused("a process for user mode", result);
	}
	if (!user->maps.pages)
		user->maps.pages = backend_memory(USER_ROOM * sizeof(*user->maps.pages));
	user->maps.room = USER_ROOM;
	user->maps.count = 0;
	user->maps.map = user_map;
	user->maps.unmap = user_unmap;
	user->maps.walk = user_walk;
	user->maps.changes = &maps_changes[0];
	user->maps.generation = 0;
	user->maps.user = user->maps.alone = 1;
	user->has.base[0] = user->has.base[1] = user->fault = 0;
	if (user->has.ldt)
		memset(user->has.ldt, 0, sizeof(*user->has.ldt));
}

/* Of the root that is loaded; one that has not run for the longest time gives way. */
static struct user *user_find(void)
{
	uint16_t *number = &user_by_root[maps_user_root % ROOTS];
	struct user *oldest = users;

	if (users[*number].root == maps_user_root)
		return &users[*number];
	for (unsigned i = 0; i < USERS; i++)
		if (users[i].used < oldest->used)
			oldest = &users[i];
	*number = oldest - users;
	stub_destroy(&oldest->stub);
	oldest->root = maps_user_root;
	return oldest;
}

static void user_give_segments(struct user *user, struct cpu *cpu)
{
	uint16_t wanted[SEGS];

	memcpy(wanted, cpu->loaded, sizeof(wanted));
	wanted[SEG_CS] = cpu->seg[SEG_CS];
	wanted[SEG_SS] = cpu->seg[SEG_SS];
	if (process_ldt.count && !user->has.ldt)	/* a process without one costs nothing */
		user->has.ldt = backend_memory(sizeof(*user->has.ldt));
	if (user->has.ldt)
		process_calls[CALL_LDT] += stub_ldt_load(&user->stub, user->has.ldt, &process_ldt);
	process_calls[CALL_BASE] += stub_segments_give(&user->stub, &user->has, wanted,
						       cpu_code_is_64(cpu), process_user_base);
}

/* User mode has loaded registers itself. */
static void user_take_segments(struct user *user, struct cpu *cpu)
{
	uint16_t now[SEGS];
	unsigned changed = stub_segments_take(&user->stub, &user->has, now);

	cpu->user = 0;		/* descriptors are read with the kernel's rights */
	for (int i = 0; changed >> i; i++) {
		int gs = i == SEG_GS;

		if (!(changed >> i & 1))
			continue;
		if (i == SEG_CS || i == SEG_SS)
			cpu->seg[i] = now[i];
		else
			cpu_note_selector(cpu, i, now[i]);
		if (i != SEG_FS && !gs)
			continue;
		process_user_base[gs] = gs ? cpu->gs_base[1] : cpu->fs_base;
		if (now[i] & ~3u)
			user->has.base[gs] = process_user_base[gs];
	}
	cpu->user = 1;
}

uint64_t process_user_flags(const struct cpu *cpu)
{
	return (cpu->rflags & REAL_IN_USER) | FLAG_FIXED;
}

static void user_give(struct user *user, struct cpu *cpu)
{
	struct stub *stub = &user->stub;

	memcpy(stub->r, cpu->r, sizeof(stub->r));
	stub->rip = cpu->rip;
	stub->rflags = process_user_flags(cpu);
	user_give_segments(user, cpu);
	stub_state_give(stub, process_parts, process_parts_size);
}

void process_user_took(struct cpu *cpu, uint64_t rip, uint16_t cs, uint64_t rflags)
{
	cpu->rip = rip;
	cpu->rflags = (rflags & REAL_IN_USER) | (cpu->rflags & VIRTUAL_FLAGS) | FLAG_FIXED;
	if ((cs == HOST_CS) != cpu_code_is_64(cpu))	/* by a far jump */
		cpu->seg[SEG_CS] = cs;
}

static void user_take_registers(struct user *user, struct cpu *cpu)
{
	const struct stub *stub = &user->stub;

	memcpy(cpu->r, stub->r, sizeof(stub->r));
	process_user_took(cpu, stub->rip, stub->seg[SEG_CS], stub->rflags);
	user_take_segments(user, cpu);
}

static _Noreturn void user_exception(struct user *user)
{
	struct stub *stub = &user->stub;

	switch (stub->vector) {
	case VECTOR_BP:
	case VECTOR_OF:
		wedge_software_interrupt(stub->vector);
	case VECTOR_DB:
		process_debug_status = user_met ? user_met : stub->rflags & FLAG_TF ? DR6_BS : 0;
	}
	wedge_exception(stub->vector, stub->error, stub->address);
}

/* Tells by which instruction. The host's kernel leaves rip behind INT; where it leaves it after
   SYSENTER, and SYSCALL of 32-bit code, there is nothing of user mode's. It has rbp from the stack
   then, where the guest's expects the stack. */
void process_user_syscall32(void)
{
	struct cpu *cpu = &previrt_cpu;
	struct cpu_fault ignored;
	uint8_t before[2] = { 0, 0 };
	uint16_t cs = cpu->seg[SEG_CS];
	uint64_t base = cs & 4 ? stub_ldt_base(&process_ldt, cs) : 0;

	cpu_read(cpu, base + cpu->rip - sizeof(before), before, sizeof(before), &ignored);
	if (before[0] == 0xcd)
		wedge_software_interrupt(before[1]);
	if (before[0] == 0x0f && before[1] == 0x05)
		wedge_syscall(1);
	cpu->r[RBP] = cpu->r[RSP];
	wedge_sysenter();
}

static _Noreturn void user_event(struct user *user, enum stub_event event)
{
	switch (event) {
	case STUB_SYSCALL:
		wedge_syscall(0);
	case STUB_SYSCALL32:
		process_user_syscall32();
	case STUB_INTERRUPTED:
		wedge_event();
	case STUB_KILLED:
		wedge_stop("a process of user mode was ended from outside");
	case STUB_BROKEN:
		/* By its own doing: a fault of that program. */
		user->root = 0;
		wedge_exception(VECTOR_GP, 0, 0);
	case STUB_REFUSED:
	case STUB_EXCEPTION:
		break;
	}
	user_exception(user);
}

/* The kernel has mended what user mode has faulted at, so the host's mapping comes before
   the next fault. */
static void user_fill_mended(struct user *user)
{
	if (user->fault)
		process_fill(&user->maps, user->root, user->fault, user->access);
	user->fault = 0;
}

/* The host has too many mappings of this stub's. If it refuses one that is alone, too, the
   stub is of no use. */
static int user_makes_room(struct user *user)
{
	if (user->maps.count <= MAPS_AROUND)
		process_refused("to map a page of user mode's", user->maps.count);
	maps_forget(&user->maps);
	return 1;
}

/* A page fault that the guest's tables do not cause: the host has no mapping there. */
static int user_fills(struct user *user)
{
	struct stub *stub = &user->stub;
	uint32_t access = stub->error & (FAULT_W | FAULT_I);

	if (stub->vector != VECTOR_PF)
		return 0;
	if (process_fill(&user->maps, user->root, stub->address, access))
		return 1;
	user->fault = stub->address;
	user->access = access;
	return 0;
}

/* The instruction that was stepped over has ended, or has not. 1: user mode goes on. */
static int user_stepped(struct user *user, struct cpu *cpu, int done)
{
	user_met = breakpoints_end(&user_step, cpu, done);
	maps_changes[0]++;
	if (!done || user_met)
		return 0;
	maps_sync(&user->maps, user->root);
	return 1;
}

static int user_goes_on(struct user *user, struct cpu *cpu, enum stub_event event)
{
	struct stub *stub = &user->stub;
	int goes_on;

	if (event == STUB_REFUSED)
		return user_makes_room(user);
	if (event == STUB_BROKEN || event == STUB_KILLED)
		return 0;
	user_take_registers(user, cpu);
	if (event == STUB_EXCEPTION && stub->vector == VECTOR_PF)
		user_met = breakpoints_fault(&user_step, cpu, stub->address, stub->error);
	if (user_met)
		stub->vector = VECTOR_DB;
	goes_on = event == STUB_EXCEPTION && user_fills(user);
	if (!goes_on && user_step.on)
		goes_on = user_stepped(user, cpu, event == STUB_EXCEPTION && stub->vector == VECTOR_DB);
	user_step.resumes = 0;
	stub->rflags = process_user_flags(cpu);
	return goes_on;
}

static int user_again(struct user *user, int anew)
{
	if (anew)
		maps_sync(&user->maps, user->root);
	return 1;
}

void process_user_enter(struct cpu *cpu)
{
	struct user *user = user_find();
	enum stub_event event;
	int anew;

	if (!user->stub.pid)
		user_make(user);
	user->used = ++user_clock;
	user_last = user;
	user_fill_mended(user);		/* in the place of what was there */
	maps_sync(&user->maps, user->root);
	user_give(user, cpu);
	process_stub = &user->stub;
	user_step = (struct breakpoints_step){ .resumes = !!(cpu->rflags & FLAG_RF) };
	user_met = 0;
	do {
		process_calls[CALL_USER]++;
		host_processor_leave(HOST_IN_GUEST);
		event = process_pending ? STUB_INTERRUPTED : stub_run(&user->stub);
		anew = process_vcpu_back();
	} while (user_goes_on(user, cpu, event) && user_again(user, anew));
	process_stub = NULL;
	if (event != STUB_BROKEN && event != STUB_KILLED)
		stub_state_take(&user->stub, process_parts, process_parts_size);
	user_event(user, event);
}

void process_user_end(void)
{
	for (unsigned i = 0; i < USERS; i++)
		stub_destroy(&users[i].stub);
}

const char *process_user_check(uint64_t *va)
{
	const char *what = NULL;

	for (unsigned i = 0; i < USERS && !what; i++) {
		if (!users[i].root || !users[i].stub.pid)
			continue;
		maps_sync(&users[i].maps, users[i].root);
		what = maps_check(&users[i].maps, users[i].root, va);
	}
	return what;
}

void backend_set_fs_base(uint64_t base)
{
	process_user_base[0] = base;
	if (wedge_wants_shared)
		host_base_set(0, base);
}

/* User mode can change a base itself: by a null selector, by instructions. */
uint64_t backend_user_base(int which)
{
	int i = which == SEG_GS;

	if (wedge_wants_shared && !i)
		return host_base_get(0);

	if (user_last && user_last->has.base[i] == process_user_base[i] &&
	    !stub_base_get(&user_last->stub, which, &process_user_base[i]))
		user_last->has.base[i] = process_user_base[i];
	return process_user_base[i];
}
