/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#ifndef PREVIRT_PROCESS_CALL_H
#define PREVIRT_PROCESS_CALL_H
#include "channel.h"

/* The stub makes this call, and no other. Its result; -ESRCH: the stub is gone. */
long call_make(struct stub *stub, const struct channel_call *call);

#endif
