/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* ACPI's fixed registers: the functions that the board calls. */
#ifndef PREVIRT_ACPI_H
#define PREVIRT_ACPI_H

/* Offsets of the registers in its ports. */
enum { ACPI_EVENT = 0, ACPI_CONTROL = 4, ACPI_TIMER = 8, ACPI_PORTS = 12 };

struct acpi;

/* The power button is pressed. The guest decides what follows. */
void acpi_power_button(struct acpi *acpi);

#endif
