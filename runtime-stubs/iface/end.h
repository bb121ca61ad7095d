/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The end of a run, and what is said of it. */
#ifndef PREVIRT_IFACE_END_H
#define PREVIRT_IFACE_END_H
#include <stdint.h>

/* Ends the machine with exit status @how (devices/exit_status.h). Calls wedge_ending(@how)
   first, and passes what that returns to the program that started the machine. */
_Noreturn void backend_shutdown(int how);

/* Checks the back-end's own code and data at the end of a run, above all that user mode
   cannot reach them. Returns NULL, or the name of what is wrong. Stops the other
   processors. */
const char *backend_check(void);

/* Returns how many hypercalls the running processor has made so far. 0 where there is
   nothing like them. */
uint64_t backend_hypercalls(void);

/* Prints how often each kind of hypercall was made, a line for each, in the format of
   wedge/counters.c. Prints nothing where there is nothing like them. */
void backend_print_counters(void);

#endif
