#ifndef TL_FAST_CORES_H
#define TL_FAST_CORES_H

#include "tl_model.h"

/*
 * Sharing rows between two cores: core 0 takes the first ones, core 1 the last core_split percent. What a row's numbers are does
 * not depend on who computes it.
 */

/** Multiply-accumulates below which waking the other core costs more than it saves: some 85 us of them, against 10 to 20. */
#define TL_WORTH_A_CORE 4096u

/** Percent for the second core of a piece of work of so many multiply-accumulates. */
static inline uint32_t tl_fast_split(const struct tl_model *m, uint64_t work)
{
    return m->hal->parallel && work >= TL_WORTH_A_CORE ? m->knobs.core_split : 0;
}

struct tl_share {
    uint32_t first;
    uint32_t end;
};

/** Which of `count` rows are a core's. */
static inline struct tl_share tl_fast_share(uint32_t count, uint32_t percent, uint32_t core)
{
    const uint32_t middle = count - (uint32_t)((uint64_t)count * percent / 100);
    return core == 0 ? (struct tl_share){0, middle} : (struct tl_share){middle, count};
}

/** Runs the task on both cores, or with 0 percent on this one alone. */
static inline void tl_fast_run(const struct tl_model *m, uint32_t percent, void (*task)(void *arg, uint32_t core), void *arg)
{
    if (percent > 0) m->hal->parallel(m->hal->ctx, task, arg);
    else task(arg, 0);
}

#endif
