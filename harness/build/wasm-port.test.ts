import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writePartitionTable } from '../image/partition-table.js';
import { packageRoot } from '../paths.js';
import { loadCostTable } from '../virtual/cost-table.js';
import { FlashChip } from '../virtual/flash-chip.js';
import { saveFlash } from '../virtual/flash-chip-file.js';
import { BoardTalk } from '../virtual/testing/board-talk.js';
import { createVirtualBoard } from '../virtual/virtual-board.js';
import { buildVirtualFirmware } from './virtual-firmware.js';

/** Instead of the bench app: uses what the port's HAL has for two cores and for flash, and says what came of it. */
const app = String.raw`
#include <string.h>
#include "bench_app.h"
#include "tl_error.h"

static void say(const struct bench_port *port, const char *name, int64_t value)
{
    char line[64], digits[24];
    uint32_t at = 0, count = 0;
    uint64_t rest = (uint64_t)(value < 0 ? -value : value);
    while (*name) line[at++] = *name++;
    line[at++] = '=';
    if (value < 0) line[at++] = '-';
    do { digits[count++] = (char)('0' + rest % 10); rest /= 10; } while (rest);
    while (count) line[at++] = digits[--count];
    line[at++] = '\n';
    port->uart_write(port->ctx, line, at);
}

struct turns {
    const struct tl_hal *hal;
    uint64_t begun;
    uint64_t taken[2];
    char order[3];
};

static void work(void *arg, uint32_t core)
{
    struct turns *turns = arg;
    turns->order[strlen(turns->order)] = (char)('0' + core);
    tl_charge(turns->hal, TL_KERNEL_CRC, 30000 * (core + 1), NULL, 0);
    turns->taken[core] = turns->hal->now_us(turns->hal->ctx) - turns->begun;
}

static void use_cores(const struct bench_port *port)
{
    const struct tl_hal *hal = &port->hal;
    struct turns turns = {.hal = hal, .begun = hal->now_us(hal->ctx)};
    hal->parallel(hal->ctx, work, &turns);
    say(port, "joined", (int64_t)(hal->now_us(hal->ctx) - turns.begun));
    say(port, "core0", (int64_t)turns.taken[0]);
    say(port, "core1", (int64_t)turns.taken[1]);
    say(port, "inOrder", strcmp(turns.order, "01") == 0);
}

/* On a board that nothing was taken from yet, but the app's own state. */
static void use_heap(const struct bench_port *port)
{
    struct bench_usage whole, usage;
    port->memory_usage(port->ctx, BENCH_HEAP, &whole);
    say(port, "heap", whole.total);
    say(port, "largest", whole.largest);
    say(port, "tooLarge", port->memory_take(port->ctx, BENCH_HEAP, whole.largest + 16) != NULL);
    char *lower = port->memory_take(port->ctx, BENCH_HEAP, whole.largest);
    port->memory_usage(port->ctx, BENCH_HEAP, &usage);
    say(port, "largestNext", usage.largest);
    char *upper = port->memory_take(port->ctx, BENCH_HEAP, usage.largest);
    say(port, "both", lower != NULL && upper != NULL);
    port->memory_usage(port->ctx, BENCH_HEAP, &usage);
    say(port, "nothing", usage.largest);
    if (lower) memset(lower, 1, whole.largest);
    port->memory_give(port->ctx, BENCH_HEAP, lower);
    port->memory_give(port->ctx, BENCH_HEAP, upper);
    port->memory_usage(port->ctx, BENCH_HEAP, &usage);
    say(port, "givenBack", usage.free == whole.free && usage.largest == whole.largest);
    say(port, "peak", usage.peak == usage.total - (whole.free - whole.largest - 113824 - 32));
    port->memory_mark(port->ctx);
    port->memory_usage(port->ctx, BENCH_HEAP, &usage);
    say(port, "marked", usage.peak_run == usage.total - usage.free);
    port->memory_usage(port->ctx, BENCH_PSRAM, &usage);
    say(port, "psram", usage.total);
}

static void use_flash(const struct bench_port *port)
{
    const struct tl_hal *hal = &port->hal;
    const uint32_t words[2] = {0x0ff0ff00u, 0x12345678u};
    uint32_t bytes = 7;
    struct bench_usage usage;
    port->memory_usage(port->ctx, BENCH_PSRAM, &usage);
    const char *psram = port->memory_take(port->ctx, BENCH_PSRAM, usage.free - 16);
    const char *flash = hal->flash_map(hal->ctx, &bytes);
    say(port, "mapped", flash != NULL);
    say(port, "erasedWithout", hal->flash_erase(hal->ctx, 0x7ffff000u, 4096));
    if (!flash) return;
    say(port, "bytes", bytes);
    say(port, "aligned", (uintptr_t)flash % 65536 == 0);
    say(port, "behindPsram", flash >= psram + usage.free - 16);
    say(port, "mappedAgain", hal->flash_map(hal->ctx, &bytes) == flash);
    say(port, "found", (unsigned char)flash[bytes - 1]);
    say(port, "written", hal->flash_write(hal->ctx, 8192, words, 8));
    say(port, "read", memcmp(flash + 8192, words, 8) == 0);
    say(port, "writtenOutside", hal->flash_write(hal->ctx, bytes - 4, words, 8));
    say(port, "erased", hal->flash_erase(hal->ctx, 8192, 4096));
    say(port, "after", (unsigned char)flash[8192]);
    const uint64_t begun = hal->now_us(hal->ctx);
    tl_charge(hal, TL_KERNEL_CRC, 30, flash, 20000);
    say(port, "streamed", (int64_t)(hal->now_us(hal->ctx) - begun));
}

void bench_start(struct bench *bench, const struct bench_port *port)
{
    bench->port = port;
}

void bench_serve(struct bench *bench)
{
    use_cores(bench->port);
    use_heap(bench->port);
    use_flash(bench->port);
}
`;

const mac = '24:6f:28:00:00:01';

describe("the virtual board's port", function () {
  this.timeout(60_000);
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-port-'));
    const firmware = join(packageRoot, 'firmware');
    const source = join(folder, 'firmware');
    const take = (path: string): void =>
      cpSync(join(firmware, path), join(source, path), { recursive: true });
    for (const path of ['ports/wasm', 'components/tinyllm/include', 'components/benchapp/include'])
      take(path);
    take('components/benchapp/src/bench_arena.c');
    mkdirSync(join(source, 'components', 'app', 'src'), { recursive: true });
    writeFileSync(join(source, 'components', 'app', 'src', 'app.c'), app);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What the app said on a board whose flash has that partition table, or the build's own. */
  async function run(table?: Uint8Array): Promise<Record<string, number>> {
    const outFolder = join(folder, 'build');
    const { files } = await buildVirtualFirmware({ firmwareFolder: join(folder, 'firmware'), outFolder });
    const flash = new FlashChip();
    for (const { offset, bytes } of files) {
      flash.program(offset, offset === 0x8000 && table ? table : bytes);
    }
    flash.program(0x400000 - 1, Uint8Array.of(0x77));
    const flashFile = join(folder, 'flash.bin');
    saveFlash(flash, flashFile);
    await using board = createVirtualBoard({ name: 'cam', mac, flashFile });
    const talk = new BoardTalk(board);
    await talk.until(/Returned from app_main\(\)|Rebooting/);
    return Object.fromEntries(
      [...talk.text.matchAll(/^(\w+)=(-?\d+)$/gm)].map(([, name, value]) => [name!, Number(value)]),
    );
  }

  it('has internal RAM in two heaps that never merge, and PSRAM without the share of the system', async () => {
    const said = await run();
    expect(said).to.include({ heap: 244_912, tooLarge: 0, largestNext: 113_824, both: 1, nothing: 0 });
    expect(said).to.include({ givenBack: 1, peak: 1, marked: 1, psram: 4_194_304 - 10_240 });
    expect(said.largest).to.be.within(113_824, 131_072 - 32);
  });

  /** What 30,000 bytes of CRC take a core, and a section in which core 1 has twice as many. */
  const { kernels, cpuMhz, cores } = loadCostTable();
  const core0 = Math.floor((30_000 * kernels.crc.value) / cpuMhz.value);
  const joined = Math.floor((60_000 * kernels.crc.value) / cpuMhz.value + cores.parallelSectionUs.value);

  it('runs tasks on two cores, each with its own time, and maps, erases and writes flash', async () => {
    const said = await run();
    const { flashBandwidth } = loadCostTable().memory;
    const streamedUs = 20_000 / flashBandwidth.value + (30 * kernels.crc.value) / cpuMhz.value;
    // Both ends of the interval are cut to whole microseconds.
    expect(said.streamed).to.be.closeTo(streamedUs, 1);
    expect(said).to.include({
      joined,
      core0,
      core1: 2 * core0,
      inOrder: 1,
      mapped: 1,
      erasedWithout: -10,
      bytes: 2_818_048,
      aligned: 1,
      behindPsram: 1,
      mappedAgain: 1,
      found: 0x77,
      written: 0,
      read: 1,
      writtenOutside: -10,
      erased: 0,
      after: 0xff,
    });
  });

  it('has no flash to map on a board whose table has no partition for it', async () => {
    const slot = { label: 'ota_0', type: 0, subtype: 0x10, offset: 0x10000, sizeBytes: 0xa0000 };
    expect(await run(writePartitionTable([slot]))).to.include({
      joined,
      mapped: 0,
      erasedWithout: -10,
    });
  });
});
