/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The first program of a guest, or one of its initramfs: two processes hand numbers to
 * each other, of 1 to 16 bytes, in buffers that lie in two pages, too. The kernel's
 * accesses to them are its first ones since it has changed from the other process.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 200, SIZES = 16, PLACES = 4 };
static int there[2], back[2];

/* A number of @size bytes that tells round and place. */
static void fill(uint8_t *bytes, unsigned size, unsigned seed)
{
	for (unsigned i = 0; i < size; i++)
		bytes[i] = (uint8_t)(seed * 31 + i * 7 + 1);
}

static uint8_t *place(uint8_t *pages, unsigned n)
{
	static const unsigned places[PLACES] = { 64, 4096 - 5, 4096 - 16, 8192 - 1 };

	return pages + places[n % PLACES];
}

/* The other process says each number's complement. */
static void answer(uint8_t *pages)
{
	for (unsigned n = 0; ; n++) {
		unsigned size = 1 + n % SIZES;
		uint8_t *at = place(pages, n / SIZES);

		if (read(there[0], at, size) != (ssize_t)size)
			_exit(0);
		for (unsigned i = 0; i < size; i++)
			at[i] ^= 0xff;
		if (write(back[1], at, size) != (ssize_t)size)
			_exit(1);
	}
}

static unsigned ask(uint8_t *pages, unsigned n)
{
	unsigned size = 1 + n % SIZES, wrong = 0;
	uint8_t *at = place(pages, n / SIZES), wanted[SIZES + 1];

	fill(wanted, size + 1, n);
	memcpy(at, wanted, size + 1);	/* one byte more, which stays */
	wrong += write(there[1], at, size) != (ssize_t)size;
	memset(at, 0, size);
	wrong += read(back[0], at, size) != (ssize_t)size;
	for (unsigned i = 0; i < size; i++)
		wrong += (at[i] ^ wanted[i]) != 0xff;
	return wrong + (at[size] != wanted[size]);
}

int main(void)
{
	uint8_t *pages = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	unsigned wrong = 0;
	int status;
	pid_t other;

	if (pages == MAP_FAILED || pipe(there) || pipe(back))
		return 1;
	other = fork();
	if (!other) {
		close(there[1]);
		answer(pages);
	}
	close(there[0]);
	for (unsigned n = 0; n < ROUNDS; n++)
		wrong += ask(pages, n);
	close(there[1]);
	wrong += waitpid(other, &status, 0) != other || status;
	printf("%s exchange: %u numbers, %u wrong\n", wrong ? "BAD" : "ok", ROUNDS, wrong);
	return wrong != 0;
}
