/* The layers in the weights partition: programmed once, never believed unseen. */

#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_fast.h"
#include "native_model.h"

#define FOLDER "fast-flash"
#define CONTEXT 8
#define SECTOR 4096u

static const char *card;
static struct native_port native;
static float *wanted; /* (vocab) seed's logits of the last position */

static struct tl_knobs flash_knobs(void)
{
    struct tl_knobs knobs = fast_knobs(TL_FAST, CONTEXT);
    knobs.resident = TL_LAYERS_IN_FLASH;
    knobs.chunk_bytes = 0;
    return knobs;
}

static uint32_t layer_bytes(const struct tl_config *c)
{
    struct fast_model seed;
    uint32_t bytes = 0;
    EQUAL(fast_open(&seed, &native, FOLDER, fast_knobs(TL_SEED, CONTEXT)), TL_OK);
    for (int t = TL_Q; t <= TL_DOWN; t++) {
        if (t != TL_NORM2) bytes += (seed.model.weights.matrix[t].file.bytes + 15u) & ~15u;
    }
    wanted = malloc(c->vocab * 4);
    for (uint32_t pos = 0; pos < CONTEXT; pos++) EQUAL(tl_forward(&seed.model, &pos, 1, pos, TL_WANT_LOGITS), TL_OK);
    memcpy(wanted, seed.model.state.logits, c->vocab * 4);
    fast_close(&seed);
    return bytes;
}

/** Loads, computes, and says how many bytes were programmed; the result of the load goes to *result. */
static uint32_t load(int *result)
{
    struct fast_model fast;
    const uint32_t tokens[CONTEXT] = {0, 1, 2, 3, 4, 5, 6, 7};
    *result = fast_open(&fast, &native, FOLDER, flash_knobs());
    const uint32_t flashed = fast.model.fast.flashed_bytes;
    if (*result == TL_OK) {
        EQUAL(tl_forward(&fast.model, tokens, CONTEXT, 0, TL_WANT_LOGITS), TL_OK);
        EQUAL(memcmp(fast.model.state.logits, wanted, fast.model.config.vocab * 4), 0);
    } else if (*result == TL_ERR_FLASH) {
        EQUAL(strcmp(fast.model.fault.subject, "weights partition"), 0);
        CHECK(fast.model.fault.reason != NULL);
    }
    fast_close(&fast);
    return flashed;
}

static uint32_t load_well(void)
{
    int result;
    const uint32_t flashed = load(&result);
    EQUAL(result, TL_OK);
    return flashed;
}

static void check_reuse(uint32_t bytes)
{
    test_case("programs the layers once, and then believes the record and the content's CRC");
    const uint32_t flashed = load_well();
    CHECK(flashed >= bytes - 7 * 15 && flashed <= bytes + 64);
    const uint32_t operations = native.flash_operations;
    EQUAL(load_well(), 0);
    EQUAL(native.flash_operations, operations);
    test_case("programs again when one bit of the content fell, wherever it is");
    native.flash[bytes / 2] ^= 1;
    CHECK(load_well() == flashed);
    native.flash[0] ^= 0x80;
    CHECK(load_well() == flashed);
    test_case("programs again when the record is another version's, or damaged");
    native.flash[native.flash_bytes - SECTOR + 4] ^= 2;
    CHECK(load_well() == flashed);
    native.flash[native.flash_bytes - SECTOR + 44] ^= 2;
    CHECK(load_well() == flashed);
    test_case("programs again for another manifest");
    fast_write_manifest(card, FOLDER, 1000, NULL);
    CHECK(load_well() == flashed);
    EQUAL(load_well(), 0);
}

/** Forgets what the partition holds. */
static void wipe(void)
{
    memset(native.flash, 0xff, native.flash_bytes);
}

static uint32_t operations_of_a_load(void)
{
    wipe();
    const uint32_t before = native.flash_operations;
    load_well();
    return native.flash_operations - before;
}

/* Power that goes leaves what a refused operation leaves: nothing of it and nothing behind it. */
static void check_faults(void)
{
    int result;
    const uint32_t operations = operations_of_a_load();
    test_case("says so when an erase or a write is refused, and leaves no record that the next load would believe");
    for (uint32_t k = 1; k <= operations; k++) {
        if (k % 2 == 0) wipe(); /* else over an old record and content, which a changed manifest has outdated */
        fast_write_manifest(card, FOLDER, k, NULL);
        native.refused_flash = native.flash_operations + k;
        load(&result);
        EQUAL(result, TL_ERR_FLASH);
        CHECK(load_well() > 0);
    }
    native.refused_flash = 0;
    test_case("finds out when what was programmed is not kept");
    uint32_t found = 0;
    for (uint32_t k = 1; k <= operations; k++) {
        wipe();
        native.spoiled_flash = native.flash_operations + k;
        load(&result);
        found += result == TL_ERR_FLASH;
        CHECK(result == TL_OK || result == TL_ERR_FLASH);
        load_well();
    }
    native.spoiled_flash = 0;
    CHECK(found >= operations - 4); /* an erase spoiled where the content has that bit clear does no harm */
}

static void check_card_error(void)
{
    int result;
    test_case("names the card's file when it cannot be read while programming, and programs from the start at the next load");
    for (uint32_t k = 8; k < 16; k++) {
        wipe();
        native.fail_read = native.reads + k;
        load(&result);
        EQUAL(result, TL_ERR_CARD_READ);
        native.fail_read = 0;
        CHECK(load_well() > 0);
    }
}

static void check_origin(void)
{
    struct fast_model fast;
    test_case("refuses layers that are not what the manifest says, by their file's name, and believes nothing of them");
    for (int t = TL_Q; t <= TL_DOWN; t++) {
        if (t == TL_NORM2) continue;
        wipe();
        fast_write_manifest(card, FOLDER, 2000, test_file_names[t]);
        for (int again = 0; again < 2; again++) {
            EQUAL(fast_open(&fast, &native, FOLDER, flash_knobs()), TL_ERR_BAD_HASH);
            EQUAL(strcmp(fast.model.fault.file, test_file_names[t]), 0);
            CHECK(fast.model.fast.flashed_bytes > 0);
            fast_close(&fast);
        }
    }
    test_case("does not mind what the manifest says of other files");
    fast_write_manifest(card, FOLDER, 2001, "lm_head.bin");
    CHECK(load_well() > 0);
    EQUAL(load_well(), 0);
    test_case("programs at every load by a manifest that tells no CRCs");
    static const char *const silent[] = {"other", "{}", "{\"files\":[]}", "{\"files\":[{\"name\":\"q_proj.bin\",\"bytes\":1}]}"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        test_write_file(card, FOLDER, "manifest.json", silent[i], (uint32_t)strlen(silent[i]));
        for (int again = 0; again < 3; again++) CHECK(load_well() > 0);
    }
    fast_write_manifest(card, FOLDER, 2002, NULL);
}

static uint32_t residence(void)
{
    struct fast_model fast;
    EQUAL(fast_open(&fast, &native, FOLDER, flash_knobs()), TL_OK);
    const uint32_t resident = fast.model.need.resident;
    EQUAL(fast.model.need.layer_bytes > 0, resident != 0);
    fast_close(&fast);
    return resident;
}

static void check_room(uint32_t bytes)
{
    const uint32_t sectors = (bytes + SECTOR - 1) / SECTOR;
    test_case("leaves the layers on the card when the partition has no room for them and the record, or there is no manifest");
    native_flash_size(&native, (sectors + 1) * SECTOR);
    EQUAL(residence(), TL_LAYERS_IN_FLASH);
    native_flash_size(&native, sectors * SECTOR);
    EQUAL(residence(), 0);
    native_flash_size(&native, 0);
    EQUAL(residence(), 0);
    native_flash_size(&native, NATIVE_FLASH_BYTES);
    EQUAL(residence(), TL_LAYERS_IN_FLASH);
    test_remove_file(card, FOLDER, "manifest.json");
    EQUAL(residence(), 0);
}

int main(int argc, char **argv)
{
    uint64_t seed = 21;
    card = argc > 1 ? argv[1] : ".";
    native_port_init(&native, card, 1024, 1024);
    struct tl_config c = fast_random_shape(&seed);
    c.layers = 3, c.hidden = 63; /* odd sizes in every format */
    fast_write(&c, card, FOLDER, 8, 1);
    const uint32_t bytes = layer_bytes(&c);
    check_reuse(bytes);
    check_faults();
    check_card_error();
    check_origin();
    check_room(bytes);
    free(wanted);
    native_port_free(&native);
    return test_report();
}
