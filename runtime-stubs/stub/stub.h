/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A stub: a host process in which user code of the guest runs, one address space of the
 * guest each. This is what a back-end knows of it.
 *
 * Invariants: whatever user code does, it has the host do nothing but what the
 * supervisor asks for here, and what the supervisor learns of it is no more than its
 * own state. One thread of the supervisor creates, runs and destroys all stubs; when
 * that thread ends, they end. Registers are those of user code, numbered as in cpu.h.
 *
 * Linux: Documentation/userspace-api/seccomp_filter.rst, sigaltstack(2), signal(7).
 */
#ifndef PREVIRT_STUB_H
#define PREVIRT_STUB_H
#include <stddef.h>
#include <stdint.h>
#include "../cpu/cpu.h"
#include "layout.h"

struct stub_control;

/* Why user code does not run. */
enum stub_event {
	STUB_SYSCALL,		/* SYSCALL; rip is behind it, the number in rax */
	STUB_SYSCALL32,		/* int 0x80, or SYSCALL or SYSENTER of 32-bit code */
	STUB_EXCEPTION,		/* vector, error; address of a page fault */
	STUB_INTERRUPTED,	/* stub_interrupt, and nothing else has happened */
	STUB_REFUSED,		/* the host has refused stub_map_next; nothing has happened */
	STUB_BROKEN,		/* user code has made its stub unusable: it is gone */
	STUB_KILLED,		/* somebody else has ended it: it is gone */
};

struct stub {
	/* Of user code: as they were at the event, and as stub_run has them go on. */
	uint64_t r[16], rip, rflags;
	/* By SEG_ES and so on, selectors of the host (selectors.h) or of the local table. A load of fs
	   or gs sets the base. One of ds, es, fs or gs that the host cannot load makes these null. */
	uint16_t seg[SEGS];
	/* Of STUB_EXCEPTION: as the processor gives them. */
	uint32_t vector, error;
	uint64_t address;
	/* Of STUB_BROKEN and STUB_KILLED: the status of wait4(2). */
	int status;
	/* Of stub_create: what the host refused; NULL: nothing. */
	const char *refused;

	/* The rest is the stub's own business. */
	int pid, listener, memory;	/* pid, listener 0: there is none */
	volatile int interrupt;
	struct stub_control *control;	/* the region, in the supervisor */
	uint64_t sequence, frame, fpu;	/* addresses in the stub */
	uint64_t answer, notification;
	struct channel_call {
		uint64_t number, argument[6];
	} order;			/* that the next run makes, if @ordered */
	uint32_t fpu_size;
	uint8_t raw, may_have_ended, ordered, going;
};

/*
 * Once, before all else. 0, or an error of the host, negated: -EBUSY if the program has
 * an area for restartable sequences (rseq(2)), which a stub would inherit; -ENOSYS if
 * the processor has no XSAVE; -ENOSPC if its state has no room in a region. SIGCHLD is
 * the stubs' from now on.
 */
int stub_init(void);
/* Before that: where the supervisor has the regions of its stubs; 0: where the host
   likes. */
extern uint64_t stub_place;

/*
 * A new address space, with nothing mapped in it. @memory: the file that stub_map maps.
 * Its user code begins where @r, rip and rflags say, all 0, with the state of the FPU
 * as after reset. 0, or an error of the host, negated; @refused says of what.
 * It runs on the processors that the caller may run on: a hand-over is cheap where
 * that is one and the same.
 */
int stub_create(struct stub *stub, int memory);
void stub_destroy(struct stub *stub);

/* User code goes on, until something happens. A stub that is gone stays so. */
enum stub_event stub_run(struct stub *stub);
/* stub_run, this one or the next, comes back. May be called by a signal's handler. */
void stub_interrupt(struct stub *stub);

/*
 * User code's FPU and vector registers, as XSAVE stores them (SDM volume 1, 13.4), to
 * be read and written until the next stub_run: *@size bytes. Bits of XSTATE_BV that are
 * not in @parts, or that the processor does not have, are dropped, as are such of MXCSR:
 * those parts are as after reset, and XRSTOR takes the area.
 */
void *stub_fpu(struct stub *stub, uint64_t parts, size_t *size);

/*
 * The same with areas: the processor's @parts of the state are user code's next, or
 * user code's are the processor's. @size: bytes of an area that has them. All others, and all
 * but x87 and SSE where user code has left an area with no room for more, are as after reset.
 */
void stub_state_give(struct stub *stub, uint64_t parts, size_t size);
void stub_state_take(struct stub *stub, uint64_t parts, size_t size);

/* The base of @segment, SEG_FS or SEG_GS. 0, or an error of the host, negated: -EPERM
   where @base is no address of user mode; -ESRCH if the stub is gone. */
int stub_base_get(struct stub *stub, int segment, uint64_t *base);
int stub_base_set(struct stub *stub, int segment, uint64_t base);	/* the selector becomes null */

/*
 * Descriptor @number of the local table that user code has, by modify_ldt(2); 0: none. 0, or an
 * error of the host, negated; -EINVAL, without asking the host, if it is not one of code or data of
 * privilege level 3, or is of 64-bit code, or of conforming code that is present.
 */
#define STUB_LDT 8192u
int stub_ldt_set(struct stub *stub, unsigned number, uint64_t descriptor);
struct stub_ldt {			/* a new stub's: all 0 */
	unsigned version, count;	/* version: of the last change, and not 0 then */
	uint64_t descriptor[STUB_LDT];
};
/* The stub gets the table @wanted, where @has, what it was given last, is of another version. One
   that the host refuses is none. Returns how many have changed. */
unsigned stub_ldt_load(struct stub *stub, struct stub_ldt *has, const struct stub_ldt *wanted);
/* Returns @selector if SEG_@which can be loaded with it, by @ldt, which it is of; else 0. */
uint16_t stub_ldt_selector(const struct stub_ldt *ldt, int which, uint16_t selector);
static inline uint64_t stub_ldt_base(const struct stub_ldt *ldt, uint16_t selector)
{
	uint64_t d = ldt->descriptor[selector >> 3];

	return (d >> 16 & 0xffffff) | (d >> 56 & 0xff) << 24;
}

/* What a stub has of what was wanted last; a new one: all 0, but perhaps ldt, which is all 0. */
struct stub_segments {
	uint64_t base[2];		/* of fs and gs */
	uint16_t given[SEGS];
	struct stub_ldt *ldt;		/* NULL: there was none yet */
};
/* User code is to go on with the selectors @wanted, by SEG_ES and so on, in code of 64 bits or not,
   and with @base of fs and gs. Returns how many calls that takes. */
unsigned stub_segments_give(struct stub *stub, struct stub_segments *has, const uint16_t *wanted,
			    int is_64, const uint64_t *base);
/* User code has run. Returns a bit for each register that it has loaded, with what is in @now. */
unsigned stub_segments_take(struct stub *stub, struct stub_segments *has, uint16_t *now);
static inline int stub_is_local(uint16_t selector)
{
	return (selector & 7) == 7;
}

/*
 * Change what user code has at @va, @size bytes of whole pages below STUB_CODE. map:
 * the file's pages from @offset on. @rights: STUB_READ and so on. 0, or an error of the
 * host, negated; -EINVAL if the range is none of user code's; -ESRCH if the stub is gone.
 */
#define STUB_READ 1u
#define STUB_WRITE 2u
#define STUB_EXECUTE 4u
int stub_map(struct stub *stub, uint64_t va, uint64_t size, unsigned rights, uint64_t offset);
/* The same, made by the next stub_run on the way to user code, with a hand-over less. */
int stub_map_next(struct stub *stub, uint64_t va, uint64_t size, unsigned rights,
		  uint64_t offset);
int stub_protect(struct stub *stub, uint64_t va, uint64_t size, unsigned rights);
int stub_unmap(struct stub *stub, uint64_t va, uint64_t size);

#endif
