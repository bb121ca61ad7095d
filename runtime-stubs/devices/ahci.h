/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Serial ATA disks behind an Advanced Host Controller Interface, as the 82801IR (ICH9R) has it,
 * for ahci*.c: Serial ATA AHCI 1.3.1, whose sections are named below.
 */
#ifndef PREVIRT_DEVICES_AHCI_H
#define PREVIRT_DEVICES_AHCI_H
#include "../bus/bus.h"
#include "../bus/drive.h"

#define AHCI_PORTS BUS_DISKS
#define AHCI_SLOTS 32u		/* commands that a port holds */
#define AHCI_SEGMENTS 32u	/* of one request to a disk */

/* PxCMD (3.3.7), and PxIS (3.3.5). */
enum { AHCI_START = 1, AHCI_SPUN_UP = 6, AHCI_RECEIVE = 0x10, AHCI_RECEIVES = 0x4000,
       AHCI_RUNS = 0x8000 };
#define AHCI_TOLD 1u			/* a register FIS has come */
#define AHCI_TOLD_PIO 2u
#define AHCI_NO_MEMORY (1u << 29)	/* memory of the guest's command is absent */
#define AHCI_FAILED (1u << 30)		/* a command has an error */
#define AHCI_READY (1u << 8 | DRIVE_READY | DRIVE_SEEK_DONE)	/* of the task file: no error */
#define AHCI_RESET 1u			/* of the controller's control (3.1.2) */
#define AHCI_INTERRUPTS 2u
#define AHCI_CAUSES 0x7dc000ffu		/* all bits that a cause can have */

/* A command's entry in the list that the guest keeps in memory (4.2.2). */
struct ahci_header {
	uint16_t flags, entries;
	uint32_t moved;
	uint64_t table, reserved[2];
};
_Static_assert(sizeof(struct ahci_header) == 32, "4.2.2");

/* A frame between host and drive (Serial ATA 3, 10.5). In a frame to the host @command is
   the status and @features the error. */
struct ahci_fis {
	uint8_t type, flags, command, features;
	uint8_t low[3], device, previous[3], previous_features;
	uint8_t count, previous_count, reserved, control, more[4];
};
_Static_assert(sizeof(struct ahci_fis) == 20, "10.5.5");

struct ahci_port {
	/* State. */
	uint64_t list, received;	/* guest-physical addresses */
	uint32_t status, enable, command, task, control, issued;
	uint8_t halted;			/* a command has failed: no command runs until PxCMD.ST
					   is cleared */
	uint8_t busy;			/* the disk has a request */
	uint8_t stops;			/* the port was stopped: the request's end is ignored */
	uint8_t slot, operation, by_port;	/* of the command that runs; by_port: its
						   transfers are PIO's */
	uint64_t sector, table;		/* the next sector; the address of the command's table */
	uint32_t left;			/* sectors that are still to be transferred */
	uint32_t moved;			/* bytes that have been transferred */
	uint32_t entries, entry, done;	/* entries of the table; the next one; bytes of it that
					   are transferred */
	struct bus_drive drive;
	/* Derived. */
	struct ahci *ahci;
	uint8_t running, again;		/* ahci_run runs; its request has ended before submit
					   returned */
	uint32_t then_entry, then_done;	/* entry and done after the request */
	struct bus_disk_request request;
	struct bus_segment segment[AHCI_SEGMENTS];
};

struct ahci {
	struct bus_function function;
	uint32_t control, waiting;	/* GHC without AE; IS */
	struct ahci_port port[AHCI_PORTS];
	uint8_t ports;			/* derived */
};

/* ahci_registers.c: the functions of the bus's window. */
uint64_t ahci_read(void *self, uint64_t offset, unsigned size);
void ahci_write(void *self, uint64_t offset, unsigned size, uint64_t value);

/* ahci_port.c: Adds @causes to the port's (PxIS) and sets the line. */
void ahci_interrupt(struct ahci_port *port, uint32_t causes);
/* Sets the interrupt line by the ports' causes and the guest's masks. */
void ahci_line(struct ahci *ahci);
/* Stops the port's commands. If the disk has a request, its end is ignored. */
void ahci_stop(struct ahci_port *port);
/* Resets the port. */
void ahci_reset_port(struct ahci_port *port);
/* Ends a reset of the controller once no disk has a request. */
void ahci_settle(struct ahci *ahci);

/* ahci_answer.c: Ends the command. @error: DRIVE_ABORTED or another bit of the error
   register, or 0. @count: the value of the count register. */
void ahci_answer(struct ahci_port *port, uint8_t error, uint8_t count);
/* Halts the port: memory that the command needs is absent. */
void ahci_lost(struct ahci_port *port);

/* ahci_transfer.c: Carries out the command's transfer or flush. */
void ahci_transfer(struct ahci_port *port);
/* A request has ended. Returns 1 if the command's next part is to be transferred; 0 if the
   command has ended, or the port was stopped. */
int ahci_goes_on(struct ahci_port *port, int failed);
/* Puts the next segments of the command's table into the port's request. Returns how many of
   @bytes they hold; 0: the table or its memory is absent. */
uint64_t ahci_gather(struct ahci_port *port, uint64_t bytes);

/* ahci_command.c: Runs the issued commands in turn, until one waits for its disk. */
void ahci_run(struct ahci_port *port);
/* The function `done' of a port's request. */
void ahci_done(struct bus_disk_request *request, int failed);

#endif
