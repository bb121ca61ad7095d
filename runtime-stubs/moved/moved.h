/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* For back-ends that have kernels moved (relocator/): their modules. */
#ifndef PREVIRT_MOVED_H
#define PREVIRT_MOVED_H
#include <stddef.h>

/* Before wedge_start, with the same bundle: from then on the modules of its kernel are
   relocated, if it was moved. */
void moved_modules_init(const void *bundle, size_t size);

#endif
