/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "channel.h"
#include "../host/sys.h"
#include <asm-generic/errno.h>
#include <linux/fcntl.h>
#include <linux/ioctl.h>
#include <linux/memfd.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/wait.h>
#include <string.h>

/* The host's kernel may know a longer structure than <linux/seccomp.h>. */
union channel_notification {
	struct seccomp_notif notification;
	uint8_t room[256];
};

extern const char stub_code[], stub_answered[], stub_iret[], stub_go[], stub_called[];

/* So many signals in a row have met no user code: nobody sends that many for a purpose. */
#define RAW_MOST 100u

/* The stub that the supervisor waits for; what its listener becomes when it ends. */
static struct stub *volatile waited;
static int no_listener = -1;

static uint64_t channel_place(const char *label)
{
	return STUB_CODE + (label - stub_code);
}

int channel_init(void)
{
	struct seccomp_notif_sizes sizes;
	long result = sys_call(__NR_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, (uint64_t)&sizes, 0);

	if (result < 0)
		return result;
	if (sizes.seccomp_notif > sizeof(union channel_notification) ||
	    sizes.seccomp_notif_resp > sizeof(struct seccomp_notif_resp))
		return -ENOSPC;
	if (no_listener < 0)
		no_listener = sys_call(__NR_memfd_create, (uint64_t)"previrt", MFD_CLOEXEC,
				       0, 0);
	return no_listener < 0 ? no_listener : 0;
}

int channel_has_ended(int pid)
{
	siginfo_t info;

	info.si_pid = 0;
	return sys_call6(__NR_waitid, P_PID, pid, (uint64_t)&info,
			 WEXITED | WNOHANG | WNOWAIT, 0, 0) < 0 || info.si_pid;
}

/*
 * Before Linux 6.11 nobody who waits for a notification is told that there will be none.
 * The number stays taken, so that it never means another file.
 */
void channel_child(void)
{
	struct stub *stub = waited;

	if (stub && stub->listener > 0 && channel_has_ended(stub->pid))
		sys_call(__NR_dup3, no_listener, stub->listener, O_CLOEXEC, 0);
}

static void channel_send(struct stub *stub, uint64_t value, uint32_t flags)
{
	struct seccomp_notif_resp answer = {
		.id = stub->notification, .val = value, .flags = flags,
	};

	waited = stub;
	/* Refused if the notification is withdrawn, or the stub gone. */
	stub->may_have_ended = sys_call(__NR_ioctl, stub->listener, SECCOMP_IOCTL_NOTIF_SEND,
			       (uint64_t)&answer, 0) < 0;
}

void channel_attend(struct stub *stub)
{
	waited = stub;
	stub->may_have_ended = 1;
}

void channel_answer(struct stub *stub, uint64_t answer)
{
	stub->control->sequence = ++stub->sequence;
	stub->answer = answer;
	channel_repeat(stub);
}

void channel_command(struct stub *stub, const struct channel_call *call, uint64_t then)
{
	memcpy(stub->control->command, call, sizeof(*call));
	stub->control->then = then;
	stub->going = then != 0;
	channel_answer(stub, STUB_COMMAND);
}

void channel_repeat(struct stub *stub)
{
	stub->raw = 0;
	frame_put_selectors(stub);
	channel_send(stub, stub->answer, 0);
}

void channel_allow(struct stub *stub)
{
	channel_send(stub, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/* The next notification. 0: there will be none. */
static int channel_wait(struct stub *stub, struct seccomp_data *data)
{
	union channel_notification next;
	long result;

	do {
		result = -ESRCH;
		if (stub->may_have_ended && channel_has_ended(stub->pid))
			break;
		memset(&next, 0, sizeof(next));
		result = sys_call(__NR_ioctl, stub->listener, SECCOMP_IOCTL_NOTIF_RECV,
				  (uint64_t)&next, 0);
		stub->may_have_ended = result < 0;
	} while (result == -EINTR || result == -ENOENT);
	waited = NULL;
	*data = next.notification.data;
	stub->notification = next.notification.id;
	return result == 0;
}

static int channel_in_code(uint64_t rip)
{
	return rip >= STUB_CODE && rip < STUB_CODE + STUB_CODE_SIZE;
}

/* Returns 1 if the last answer sent the stub to user code. */
static int channel_was_leaving(const struct stub *stub, uint64_t rip)
{
	const char *from = stub->answer == STUB_COMMAND ? stub_go : stub_answered;

	return (stub->answer != STUB_COMMAND || stub->going) && !stub->raw &&
	       rip >= channel_place(from) && rip <= channel_place(stub_iret);
}

/* A signal that somebody sent. 0: it has met the stub's code, which goes on. */
static int channel_signal(struct stub *stub, const struct channel_message *message,
			  enum reception *what)
{
	const struct stub_frame *frame = &message->frame;

	*what = GOT_SIGNAL;
	if (!channel_in_code(frame->rip))
		return 1;
	*what = GOT_LOST;
	if (channel_was_leaving(stub, frame->rip))
		return 1;
	*what = GOT_RUBBISH;
	if (stub->raw++ == RAW_MOST)
		return 1;
	frame_put_raw(stub, message->address, frame);
	frame_put_raw_selectors(stub);
	channel_send(stub, message->address, 0);
	return 0;
}

enum reception channel_receive(struct stub *stub, struct channel_message *message)
{
	struct seccomp_data data;
	enum reception what = GOT_NOTHING;

	while (channel_wait(stub, &data)) {
		if (data.instruction_pointer == channel_place(stub_called)) {
			message->call.number = (uint32_t)data.nr;
			memcpy(message->call.argument, data.args, sizeof(data.args));
			return GOT_CALL;
		}
		if (data.args[1] == stub->sequence - 1)
			return GOT_LOST;
		if (data.args[1] != stub->sequence)
			return GOT_RUBBISH;
		message->result = data.args[2];
		if (data.args[0] == STUB_RESULT)
			return GOT_RESULT;
		message->address = data.args[0];
		if (!frame_read(stub, message->address, &message->frame))
			return GOT_RUBBISH;
		if (message->frame.code > 0)
			return GOT_EVENT;
		if (channel_signal(stub, message, &what))
			return what;
	}
	return GOT_NOTHING;
}

void channel_end(struct stub *stub)
{
	int pid = stub->pid;

	if (!pid)
		return;
	stub->pid = 0;		/* no signal reaches a process that has its number next */
	sys_call(__NR_kill, pid, SIGKILL, 0, 0);
	while (sys_call(__NR_wait4, pid, (uint64_t)&stub->status, __WALL, 0) == -EINTR)
		;
	if (stub->listener > 0)
		sys_call(__NR_close, stub->listener, 0, 0, 0);
	stub->listener = 0;
}
