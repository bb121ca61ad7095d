/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The end of a run, and what is said of it. */
#ifndef PREVIRT_IFACE_END_H
#define PREVIRT_IFACE_END_H
#include <stdint.h>

/* Ends the machine. @how is a value of devices/ends.h and is passed on to whoever
   started the machine, as wedge_ending, which is called before anything else, returns it. */
_Noreturn void backend_shutdown(int how);

/* At the end of a run: returns NULL, or what of the back-end's own code and data is not
   as it must be, above all not out of user mode's reach. The other processors stand
   still from then on. */
const char *backend_check(void);

/* Returns how many hypercalls the running processor has made so far. 0 where there is
   nothing like them. */
uint64_t backend_hypercalls(void);

/* Prints what was asked of the hypervisor, a line for each kind, as wedge/counters.c
   describes it. May print nothing. */
void backend_print_counters(void);

#endif
