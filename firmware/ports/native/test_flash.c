/* The native port's weights partition and its second core, which other tests lean on. */

#include <string.h>

#include "native_check.h"
#include "native_port.h"
#include "tl_error.h"

#define SECTOR 4096u

static struct native_port native;
static const uint32_t words[2] = {0x0ff0ff00u, 0x12345678u};

static uint32_t word_at(uint32_t offset)
{
    uint32_t bytes;
    uint32_t word;
    memcpy(&word, (const char *)native.port.hal.flash_map(&native, &bytes) + offset, sizeof word);
    return word;
}

static int erase(uint32_t offset, uint32_t bytes)
{
    return native.port.hal.flash_erase(&native, offset, bytes);
}

static int write(uint32_t offset, uint32_t bytes)
{
    return native.port.hal.flash_write(&native, offset, words, bytes);
}

static void check_nor(void)
{
    test_case("programming clears bits only, and an erase sets those of whole sectors");
    EQUAL(word_at(SECTOR), 0xffffffffu);
    EQUAL(write(SECTOR - 4, 8), 0);
    EQUAL(word_at(SECTOR - 4), words[0]);
    EQUAL(word_at(SECTOR), words[1]);
    EQUAL(write(SECTOR, 4), 0);
    EQUAL(word_at(SECTOR), words[0] & words[1]);
    EQUAL(erase(SECTOR, SECTOR), 0);
    EQUAL(word_at(SECTOR), 0xffffffffu);
    EQUAL(word_at(SECTOR - 4), words[0]);
}

static void check_bounds(void)
{
    test_case("refuses what is unaligned or leads out of the partition");
    uint32_t bytes;
    CHECK(native.port.hal.flash_map(&native, &bytes) != NULL);
    EQUAL(bytes, 2818048);
    EQUAL(erase(bytes - SECTOR, SECTOR), 0);
    EQUAL(erase(bytes - SECTOR, 2 * SECTOR), TL_ERR_FLASH);
    EQUAL(erase(0x80, SECTOR), TL_ERR_FLASH);
    EQUAL(erase(0, 100), TL_ERR_FLASH);
    EQUAL(write(bytes - 4, 8), TL_ERR_FLASH);
    EQUAL(write(2, 4), TL_ERR_FLASH);
    EQUAL(write(0xfffffffcu, 8), TL_ERR_FLASH);
}

static void check_faults(void)
{
    test_case("refuses the operation it is told to, and spoils the one it is told to");
    EQUAL(erase(0, 2 * SECTOR), 0);
    native.refused_flash = native.flash_operations + 1;
    EQUAL(write(0, 4), TL_ERR_FLASH);
    EQUAL(word_at(0), 0xffffffffu);
    native.spoiled_flash = native.flash_operations + 1;
    EQUAL(write(0, 4), 0);
    EQUAL(word_at(0), words[0] ^ 0x10u);
}

static void check_absent(void)
{
    test_case("a board without the partition maps nothing");
    uint32_t bytes;
    native_flash_size(&native, 0);
    CHECK(native.port.hal.flash_map(&native, &bytes) == NULL);
    EQUAL(erase(0, SECTOR), TL_ERR_FLASH);
    native_flash_size(&native, SECTOR);
    EQUAL(word_at(SECTOR - 4), 0xffffffffu);
    EQUAL(erase(SECTOR, SECTOR), TL_ERR_FLASH);
}

static void note_core(void *arg, uint32_t core)
{
    char *order = arg;
    order[strlen(order)] = (char)('0' + core);
}

static void check_parallel(void)
{
    test_case("runs both tasks, the second core's first every other time");
    char order[8] = "";
    native.port.hal.parallel(&native, note_core, order);
    native.port.hal.parallel(&native, note_core, order);
    EQUAL(strcmp(order, "0110"), 0);
    EQUAL(native.sections, 2);
}

int main(int argc, char **argv)
{
    native_port_init(&native, argc > 1 ? argv[1] : NULL, 1024, 1024);
    check_nor();
    check_bounds();
    check_faults();
    check_absent();
    check_parallel();
    native_port_free(&native);
    return test_report();
}
