/*
 * Stands in, weakly, for parts that are not there yet, so that the firmware links: the linker takes tl_fast*.c's and
 * tl_screen.c's own functions instead as soon as they exist, and this file goes then.
 */

#include "tl_fast.h"

#define WEAK __attribute__((weak))

WEAK int tl_fast_plan(struct tl_model *model, const struct tl_knobs *knobs)
{
    (void)knobs;
    model->fault = (struct tl_fault){.subject = "strategy", .reason = "is not built in"};
    return TL_ERR_BAD_CONFIG;
}

WEAK int tl_fast_place(struct tl_model *model, void *internal, void *psram, void *resident)
{
    (void)model, (void)internal, (void)psram, (void)resident;
    return TL_ERR_BAD_CONFIG;
}

WEAK int tl_fast_forward(struct tl_model *model, const uint32_t *tokens, uint32_t count, uint32_t pos, enum tl_want want)
{
    (void)model, (void)tokens, (void)count, (void)pos, (void)want;
    return TL_ERR_BAD_ARGUMENT;
}

WEAK uint64_t tl_screen_bytes(uint32_t vocab, uint32_t hidden)
{
    (void)vocab, (void)hidden;
    return 0;
}
