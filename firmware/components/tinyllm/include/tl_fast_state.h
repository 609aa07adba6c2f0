#ifndef TL_FAST_STATE_H
#define TL_FAST_STATE_H

#include <stdint.h>

/** What only the strategy `fast` keeps in memory: pointers into the caller's arenas. */
struct tl_fast_state {
    unsigned char *bounce[2]; /* (chunk_bytes) each, internal RAM */
};

#endif
