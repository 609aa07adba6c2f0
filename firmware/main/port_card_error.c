#include "port_card_error.h"

#include "bench_card_port.h"

int port_card_error(FRESULT result)
{
    switch (result) {
    case FR_OK: return 0;
    case FR_NO_FILE:
    case FR_NO_PATH: return BENCH_CARD_NO_FILE;
    case FR_EXIST: return BENCH_CARD_EXISTS;
    case FR_WRITE_PROTECTED: return BENCH_CARD_READ_ONLY;
    default: return BENCH_CARD_FAILED;
    }
}
