#include "port_uart.h"

#include <stdio.h>

#include "driver/uart.h"
#include "driver/uart_vfs.h"
#include "esp_err.h"
#include "esp_intr_alloc.h"
#include "freertos/FreeRTOS.h"
#include "port_watchdog.h"

#define PORT UART_NUM_0
#define START_BAUD 115200

/** Two frames of `put` in flight need 4096 (PROTOCOL.md, "Card over UART"); as much again while a sector is written. */
#define RX_RING_BYTES 8192
#define TX_RING_BYTES 4096

/*
 * The receiver's FIFO holds 128 bytes, and a byte takes 10 bits: at 921600 baud 10.85 us. The driver's own threshold of 120
 * leaves (128 - 120) * 10.85 = 87 us until the first byte is lost. 64 leaves 694 us, for 1440 interrupts a second at full
 * rate; a timeout of 4 characters (43 us) hands on the end of a line that fills no threshold.
 */
#define RX_FULL_THRESHOLD 64
#define RX_TIMEOUT_CHARACTERS 4

#define US_PER_TICK (1000000 / CONFIG_FREERTOS_HZ)

void port_uart_start(void)
{
    fflush(stdout);
    /* In IRAM, it goes on receiving while flash is erased and the caches are off (CONFIG_UART_ISR_IN_IRAM). */
    ESP_ERROR_CHECK(uart_driver_install(PORT, RX_RING_BYTES, TX_RING_BYTES, 0, NULL, ESP_INTR_FLAG_IRAM));
    ESP_ERROR_CHECK(uart_set_baudrate(PORT, START_BAUD));
    ESP_ERROR_CHECK(uart_set_rx_full_threshold(PORT, RX_FULL_THRESHOLD));
    ESP_ERROR_CHECK(uart_set_rx_timeout(PORT, RX_TIMEOUT_CHARACTERS));
    /* Otherwise log lines go past the ring, straight into the FIFO, and land inside the app's own lines. */
    uart_vfs_dev_use_driver(PORT);
}

void port_uart_write(void *ctx, const char *bytes, uint32_t count)
{
    (void)ctx;
    port_watchdog_feed();
    uart_write_bytes(PORT, bytes, count);
}

void port_uart_flush(void *ctx)
{
    (void)ctx;
    uart_wait_tx_done(PORT, portMAX_DELAY);
}

/** Whole ticks that last at least so long: a timeout is never short. */
static TickType_t ticks_for(int64_t us)
{
    return (TickType_t)((us + US_PER_TICK - 1) / US_PER_TICK);
}

/** Waits for one byte, by naps that keep the watchdog fed: 1, 0 after the timeout. */
static int wait_for_byte(char *byte, int64_t timeout_us)
{
    const int64_t nap_us = (int64_t)PORT_WATCHDOG_NAP_MS * 1000;
    for (;;) {
        const int64_t slice_us = timeout_us < 0 || timeout_us > nap_us ? nap_us : timeout_us;
        port_watchdog_feed();
        if (uart_read_bytes(PORT, byte, 1, ticks_for(slice_us)) == 1) return 1;
        if (timeout_us >= 0 && (timeout_us -= slice_us) == 0) return 0;
    }
}

int32_t port_uart_read(void *ctx, char *bytes, uint32_t capacity, int64_t timeout_us)
{
    (void)ctx;
    size_t more = 0;
    if (capacity == 0 || wait_for_byte(bytes, timeout_us) == 0) return 0;
    uart_get_buffered_data_len(PORT, &more);
    if (more > capacity - 1) more = capacity - 1;
    const int got = more ? uart_read_bytes(PORT, bytes + 1, (uint32_t)more, 0) : 0;
    return 1 + (got > 0 ? got : 0);
}

void port_uart_baud(void *ctx, uint32_t rate)
{
    port_uart_flush(ctx);
    ESP_ERROR_CHECK(uart_set_baudrate(PORT, rate));
}
