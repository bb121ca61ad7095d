/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a daemon does for the power button: loads Linux's own drivers for it, says
 * which words come by the console, and ends when the button is pressed. The drivers
 * are modules at /, for the kernels of the tests have none.
 */
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE 600000		/* ms */

static int load(const char *path)
{
	int fd = open(path, O_RDONLY), failed = fd < 0 || syscall(SYS_finit_module, fd, "", 0);

	if (failed)
		perror(path);
	return failed;
}

static int open_button(void)
{
	char path[32], name[64];

	for (int i = 0; i < 8; i++) {
		int fd;

		snprintf(path, sizeof(path), "/dev/input/event%d", i);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (ioctl(fd, EVIOCGNAME(sizeof(name)), name) > 0 && !strcmp(name, "Power Button"))
			return fd;
		close(fd);
	}
	return -1;
}

static int pressed(int fd)
{
	struct input_event event;

	return read(fd, &event, sizeof(event)) == sizeof(event) && event.type == EV_KEY &&
	       event.code == KEY_POWER && event.value == 1;
}

int main(void)
{
	struct pollfd wait[2] = { { .fd = 0, .events = POLLIN }, { .events = POLLIN } };
	char word[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (load("/input-core.ko") || load("/evdev.ko") || load("/button.ko"))
		return 1;
	wait[1].fd = open_button();
	if (wait[1].fd < 0) {
		printf("button: there is none\n");
		return 1;
	}
	printf("button: ready\n");
	while (poll(wait, 2, PATIENCE) > 0) {
		if (wait[0].revents && fgets(word, sizeof(word), stdin))
			printf("button: word %s", word);
		if (wait[1].revents && pressed(wait[1].fd)) {
			printf("button: pressed\n");
			return 0;
		}
	}
	printf("button: nobody came\n");
	return 1;
}
