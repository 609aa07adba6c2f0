#include "port_chip.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "esp_app_desc.h"
#include "esp_chip_info.h"
#include "esp_mac.h"
#include "esp_system.h"

/** The words that the virtual board has for the same causes, and the host's console knows. */
static const char *reset_word(esp_reset_reason_t reason)
{
    switch (reason) {
    case ESP_RST_POWERON: return "poweron"; /* EN too: the chip cannot tell them apart */
    case ESP_RST_EXT: return "external";
    case ESP_RST_SW: return "software";
    case ESP_RST_PANIC: return "panic";
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT: return "watchdog";
    case ESP_RST_DEEPSLEEP: return "deep-sleep";
    case ESP_RST_BROWNOUT: return "brownout";
    default: return "other";
    }
}

static void write_hex(char *target, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) snprintf(target + 2 * i, 3, "%02x", bytes[i]);
}

static void write_mac(char *target, size_t capacity)
{
    uint8_t mac[6] = {0};
    esp_efuse_mac_get_default(mac);
    snprintf(target, capacity, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/** The version, each run of blanks one underscore, and 8 digits of the ELF's hash: buildIdOf() in harness/image. */
static void write_build(char *target, size_t capacity, const esp_app_desc_t *app)
{
    char version[sizeof app->version + 1];
    char hash[9];
    size_t length = 0;
    bool blank = false;
    for (size_t i = 0; i < sizeof app->version && app->version[i]; i++) {
        const bool was_blank = blank;
        blank = isspace((unsigned char)app->version[i]) != 0;
        if (!(blank && was_blank)) version[length++] = blank ? '_' : app->version[i];
    }
    version[length] = '\0';
    write_hex(hash, app->app_elf_sha256, 4);
    strlcpy(target, version, capacity);
    strlcat(target, "-", capacity);
    strlcat(target, hash, capacity);
}

void port_chip(void *ctx, struct bench_chip *chip)
{
    (void)ctx;
    const esp_app_desc_t *app = esp_app_get_description();
    esp_chip_info_t info;
    esp_chip_info(&info);
    memset(chip, 0, sizeof *chip);
    chip->model = "ESP32";
    chip->cores = info.cores;
    chip->revision = info.revision;
    write_mac(chip->mac, sizeof chip->mac);
    strlcpy(chip->reset, reset_word(esp_reset_reason()), sizeof chip->reset);
    write_hex(chip->elf, app->app_elf_sha256, 8);
    write_build(chip->build, sizeof chip->build, app);
    strlcpy(chip->idf, app->idf_ver, sizeof chip->idf);
}
