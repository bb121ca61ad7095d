/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a back-end implements: all parts of the interface (iface/), for the files of
 * back-ends. One folder per hypervisor implements these functions, and the link list of
 * the wedge chooses one. The order of the parts is that of the manual.
 *
 * Described for authors of back-ends in docs/adding-a-back-end.md.
 */
#ifndef PREVIRT_BACKEND_H
#define PREVIRT_BACKEND_H
#include "../iface/console.h"
#include "../iface/clock.h"
#include "../iface/events.h"
#include "../iface/vcpu.h"
#include "../iface/memory.h"
#include "../iface/tables.h"
#include "../iface/segments.h"
#include "../iface/processor.h"
#include "../iface/fastpath.h"
#include "../iface/end.h"

#endif
