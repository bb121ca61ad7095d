/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The version, which the makefile gives. */
#ifndef PREVIRT_CLI_VERSION_H
#define PREVIRT_CLI_VERSION_H

#ifndef PREVIRT_VERSION
#define PREVIRT_VERSION "unknown"
#endif

#endif
