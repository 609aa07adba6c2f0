#include "port_card_slot.h"

#include "driver/gpio.h"
#include "driver/sdmmc_host.h"
#include "esp_err.h"
#include "esp_log.h"
#include "esp_vfs_fat.h"
#include "sdkconfig.h"

/*
 * The card hangs on the SDMMC host's slot 1, whose pins are the chip's own and cannot be moved. Every one of them has a
 * second meaning on an ESP32-CAM:
 *
 *   GPIO14 CLK, GPIO15 CMD
 *   GPIO2  DAT0  a strapping pin: pulled high at reset, it keeps the chip out of download mode. The pull-up that is turned
 *                on here ends with any reset, so flashing still works with the card in its slot.
 *   GPIO4  DAT1  the white flash LED: in 4-bit mode it flickers with the data; in 1-bit mode it is held low.
 *   GPIO12 DAT2  MTDI, a strapping pin: high at reset, it sets the flash's supply to 1.8 V, and a 3.3 V board does not
 *                start. In 1-bit mode it is left alone, with its reset state of a pull-down.
 *   GPIO13 DAT3  a card that sees it low when it is first addressed enters SPI mode: pulled up before that.
 *
 * One line is the default for these reasons; CONFIG_BENCH_CARD_4BIT takes all four.
 */
#define FLASH_LED GPIO_NUM_4
#define DAT3 GPIO_NUM_13

#ifdef CONFIG_BENCH_CARD_4BIT
#define LINES 4
#else
#define LINES 1
#endif

#define BASE_PATH "/sdcard"

static const char tag[] = "card";

/** The driver does not touch the lines that it does not use. */
static void settle_unused_lines(void)
{
    if (LINES == 4) return;
    const gpio_config_t led = {.pin_bit_mask = BIT64(FLASH_LED), .mode = GPIO_MODE_OUTPUT};
    const gpio_config_t select = {
        .pin_bit_mask = BIT64(DAT3),
        .mode = GPIO_MODE_INPUT,
        .pull_up_en = GPIO_PULLUP_ENABLE,
    };
    ESP_ERROR_CHECK(gpio_config(&led));
    ESP_ERROR_CHECK(gpio_set_level(FLASH_LED, 0));
    ESP_ERROR_CHECK(gpio_config(&select));
}

static esp_err_t mount_at(struct port_slot *slot, int khz)
{
    sdmmc_host_t host = SDMMC_HOST_DEFAULT();
    sdmmc_slot_config_t lines = SDMMC_SLOT_CONFIG_DEFAULT();
    /* The app's files are opened past the VFS, in a table of its own (port_card.h): one here is the least there can be. */
    const esp_vfs_fat_mount_config_t mount = {.format_if_mount_failed = false, .max_files = 1};
    host.slot = SDMMC_HOST_SLOT_1;
    host.max_freq_khz = khz;
    lines.width = LINES;
    lines.flags |= SDMMC_SLOT_FLAG_INTERNAL_PULLUP;
    return esp_vfs_fat_sdmmc_mount(BASE_PATH, &host, &lines, &mount, &slot->card);
}

/** At 40 MHz when card and wiring do it: a damaged block while mounting shows that they do not. */
static esp_err_t mount_fast_or_slow(struct port_slot *slot)
{
    if (!slot->slow && mount_at(slot, SDMMC_FREQ_HIGHSPEED) == ESP_OK) return ESP_OK;
    const esp_err_t result = mount_at(slot, SDMMC_FREQ_DEFAULT);
    if (result == ESP_OK) slot->slow = true;
    return result;
}

bool port_slot_mount(struct port_slot *slot)
{
    if (slot->card) esp_vfs_fat_sdcard_unmount(BASE_PATH, slot->card);
    slot->card = NULL;
    settle_unused_lines();
    const esp_err_t result = mount_fast_or_slow(slot);
    if (result != ESP_OK) {
        slot->card = NULL;
        ESP_LOGW(tag, "no card with a FAT volume: %s", esp_err_to_name(result));
        return false;
    }
    ESP_LOGI(tag, "%d line(s) at %d kHz", 1 << slot->card->log_bus_width, slot->card->real_freq_khz);
    return true;
}
