#include "lx106.h"

/** In start.S. */
int simulator_write(const char *bytes, int count);

#define PASSES 1000000u

uint32_t lx106_instructions_per_tick(void)
{
    uint32_t passes = PASSES;
    const uint32_t before = lx106_ticks();
    __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+a"(passes));
    const uint32_t ticks = lx106_ticks() - before;
    return (2 * PASSES + ticks / 2) / ticks;
}

void lx106_print(const char *text)
{
    int length = 0;
    while (text[length]) length++;
    simulator_write(text, length);
}

void lx106_print_number(uint32_t value)
{
    char digits[10];
    int at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    simulator_write(digits + at, (int)sizeof digits - at);
}
