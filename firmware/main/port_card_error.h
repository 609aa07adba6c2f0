#ifndef PORT_CARD_ERROR_H
#define PORT_CARD_ERROR_H

#include "ff.h"

/** FatFs's result as an error of bench_card_port.h; 0 for FR_OK. */
int port_card_error(FRESULT result);

#endif
