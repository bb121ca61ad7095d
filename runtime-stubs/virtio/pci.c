/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The registers in memory, and the capabilities that describe them (1.2, 4.1.3, 4.1.4). */
#include "pci.h"
#include <string.h>

#define VENDOR 0x1af4u
#define DEVICE_FIRST 0x1040u
#define SUBSYSTEM 0x1100u

/* BAR 0 has a page for each structure. BAR 1 has the MSI-X table. */
enum { COMMON, ISR, DEVICE, NOTIFY, REGIONS };
#define REGION 4096u
#define NOTIFY_BYTES 4u		/* of each queue */

struct common {			/* 4.1.4.3 */
	uint32_t device_select, device_features, driver_select, driver_features;
	uint16_t config_vector, queues;
	uint8_t status, generation;
	uint16_t queue_select, queue_size, queue_vector, queue_enable, queue_notify;
	uint32_t descriptors[2], available[2], used[2];
};
_Static_assert(sizeof(struct common) == 56, "4.1.4.3");
#define AT(member) offsetof(struct common, member)

static uint32_t virtio_half(uint64_t value, uint32_t select)
{
	return select == 0 ? value : select == 1 ? value >> 32 : 0;
}

static void virtio_set_half(uint64_t *to, uint32_t select, uint32_t value)
{
	if (select == 0)
		*to = (*to & 0xffffffff00000000ull) | value;
	else if (select == 1)
		*to = (uint32_t)*to | (uint64_t)value << 32;
}

/* Returns the selected queue. NULL: it does not exist. */
static struct virtio_queue *virtio_selected(struct virtio *virtio)
{
	return virtio->queue_select < virtio->kind->queues ?
	       &virtio->queue[virtio->queue_select] : NULL;
}

static struct common virtio_common(struct virtio *virtio)
{
	const struct virtio_queue *queue = virtio_selected(virtio);
	struct common c = {
		.device_select = virtio->device_select, .driver_select = virtio->driver_select,
		.device_features = virtio_half(virtio->features, virtio->device_select),
		.driver_features = virtio_half(virtio->driver_features, virtio->driver_select),
		.config_vector = virtio->config_vector, .queues = virtio->kind->queues,
		.status = virtio->status, .generation = virtio->generation,
		.queue_select = virtio->queue_select,
	};

	if (!queue)
		return c;
	c.queue_size = queue->size;
	c.queue_vector = queue->vector;
	c.queue_enable = queue->enabled;
	c.queue_notify = virtio->queue_select;
	memcpy(c.descriptors, &queue->descriptors, 8);
	memcpy(c.available, &queue->available, 8);
	memcpy(c.used, &queue->used, 8);
	return c;
}

static uint16_t virtio_vector(const struct virtio *virtio, uint64_t value)
{
	return value < virtio->function.vectors ? value : VIRTIO_NO_VECTOR;
}

/* The registers of an enabled queue are read-only. */
static void virtio_write_queue(struct virtio *virtio, unsigned offset, uint64_t value)
{
	struct virtio_queue *queue = virtio_selected(virtio);

	if (!queue || queue->enabled)
		return;
	switch (offset) {
	case AT(queue_size): queue->size = value; break;
	case AT(queue_vector): queue->vector = virtio_vector(virtio, value); break;
	case AT(queue_enable):
		if (value == 1)
			virtio_enable(virtio, queue);
		break;
	case AT(descriptors[0]): case AT(descriptors[1]):
		virtio_set_half(&queue->descriptors, offset / 4 & 1 ? 1 : 0, value); break;
	case AT(available[0]): case AT(available[1]):
		virtio_set_half(&queue->available, offset / 4 & 1 ? 1 : 0, value); break;
	case AT(used[0]): case AT(used[1]):
		virtio_set_half(&queue->used, offset / 4 & 1 ? 1 : 0, value); break;
	}
}

/* Returns the size of the field at @offset, in bytes. */
static unsigned virtio_width(unsigned offset)
{
	if (offset == AT(status) || offset == AT(generation))
		return 1;
	return offset >= AT(config_vector) && offset < AT(descriptors) ? 2 : 4;
}

static void virtio_write_common(struct virtio *virtio, unsigned offset, unsigned size,
				uint64_t value)
{
	if (size == 8) {
		virtio_write_common(virtio, offset, 4, value & 0xffffffff);
		virtio_write_common(virtio, offset + 4, 4, value >> 32);
		return;
	}
	if (size != virtio_width(offset))
		return;
	switch (offset) {
	case AT(device_select): virtio->device_select = value; break;
	case AT(driver_select): virtio->driver_select = value; break;
	case AT(driver_features):
		if (!(virtio->status & VIRTIO_FEATURES_OK))
			virtio_set_half(&virtio->driver_features, virtio->driver_select, value);
		break;
	case AT(config_vector): virtio->config_vector = virtio_vector(virtio, value); break;
	case AT(status): virtio_write_status(virtio, value); break;
	case AT(queue_select): virtio->queue_select = value; break;
	default: virtio_write_queue(virtio, offset, value);
	}
}

static uint64_t virtio_read(void *self, uint64_t offset, unsigned size)
{
	struct virtio *virtio = self;
	struct common common;
	const void *from = NULL;
	unsigned at = offset % REGION, bytes = 0;
	uint64_t value = 0;

	switch (offset / REGION) {
	case COMMON:
		common = virtio_common(virtio);
		from = &common;
		bytes = sizeof(common);
		break;
	case ISR:
		return at ? 0 : virtio_read_isr(virtio);
	case DEVICE:
		from = virtio->config;
		bytes = virtio->config_size;
		break;
	}
	if (at < bytes)
		memcpy(&value, (const uint8_t *)from + at, size < bytes - at ? size : bytes - at);
	return value;
}

/* A field is written whole; one of 8 bytes also in two halves (4.1.3.1). */
static void virtio_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	struct virtio *virtio = self;
	unsigned at = offset % REGION, queue = at / NOTIFY_BYTES;

	if (at & (size - 1))
		return;
	if (offset / REGION == COMMON)
		virtio_write_common(virtio, at, size, value);
	else if (offset / REGION == NOTIFY && queue < virtio->kind->queues)
		virtio_notify(virtio, queue);
}

struct capability {		/* 4.1.4 */
	uint8_t id, next, length, type, bar, padding[3];
	uint32_t offset, size, extra;	/* extra: bytes a queue of NOTIFY; data of WINDOW */
};
#define CAPABILITY_ID 9
#define CAPABILITY_BYTES 16u
enum { TYPE_COMMON = 1, TYPE_NOTIFY, TYPE_ISR, TYPE_DEVICE, TYPE_WINDOW };

/* Returns the register that the configuration space gives access to (4.1.4.9), or NULL. */
static struct bus_bar *virtio_window(struct virtio *virtio, struct capability *c)
{
	struct bus_bar *bar;

	memcpy(c, virtio->function.config + virtio->window, sizeof(*c));
	if (c->bar >= BUS_BARS || (c->size != 1 && c->size != 2 && c->size != 4))
		return NULL;
	bar = &virtio->function.bar[c->bar];
	return c->offset & (c->size - 1) || c->offset >= bar->size ? NULL : bar;
}

static void virtio_window_read(void *self)
{
	struct virtio *virtio = self;
	struct capability c;
	const struct bus_bar *bar = virtio_window(virtio, &c);

	if (bar)
		bus_put_config(&virtio->function, virtio->window + offsetof(struct capability, extra),
			       c.size, bar->read(bar->self, c.offset, c.size));
}

static void virtio_window_write(void *self)
{
	struct virtio *virtio = self;
	struct capability c;
	const struct bus_bar *bar = virtio_window(virtio, &c);

	if (bar)
		bar->write(bar->self, c.offset, c.size,
			   c.size == 4 ? c.extra : c.extra & ((1u << 8 * c.size) - 1));
}

static int virtio_add_window(struct virtio *virtio)
{
	const struct capability c = { CAPABILITY_ID, 0, sizeof(c), TYPE_WINDOW, 0, { 0 }, 0, 0, 0 };
	struct bus_function *function = &virtio->function;
	unsigned at = virtio->window = bus_add_capability(function, &c, sizeof(c));

	function->writable[at + offsetof(struct capability, bar)] = 0xff;
	memset(function->writable + at + offsetof(struct capability, offset), 0xff, 12);
	function->window = at + offsetof(struct capability, extra);
	function->window_self = virtio;
	function->window_read = virtio_window_read;
	function->window_write = virtio_window_write;
	return !at;
}

static int virtio_add_capabilities(struct virtio *virtio)
{
	static const struct { uint8_t type, region; uint32_t size; } all[] = {
		{ TYPE_COMMON, COMMON, sizeof(struct common) }, { TYPE_ISR, ISR, 1 },
		{ TYPE_DEVICE, DEVICE, REGION }, { TYPE_NOTIFY, NOTIFY, VIRTIO_QUEUES * NOTIFY_BYTES },
	};
	int bad = 0;

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		unsigned size = all[i].type == TYPE_NOTIFY ? sizeof(struct capability) :
				CAPABILITY_BYTES;
		struct capability c = { CAPABILITY_ID, 0, size, all[i].type, 0, { 0 },
					all[i].region * REGION, all[i].size, NOTIFY_BYTES };

		if (all[i].type == TYPE_DEVICE)
			c.size = virtio->config_size;
		if (c.size)
			bad |= !bus_add_capability(&virtio->function, &c, size);
	}
	return bad;
}

int virtio_attach(struct virtio *virtio, struct bus *bus, unsigned slot,
		  const struct virtio_kind *kind, void *self)
{
	const struct bus_identity identity = { VENDOR, DEVICE_FIRST + kind->type, SUBSYSTEM, 1,
					       kind->class };
	const struct bus_bar bar = { virtio, virtio_read, virtio_write, REGIONS * REGION, 0 };

	virtio->kind = kind;
	virtio->self = self;
	virtio->features |= VIRTIO_INDIRECT | VIRTIO_EVENT_INDEX | VIRTIO_VERSION_1;
	return bus_add_function(bus, &virtio->function, slot, &identity) ||
	       bus_add_bar(&virtio->function, 0, &bar) ||
	       bus_add_vectors(&virtio->function, 1, kind->queues + 1) ||
	       virtio_add_capabilities(virtio) || virtio_add_window(virtio);
}
