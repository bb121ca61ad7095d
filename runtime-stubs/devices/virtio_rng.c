/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The entropy device: OASIS Virtual I/O Device 1.2, 5.4. It exists if the bus knows a
   source. */
#include "../bus/device.h"
#include "../virtio/device.h"

#define RNG_CLASS 0x00ff00u	/* class FFh: no defined class */
#define BYTES_MOST 65536u	/* of one request; the guest asks again for more */

struct virtio_rng {
	struct virtio virtio;
	/* Derived. */
	struct bus_entropy *source;
	struct virtio_chain chain;
	struct bus_segment segment[VIRTIO_SEGMENTS];
};

/* Returns how many bytes were written. */
static uint32_t rng_fill(struct virtio_rng *rng)
{
	const struct virtio_chain *chain = &rng->chain;
	uint32_t done = 0;

	for (unsigned i = 0; i < chain->writes && done < BYTES_MOST; i++) {
		const struct bus_segment *segment = &chain->segment[chain->reads + i];
		uint32_t left = BYTES_MOST - done;
		uint32_t part = segment->size < left ? segment->size : left;

		rng->source->fill(rng->source, segment->at, part);
		done += part;
	}
	return done;
}

static void rng_notify(void *self, unsigned queue)
{
	struct virtio_rng *rng = self;

	while (virtio_take(&rng->virtio, queue, &rng->chain)) {
		if (rng->chain.writes)
			virtio_give(&rng->virtio, queue, rng->chain.head, rng_fill(rng));
		else
			virtio_break(&rng->virtio);
	}
}

static int rng_is_busy(const void *self)
{
	(void)self;
	return 0;
}

static const struct virtio_kind rng_kind = { 4, RNG_CLASS, 1, rng_notify, rng_is_busy };

static int rng_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct virtio_rng *rng = self;

	rng->source = bus->entropy;
	rng->chain = (struct virtio_chain){ .room = VIRTIO_SEGMENTS, .segment = rng->segment };
	return rng->source ? virtio_attach(&rng->virtio, bus, place->at, &rng_kind, rng) : 0;
}

static void rng_reset(void *self)
{
	struct virtio_rng *rng = self;

	if (rng->source)
		virtio_reset(&rng->virtio);
}

static int rng_loaded(void *self)
{
	struct virtio_rng *rng = self;

	if (rng->source)
		return virtio_loaded(&rng->virtio);
	return rng->virtio.status || rng->virtio.function.irq.level;
}

static const struct state_field rng_state[] = { VIRTIO_STATE(struct virtio_rng, virtio) };

const struct device device_virtio_rng = {
	"virtrng", sizeof(struct virtio_rng), 1, rng_attach, rng_reset, rng_loaded,
	rng_state, sizeof(rng_state) / sizeof(rng_state[0])
};
