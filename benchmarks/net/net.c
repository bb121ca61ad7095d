/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * TCP with the host `peer' (in the environment): the first program of a guest, or one of the
 * host's (rounds.h). The first word "serve" makes it the other end. A guest's `interface'
 * has the address `own', behind the router `router'.
 */
#define _GNU_SOURCE
#include "../rounds.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>

enum { PORT = 7000, MIB = 1 << 20, MIBS = 4, TURNS = 32, TRIES = 100 };
enum { TAKE = 't', GIVE = 'g', ECHO = 'e' };	/* the first byte: what the other end does */

static char data[MIB];

static struct sockaddr_in address_of(const char *text, unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	must(text && inet_pton(AF_INET, text, &address.sin_addr) == 1, "an address");
	return address;
}

static void put(int file, size_t size)
{
	for (ssize_t done; size; size -= done)
		must((done = write(file, data, size < MIB ? size : MIB)) > 0, "write");
}

static void get(int file, size_t size)
{
	for (ssize_t done; size; size -= done)
		must((done = read(file, data, size < MIB ? size : MIB)) > 0, "read");
}

/* Each MiB that is taken, or byte that comes, is answered by a byte; one asks for a MiB. */
static void serve_one(int file)
{
	char what;

	for (get(file, 1), what = *data; read(file, data, 1) == 1; put(file, what == GIVE ? MIB : 1))
		if (what == TAKE)
			get(file, MIB - 1);
	exit(0);
}

static void serve(void)
{
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	signal(SIGCHLD, SIG_IGN);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	must(!bind(listener, (struct sockaddr *)&own, sizeof(own)) && !listen(listener, 8), "listen");
	for (;;) {
		int file = accept(listener, NULL, NULL);

		setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (!fork())
			serve_one(file);
		close(file);
	}
}

static int open_to_peer(char what)
{
	struct sockaddr_in peer = address_of(getenv("peer"), PORT);
	int one = 1, file;

	for (int i = 0; i < TRIES; i++) {
		file = socket(AF_INET, SOCK_STREAM, 0);
		if (!connect(file, (struct sockaddr *)&peer, sizeof(peer)))
			break;
		close(file);
		file = -1;
		usleep(100000);
	}
	must(file >= 0, "no connection");
	setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*data = what;
	put(file, 1);
	return file;
}

/* Of one kind each, opened when it is first used. */
static int peer_for(char what)
{
	static int opened[128];
	int *file = &opened[(int)what];

	if (!*file)
		*file = open_to_peer(what);
	return *file;
}

static void mibs_to_peer(unsigned n)
{
	for (; n--; get(peer_for(TAKE), 1))
		put(peer_for(TAKE), MIB);
}

static void mibs_from_peer(unsigned n)
{
	for (; n--; get(peer_for(GIVE), MIB))
		put(peer_for(GIVE), 1);
}

static void turns(unsigned n)
{
	for (; n--; get(peer_for(ECHO), 1))
		put(peer_for(ECHO), 1);
}

static void set(int file, unsigned long what, const char *address)
{
	const char *name = getenv("interface");
	struct ifreq request = { 0 };
	struct sockaddr_in in = { 0 };

	must(name && strlen(name) < IFNAMSIZ, "an interface");
	strcpy(request.ifr_name, name);
	if (address) {
		in = address_of(address, 0);
		memcpy(&request.ifr_addr, &in, sizeof(in));
	} else {
		request.ifr_flags = IFF_UP | IFF_RUNNING;
	}
	must(!ioctl(file, what, &request), "the interface");
}

static void set_interface(void)
{
	struct sockaddr_in router = address_of(getenv("router"), 0), any = { .sin_family = AF_INET };
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };
	int file = socket(AF_INET, SOCK_DGRAM, 0);

	set(file, SIOCSIFADDR, getenv("own"));
	set(file, SIOCSIFNETMASK, "255.255.255.0");
	set(file, SIOCSIFFLAGS, NULL);
	memcpy(&route.rt_gateway, &router, sizeof(router));
	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	must(!ioctl(file, SIOCADDRT, &route), "the route");
	close(file);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "serve"))
		serve();
	load_modules();
	if (getpid() == 1)
		set_interface();
	measure("mib-to-host", mibs_to_peer, MIBS);
	measure("mib-from-host", mibs_from_peer, MIBS);
	measure("byte-there-and-back", turns, TURNS);
	measured();
	return 0;
}
