/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devices: loads the drivers, then uses each network interface and virtual
 * disk that there is: eth0 asks for 10.0.2.2, eth1 for 10.0.3.2 and so on, as
 * QEMU's user networks answer; of each disk a part is written and read back.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "guest.h"

enum { MAX_DEVICES = 4, QUESTIONS = 20, FRAME = 64, BLOCK = 1 << 16, TRIES = 5 };

/* Up or down. */
static int switch_to(int fd, const char *name, int up)
{
	struct ifreq ifr = { 0 };

	strcpy(ifr.ifr_name, name);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return -1;
	ifr.ifr_flags = up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &ifr);
}

/* A packet socket for ARP on one interface, its number and address. */
static int open_interface(const char *name, int *index, unsigned char *mac)
{
	int raw = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ARP));
	struct timeval limit = { .tv_sec = 1 };
	struct sockaddr_ll own = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP) };
	struct ifreq ifr = { 0 };

	strcpy(ifr.ifr_name, name);
	if (ioctl(raw, SIOCGIFINDEX, &ifr))
		return -1;
	own.sll_ifindex = *index = ifr.ifr_ifindex;
	if (ioctl(raw, SIOCGIFHWADDR, &ifr) || bind(raw, (void *)&own, sizeof(own)))
		return -1;
	memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return raw;
}

/* A question for an address (RFC 826) and its answer, padded; 1 if it came. */
static int ask(int raw, int net, int index, const unsigned char *mac)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP),
				  .sll_ifindex = index, .sll_halen = ETH_ALEN };
	unsigned char out[FRAME] = { 0, 1, 8, 0, ETH_ALEN, 4, 0, ARPOP_REQUEST }, in[2048];
	unsigned char own[4] = { 10, 0, net, 15 }, wanted[4] = { 10, 0, net, 2 };
	ssize_t got;

	memset(to.sll_addr, 0xff, ETH_ALEN);
	memcpy(out + 8, mac, ETH_ALEN);
	memcpy(out + 14, own, 4);
	memcpy(out + 24, wanted, 4);
	if (sendto(raw, out, sizeof(out), 0, (void *)&to, sizeof(to)) < 0)
		return 0;
	while ((got = recv(raw, in, sizeof(in), 0)) > 0)
		if (got >= 28 && in[7] == ARPOP_REPLY && !memcmp(in + 14, wanted, 4))
			return !memcmp(in + 18, mac, ETH_ALEN);
	return 0;
}

static int check_network(int number)
{
	int fd, raw, index = 0, net = 2 + number, i, tries, good = 0, bad;
	unsigned char mac[ETH_ALEN];
	char name[8];

	snprintf(name, sizeof(name), "eth%d", number);
	fd = raw = open_interface(name, &index, mac);
	bad = guest_check(raw >= 0 && switch_to(fd, name, 1) == 0, "%s goes up", name);
	for (tries = 0; tries < TRIES && !ask(raw, net, index, mac); tries++)
		sleep(1);	/* the link may need a while */
	for (i = 0; i < QUESTIONS; i++)
		good += ask(raw, net, index, mac);
	bad |= guest_check(good == QUESTIONS, "%s: %d answers to %d", name, good, QUESTIONS);
	bad |= guest_check(switch_to(fd, name, 0) == 0, "%s goes down", name);
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
