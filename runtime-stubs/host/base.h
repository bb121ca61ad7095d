/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The bases of fs (0) and gs (1) of a process of a Linux host. */
#ifndef PREVIRT_HOST_BASE_H
#define PREVIRT_HOST_BASE_H
#include <stdint.h>

/* Uses the instructions for it if the host lets programs execute them (host_has_fsgsbase). */
extern uint8_t host_fsgsbase;

uint64_t host_base_get(int which);
/* LIMIT: a base that the host refuses is not set. */
void host_base_set(int which, uint64_t base);

#endif
