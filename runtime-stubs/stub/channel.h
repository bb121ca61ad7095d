/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the supervisor and a stub tell each other: notifications of the stub's system
 * calls (seccomp_unotify(2)), and answers to them.
 *
 * The host withdraws a notification, and loses the answer to it even if it has taken
 * it, when a signal meets the stub in between; the stub then makes the same call again.
 * So each answer that lets user code or a command go on has a number, which the stub's
 * code reads when the next event begins and sends along. A notification with the number
 * of before says that the answer is still to be given, and nothing else.
 */
#ifndef PREVIRT_STUB_CHANNEL_H
#define PREVIRT_STUB_CHANNEL_H
#include "frame.h"

enum reception {
	GOT_LOST,		/* the last answer has not arrived, or to no effect */
	GOT_CALL,		/* a system call on behalf of the supervisor, in *call */
	GOT_RESULT,		/* of the last command, in *result */
	GOT_EVENT,		/* of the processor, in *frame at *address */
	GOT_SIGNAL,		/* one that somebody sent has met user code; the same */
	GOT_RUBBISH,		/* what the stub's code does not send by itself */
	GOT_NOTHING,		/* the stub is gone */
};

struct channel_message {
	struct channel_call call;
	long result;
	struct stub_frame frame;
	uint64_t address;
};

/* Once; as stub_init. */
int channel_init(void);
/* Returns the next message of the stub. */
enum reception channel_receive(struct stub *stub, struct channel_message *message);
/* A new answer: a frame's address, which is in place; or a command. @then: 0, or the
   frame with which the stub goes on, without a result, if the host does not refuse it. */
void channel_answer(struct stub *stub, uint64_t answer);
void channel_command(struct stub *stub, const struct channel_call *call, uint64_t then);
/* Sends that answer again, after GOT_LOST. */
void channel_repeat(struct stub *stub);
/* After GOT_CALL: permits the call. */
void channel_allow(struct stub *stub);

/* Called once, before channel_receive. */
void channel_attend(struct stub *stub);

/* SIGCHLD has come. */
void channel_child(void);
int channel_has_ended(int pid);

/* Ends the stub if it runs, and waits for it. */
void channel_end(struct stub *stub);

/* call.c: the stub makes this call, and no other. Its result; -ESRCH: the stub is gone. */
long call_make(struct stub *stub, const struct channel_call *call);

#endif
