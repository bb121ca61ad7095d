/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The mappings that processors.c needs. */
#ifndef PREVIRT_HOST_PROCESSORS_MEMORY_H
#define PREVIRT_HOST_PROCESSORS_MEMORY_H
#include "processors.h"

/* Makes a copy of what the running processor has for itself, for each further one. Returns
   0, or an error of the host, negated; so does the next function. */
long host_processors_copy_own(void);
/* Maps processor @vcpu's own memory in the running process, in place of its present one. */
long host_processor_become(unsigned vcpu);

#endif
