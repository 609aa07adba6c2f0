import type { AppUart } from './app-uart.js';
import type { CardSlot } from './card-slot.js';
import { FirmwareAbort, SoftwareReset } from './chip-signals.js';
import type { CoreClocks } from './core-clocks.js';
import { copyKernel, streamUs, workUs } from './cost-model.js';
import type { CostTable } from './cost-table.js';
import type { HostInput } from './host-input.js';
import { arenaKinds, type MemoryMap } from './memory-map.js';
import { type PsramFault, spoilWritten } from './psram-faults.js';
import type { StackGauge } from './stack-gauge.js';
import type { UartTransmitter } from './uart-transmitter.js';
import type { WeightsPartition } from './weights-partition.js';

/** The board around one life of an app. */
export interface AppSurroundings {
  readonly table: CostTable;
  readonly cores: CoreClocks;
  readonly input: HostInput;
  readonly transmitter: UartTransmitter;
  readonly uart: AppUart;
  readonly memoryMap: MemoryMap;
  readonly weights: WeightsPartition;
  readonly card: CardSlot;
  readonly psramFaults?: readonly PsramFault[] | undefined;
  /** The ABI's `chip` line. */
  readonly chipText: string;
}

/** What the instance gives once it exists; the imports look at it only when they are called. */
export interface AppInstance {
  readonly memory: WebAssembly.Memory;
  readonly stack: StackGauge;
}

type Import = (...args: number[]) => number | undefined;
type Imports = Record<string, Import>;

/**
 * The imports of firmware/ports/wasm/ABI.md for one life of an app. Each first takes what the host did, so a reset
 * or a lost supply unwinds the firmware from wherever it is. A call that breaks the ABI (a pointer outside memory, an
 * unknown kernel, a card in the middle of a parallel section) ends as an abort of the firmware that says so.
 */
export function appImports(board: AppSurroundings, instance: () => AppInstance): Imports {
  const imports: Imports = {
    ...uartImports(board, instance),
    ...computeImports(board, instance),
    ...flashImports(board, instance),
    ...cardImports(board, instance),
    ...cardChanges(board, instance),
    ...systemImports(board, instance),
  };
  return Object.fromEntries(
    Object.entries(imports).map(([name, call]) => [name, guarded(name, call, board, instance)]),
  );
}

/** What a task of a parallel section may call; a failing one may say so. */
const allowedInSection = new Set([
  'work',
  'now_us',
  'parallel_begin',
  'parallel_switch',
  'parallel_end',
  'abort',
]);

function guarded(name: string, call: Import, board: AppSurroundings, instance: () => AppInstance): Import {
  return (...args) => {
    instance().stack.sample();
    board.input.poll();
    try {
      if (board.cores.inSection && !allowedInSection.has(name))
        throw new RangeError('only work and now_us may be called in a parallel section');
      return call(...args);
    } catch (error) {
      if (error instanceof RangeError)
        throw new FirmwareAbort(`${name}(${args.join(', ')}): ${error.message}`);
      throw error;
    }
  };
}

function uartImports({ uart, transmitter }: AppSurroundings, instance: () => AppInstance): Imports {
  return {
    uart_write: (pointer, length) => void transmitter.write(span(instance(), pointer!, length!)),
    uart_flush: () => void transmitter.flush(),
    uart_read: (pointer, capacity, timeoutUs) => {
      const target = span(instance(), pointer!, capacity!);
      const bytes = uart.read(target.length, timeoutUs!);
      target.set(bytes);
      return bytes.length;
    },
    uart_baud: (rate) => void transmitter.setBaud(unsigned(rate!)),
  };
}

function computeImports(board: AppSurroundings, instance: () => AppInstance): Imports {
  const { table, cores, memoryMap } = board;
  return {
    now_us: () => cores.sinceResetUs,
    work: (kernel, count, pointer, bytes) => {
      const region = memoryMap.regionOf(unsigned(pointer!));
      const us = workUs(table, unsigned(kernel!), unsigned(count!), region, unsigned(bytes!));
      cores.charge(us, streamUs(table, region, unsigned(bytes!)));
      if (kernel === copyKernel) written(board, instance(), unsigned(pointer!), unsigned(count!));
      return undefined;
    },
    parallel_begin: () => void cores.begin(),
    parallel_switch: () => void cores.switch(),
    parallel_end: () => void cores.end(),
    region: (kind, pointer, bytes) => {
      const name = arenaKind(kind!);
      if (name === 'flash') throw new RangeError('flash_map tells where flash lies');
      memoryMap.declare(name, unsigned(pointer!), unsigned(bytes!));
      return undefined;
    },
    memory_size: (kind) => memoryMap.size(arenaKind(kind!)),
  };
}

function flashImports({ memoryMap, weights }: AppSurroundings, instance: () => AppInstance): Imports {
  return {
    flash_map: (pointer) => {
      const start = unsigned(pointer!);
      if (weights.bytes > 0) memoryMap.declare('flash', start, weights.bytes);
      return weights.map(() => span(instance(), start, weights.bytes));
    },
    flash_erase: (offset, bytes) => weights.erase(unsigned(offset!), unsigned(bytes!)),
    flash_write: (offset, pointer, bytes) =>
      weights.write(unsigned(offset!), span(instance(), pointer!, bytes!)),
  };
}

function cardImports(board: AppSurroundings, instance: () => AppInstance): Imports {
  const { card, memoryMap } = board;
  let arrive = (): void => {};
  return {
    card_mount: () => card.mount(),
    card_open: (pointer, length) => card.open(text(instance(), pointer!, length!)),
    card_size: (handle) => card.size(handle!),
    card_read_begin: (handle, offset, pointer, bytes) => {
      const start = unsigned(pointer!);
      span(instance(), start, bytes!);
      const target = () => span(instance(), start, bytes!);
      const read = { handle: handle!, offset: unsigned(offset!), bytes: unsigned(bytes!), target };
      arrive = () => written(board, instance(), start, read.bytes);
      return card.begin({ ...read, destination: memoryMap.regionOf(start) });
    },
    card_read_wait: () => {
      const said = card.wait();
      if (said === 0) arrive();
      return said;
    },
    card_close: (handle) => void card.close(handle!),
  };
}

function cardChanges({ card }: AppSurroundings, instance: () => AppInstance): Imports {
  const path = (pointer: number | undefined, length: number | undefined) =>
    text(instance(), pointer!, length!);
  return {
    card_create: (pointer, length, bytes) => card.create(path(pointer, length), unsigned(bytes!)),
    card_write: (handle, offset, pointer, bytes) =>
      card.write(handle!, unsigned(offset!), span(instance(), pointer!, bytes!)),
    card_sync: (handle) => card.sync(handle!),
    card_rename: (from, fromLength, to, toLength) => card.rename(path(from, fromLength), path(to, toLength)),
    card_remove: (pointer, length) => card.remove(path(pointer, length)),
    card_make_folder: (pointer, length) => card.makeFolder(path(pointer, length)),
    card_entry: (pointer, length, index, name, capacity) => {
      const entry = card.entry(path(pointer, length), unsigned(index!));
      const bytes = Buffer.from(`${entry.name}\0`, 'utf8');
      if (bytes.length > unsigned(capacity!)) throw new RangeError(`needs room for ${bytes.length} bytes`);
      span(instance(), name!, bytes.length).set(bytes);
      return entry.said;
    },
    card_space: (what) => card.space(unsigned(what!)),
    card_fragments: (pointer, length) => card.fragments(path(pointer, length)),
  };
}

function systemImports(board: AppSurroundings, instance: () => AppInstance): Imports {
  return {
    chip: (pointer, capacity) => {
      const line = Buffer.from(`${board.chipText}\0`, 'latin1');
      if (line.length > unsigned(capacity!)) throw new RangeError(`needs room for ${line.length} bytes`);
      span(instance(), pointer!, line.length).set(line);
      return line.length - 1;
    },
    stack_free: () => instance().stack.freeBytes,
    restart: () => {
      board.transmitter.flush();
      throw new SoftwareReset();
    },
    abort: (pointer, length) => {
      throw new FirmwareAbort(text(instance(), pointer!, length!));
    },
  };
}

/** Bytes went to memory: where that is PSRAM with broken lines, it holds what those let through. */
function written(
  { memoryMap, psramFaults = [] }: AppSurroundings,
  { memory }: AppInstance,
  pointer: number,
  bytes: number,
): void {
  if (psramFaults.length === 0 || memoryMap.regionOf(pointer) !== 'psram') return;
  const { start, end } = memoryMap.arenaAt(pointer)!;
  const psram = new DataView(memory.buffer, start, end - start);
  spoilWritten(psram, { offset: pointer - start, bytes }, psramFaults);
}

/** A view of the firmware's memory. @throws RangeError when it leads outside */
function span({ memory }: AppInstance, pointer: number, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, unsigned(pointer), unsigned(length));
}

function text(instance: AppInstance, pointer: number, length: number): string {
  return Buffer.from(span(instance, pointer, length)).toString('utf8');
}

function arenaKind(kind: number): (typeof arenaKinds)[number] {
  const name = arenaKinds[kind];
  if (name === undefined) throw new RangeError(`there is no memory of kind ${kind}`);
  return name;
}

/** A u32 arrives as a signed number. */
function unsigned(value: number): number {
  return value >>> 0;
}
