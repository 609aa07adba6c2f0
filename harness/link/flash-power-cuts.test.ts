import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { flashBuild } from '../board/flash.js';
import type { FlashResult } from '../board/flash-result.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { readEnvironment } from '../config/environment.js';
import type { Build, BuildFile } from '../image/build-folder.js';
import { readImage } from '../image/read-image.js';
import { readVirtualApp, writeVirtualApp } from '../image/virtual-app.js';
import { bootFromFlash } from '../virtual/boot/boot.js';
import { FlashChip } from '../virtual/flash-chip.js';
import { loadFlash, saveFlash } from '../virtual/flash-chip-file.js';
import { seededRandom } from '../virtual/flash-power-loss.js';
import type { PowerCut } from '../virtual/power-supply.js';
import { buildProbe } from '../virtual/testing/probe-flash.js';
import { createVirtualBoard, type VirtualBoard } from '../virtual/virtual-board.js';
import { openLink } from './link.js';
import { plugIn } from './virtual-ports.js';

const mac = '24:6f:28:00:00:09';
/** 200 take some minutes: TOKENRACK_TRIALS=200 */
const trials = readEnvironment().trials ?? 8;
const partBytes = 0x10000;
const otaDataOffset = 0xd000;

/** What one whole flashing of the new build over the old one takes. */
interface Effort {
  readonly us: number;
  readonly receivedBytes: number;
}

/** The probe with `bytes` random bytes in it that do nothing, so that it is a larger app, and another one for another seed. */
function fattened(probe: Build, bytes: number, seed: number): Build {
  const random = seededRandom(seed);
  const section = [0, ...leb128(bytes + 2), 1, 0x78, ...Array.from({ length: bytes }, () => random() * 256)];
  const files = probe.files.map((file) => {
    const image = readImage(file.bytes);
    const app = 'fault' in image ? undefined : readVirtualApp(image.segments);
    if (!app) return file;
    const wasm = Uint8Array.from([...app.wasm, ...section]);
    const elfSha256 = seed.toString(16).padStart(64, '0');
    return { ...file, bytes: writeVirtualApp({ wasm, descriptor: { ...app.descriptor, elfSha256 } }) };
  });
  return { ...probe, id: `probe-${seed}`, files };
}

function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(value >>> 7)];
}

function chipWith({ files }: Build): FlashChip {
  const flash = new FlashChip();
  for (const { offset, bytes } of files) flash.program(offset, bytes);
  return flash;
}

/** All but the choice of app slot, which the bootloader writes anew whenever it is blank. */
function lastingFiles({ files }: Build): readonly BuildFile[] {
  return files.filter(({ offset }) => offset !== otaDataOffset);
}

function lastingBytes({ regions }: FlashResult): number {
  const lasting = regions.filter(({ offset }) => offset !== otaDataOffset);
  return lasting.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
}

/** Counted here anew: bytes of the 64 KB steps in which the chip does not hold the build. */
function missingBytes(flash: FlashChip, build: Build): number {
  let missing = 0;
  for (const { offset, bytes } of lastingFiles(build)) {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + partBytes - ((offset + at) % partBytes));
      const wanted = bytes.subarray(at, end);
      if (Buffer.compare(flash.read(offset + at, end - at), wanted) !== 0) missing += wanted.length;
      at = end;
    }
  }
  return missing;
}

function holds(flash: FlashChip, build: Build): boolean {
  return lastingFiles(build).every(
    ({ offset, bytes }) => Buffer.compare(flash.read(offset, bytes.length), bytes) === 0,
  );
}

/** One way of counting for each trial, at any moment of the flashing. */
function cutOf(trial: number, random: () => number, { us, receivedBytes }: Effort, build: Build): PowerCut {
  const flashBytes = build.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const operations = flashBytes / 256;
  const part = random();
  const ways: PowerCut[] = [
    { afterUs: part * us },
    { afterReceivedBytes: Math.floor(part * receivedBytes) },
    { afterFlashBytes: part * flashBytes },
    { afterFlashOperations: part * operations },
  ];
  return ways[trial % ways.length]!;
}

describe('power cuts while flashing', function () {
  this.timeout(900_000);
  let folder = '';
  let flashFile = '';
  let oldBuild: Build;
  let newBuild: Build;

  before(async () => {
    const probe = await buildProbe(buildVirtualFirmware);
    oldBuild = fattened(probe, 150_000, 1);
    newBuild = fattened(probe, 180_000, 2);
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-cuts-'));
    flashFile = join(folder, 'flash.bin');
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A board with the old build in its flash. */
  function withBoard<T>(use: (board: VirtualBoard) => Promise<T>): Promise<T> {
    saveFlash(chipWith(oldBuild), flashFile);
    const board = createVirtualBoard({ name: 'cut', mac, flashFile });
    const unplug = plugIn(board);
    return use(board).finally(() => {
      unplug();
      return board.close();
    });
  }

  async function flashNew(signal?: AbortSignal): Promise<FlashResult> {
    await using link = await openLink('virtual:cut', { baudRate: 115_200 });
    return await flashBuild(link.stream, newBuild, { expectedMac: mac, ...(signal && { signal }) });
  }

  /** Flashes until the power goes; says whether it did. */
  async function flashUntilCut(board: VirtualBoard, cut: PowerCut): Promise<boolean> {
    const dark = new AbortController();
    const unhear = board.onPower((on) => {
      if (!on) dark.abort();
    });
    board.cutPower(cut);
    const finished = await flashNew(dark.signal).then(
      () => true,
      () => false,
    );
    unhear();
    expect(finished, 'a flashing that was cut cannot succeed').to.equal(!dark.signal.aborted);
    board.restorePower();
    return !finished;
  }

  const measured = (): Promise<Effort> =>
    withBoard(async (board) => {
      await flashNew();
      const { timeUs, uartReceivedBytes } = board.counters();
      return { us: timeUs, receivedBytes: uartReceivedBytes };
    });

  it(`leave nothing that boots but a whole app, and only what is missing to send (${trials} seeded moments)`, async () => {
    const effort = await measured();
    const random = seededRandom(20_261_121);
    const seen = { cut: 0, refused: 0, partly: 0, written: 0 };
    for (let trial = 0; trial < trials; trial++) {
      const cut = cutOf(trial, random, effort, newBuild);
      await withBoard(async (board) => {
        if (await flashUntilCut(board, cut)) seen.cut += 1;
        const left = loadFlash(flashFile);
        const what = `trial ${trial}, ${JSON.stringify(cut)}`;
        const { app, haltedBecause } = bootFromFlash(left, { reason: 'poweron' });
        if (app)
          expect(holds(left, oldBuild) || holds(left, newBuild), `${what} boots half an app`).to.equal(true);
        else expect(haltedBecause, what).to.be.a('string');
        const missing = missingBytes(left, newBuild);
        const again = await flashNew();
        expect(lastingBytes(again), what).to.equal(missing);
        expect(holds(loadFlash(flashFile), newBuild), what).to.equal(true);
        seen.refused += app ? 0 : 1;
        seen.partly += missing > 0 && missing < again.writtenBytes + again.skippedBytes ? 1 : 0;
        seen.written += missing;
      });
    }
    console.log(`      ${JSON.stringify(seen)} of ${trials} trials`);
    expect(seen.cut).to.be.above(0.7 * trials);
    expect(seen.refused, 'half an image was there to refuse').to.be.above(0);
    expect(seen.partly, 'something was there already').to.be.above(0);
  });

  it('end at the bootloader with its own message, on the board itself', () =>
    withBoard(async (board) => {
      const heard: string[] = [];
      await flashUntilCut(board, { afterFlashBytes: 0x18000 });
      board.onBytes((bytes) => heard.push(Buffer.from(bytes).toString('latin1')));
      await using _link = await openLink('virtual:cut', { baudRate: 115_200 });
      const text = (): string => heard.join('');
      while (!text().includes('No bootable app partitions'))
        await new Promise((resolve) => setImmediate(resolve));
      expect(text()).to.match(/esp_image: (Checksum failed|Image hash failed|invalid segment length)/);
      expect(text()).to.include('boot: OTA app partition slot 0 is not bootable');
    }));
});
