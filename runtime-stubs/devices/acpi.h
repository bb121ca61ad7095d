/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* ACPI's fixed registers, by what the board asks of them. */
#ifndef PREVIRT_ACPI_H
#define PREVIRT_ACPI_H

/* Offsets of the registers in its ports. */
enum { ACPI_EVENT = 0, ACPI_CONTROL = 4, ACPI_TIMER = 8, ACPI_PORTS = 12 };

struct acpi;

/* Somebody has pressed the power button; what it means is the guest's decision. */
void acpi_power_button(struct acpi *acpi);

#endif
