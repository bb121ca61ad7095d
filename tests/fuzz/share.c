/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Fuzz target: a hostile guest and the program that shares a folder (runtime-stubs/share),
 * without the host's sandbox around it. The input is messages, made of words that a guest
 * could try, or of any bytes. The folder has links that lead out of it, and a pipe; beside
 * it is a file that nobody may reach.
 *
 * Asked of every input: no memory error; what the guest has open is in the folder; the file
 * beside it is as it was; nothing in the folder has its owner's rights for whoever starts
 * it, or is a device; an answer is no longer than was agreed.
 */
#include "../../runtime-stubs/share/share.h"
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char place[] = "/tmp/previrt-share.XXXXXX";
static char folder[64], beside[64];
static struct share share;
static const uint8_t *input, *input_end;

static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static uint32_t take(unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes && input < input_end; i++)
		value |= (uint32_t)*input++ << 8 * i;
	return value;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)kind;
	must(!S_ISBLK(status->st_mode) && !S_ISCHR(status->st_mode), "no device");
	must(!S_ISREG(status->st_mode) || !(status->st_mode & 06000), "no rights for others");
	return at->level ? remove(path) : 0;
}

static void end(void)
{
	nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	rmdir(place);
}

static void write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	must(fd >= 0 && write(fd, "secret", 6) == 6, path);
	close(fd);
}

static void start_once(void)
{
	must(mkdtemp(place) != NULL, "a folder");
	snprintf(folder, sizeof(folder), "%s/folder", place);
	snprintf(beside, sizeof(beside), "%s/beside", place);
	mkdir(folder, 0755);
	share.root = open(folder, O_PATH | O_DIRECTORY);
	share.self = open("/proc/self/fd", O_PATH | O_DIRECTORY);
	must(share.root >= 0 && share.self >= 0, "the folder");
	write_file(beside);
	umask(0);
	atexit(end);
}

static void start(void)
{
	if (!share.root)
		start_once();
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	must(!mkdirat(share.root, "dir", 0755) && !symlinkat("../beside", share.root, "out") &&
	     !symlinkat("..", share.root, "up") && !mkfifoat(share.root, "pipe", 0644) &&
	     !symlinkat("/tmp", share.root, "dir/away"), "what is in it");
	close(openat(share.root, "file", O_WRONLY | O_CREAT, 0644));
	share.read_only = input < input_end && *input & 0x80;
	share.size_most = 8192;
}

/* Words for a message's fields. */
static void put_name(struct message *m)
{
	static const char *const names[] = { "file", "dir", "out", "up", "pipe", "..", ".", "", "away",
		"new", "../beside", "dir/away", "/etc/passwd", "beside", "other", "dir/.." };

	message_put_string(m, names[take(1) % 16]);
}

static void put(struct message *m, char what)
{
	switch (what) {
	case 'f': message_put(m, 4, take(1) % 6); break;
	case 's': put_name(m); break;
	case 'n': message_put(m, 2, 1); put_name(m); break;
	case 'w': message_put(m, 2, 2); put_name(m); put_name(m); break;
	case '1': message_put(m, 1, take(1)); break;
	case '4': message_put(m, 4, take(3)); break;
	case '8': message_put(m, 8, take(2)); break;
	case 'm': message_put(m, 4, take(2) | take(1) << 12); break;
	case 'd': message_put(m, 4, 5); message_put_bytes(m, "bytes", 5); break;
	}
}

static const struct { uint8_t type; const char *fields; } forms[] = {
	{ 104, "f4ss4" }, { 110, "ffn" }, { 110, "ffw" }, { 12, "f4" }, { 14, "fs4m4" }, { 16, "fss4" },
	{ 18, "fsm444" }, { 22, "f" }, { 24, "f8" }, { 26, "f4m448888888" }, { 40, "f84" }, { 50, "f4" },
	{ 70, "ffs" }, { 72, "fsm4" }, { 74, "fsfs" }, { 76, "fs4" }, { 116, "f84" }, { 118, "f8d" },
	{ 120, "f" }, { 8, "f" }, { 52, "f1488 4s" }, { 54, "f1884s" }, { 20, "ffs" }, { 122, "f" }, { 108, "2" },
};

static void check_place(int fd)
{
	char name[32], path[256];
	ssize_t size;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	size = readlink(name, path, sizeof(path) - 1);
	must(size > 0, name);
	path[size] = '\0';
	must(!strncmp(path, folder, strlen(folder)), "in the folder");
}

static void check_open(void)
{
	struct stat status;

	for (unsigned i = 0; i < SHARE_ROWS; i++)
		for (struct share_file *file = share.row[i]; file; file = file->next) {
			check_place(file->path);
			if (file->data < 0)
				continue;
			check_place(file->data);
			must(!fstat(file->data, &status) && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)),
			     "a file or a folder");
		}
}

static void act(void)
{
	static uint8_t asked[MESSAGE_MOST], told[MESSAGE_MOST];
	struct message in = { asked, asked + 4096, false }, out = { told, told + share.size_most, false };
	unsigned form = take(1);
	uint8_t type;

	if (form < 0xf0) {
		form %= sizeof(forms) / sizeof(forms[0]);
		type = forms[form].type;
		for (const char *field = forms[form].fields; *field; field++)
			put(&in, *field);
	} else {
		type = (uint8_t)take(1);
		for (unsigned n = take(1); n; n--)
			message_put(&in, 1, take(1));
	}
	in.end = in.at;
	in.at = asked;
	in.bad = false;
	share_answer(&share, type, &in, &out);
	must(out.at >= told && out.at <= told + share.size_most, "an answer's size");
	check_open();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char secret[16];
	int fd;

	input = data;
	input_end = data + size;
	start();
	while (input < input_end)
		act();
	share_drop_all(&share);
	fd = open(beside, O_RDONLY);
	must(fd >= 0 && read(fd, secret, sizeof(secret)) == 6 && !memcmp(secret, "secret", 6), "the file beside");
	close(fd);
	return 0;
}
