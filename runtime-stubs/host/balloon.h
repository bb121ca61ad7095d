/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Gives guest memory, which is a file of a Linux host (memfd_create(2)), back to the host. */
#ifndef PREVIRT_HOST_BALLOON_H
#define PREVIRT_HOST_BALLOON_H
#include "../bus/balloon.h"

/* @before_write as for host_disk. */
struct bus_balloon *host_balloon(void (*before_write)(void *at, uint64_t size));

#endif
