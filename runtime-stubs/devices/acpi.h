/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The tables of the ACPI machine (devices/acpi.c). */
#ifndef PREVIRT_ACPI_H
#define PREVIRT_ACPI_H
#include <stddef.h>
#include <stdint.h>

/* Where a kernel looks for them: between E0000h and FFFFFh, 16 bytes aligned. */
#define ACPI_TABLES 0xf0000u

/* Through which further processors are woken; there if there are any. */
#define ACPI_MAILBOX 0xfee01000u

/* Fill @page, which the guest sees at @address. */
void acpi_write_tables(void *page, uint32_t address);

/* Somebody has pressed the power button; what it means is the guest's decision. */
void acpi_power_button(void);

#endif
