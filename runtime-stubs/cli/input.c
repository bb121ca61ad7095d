/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * See input.h for the contracts. Archives: ar(5), GNU form. Kernel images:
 * the Linux/x86 boot protocol, version 2.08 and later.
 */
#include "input.h"
#include "diag.h"
#include "file.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_DEPTH 4           /* archives in archives */
#define INPUT_MOST  100000      /* members, so that thin ones in a ring end */
#define AR_HEADER   60u
#define AR_MAGIC    "!<arch>\n"
#define AR_THIN     "!<thin>\n"
#define AR_MAGIC_SIZE 8u

/* Linux/x86 setup header: offsets in the image. */
#define SETUP_SECTORS  0x1f1u
#define SETUP_BOOT     0x1feu
#define SETUP_MAGIC    0x202u
#define SETUP_VERSION  0x206u
#define SETUP_PAYLOAD  0x248u
#define SETUP_LENGTH   0x24cu
#define SETUP_END      0x250u

struct input {
	void (*each)(struct image *, void *);
	void *context;
	int depth;
	int members;
};

static bool input_buffer(struct input *in, const char *name, const char *path,
			 uint8_t *data, size_t size);

static bool input_file(struct input *in, const char *path, const char *name)
{
	struct file file;
	bool good;

	if (!file_open(&file, path)) {
		diag_error(DIAG_OPEN, name, "%s", strerror(errno));
		return false;
	}
	good = input_buffer(in, name, path, file.data, file.size);
	file_close(&file);
	return good;
}

/*
 * Decimal field of an archive header; -1 if it is none. What stands behind the
 * number and a blank does not count with @loose: ar leaves there what a longer
 * name has left ("/118         /0 ").
 */
static int64_t ar_number(const uint8_t *p, size_t n, bool loose)
{
	int64_t value = 0;
	size_t i;

	for (i = 0; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		value = value * 10 + (p[i] - '0');
	if (!i)
		return -1;
	for (; i < n && !(loose && p[i] == ' '); i++)
		if (p[i] != ' ')
			return -1;
	return value;
}

struct ar {
	const char *name;       /* of the archive, in messages */
	const char *path;
	const uint8_t *data;
	size_t size;
	const uint8_t *names;   /* the table of long names */
	size_t names_size;
	bool thin;
};

/* A member's name, to be freed; NULL if the header is damaged. */
static char *ar_member_name(const struct ar *ar, const uint8_t *header)
{
	int64_t at;
	size_t n = 0;

	if (header[0] == '/') {
		at = ar_number(header + 1, 15, true);
		if (at < 0 || (uint64_t)at >= ar->names_size)
			return NULL;
		while ((size_t)at + n < ar->names_size &&
		       ar->names[(size_t)at + n] != '\n')
			n++;
		header = ar->names + at;
	} else {
		while (n < 16 && header[n] != '/')
			n++;
		while (n && n <= 16 && header[n - 1] == ' ')
			n--;
	}
	if (n && header[n - 1] == '/')
		n--;
	return util_printf("%.*s", (int)(n > 4096 ? 4096 : n),
			   (const char *)header);
}

static bool ar_member(struct input *in, const struct ar *ar, const char *member,
		      const uint8_t *data, size_t size)
{
	const char *slash = strrchr(ar->path, '/');
	char *name = util_printf("%s(%s)", ar->name, member);
	char *path;
	uint8_t *copy;
	bool good;

	if (ar->thin) {
		path = *member == '/' || !slash ? util_copy(member) :
		       util_printf("%.*s/%s", (int)(slash - ar->path), ar->path,
				   member);
		good = input_file(in, path, name);
		free(path);
	} else {
		copy = util_alloc(size, 1);
		memcpy(copy, data, size);
		good = input_buffer(in, name, ar->path, copy, size);
		free(copy);
	}
	free(name);
	return good;
}

static bool ar_bad(const struct ar *ar, size_t at)
{
	diag_error(DIAG_ARCHIVE, ar->name, "the member at 0x%zx is damaged", at);
	return false;
}

static bool input_archive(struct input *in, struct ar *ar)
{
	size_t at = AR_MAGIC_SIZE;
	bool good = true;

	while (at < ar->size) {
		const uint8_t *header = ar->data + at;
		bool index, names;
		int64_t size;
		char *name;

		if (ar->size - at < AR_HEADER || header[58] != '`' ||
		    (size = ar_number(header + 48, 10, false)) < 0)
			return ar_bad(ar, at);
		names = !memcmp(header, "// ", 3);
		index = !memcmp(header, "/ ", 2) || !memcmp(header, "/SYM64/", 7);
		if ((!ar->thin || names || index) &&
		    (uint64_t)size > ar->size - at - AR_HEADER)
			return ar_bad(ar, at);
		if (names) {
			ar->names = header + AR_HEADER;
			ar->names_size = (size_t)size;
		} else if (!index) {
			name = ar_member_name(ar, header);
			if (!name || in->members++ >= INPUT_MOST)
				return ar_bad(ar, at);
			good &= ar_member(in, ar, name, header + AR_HEADER,
					  ar->thin ? 0 : (size_t)size);
			free(name);
		}
		at += AR_HEADER;
		if (!ar->thin || names || index)
			at += (size_t)size + ((size_t)size & 1);
	}
	return good;
}

static bool input_is_kernel(const uint8_t *data, size_t size)
{
	return size > SETUP_END && get16(data + SETUP_BOOT) == 0xaa55 &&
	       !memcmp(data + SETUP_MAGIC, "HdrS", 4) &&
	       get16(data + SETUP_VERSION) >= 0x208;
}

uint8_t *input_unpack_kernel(const char *name, const uint8_t *data, size_t size,
			     size_t *unpacked)
{
	uint64_t sectors, start, length;

	if (!input_is_kernel(data, size))
		return NULL;
	sectors = data[SETUP_SECTORS] ? data[SETUP_SECTORS] : 4;
	start = (sectors + 1) * 512 + get32(data + SETUP_PAYLOAD);
	length = get32(data + SETUP_LENGTH);
	if (start > size || length > size - start) {
		diag_error(DIAG_UNPACK, name, "its payload lies outside the file");
		return NULL;
	}
	return unpack(name, data + start, (size_t)length, unpacked);
}

/* The packed kernel inside a bzImage. */
static bool input_kernel(struct input *in, const char *name, const char *path,
			 const uint8_t *data, size_t size)
{
	size_t unpacked;
	uint8_t *kernel = input_unpack_kernel(name, data, size, &unpacked);
	char *inner;
	bool good;

	if (!kernel)
		return false;
	inner = util_printf("%s(vmlinux)", name);
	good = input_buffer(in, inner, path, kernel, unpacked);
	free(inner);
	free(kernel);
	return good;
}

/* What a file is that cannot be read, and what to do about it. */
static const char *input_what(const uint8_t *data, size_t size)
{
	if (!size)
		return "it is empty";
	if (size >= 4 && (!memcmp(data, "BC\xc0\xde", 4) || !memcmp(data, "\xde\xc0\x17\x0b", 4)))
		return "LLVM's intermediate code (clang -flto): its code is made when it is "
		       "linked; check what is linked of it";
	if (size >= 2 && !memcmp(data, "MZ", 2))
		return "a PE file, as firmware loads it; give the ELF file that it was made from";
	return "neither ELF nor an archive nor a kernel image";
}

static bool input_buffer(struct input *in, const char *name, const char *path,
			 uint8_t *data, size_t size)
{
	struct ar ar = { .name = name, .path = path, .data = data, .size = size };
	struct image *image;
	size_t unpacked;
	uint8_t *inner;
	bool good = false;

	if (size >= 4 && !memcmp(data, "\177ELF", 4)) {
		image = image_open(name, data, size);
		if (!image)
			return false;
		in->each(image, in->context);
		image_close(image);
		return true;
	}
	if (in->depth >= INPUT_DEPTH) {
		diag_error(DIAG_FORMAT, name, "packed too deep");
	} else if (size >= AR_MAGIC_SIZE &&
		   (!memcmp(data, AR_MAGIC, AR_MAGIC_SIZE) ||
		    !memcmp(data, AR_THIN, AR_MAGIC_SIZE))) {
		ar.thin = !memcmp(data, AR_THIN, AR_MAGIC_SIZE);
		in->depth++;
		good = input_archive(in, &ar);
		in->depth--;
	} else if (input_is_kernel(data, size)) {
		in->depth++;
		good = input_kernel(in, name, path, data, size);
		in->depth--;
	} else if (unpack_known(data, size)) {
		inner = unpack(name, data, size, &unpacked);
		in->depth++;
		good = inner && input_buffer(in, name, path, inner, unpacked);
		in->depth--;
		free(inner);
	} else {
		diag_error(DIAG_FORMAT, name, "%s", input_what(data, size));
	}
	return good;
}

bool input_each(const char *path, void (*each)(struct image *, void *),
		void *context)
{
	struct input in = { .each = each, .context = context };
	const char *name = "standard input";
	uint8_t *data;
	size_t size;
	bool good;

	if (strcmp(path, "-"))
		return input_file(&in, path, path);
	data = util_read_input(INPUT_BYTES, &size);
	if (!data)
		diag_error(DIAG_OPEN, name, "%s", strerror(errno));
	good = data && input_buffer(&in, name, ".", data, size);
	free(data);
	return good;
}
