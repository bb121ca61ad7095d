/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#ifndef PREVIRT_HPET_H
#define PREVIRT_HPET_H

/* The low half of the capabilities, which stands in the ACPI table, too. */
#define HPET_ID 0x80862201u

#endif
