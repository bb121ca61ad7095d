/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The AML code of the differentiated system description table. */
#ifndef PREVIRT_BOARD_DSDT_H
#define PREVIRT_BOARD_DSDT_H
#include <stdint.h>

#define DSDT_CODE_BYTES 249u
void dsdt_write(uint8_t code[DSDT_CODE_BYTES]);

#endif
