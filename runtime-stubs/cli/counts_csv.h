/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What `previrt counts --csv` has printed: counts_print.c writes it, counts_csv.c reads it. */
#ifndef PREVIRT_CLI_COUNTS_CSV_H
#define PREVIRT_CLI_COUNTS_CSV_H
#include <stdbool.h>
#include <stdint.h>

/* The columns, in their order; it is the first line. */
#define COUNTS_CSV_HEAD "seconds,count,op,class,place,address,object,file,line"
enum { CSV_SECONDS, CSV_COUNT, CSV_OP, CSV_CLASS, CSV_PLACE, CSV_ADDRESS, CSV_OBJECT, CSV_FILE,
	CSV_LINE, CSV_FIELDS };

/* One line's fields, without their quotes; they last until the taker returns. */
typedef void counts_csv_taker(void *context, char *const field[CSV_FIELDS]);

/* The lines of the file at @path behind the first; false after a numbered error. */
bool counts_csv_each(const char *path, counts_csv_taker *each, void *context);

#endif
