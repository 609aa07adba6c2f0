#include "tl_forward.h"

#include "tl_fast.h"
#include "tl_seed.h"

int tl_forward(struct tl_model *m, const uint32_t *tokens, uint32_t count, uint32_t pos, enum tl_want want)
{
    const uint32_t context = m->need.context;
    if (count == 0 || count > m->need.batch || pos >= context || count > context - pos) return TL_ERR_BAD_ARGUMENT;
    for (uint32_t i = 0; i < count; i++) {
        if (tokens[i] >= m->config.vocab) return TL_ERR_BAD_ARGUMENT;
    }
    if (m->knobs.strategy == TL_FAST) return tl_fast_forward(m, tokens, count, pos, want);
    return tl_seed_forward(m, tokens[0], pos, want);
}
