/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Says the time of its clock once in a second, for as many seconds as previrt.clock=N
 * on the kernel's command line tells, and works in between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000ll

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

static void say_file(const char *what, const char *path)
{
	char text[64] = "";
	FILE *file = fopen(path, "r");

	if (file && fgets(text, sizeof(text), file))
		text[strcspn(text, "\n")] = '\0';
	if (file)
		fclose(file);
	printf("%s: %s\n", what, text);
}

static int seconds_wanted(void)
{
	char line[1024] = "", *word;
	FILE *file = fopen("/proc/cmdline", "r");

	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	word = strstr(line, "previrt.clock=");
	return word ? atoi(word + strlen("previrt.clock=")) : 10;
}

int main(void)
{
	volatile unsigned long work = 0;
	int seconds = seconds_wanted();
	long long start = now(CLOCK_MONOTONIC);

	setvbuf(stdout, NULL, _IONBF, 0);
	say_file("clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	for (int i = 0; i <= seconds; i++) {
		while (now(CLOCK_MONOTONIC) < start + i * NS - NS / 2)
			for (int n = 0; n < 10000; n++)
				work++;
		while (now(CLOCK_MONOTONIC) < start + i * NS)
			usleep(1000);
		printf("clock %lld\n", now(CLOCK_MONOTONIC));
	}
	return 0;
}
