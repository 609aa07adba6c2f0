#include "tl_trits.h"

/* Written out by the preprocessor: digit k of b is floor(b / 3^k) mod 3. */
#define DIGITS(b) \
    ((b) % 3 | (b) / 3 % 3 << 2 | (b) / 9 % 3 << 4 | (b) / 27 % 3 << 6 | (b) / 81 % 3 << 8)
#define FOUR(b) DIGITS(b), DIGITS((b) + 1), DIGITS((b) + 2), DIGITS((b) + 3)
#define SIXTEEN(b) FOUR(b), FOUR((b) + 4), FOUR((b) + 8), FOUR((b) + 12)
#define SIXTY_FOUR(b) SIXTEEN(b), SIXTEEN((b) + 16), SIXTEEN((b) + 32), SIXTEEN((b) + 48)

const uint16_t tl_trits[256] = {SIXTY_FOUR(0), SIXTY_FOUR(64), SIXTY_FOUR(128), SIXTY_FOUR(192)};
