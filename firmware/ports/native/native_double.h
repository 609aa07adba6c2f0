#ifndef NATIVE_DOUBLE_H
#define NATIVE_DOUBLE_H

#include "native_model.h"

/** An independent forward pass in binary64, plain loops; logits (vocab) of the last of `count` tokens. */
void test_forward_double(const struct test_model *model, const uint32_t *tokens, uint32_t count, double *logits);

#endif
