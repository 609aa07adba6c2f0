/* The test of PSRAM, on memories with faults: each is found and named, and a sound one is not accused. */

#include <stdlib.h>
#include <string.h>

#include "bench_psram.h"
#include "native_check.h"
#include "native_port.h"

/* Not aligned to its size, as a heap's pieces are: 256 KB of chip, of which the piece is what lies between. */
#define CHIP_WORDS (1u << 16)
#define OFFSET 10256u
#define WORDS (CHIP_WORDS - OFFSET / 4 - 108)

/* Of the address, those in which two words of the piece can differ alone: 2 to 17. */
#define LINES 16

/** A chip whose cells are reached through lines that may be broken: what `reach` and `keep` say. */
struct chip {
    uint32_t (*reach)(uint32_t address);                 /* the cell that an address reaches */
    uint32_t (*keep)(uint32_t cell, uint32_t value);     /* what that cell holds of a value */
    uint32_t cell[CHIP_WORDS];                           /* by address / 4 */
    uint32_t words[WORDS];                               /* as the core sees them: the piece */
    uint64_t written;                                    /* bytes on the bus */
    uint64_t read;
    uint64_t checked;                                    /* words that were looked at */
    uint32_t writes;                                     /* charges */
    uint32_t lost;                                       /* the charge with this number (from 1) loses its first word */
};

static struct chip chip;
static struct native_port native;

static uint32_t straight(uint32_t address)
{
    return address;
}

static uint32_t whole(uint32_t cell, uint32_t value)
{
    (void)cell;
    return value;
}

static void see(uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) chip.words[i] = chip.cell[chip.reach(OFFSET + 4 * i) / 4];
}

/** What the core wrote goes to its cells in order; then the core sees what the cells hold. */
static void take_written(uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        const uint32_t cell = chip.reach(OFFSET + 4 * i) / 4;
        if (i > first || chip.writes != chip.lost) chip.cell[cell] = chip.keep(cell, chip.words[i]);
    }
    if (chip.reach == straight) see(first, count);
    else see(0, WORDS);
}

static void hear(void *ctx, enum tl_kernel kernel, uint32_t count, const void *data, uint32_t bytes)
{
    const uint32_t first = (uint32_t)((const uint32_t *)data - chip.words);
    (void)ctx;
    if (kernel == TL_KERNEL_COPY) {
        chip.writes++;
        chip.written += bytes;
        if (chip.reach != straight || chip.keep != whole || chip.lost) take_written(first, count / 4);
    } else {
        CHECK(kernel == TL_KERNEL_ELEMENTWISE && (bytes == 0 || bytes == 4 * count));
        chip.checked += count;
        chip.read += bytes;
    }
}

static struct bench_psram_found test(uint32_t (*reach)(uint32_t address), uint32_t (*keep)(uint32_t cell, uint32_t value), uint32_t lost)
{
    struct bench_psram_found found = {0};
    const struct bench_psram piece = {&native.port.hal, chip.words, WORDS, OFFSET};
    memset(&chip, 0xa7, sizeof chip);
    chip.reach = reach;
    chip.keep = keep;
    chip.lost = lost;
    chip.written = chip.read = chip.checked = 0;
    chip.writes = 0;
    bench_psram_test(&piece, &found);
    return found;
}

static void check_sound(void)
{
    test_case("finds nothing wrong with a sound memory");
    struct bench_psram_found found = test(straight, whole, 0);
    EQUAL(found.errors + found.data + found.lines, 0);
    test_case("writes all of it twice and reads it twice, and charges its bus for that, for the patterns and the pairs");
    /* A pair is two lines of the cache, and what is read to have them leave it 64 KB behind each. */
    EQUAL(chip.written, 2 * 2 * WORDS * 4ull + 7 * 2 * 131072 + LINES * 2 * 2 * 32);
    EQUAL(chip.read, WORDS * 4ull + 7 * 131072 + LINES * 2 * 65536);
    EQUAL(chip.checked, 4ull * WORDS + 7 * 32768 + LINES * 2 * 16384);
    test_case("writes to the last word, and leaves its complement there");
    EQUAL(chip.words[WORDS - 1], (uint32_t)~(OFFSET + 4 * (WORDS - 1)));
    test_case("works on one core, and on pieces as small as a word");
    native.port.hal.parallel = NULL;
    found = test(straight, whole, 0);
    for (uint32_t count = 0; count < 20; count++) {
        const struct bench_psram piece = {&native.port.hal, chip.words, count, OFFSET};
        bench_psram_test(&piece, &found);
    }
    EQUAL(found.errors + found.data + found.lines, 0);
    EQUAL(chip.words[18], (uint32_t)~(OFFSET + 4 * 18));
    native_port_free(&native);
    native_port_init(&native, NULL, 1024, 1024);
    native.port.hal.work = hear;
}

static uint32_t broken; /* bits */
static uint32_t level;  /* what they are stuck at: the same bits, or 0 */

static uint32_t stuck_data(uint32_t cell, uint32_t value)
{
    (void)cell;
    return (value & ~broken) | level;
}

static uint32_t shorted_data(uint32_t cell, uint32_t value)
{
    (void)cell;
    return (value & broken) == broken ? value : value & ~broken;
}

static uint32_t stuck_line(uint32_t address)
{
    return (address & ~broken) | level;
}

static uint32_t shorted_lines(uint32_t address)
{
    return shorted_data(0, address);
}

static void check_data(void)
{
    test_case("names a data bit that is stuck, and is not misled about the address");
    for (int bit = 0; bit < 32; bit += 5) {
        broken = 1u << bit;
        for (int high = 0; high < 2; high++) {
            level = high ? broken : 0;
            const struct bench_psram_found found = test(straight, stuck_data, 0);
            EQUAL(found.data, broken);
            EQUAL(found.lines, 0);
            EQUAL(found.offset, OFFSET);
            EQUAL(found.expected & broken, broken - level);
            EQUAL(found.got, found.expected ^ broken);
            CHECK(found.errors > WORDS);
        }
    }
    test_case("names two data bits that are shorted, wherever they are");
    for (int first = 0; first < 31; first += 3) {
        for (int second = first + 1; second < 32; second += 6) {
            broken = 1u << first | 1u << second;
            const struct bench_psram_found found = test(straight, shorted_data, 0);
            CHECK(found.data != 0 && (found.data & ~broken) == 0);
            EQUAL(found.lines, 0);
        }
    }
}

static void check_lines(void)
{
    test_case("names an address line that is stuck, and writes nothing else then");
    for (int bit = 2; bit < 2 + LINES; bit++) {
        broken = 1u << bit;
        for (int high = 0; high < 2; high++) {
            level = high ? broken : 0;
            const struct bench_psram_found found = test(stuck_line, whole, 0);
            EQUAL(found.lines, broken);
            EQUAL(found.data, 0);
            EQUAL(found.errors, 1);
            EQUAL(found.got, (uint32_t)~found.expected);
            EQUAL(chip.writes, 2 * LINES);
        }
    }
    test_case("finds two address lines that are shorted");
    for (int first = 2; first < 1 + LINES; first += 2) {
        broken = 1u << first | 1u << (first + 1);
        const struct bench_psram_found found = test(shorted_lines, whole, 0);
        CHECK(found.errors > 0);
        CHECK(found.lines == 0 || (found.lines & broken) != 0);
        EQUAL(found.data, 0);
    }
}

/** One cell whose bit 12 cannot be set; it lies where only the sweeps over all words come. */
#define WEAK_CELL (CHIP_WORDS - 200)

static uint32_t weak_cell(uint32_t cell, uint32_t value)
{
    return cell == WEAK_CELL ? value & ~0x1000u : value;
}

static uint32_t weak_cell_up(uint32_t cell, uint32_t value)
{
    return cell == WEAK_CELL ? value | 0x1000u : value;
}

static void check_cells(void)
{
    test_case("finds a single cell that holds one value only, whichever it is, and says where");
    const struct bench_psram_found down = test(straight, weak_cell, 0), up = test(straight, weak_cell_up, 0);
    EQUAL(down.errors, 1);
    EQUAL(up.errors, 1);
    EQUAL(down.offset, 4 * WEAK_CELL);
    EQUAL(up.offset, 4 * WEAK_CELL);
    EQUAL(down.expected ^ down.got, 0x1000);
    EQUAL(up.expected ^ up.got, 0x1000);
    EQUAL(down.data + down.lines + up.data + up.lines, 0);
}

/* Of the charges, 32 are the pairs' and 7 the patterns'; the next are of the sweep that writes addresses, chunk by chunk. */
static void check_lost_writes(void)
{
    test_case("finds a write that never reached the memory, in both sweeps that write");
    const uint32_t chunks = (WORDS / 2 + 4095) / 4096 + ((WORDS + 1) / 2 + 4095) / 4096;
    const uint32_t lost[2] = {2 * LINES + 7 + 3, 2 * LINES + 7 + chunks + 3};
    for (int sweep = 0; sweep < 2; sweep++) {
        const struct bench_psram_found found = test(straight, whole, lost[sweep]);
        EQUAL(found.errors, 1);
        EQUAL(found.offset % 4, 0);
        EQUAL(found.data + found.lines, 0);
        EQUAL(found.expected, sweep == 0 ? found.offset : ~found.offset);
    }
}

int main(void)
{
    native_port_init(&native, NULL, 1024, 1024);
    native.port.hal.work = hear;
    check_sound();
    check_data();
    check_lines();
    check_cells();
    check_lost_writes();
    native_port_free(&native);
    return test_report();
}
