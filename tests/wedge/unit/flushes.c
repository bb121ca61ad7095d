/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* When the TLBs of several processors were emptied last (mmu/shadow/flushes.h). */
#include "../../../runtime-stubs/mmu/shadow/flushes.h"
#include "../../../runtime-stubs/iface/vcpu.h"
#include <stdio.h>

unsigned backend_vcpus = 3, backend_vcpu;
struct flushes_vm flushes_vm;
static unsigned passed, failed;

static void expect(const char *what, int right)
{
	passed += !!right;
	failed += !right;
	if (!right)
		printf("BAD %s\n", what);
}

static int note(unsigned vcpu, int all)
{
	backend_vcpu = vcpu;
	return flushes_note(all);
}

static void test_times(void)
{
	flushes_restart();
	expect("the first time", flushes_all() == 1 && flushes_watch() == 1 && flushes_watch() == 1);
	expect("a time is left", !note(0, 0));
	expect("who has not started does not count", flushes_all() == 2);
	note(1, 0);
	expect("without a bit the clock stands", flushes_all() == 2 && flushes_watch() == 2);
	note(0, 0);
	expect("the latest of one, not of all", flushes_all() == 2 && flushes_watch() == 3);
	note(0, 0);
	expect("still", flushes_all() == 2);
	note(1, 0);
	expect("of all", flushes_all() == 4);
	flushes_watch();
	note(0, 1);
	expect("all at once", flushes_all() == 5);
}

static void test_away(void)
{
	backend_vcpu = 1;
	flushes_away();
	flushes_watch();
	note(0, 0);
	expect("who is away does not count", flushes_all() == 6);
	note(0, 1);
	backend_vcpu = 1;
	expect("back, with an old TLB", flushes_back() && flushes_all() == 5);
	note(1, 0);
	flushes_away();
	expect("back at once", !flushes_back() && flushes_all() == 6);
	flushes_away();
	flushes_watch();
	expect("a bit was cleared", flushes_back());
}

static void test_restart(void)
{
	flushes_watch();
	note(0, 1);
	flushes_restart();
	expect("from the start", flushes_all() == 1 && flushes_watch() == 1);
	note(1, 0);
	expect("the first processor, too", flushes_all() == 1);
	note(0, 0);
	expect("and the third has not started", flushes_all() == 2);
}

int main(void)
{
	test_times();
	test_away();
	test_restart();
	printf("flushes: %u passed, %u failed\n", passed, failed);
	return failed || passed < 15;
}
