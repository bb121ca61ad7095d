/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What processors.c does with memory. */
#ifndef PREVIRT_HOST_PROCESSORS_MEMORY_H
#define PREVIRT_HOST_PROCESSORS_MEMORY_H
#include "processors.h"

/* Of each further processor there is what it has for itself, a copy of the running one's. 0,
   or an error of the host, negated; so the next one. */
long host_processors_copy_own(void);
/* The running process has processor @vcpu's, in the place of what it had. */
long host_processor_become(unsigned vcpu);

#endif
