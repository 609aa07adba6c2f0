import type { AppSurroundings } from './app-imports.js';
import { runApp, UnrunnableApp } from './app-run.js';
import { AppUart } from './app-uart.js';
import { type BootResult, bootFromFlash, downloadModeLog } from './boot/boot.js';
import type { BootLine } from './boot/log.js';
import type { ResetReason } from './boot/messages.js';
import type { BootedApp, BootWrite } from './boot/second-stage.js';
import { CardSlot } from './card-slot.js';
import type { ChipIdentity } from './chip-identity.js';
import { type ChipParts, type ChipSetup, idle, romBaud, wireChip } from './chip-parts.js';
import { ExternalReset, PowerOff, SoftwareReset } from './chip-signals.js';
import { CoreClocks } from './core-clocks.js';
import type { CostTable } from './cost-table.js';
import { sectorBytes } from './flash-chip.js';
import { runLoader } from './loader/run-loader.js';
import { MemoryMap } from './memory-map.js';
import { panicText } from './panic.js';
import { PowerLost } from './power-supply.js';
import { WeightsPartition } from './weights-partition.js';

/** A chip that resets by itself without end, unheard, does so at most this often by the wall clock. */
const rebootGraceMs = 250;

/**
 * One ESP32-CAM: lives from reset to reset, in the loader or in the app that lies in flash. Blocks its thread; all
 * that it hears comes through the mailbox.
 */
export class Machine {
  readonly #parts: ChipParts;

  constructor(setup: ChipSetup) {
    this.#parts = wireChip(setup);
  }

  /** Returns when the power goes off. Anything it throws is a fault of ours, not of the firmware. */
  run(): void {
    try {
      for (let reason: ResetReason = 'poweron'; ; ) reason = this.#live(reason);
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error;
    }
  }

  /** From one reset to the next; returns the reason of that one. @throws PowerOff */
  #live(reason: ResetReason): ResetReason {
    try {
      // Strapping pins are sampled when EN rises only: a reset from inside starts what lies in flash.
      const mode = reason === 'poweron' ? this.#parts.input.awaitStart() : 'flash';
      this.#startLife();
      return mode === 'download' ? this.#runLoader(reason) : this.#runFlash(reason);
    } catch (error) {
      if (error instanceof ExternalReset) return 'poweron';
      if (error instanceof PowerLost) return this.#darkness();
      throw error;
    }
  }

  /** Without power, until somebody gives it back. @throws PowerOff */
  #darkness(): ResetReason {
    const { input, tell } = this.#parts;
    tell({ kind: 'power', on: false });
    input.awaitPower();
    tell({ kind: 'power', on: true });
    return 'poweron';
  }

  #startLife(): void {
    const { clock, counters, input, transmitter } = this.#parts;
    input.startLife();
    clock.restart();
    transmitter.reset(romBaud);
    counters.add('resets', 1);
  }

  #runLoader(reason: ResetReason): ResetReason {
    const { chip, clock } = this.#parts;
    this.#print(downloadModeLog({ reason, revision: chip.revision }), clock.totalUs);
    const end = runLoader(this.#parts);
    if (end === 'run') return 'software';
    if (end === 'foreign') return this.#runForeign();
    // A software reset leaves the strapping pins as EN's rise latched them.
    this.#startLife();
    return this.#runLoader('software');
  }

  #runForeign(): never {
    this.#log('E', 'virtual', 'what was loaded into RAM is no flasher stub, and this board cannot run it');
    return this.#idleForEver();
  }

  #runFlash(reason: ResetReason): ResetReason {
    const { chip, clock, flash, table } = this.#parts;
    const startUs = clock.totalUs;
    const boot = bootFromFlash(flash, { reason, revision: chip.revision });
    this.#printBoot(boot);
    clock.advanceTo(startUs + boot.readyUs);
    if (boot.app === undefined) return this.#halt(boot);
    clock.advance(table.boot.psramTestUs.value);
    return this.#runApp(boot.app, reason);
  }

  /**
   * Nothing starts. A real chip tries again for ever; on a virtual clock that would be a flood, so the chip stays
   * where it is until somebody resets it. At real pace it does as the real one.
   */
  #halt({ resetsAgain }: BootResult): ResetReason {
    if (resetsAgain !== undefined && this.#parts.pace.wallUs() !== undefined) return resetsAgain;
    return this.#idleForEver();
  }

  #runApp(app: BootedApp, reason: ResetReason): ResetReason {
    const board = this.#surroundings(app, reason);
    try {
      runApp(app.wasm, board);
      this.#log('I', 'main_task', 'Returned from app_main()');
      return this.#idleForEver();
    } catch (error) {
      return this.#endOfApp(error, app);
    } finally {
      board.card.eject();
      if (board.weights.changed) this.#parts.keepFlash(this.#parts.flash);
    }
  }

  #endOfApp(error: unknown, app: BootedApp): ResetReason {
    if (error instanceof UnrunnableApp) {
      this.#log('E', 'virtual', `this app cannot run on the virtual board: ${error.message}`);
      return this.#idleForEver();
    }
    const panic = panicText(error, app.elfSha256);
    if (panic === undefined && !(error instanceof SoftwareReset)) throw error;
    const { input, transmitter } = this.#parts;
    if (panic !== undefined) transmitter.write(Buffer.from(panic, 'utf8'));
    transmitter.flush();
    if (!input.heardSinceStart) input.sleep(rebootGraceMs);
    return panic === undefined ? 'software' : 'panic';
  }

  #surroundings(app: BootedApp, reason: ResetReason): AppSurroundings {
    const { chip, clock, flash, table, input } = this.#parts;
    const weights = new WeightsPartition(flash, app.weights);
    const memorySizes = { ...heapSizes(table, chip), flash: weights.bytes };
    return {
      ...this.#parts,
      cores: new CoreClocks(clock, table.cores.parallelSectionUs.value),
      weights,
      uart: new AppUart(this.#parts),
      memoryMap: new MemoryMap(memorySizes),
      card: new CardSlot({ ...this.#parts, folder: () => input.cardFolder }),
      chipText: chipText(chip, app, reason),
    };
  }

  #printBoot({ log, write }: BootResult): void {
    const { clock } = this.#parts;
    const startUs = clock.totalUs;
    const writeUs = write?.atUs ?? Number.POSITIVE_INFINITY;
    const before = log.filter(({ atUs }) => atUs < writeUs);
    this.#print(before, startUs);
    if (!write) return;
    clock.advanceTo(startUs + writeUs);
    this.#write(write);
    this.#print(log.slice(before.length), startUs);
  }

  #write({ offset, bytes }: BootWrite): void {
    const { flash, keepFlash } = this.#parts;
    try {
      flash.erase(offset, sectorBytes);
      flash.program(offset, bytes);
    } finally {
      keepFlash(flash);
    }
  }

  #print(lines: readonly BootLine[], startUs: number): void {
    const { clock, input, transmitter } = this.#parts;
    for (const { text, atUs } of lines) {
      input.poll();
      clock.advanceTo(startUs + atUs);
      transmitter.write(Buffer.from(text, 'latin1'));
    }
  }

  #log(level: 'I' | 'E', tag: string, message: string): void {
    const { clock, transmitter } = this.#parts;
    const stampMs = Math.floor(clock.sinceResetUs / 1000);
    transmitter.write(Buffer.from(`${level} (${stampMs}) ${tag}: ${message}\r\n`, 'utf8'));
  }

  /** @throws ExternalReset, PowerOff */
  #idleForEver(): never {
    for (;;) {
      this.#parts.input.takeBytes();
      idle(this.#parts);
    }
  }
}

/** What the app's heaps have: internal RAM in its two parts, and PSRAM without the system's share. */
function heapSizes({ memory }: CostTable, { psramBytes }: ChipIdentity) {
  const internalUpper = Math.min(memory.internalHeapUpperBytes.value, memory.internalHeapBytes.value);
  return {
    internal: memory.internalHeapBytes.value - internalUpper,
    internalUpper,
    psram: Math.max(0, psramBytes - memory.psramSystemBytes.value),
  };
}

/** What ABI.md's `chip` says: blanks part the pairs, so none may lie inside a value. */
function chipText(chip: ChipIdentity, app: BootedApp, reason: ResetReason): string {
  const pairs = {
    rev: String(chip.revision),
    mac: chip.mac,
    reset: reason,
    elf: app.elfSha256.slice(0, 16),
    build: app.buildId,
    idf: app.idfVersion,
  };
  return Object.entries(pairs)
    .map(([key, value]) => `${key}=${value.replaceAll(/\s+/g, '_')}`)
    .join(' ');
}
