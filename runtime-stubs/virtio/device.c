/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The life of a device: status, features, rings, interrupts (1.2, 2.1 to 2.4, 4.1.4.5). */
#include "device.h"
#include "pci.h"
#include <string.h>

int virtio_runs(const struct virtio *virtio)
{
	return (virtio->status & (VIRTIO_DRIVER_OK | VIRTIO_NEEDS_RESET | VIRTIO_FAILED)) ==
		VIRTIO_DRIVER_OK && !virtio->resetting && bus_is_master(&virtio->function);
}

/* Requests an interrupt: by message if the guest has enabled MSI-X. @cause: a bit of the ISR
   register. */
static void virtio_interrupt(struct virtio *virtio, uint16_t vector, uint8_t cause)
{
	if (bus_vectors_on(&virtio->function)) {
		bus_raise_vector(&virtio->function, vector);
		return;
	}
	virtio->isr |= cause;
	bus_set_inta(&virtio->function, 1);
}

void virtio_break(struct virtio *virtio)
{
	virtio->status |= VIRTIO_NEEDS_RESET;
	if (virtio->status & VIRTIO_DRIVER_OK)
		virtio_interrupt(virtio, virtio->config_vector, VIRTIO_ISR_CONFIG);
}

void virtio_config_changed(struct virtio *virtio)
{
	virtio->generation++;
	if (virtio_runs(virtio))
		virtio_interrupt(virtio, virtio->config_vector, VIRTIO_ISR_CONFIG);
}

int virtio_take(struct virtio *virtio, unsigned queue, struct virtio_chain *chain)
{
	enum virtio_taken taken;

	if (!virtio_runs(virtio) || !virtio->queue[queue].enabled)
		return 0;
	taken = virtio_queue_take(&virtio->queue[queue], chain);
	if (taken == VIRTIO_BROKEN)
		virtio_break(virtio);
	return taken == VIRTIO_TAKEN;
}

void virtio_give(struct virtio *virtio, unsigned queue, uint16_t head, uint32_t written)
{
	virtio_give_all(virtio, queue, &(struct virtio_used){ head, written }, 1);
}

void virtio_give_all(struct virtio *virtio, unsigned queue, const struct virtio_used *used,
		     unsigned chains)
{
	enum virtio_given given;

	if (virtio->resetting || virtio->status & VIRTIO_NEEDS_RESET)
		return;
	given = virtio_queue_give(&virtio->queue[queue], used, chains);
	if (given == VIRTIO_GIVEN_NOWHERE)
		virtio_break(virtio);
	else if (given == VIRTIO_GIVEN_INTERRUPT)
		virtio_interrupt(virtio, virtio->queue[queue].vector, VIRTIO_ISR_QUEUE);
}

/* Resets all but the PCI function, which has a reset of its own. */
static void virtio_reset_now(struct virtio *virtio)
{
	virtio->driver_features = 0;
	virtio->device_select = virtio->driver_select = 0;
	virtio->queue_select = 0;
	virtio->config_vector = VIRTIO_NO_VECTOR;
	virtio->status = virtio->isr = virtio->resetting = 0;
	for (unsigned i = 0; i < VIRTIO_QUEUES; i++)
		virtio->queue[i] = (struct virtio_queue){
			.size = i < virtio->kind->queues ? VIRTIO_QUEUE_MOST : 0,
			.vector = VIRTIO_NO_VECTOR, .bus = virtio->function.bus };
	bus_set_inta(&virtio->function, 0);
}

void virtio_idle(struct virtio *virtio)
{
	if (virtio->resetting && !virtio->kind->is_busy(virtio->self))
		virtio_reset_now(virtio);
}

/* The guest may reuse its memory as soon as the status reads as 0. */
void virtio_write_status(struct virtio *virtio, uint8_t value)
{
	uint8_t before = virtio->status;

	if (virtio->resetting)
		return;
	if (!value) {
		virtio->resetting = 1;
		virtio_idle(virtio);
		return;
	}
	if (value & VIRTIO_FEATURES_OK && !(before & VIRTIO_FEATURES_OK) &&
	    (!(virtio->driver_features & VIRTIO_VERSION_1) ||
	     virtio->driver_features & ~virtio->features))
		value &= ~VIRTIO_FEATURES_OK;
	if (!(value & VIRTIO_FEATURES_OK))
		value &= ~VIRTIO_DRIVER_OK;
	virtio->status = (value & ~VIRTIO_NEEDS_RESET) | (before & VIRTIO_NEEDS_RESET);
	if (value & VIRTIO_DRIVER_OK && !(before & VIRTIO_DRIVER_OK))
		virtio_start_again(virtio);
}

void virtio_start_again(struct virtio *virtio)
{
	for (unsigned i = 0; i < virtio->kind->queues; i++)
		virtio_notify(virtio, i);
}

void virtio_notify(struct virtio *virtio, unsigned queue)
{
	if (virtio_runs(virtio) && virtio->queue[queue].enabled)
		virtio->kind->notify(virtio->self, queue);
}

void virtio_enable(struct virtio *virtio, struct virtio_queue *queue)
{
	queue->event_index = !!(virtio->driver_features & VIRTIO_EVENT_INDEX);
	if (!(virtio->status & VIRTIO_FEATURES_OK) || !virtio_queue_good(queue)) {
		virtio_break(virtio);
		return;
	}
	queue->enabled = 1;
}

uint8_t virtio_read_isr(struct virtio *virtio)
{
	uint8_t isr = virtio->isr;

	virtio->isr = 0;
	bus_set_inta(&virtio->function, 0);
	return isr;
}

void virtio_reset(struct virtio *virtio)
{
	bus_reset_function(&virtio->function);
	virtio_reset_now(virtio);
}

int virtio_loaded(struct virtio *virtio)
{
	for (unsigned i = 0; i < VIRTIO_QUEUES; i++) {
		struct virtio_queue *queue = &virtio->queue[i];

		queue->bus = virtio->function.bus;
		queue->event_index = !!(virtio->driver_features & VIRTIO_EVENT_INDEX);
		if (queue->enabled > 1 || (queue->enabled && !virtio_queue_good(queue)) ||
		    (i >= virtio->kind->queues && queue->size))
			return -1;
	}
	return virtio->resetting > 1 ? -1 : bus_function_loaded(&virtio->function);
}
