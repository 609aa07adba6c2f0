#ifndef PORT_UART_H
#define PORT_UART_H

#include <stdint.h>

/** Takes UART0 over from the boot's console at 115200 baud; ESP_LOG lines go the same way from here on. Call it once. */
void port_uart_start(void);

/* As in struct bench_port. */
void port_uart_write(void *ctx, const char *bytes, uint32_t count);
void port_uart_flush(void *ctx);
int32_t port_uart_read(void *ctx, char *bytes, uint32_t capacity, int64_t timeout_us);
void port_uart_baud(void *ctx, uint32_t rate);

#endif
