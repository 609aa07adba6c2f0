#ifndef TL_TRITS_H
#define TL_TRITS_H

#include <stdint.h>

/** The five base-3 digits of a byte, two bits each, the lowest digit first; a 243 or more has digits as FORMATS.md says. */
extern const uint16_t tl_trits[256];

#endif
