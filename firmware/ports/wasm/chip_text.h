#ifndef CHIP_TEXT_H
#define CHIP_TEXT_H

#include "bench_port.h"

/** Reads the ABI's `chip` line, `rev=301 mac=24:6f:28:00:00:01 ...`; unknown keys are passed over, long values cut. */
void chip_text_parse(const char *text, struct bench_chip *chip);

#endif
