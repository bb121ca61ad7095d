/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What made an object, by the words that it leaves in .comment.
 *
 * Must not know: instructions, tables.
 */
#ifndef PREVIRT_PRODUCER_H
#define PREVIRT_PRODUCER_H

struct image;

/*
 * Why an object has no table and how to give it one, if what made it is known not
 * to work with the plugin and the macro pack; or NULL.
 */
const char *producer_advice(const struct image *image);

#endif
