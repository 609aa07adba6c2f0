#ifndef NATIVE_PACKED_H
#define NATIVE_PACKED_H

#include "tl_model.h"

#define PACKED_LAYERS 4

/** A model of random weights whose matrices have the formats that its configuration says, as bytes. */
struct test_packed {
    struct tl_config config;
    unsigned char *data[TL_TENSOR_COUNT]; /* by enum tl_tensor; the head's is NULL when tied */
    uint32_t bytes[TL_TENSOR_COUNT];
    float scales[TL_TENSOR_COUNT][PACKED_LAYERS]; /* of tensors in int8 */
};

/** Sets every matrix's format. */
void test_packed_format(struct tl_config *config, enum tl_format format);

/** Fills every tensor from a seed. To be released by test_packed_free(). At most PACKED_LAYERS layers. */
void test_packed_make(struct test_packed *model, struct tl_config config, uint64_t seed);
void test_packed_free(struct test_packed *model);

/** Writes the card folder `card`/`folder` without a manifest; a scales' file only when a tensor is in int8. */
void test_packed_write(const struct test_packed *model, const char *card, const char *folder);

/** One row of a tensor: layer, row and tensor as bytes. */
const unsigned char *test_packed_row(const struct test_packed *model, enum tl_tensor tensor, uint32_t layer, uint32_t row);

/**
 * The logits (vocab) of the last of `count` tokens by firmware/FORMATS.md "The forward pass", read as it stands, to the bit. Takes only the
 * elementary functions from the core.
 */
void test_packed_forward(const struct test_packed *model, const uint32_t *tokens, uint32_t count, float *logits);

#endif
