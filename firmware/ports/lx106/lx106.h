#ifndef LX106_H
#define LX106_H

#include <stdint.h>

/**
 * The cycle counter. With qemu's `-icount shift=0` an instruction takes a nanosecond, and the counter goes at the frequency of
 * qemu's machine: lx106_instructions_per_tick() says how many instructions that is.
 */
static inline uint32_t lx106_ticks(void)
{
    uint32_t count;
    __asm__ volatile("rsr %0, ccount" : "=a"(count) : : "memory");
    return count;
}

/** Counted over a loop of known length, to the nearest whole number. */
uint32_t lx106_instructions_per_tick(void);

void lx106_print(const char *text);
void lx106_print_number(uint32_t value);

#endif
