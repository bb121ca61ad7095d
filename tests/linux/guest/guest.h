/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest side of the scripted boots: one static program, started as
 * /init, that runs the tests the kernel command line names.
 *
 * A test prints what it saw.  Every line that does not begin with '#' must be
 * the same on a plain and on an annotated kernel: no addresses, no times.
 * It returns 0 when all was as it should be.  Each test runs in a process of
 * its own.
 *
 * Must not know: previrt, the variant of the kernel, QEMU beyond the exit port.
 * Copyright The previrt authors
 */
#ifndef PREVIRT_GUEST_H
#define PREVIRT_GUEST_H
#include <stddef.h>

struct guest_test {
	const char *name;
	int (*run)(void);
};

int test_smoke(void);
int test_bases(void);
int test_wakeups(void);
int test_badiret(void);
int test_badgs(void);
int test_modules(void);
int test_fpu(void);
int test_ptrace(void);
int test_int80(void);
int test_patching(void);
int test_tracing(void);
int test_privileged(void);
int test_shell(void);
int test_flags(void);
int test_tables(void);
int test_devices(void);
int test_processors(void);
int test_stress(void);
int test_offline(void);

/* The value of WORD= on the kernel's command line, or "". */
void guest_word(const char *word, char *value, size_t size);

/* One line of result: prints "ok WHAT" or "BAD WHAT"; returns 1 when bad. */
int guest_check(int good, const char *what, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Runs BODY in a child; prints "WHAT: exit N" or "WHAT: signal N" and returns
 * the wait status.  The child's own lines are flushed before it ends.
 */
int guest_in_child(const char *what, int (*body)(void *), void *arg);

/*
 * Load all modules of /modules/order, in that order, and say which, and where
 * their code is; how many there are. Unload them backwards; 1 when bad.
 */
int guest_load_modules(void);
int guest_unload_modules(void);

/* LDT entry NR becomes a segment of 4 GiB at 0, or goes away. */
enum guest_segment { SEG_NONE, SEG_CODE32, SEG_DATA32, SEG_DATA16, SEG_ABSENT };
int guest_set_ldt(int nr, enum guest_segment kind);
#define LDT_SELECTOR(nr) ((nr) << 3 | 7)

#endif
