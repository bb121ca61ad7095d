/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a domain has that is not the first: instead of the machine's console a
 * ring, and requests of the toolstack (domu.c). Called with the wedge's lock.
 */
#ifndef PREVIRT_XENPV_DOMU_H
#define PREVIRT_XENPV_DOMU_H
#include "xenpv.h"

/* 1: this domain is not the first. */
static inline int xenpv_domu_is(void)
{
	return !(xenpv_start_info->flags & SIF_INITDOMAIN);
}

/* Before the first word on the console. */
void xenpv_domu_init(void);

/* As backend_console_write and backend_console_read. */
void xenpv_domu_console_write(const char *text, size_t length);
size_t xenpv_domu_console_read(char *text, size_t size);

/* Asks to be told of requests; takes those that have come. */
void xenpv_domu_requests_init(void);
void xenpv_domu_requests_run(void);

/*
 * The domain is about to end, with this reason (xen/sched.h): what it has said is
 * taken. Gives the reason, or SHUTDOWN_reboot if a power-off was requested in
 * order to start it again.
 */
unsigned xenpv_domu_ending(unsigned reason);

#endif
