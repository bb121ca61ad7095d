/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * user [mtu=BYTES] [loopback] [tcp|udp:ADDRESS:PORT-ADDRESS:PORT...]
 *
 * A network for one guest, by sockets that any user may have. libslirp is its router,
 * DHCP server and name server. Standard input is a socket; each message is a frame
 * from the guest or to it; behind its header it has at most as many bytes as mtu says (1500;
 * up to 65520). The program writes "ready" to standard output when
 * forwarding works; any other text is an error. It ends when the socket's other end is
 * closed.
 *
 * The guest does not reach the host's own addresses 127.0.0.0/8 without "loopback".
 * LIMIT: IPv4 only.
 */
#include "queue.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOCKET 0
#define HEADER 14			/* bytes, of a frame */
#define FRAME_LARGEST (HEADER + 65520)
#define FRAMES_MOST 256			/* of one loop */
#define BATCH 16			/* frames that are read at once */
#define TYPE_AT 12			/* of a frame */
#define DESTINATION_AT 30		/* of an IPv4 packet in it */

struct user {
	Slirp *slirp;
	struct queue queue;		/* frames for the guest */
	bool loopback;
	size_t mtu;
	struct pollfd *poll;
	int polls, room;
};

static ssize_t user_send(const void *frame, size_t size, void *opaque)
{
	struct user *user = opaque;

	if (size <= HEADER + user->mtu)
		queue_add(&user->queue, frame, size);
	return (ssize_t)size;
}

static void user_guest_error(const char *text, void *opaque)
{
	(void)text;
	(void)opaque;
}

static int64_t user_clock(void *opaque)
{
	struct timespec now;

	(void)opaque;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* libslirp uses timers for IPv6 only. */
static void *user_timer_new(SlirpTimerCb function, void *argument, void *opaque)
{
	(void)function;
	(void)argument;
	return opaque;
}

static void user_timer_free(void *timer, void *opaque)
{
	(void)timer;
	(void)opaque;
}

static void user_timer_set(void *timer, int64_t when, void *opaque)
{
	(void)timer;
	(void)when;
	(void)opaque;
}

static void user_file(int fd, void *opaque)
{
	(void)fd;
	(void)opaque;
}

static void user_notify(void *opaque)
{
	(void)opaque;
}

static const SlirpCb callbacks = {
	.send_packet = user_send, .guest_error = user_guest_error, .clock_get_ns = user_clock,
	.timer_new = user_timer_new, .timer_free = user_timer_free, .timer_mod = user_timer_set,
	.register_poll_fd = user_file, .unregister_poll_fd = user_file, .notify = user_notify,
};

static int user_add_poll(int fd, int events, void *opaque)
{
	struct user *user = opaque;
	short wanted = (short)((events & SLIRP_POLL_IN ? POLLIN : 0) |
			       (events & SLIRP_POLL_OUT ? POLLOUT : 0) |
			       (events & SLIRP_POLL_PRI ? POLLPRI : 0));

	if (user->polls == user->room) {
		user->room = user->room ? 2 * user->room : 64;
		user->poll = realloc(user->poll, (size_t)user->room * sizeof(*user->poll));
		if (!user->poll)
			abort();
	}
	user->poll[user->polls] = (struct pollfd){ .fd = fd, .events = wanted };
	return user->polls++;
}

static int user_polled(int index, void *opaque)
{
	const struct user *user = opaque;
	int events = user->poll[index].revents;

	return (events & POLLIN ? SLIRP_POLL_IN : 0) | (events & POLLOUT ? SLIRP_POLL_OUT : 0) |
	       (events & POLLPRI ? SLIRP_POLL_PRI : 0) | (events & POLLERR ? SLIRP_POLL_ERR : 0) |
	       (events & POLLHUP ? SLIRP_POLL_HUP : 0);
}

/* Returns true for an address of this host other than that of the router, which libslirp
   translates: 127.0.0.0/8, and 0.0.0.0/8, which Linux treats alike. */
static bool user_is_loopback(const uint8_t *frame, unsigned size)
{
	static const uint8_t ipv4[] = { 0x08, 0x00 };

	return size > DESTINATION_AT && !memcmp(frame + TYPE_AT, ipv4, sizeof(ipv4)) &&
	       (frame[DESTINATION_AT] == 127 || frame[DESTINATION_AT] == 0);
}

/* A frame of no bytes: the guest's end is closed. */
static bool user_take(struct user *user, const struct mmsghdr *message)
{
	const uint8_t *frame = message->msg_hdr.msg_iov->iov_base;
	unsigned size = message->msg_len;

	if (size && !(message->msg_hdr.msg_flags & MSG_TRUNC) &&
	    (user->loopback || !user_is_loopback(frame, size)))
		slirp_input(user->slirp, frame, (int)size);
	return size;
}

/* Takes the frames that the guest has sent. False: its end is closed. */
static bool user_receive(struct user *user)
{
	static uint8_t frame[BATCH][FRAME_LARGEST];
	static struct iovec part[BATCH];
	static struct mmsghdr message[BATCH];
	int count = BATCH;

	for (int i = 0; i < BATCH; i++) {
		part[i] = (struct iovec){ frame[i], HEADER + user->mtu };
		message[i].msg_hdr = (struct msghdr){ .msg_iov = &part[i], .msg_iovlen = 1 };
	}
	for (int taken = 0; taken < FRAMES_MOST && count == BATCH; taken += BATCH) {
		count = recvmmsg(SOCKET, message, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < count; i++)
			if (!user_take(user, &message[i]))
				return false;
	}
	return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

/* One loop. False: the end. */
static bool user_round(struct user *user)
{
	uint32_t wait = UINT32_MAX;
	bool failed;

	user->polls = 0;
	user_add_poll(SOCKET, SLIRP_POLL_IN | (queue_is_empty(&user->queue) ? 0 : SLIRP_POLL_OUT), user);
	slirp_pollfds_fill(user->slirp, &wait, user_add_poll, user);
	failed = poll(user->poll, (nfds_t)user->polls, wait > INT32_MAX ? -1 : (int)wait) < 0;
	slirp_pollfds_poll(user->slirp, failed, user_polled, user);
	if (!failed && user->poll[0].revents && !user_receive(user))
		return false;
	return queue_send(&user->queue, SOCKET);
}

static bool user_forward(struct user *user, const char *word)
{
	struct in_addr host, guest;
	char from[16], to[16];
	int port, guest_port;

	return sscanf(word + 4, "%15[0-9.]:%d-%15[0-9.]:%d", from, &port, to, &guest_port) == 4 &&
	       inet_pton(AF_INET, from, &host) == 1 && inet_pton(AF_INET, to, &guest) == 1 &&
	       !slirp_add_hostfwd(user->slirp, !strncmp(word, "udp", 3), host, port, guest, guest_port);
}

static bool user_word(struct user *user, SlirpConfig *config, const char *word)
{
	if (!strcmp(word, "loopback"))
		return user->loopback = true;
	return sscanf(word, "mtu=%zu", &config->if_mtu) == 1;
}

static bool user_start(struct user *user, int words, char **word)
{
	SlirpConfig config = {
		.if_mtu = 1500, .version = 1, .in_enabled = true,
		.vnetwork.s_addr = inet_addr("10.0.2.0"), .vnetmask.s_addr = inet_addr("255.255.255.0"),
		.vhost.s_addr = inet_addr("10.0.2.2"), .vdhcp_start.s_addr = inet_addr("10.0.2.15"),
		.vnameserver.s_addr = inet_addr("10.0.2.3"),
	};
	int first = 0;

	while (first < words && user_word(user, &config, word[first]))
		first++;
	config.if_mru = user->mtu = config.if_mtu;
	config.disable_host_loopback = !user->loopback;
	user->slirp = slirp_new(&config, &callbacks, user);
	for (int i = first; user->slirp && i < words; i++)
		if (!user_forward(user, word[i])) {
			printf("%s: %s\n", word[i], strerror(errno));
			return false;
		}
	return user->slirp;
}

int main(int argc, char **argv)
{
	struct user user = { 0 };

	signal(SIGPIPE, SIG_IGN);
	if (!user_start(&user, argc - 1, argv + 1))
		return 1;
	puts("ready");
	fclose(stdout);
	while (user_round(&user))
		;
	slirp_cleanup(user.slirp);
	return 0;
}
