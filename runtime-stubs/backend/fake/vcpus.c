/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Several processors, one of which runs: the parts of the others are saved in vcpus_saved. */
#include "fake.h"
#include "../backend.h"
#include "../../wedge/vm.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct vcpu vcpus_saved[FAKE_VCPUS];

void fake_on(unsigned vcpu)
{
	if (vcpu == backend_vcpu)
		return;
	vcpus_saved[backend_vcpu] = previrt_vcpu;
	previrt_vcpu = vcpus_saved[vcpu];
	backend_vcpu = vcpu;
}

void backend_vcpu_start(unsigned vcpu)
{
	printf("BAD fake back-end: processor %u cannot start\n", vcpu);
	exit(1);
}

void backend_vcpu_read(unsigned vcpu, const void *own, void *to, size_t size)
{
	size_t at = (const char *)own - (const char *)&previrt_vcpu;

	memcpy(to, vcpu == backend_vcpu ? own : (const char *)&vcpus_saved[vcpu] + at, size);
}
