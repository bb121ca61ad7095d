/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The mailbox that wakes further processors. */
#ifndef PREVIRT_BOARD_MAILBOX_H
#define PREVIRT_BOARD_MAILBOX_H
#include <stdint.h>

/* @start is called when a processor is woken for the first time. */
void mailbox_set_start(void (*start)(unsigned vcpu));
/* Returns the guest-physical address at which @vcpu is to start. */
uint64_t mailbox_vector(unsigned vcpu);
/* Returns 1 if the running processor, which is off, was woken again since the last call. */
int mailbox_woken_again(void);

#endif
