import { FirmwareAbort } from './chip-signals.js';

/** What the ABI's `stack_free` says when the module does not export its stack pointer. */
export const unknownStackBytes = 0xffff_ffff;

/**
 * Low-water mark of the main task's stack, sampled at import calls from the module's exported `__stack_pointer`.
 * Locals that WebAssembly keeps out of memory are not in it, so a real board has somewhat less left.
 */
export class StackGauge {
  readonly #stackBytes: number;
  readonly #pointer: WebAssembly.Global | undefined;
  readonly #topAddress: number;
  #usedBytes = 0;

  /** To be made before the app runs: the pointer then stands at the top. */
  constructor(stackBytes: number, pointer: WebAssembly.Global | undefined) {
    this.#stackBytes = stackBytes;
    this.#pointer = pointer;
    this.#topAddress = Number(pointer?.value ?? 0);
  }

  /** @throws FirmwareAbort when the stack is larger than the task's. */
  sample(): void {
    if (this.#pointer === undefined) return;
    this.#usedBytes = Math.max(this.#usedBytes, this.#topAddress - Number(this.#pointer.value));
    if (this.#usedBytes > this.#stackBytes) {
      throw new FirmwareAbort('***ERROR*** A stack overflow in task main has been detected.');
    }
  }

  /** Bytes that were never used since the app started. */
  get freeBytes(): number {
    return this.#pointer === undefined ? unknownStackBytes : this.#stackBytes - this.#usedBytes;
  }
}
