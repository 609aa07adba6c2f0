import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { CounterBlock } from './board-counters.js';
import type { CardFault } from './card-faults.js';
import { type CardCut, CardPower } from './card-power.js';
import type { ChipIdentity } from './chip-identity.js';
import type { CostSettings } from './cost-model.js';
import type { CostTable } from './cost-table.js';
import { FlashChip } from './flash-chip.js';
import { openFlashFile } from './flash-chip-file.js';
import { flashTimesOf } from './flash-times.js';
import { Machine } from './machine.js';
import { PortMailbox } from './mailbox.js';
import { realPace } from './pace.js';
import type { PsramFault } from './psram-faults.js';
import type { ModemLines } from './reset-pins.js';
import type { BoardMessage, FlashSector } from './thread-messages.js';

/** What a board's thread is started with. */
export interface WorkerSetup {
  readonly chip: ChipIdentity;
  readonly table: CostTable;
  readonly settings: CostSettings;
  readonly pace: 'virtual' | 'real';
  readonly paceScale: number;
  readonly lines: ModemLines;
  /** The chip has no power before the host's first message. */
  readonly standby: boolean;
  readonly cardFolder: string | undefined;
  readonly cardBytes: number | undefined;
  readonly cardFaults: readonly CardFault[] | undefined;
  readonly psramFaults: readonly PsramFault[] | undefined;
  /** `locked`, or when the power goes while it is written. */
  readonly cardWriting: 'locked' | { readonly cut: CardCut | undefined };
  readonly port: MessagePort;
  readonly signal: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** Where flash lasts; absent: in `flashSectors` of the host's memory. */
  readonly flashFile: string | undefined;
  readonly flashSectors: readonly FlashSector[];
}

const setup = workerData as WorkerSetup;
const tell = (message: BoardMessage) => parentPort?.postMessage(message);

function startingFlash(): FlashChip {
  const times = flashTimesOf(setup.table);
  if (setup.flashFile !== undefined)
    return openFlashFile(setup.flashFile, setup.chip.flashBytes, times).flash;
  const flash = new FlashChip(setup.chip.flashBytes, times);
  for (const { offset, data } of setup.flashSectors) flash.program(offset, data);
  return flash;
}

function keepFlash(flash: FlashChip): void {
  // The file follows each operation, and a thread that takes over reads it; without one the host keeps the content.
  tell({ kind: 'flash', sectors: setup.flashFile === undefined ? [...flash.writtenSectors()] : [] });
}

if (setup.standby) {
  tell({ kind: 'standby' });
  // 0 until the first message.
  Atomics.wait(new Int32Array(setup.signal), 0, 0);
}

const machine = new Machine({
  chip: setup.chip,
  flash: startingFlash(),
  table: setup.table,
  settings: setup.settings,
  counters: new CounterBlock(setup.counters),
  mailbox: new PortMailbox(setup.port, setup.signal),
  lines: setup.lines,
  cardFolder: setup.cardFolder,
  cardBytes: setup.cardBytes,
  cardFaults: setup.cardFaults,
  psramFaults: setup.psramFaults,
  cardPower: setup.cardWriting === 'locked' ? undefined : new CardPower(setup.cardWriting.cut),
  tell,
  keepFlash,
  ...(setup.pace === 'real' && {
    makePace: (startUs, sleep) =>
      realPace(startUs, { nowUs: () => performance.now() * 1000, sleep }, setup.paceScale),
  }),
});
tell({ kind: 'running' });
machine.run();

setup.port.close();
