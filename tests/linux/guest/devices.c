/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devices: loads the drivers, then uses each network interface and virtual
 * disk that there is: eth0 talks to 10.0.2.2, eth1 to 10.0.3.2 and so on, as
 * QEMU's user networks have it; of each disk a part is written and read back.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "guest.h"

enum { MAX_DEVICES = 4, ECHOES = 20, PAYLOAD = 1000, BLOCK = 1 << 16, TRIES = 5 };

static struct sockaddr_in address(int net, int host)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_addr.s_addr = htonl(10 << 24 | net << 8 | host);
	return a;
}

static int bring_up(int fd, const char *name, int net)
{
	struct sockaddr_in own = address(net, 15), mask = { .sin_family = AF_INET };
	struct ifreq ifr = { 0 };

	mask.sin_addr.s_addr = htonl(0xffffff00);
	strcpy(ifr.ifr_name, name);
	memcpy(&ifr.ifr_addr, &own, sizeof(own));
	if (ioctl(fd, SIOCSIFADDR, &ifr))
		return -1;
	memcpy(&ifr.ifr_netmask, &mask, sizeof(mask));
	if (ioctl(fd, SIOCSIFNETMASK, &ifr) || ioctl(fd, SIOCGIFFLAGS, &ifr))
		return -1;
	ifr.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &ifr);
}

static int bring_down(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	strcpy(ifr.ifr_name, name);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return -1;
	ifr.ifr_flags &= ~IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &ifr);
}

static unsigned short checksum(const unsigned short *p, int words)
{
	unsigned sum = 0;

	while (words--)
		sum += *p++;
	sum = (sum >> 16) + (sum & 0xffff);
	return ~(sum + (sum >> 16));
}

/* One echo there and back, with a payload; 1 if it came. */
static int echo(int raw, int net, int number)
{
	struct { struct icmphdr head; char data[PAYLOAD]; } out = { 0 }, *in;
	struct sockaddr_in to = address(net, 2);
	char packet[2048];
	ssize_t got;

	out.head.type = ICMP_ECHO;
	out.head.un.echo.sequence = htons(number);
	memset(out.data, number, sizeof(out.data));
	out.head.checksum = checksum((void *)&out, sizeof(out) / 2);
	if (sendto(raw, &out, sizeof(out), 0, (void *)&to, sizeof(to)) < 0)
		return 0;
	while ((got = recv(raw, packet, sizeof(packet), 0)) > 0) {
		in = (void *)(packet + (packet[0] & 15) * 4);
		if (in->head.type == ICMP_ECHOREPLY && in->head.un.echo.sequence == htons(number))
			return !memcmp(in->data, out.data, sizeof(out.data));
	}
	return 0;
}

static int check_network(int number)
{
	struct timeval limit = { .tv_sec = 2 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	int net = 2 + number, i, tries, good = 0, bad;
	char name[8];

	snprintf(name, sizeof(name), "eth%d", number);
	setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	bad = guest_check(bring_up(fd, name, net) == 0, "%s goes up", name);
	for (tries = 0; tries < TRIES && !echo(raw, net, 999); tries++)
		sleep(1);	/* the link may need a while */
	for (i = 0; i < ECHOES; i++)
		good += echo(raw, net, i);
	bad |= guest_check(good == ECHOES, "%s: %d echoes of %d", name, good, ECHOES);
	bad |= guest_check(bring_down(fd, name) == 0, "%s goes down", name);
	close(fd);
	close(raw);
	return bad;
}

static int check_disk(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT | O_SYNC), i, bad;
	char *out = aligned_alloc(4096, BLOCK), *in = aligned_alloc(4096, BLOCK);

	for (i = 0; i < BLOCK; i++)
		out[i] = (char)(i * 5 + (i >> 9));
	memset(in, 0, BLOCK);
	bad = guest_check(pwrite(fd, out, BLOCK, 0) == BLOCK && fsync(fd) == 0, "%s: written", path);
	bad |= guest_check(pread(fd, in, BLOCK, 0) == BLOCK && !memcmp(in, out, BLOCK),
			   "%s: read", path);
	close(fd);
	free(in);
	free(out);
	return bad;
}

int test_devices(void)
{
	int i, bad, used = 0;
	char path[32];

	bad = guest_check(guest_load_modules() >= 2, "drivers");
	for (i = 0; i < MAX_DEVICES; i++) {
		snprintf(path, sizeof(path), "/sys/class/net/eth%d", i);
		if (access(path, F_OK))
			continue;
		used++;
		bad |= check_network(i);
	}
	for (i = 0; i < MAX_DEVICES; i++) {
		snprintf(path, sizeof(path), "/dev/vd%c", 'a' + i);
		if (access(path, F_OK))
			continue;
		used++;
		bad |= check_disk(path);
	}
	bad |= guest_check(used > 0, "%d devices", used);
	return bad | guest_unload_modules();
}
