#ifndef NATIVE_MODEL_H
#define NATIVE_MODEL_H

#include "tl_config.h"
#include "tl_model.h"

/** A model of random weights, in memory and on a card. */
struct test_model {
    struct tl_config config;
    float *tensor[TL_TENSOR_COUNT]; /* by enum tl_tensor; the head's is NULL when tied */
    uint32_t count[TL_TENSOR_COUNT];
};

/** Three layers, grouped-query attention, heads that are wider in all than hidden, no size a multiple of 4. */
struct tl_config test_shape_odd(void);

/** One layer of Tiny-LLM's topology in small, tied head. */
struct tl_config test_shape_tied(void);

/** Fills every tensor from a seed. To be released by test_model_free(). */
void test_model_make(struct test_model *model, struct tl_config config, uint64_t seed);
void test_model_free(struct test_model *model);

/** Writes the card folder `card`/`folder`, made when it is missing, with or without a manifest. */
void test_model_write(const struct test_model *model, const char *card, const char *folder, bool with_manifest);

/** Writes one file of a card folder. */
void test_write_file(const char *card, const char *folder, const char *name, const void *data, uint32_t bytes);

/** Removes one file of a card folder. */
void test_remove_file(const char *card, const char *folder, const char *name);

/** The text of model_config.json. */
void test_config_text(const struct tl_config *config, char *text, uint32_t capacity);

extern const char *const test_file_names[TL_TENSOR_COUNT];

#endif
