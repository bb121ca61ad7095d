/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "run_net.h"
#include "diag.h"
#include "run_helper.h"
#include "../wedge/bundle.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define HOST "127.0.0.1"
#define GUEST "10.0.2.15"	/* the first address that DHCP gives */
#define MTU 1500u		/* what every card has */
#define MTU_MOST 65520u		/* libslirp's */

/* The first one is there if none is named. */
static const struct run_net_model net_models[] = {
	{ "virtio", "virtio-net-pci", BUNDLE_NET_VIRTIO },
	{ "e1000", "e1000", BUNDLE_NET_E1000 },
};

static bool net_model(struct run_net *net, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(net_models); i++) {
		if (strcmp(name, net_models[i].name))
			continue;
		net->model = &net_models[i];
		return true;
	}
	return false;
}

/* An address and a port, parted by the last colon of @text; false: they are none. */
static bool net_end(char *text, const char *ordinary, const char **address, unsigned *port)
{
	char *colon = strrchr(text, ':'), *end;
	struct in_addr ignored;

	if (!colon)
		return false;
	*colon = '\0';
	*address = *text ? text : ordinary;
	*port = (unsigned)strtoul(colon + 1, &end, 10);
	return colon[1] >= '0' && colon[1] <= '9' && !*end && *port && *port < 65536 &&
	       inet_pton(AF_INET, *address, &ignored) == 1;
}

/* tcp:ADDRESS:PORT-ADDRESS:PORT in full, to be freed, or NULL. */
static char *net_forward(const char *value)
{
	char *text = util_copy(value), *dash = strchr(text, '-'), *full = NULL;
	const char *host, *guest;
	unsigned from, to;

	if (dash)
		*dash = '\0';
	if (dash && (!strncmp(text, "tcp:", 4) || !strncmp(text, "udp:", 4)) &&
	    net_end(text + 4, HOST, &host, &from) && net_end(dash + 1, GUEST, &guest, &to))
		full = util_printf("%.4s%s:%u-%s:%u", value, host, from, guest, to);
	free(text);
	return full;
}

static bool net_mtu(struct run_net *net, const char *number)
{
	char *end;

	net->mtu = (unsigned)strtoul(number, &end, 10);
	return *number >= '0' && *number <= '9' && !*end && net->mtu >= MTU && net->mtu <= MTU_MOST;
}

static bool net_word(struct run_net *net, const char *word)
{
	static const char forward[] = "hostfwd=", model[] = "model=", mtu[] = "mtu=";
	char *full;

	if (!strcmp(word, "loopback"))
		return net->loopback = true;
	if (!strncmp(word, model, strlen(model)))
		return net_model(net, word + strlen(model));
	if (!strncmp(word, mtu, strlen(mtu)))
		return net_mtu(net, word + strlen(mtu));
	if (strncmp(word, forward, strlen(forward)))
		return false;
	full = net_forward(word + strlen(forward));
	if (full)
		array_add(&net->forward, full);
	return full;
}

bool run_net_set(struct run_net *net, const char *value)
{
	char *copy = util_copy(value), *save = NULL, *word = strtok_r(copy, ",", &save);
	bool good = word && !strcmp(word, "user") && !net->given;

	net->given = true;
	net->model = &net_models[0];
	net->mtu = 0;
	while (good && (word = strtok_r(NULL, ",", &save)))
		good = net_word(net, word);
	if (!net->mtu)
		net->mtu = net->model->letter == BUNDLE_NET_VIRTIO ? MTU_MOST : MTU;
	good &= net->model->letter == BUNDLE_NET_VIRTIO || net->mtu == MTU;
	if (!good)
		diag_error(DIAG_RUN_NET, NULL, "--net %s: once, user[,model=virtio|e1000]"
			   "[,mtu=1500..65520][,loopback][,hostfwd=tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT...] is needed", value);
	free(copy);
	return good;
}

void run_net_free(struct run_net *net)
{
	for (size_t i = 0; i < net->forward.n; i++)
		free(net->forward.v[i]);
	free(net->forward.v);
}

char *run_net_netdev(const struct run_net *net)
{
	char *option = util_copy("user,id=net0");

	for (size_t i = 0; i < net->forward.n; i++) {
		char *longer = util_printf("%s,hostfwd=%s", option, net->forward.v[i]);

		free(option);
		option = longer;
	}
	return option;
}

static pid_t net_program = -1;

int run_net_start(const struct run_net *net)
{
	char **words = util_grow(NULL, net->forward.n + 4, sizeof(*words)), *said;
	char *mtu = util_printf("mtu=%u", net->mtu);
	size_t n = 1;
	int file;

	words[n++] = mtu;
	if (net->loopback)
		words[n++] = (char *)"loopback";
	for (size_t i = 0; i < net->forward.n; i++)
		words[n++] = net->forward.v[i];
	words[n] = NULL;
	file = run_helper_start(RUN_NET_PROGRAM, words, &net_program, &said);
	if (file < 0)
		diag_error(DIAG_RUN_NET, NULL, "%s", said);
	free(said);
	free(mtu);
	free(words);
	return file;
}

void run_net_wait(void)
{
	run_helper_wait(net_program);
}
