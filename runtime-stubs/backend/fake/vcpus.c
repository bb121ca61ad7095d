/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Several processors, one of which runs: what each has for itself is kept while another does. */
#include "fake.h"
#include "../backend.h"
#include "../../wedge/vm.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct vcpu vcpus_kept[FAKE_VCPUS];

void fake_on(unsigned vcpu)
{
	if (vcpu == backend_vcpu)
		return;
	vcpus_kept[backend_vcpu] = previrt_vcpu;
	previrt_vcpu = vcpus_kept[vcpu];
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

	memcpy(to, vcpu == backend_vcpu ? own : (const char *)&vcpus_kept[vcpu] + at, size);
}
