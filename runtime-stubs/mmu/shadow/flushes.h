/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * With several processors: when each TLB was emptied last (flushes.c). A dirty bit that
 * was cleared says nothing of a processor whose TLB has it set still. So a frame has the
 * time at which its bits were cleared (`since'), and a table that is compared with it the
 * time up to which all TLBs have forgotten (`sure'): only where `since' is the earlier
 * one, a clear bit means that nothing was written since the comparison.
 *
 * A time is the number of flushes that came first behind the clearing of a bit.
 */
#ifndef PREVIRT_MMU_SHADOW_FLUSHES_H
#define PREVIRT_MMU_SHADOW_FLUSHES_H
#include <stdint.h>

/* A bit is cleared: the time. */
uint32_t flushes_watch(void);
/* All processors' TLBs have been emptied at this time, or later. */
uint32_t flushes_all(void);
/* The running processor's TLB has been emptied, or with @all each one's. 1: no time is
   left, and once all TLBs have been emptied flushes_restart is to be called. */
int flushes_note(int all);
void flushes_restart(void);
/* The running processor writes nothing until flushes_back; its TLB may keep what it
   has. back: 1 if it must be emptied before the guest goes on. */
void flushes_away(void);
int flushes_back(void);

#endif
