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
#define AHCI_SLOTS 32u		/* commands that a port is given at once */
#define AHCI_SEGMENTS 32u	/* of a disk's request */

/* PxCMD (3.3.7), and PxIS (3.3.5). */
enum { AHCI_START = 1, AHCI_SPUN_UP = 6, AHCI_RECEIVE = 0x10, AHCI_RECEIVES = 0x4000,
       AHCI_RUNS = 0x8000 };
#define AHCI_TOLD 1u			/* a register FIS has come */
#define AHCI_TOLD_PIO 2u
#define AHCI_NO_MEMORY (1u << 29)	/* what stands in memory is not there */
#define AHCI_FAILED (1u << 30)		/* a command has an error */
#define AHCI_READY (1u << 8 | DRIVE_READY | DRIVE_SEEK_DONE)	/* of the task file: nothing is wrong */
#define AHCI_RESET 1u			/* of the controller's control (3.1.2) */
#define AHCI_INTERRUPTS 2u
#define AHCI_CAUSES 0x7dc000ffu		/* all bits there are */

/* A command's entry in the list that the guest keeps in memory (4.2.2). */
struct ahci_header {
	uint16_t flags, entries;
	uint32_t moved;
	uint64_t table, reserved[2];
};
_Static_assert(sizeof(struct ahci_header) == 32, "4.2.2");

/* A frame between host and drive (Serial ATA 3, 10.5). Of one to the host @command is the status
   and @features the error. */
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
	uint8_t halted;			/* a command has failed: none goes on until a restart */
	uint8_t busy;			/* the disk has a request */
	uint8_t stops;			/* and nobody waits for it any more */
	uint8_t slot, operation, by_port;	/* of the command under way; it reads as by a data port */
	uint64_t sector, table;		/* the next sector; where the command's table is */
	uint32_t left;			/* sectors that are to come */
	uint32_t moved;			/* bytes that have been moved */
	uint32_t entries, entry, done;	/* of the table; the next one, how much of that is through */
	struct bus_drive drive;
	/* Derived. */
	struct ahci *ahci;
	uint8_t running, again;		/* ahci_run is at work; the request was over within it */
	uint32_t then_entry, then_done;	/* entry and done behind the request */
	struct bus_disk_request request;
	struct bus_segment segment[AHCI_SEGMENTS];
};

struct ahci {
	struct bus_function function;
	uint32_t control, waiting;	/* GHC without AE; IS */
	struct ahci_port port[AHCI_PORTS];
	uint8_t ports;			/* derived */
};

/* ahci_registers.c: For the window of the bus. */
uint64_t ahci_read(void *self, uint64_t offset, unsigned size);
void ahci_write(void *self, uint64_t offset, unsigned size, uint64_t value);

/* ahci_port.c: Adds @causes to the port's (PxIS) and sets the line. */
void ahci_interrupt(struct ahci_port *port, uint32_t causes);
/* Sets the interrupt line as the ports' causes, and the guest's choice of them, say. */
void ahci_line(struct ahci *ahci);
/* Stops the port's commands. A request that the disk still has is ignored when it is over. */
void ahci_stop(struct ahci_port *port);
/* Resets the port. */
void ahci_reset_port(struct ahci_port *port);
/* Ends a reset of the controller if no disk has a request any more. */
void ahci_settle(struct ahci *ahci);

/* ahci_answer.c: The command is over; @error: of DRIVE_ABORTED, ..., or 0; @count for the
   register of counts. */
void ahci_answer(struct ahci_port *port, uint8_t error, uint8_t count);
/* What stands in memory for it is not there: the port halts. */
void ahci_lost(struct ahci_port *port);

/* ahci_transfer.c: What the command says is moved or stored. */
void ahci_transfer(struct ahci_port *port);
/* The request is over. 1: it was one part of the command, and the next one is to be moved;
   0: the command is over, or nobody waits for it any more. */
int ahci_goes_on(struct ahci_port *port, int failed);
/* The next segments of memory in the command's table, for the port's request: as much of
   @bytes as they have room for, or 0: they are not there. */
uint64_t ahci_gather(struct ahci_port *port, uint64_t bytes);

/* ahci_command.c: The commands that were issued, one behind the other, as long as they are
   over at once. */
void ahci_run(struct ahci_port *port);
/* For the done of a port's request. */
void ahci_done(struct bus_disk_request *request, int failed);

#endif
