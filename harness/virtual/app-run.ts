import { type AppSurroundings, appImports } from './app-imports.js';
import { StackGauge } from './stack-gauge.js';

/** The module is no program for this board: its message says what is missing. */
export class UnrunnableApp extends Error {
  override readonly name = 'UnrunnableApp';
}

/**
 * Runs an app until it returns, which a bench app never does. Whatever ends it otherwise comes out as an exception:
 * a signal of chip-signals.ts, or V8's own for a trap.
 *
 * @throws UnrunnableApp before anything ran
 */
export function runApp(wasm: Uint8Array, board: AppSurroundings): void {
  const { exports } = instantiate(wasm, board);
  (exports.app_main as () => void)();
}

function instantiate(wasm: Uint8Array, board: AppSurroundings): WebAssembly.Instance {
  // Imports cannot be called before there is an instance: the ABI's modules have no start function.
  const found: { memory?: WebAssembly.Memory; stack?: StackGauge } = {};
  const imports = appImports(board, () => ({ memory: found.memory!, stack: found.stack! }));
  const instance = link(wasm, imports);
  const { memory, app_main: main, __stack_pointer: pointer } = instance.exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new UnrunnableApp('it does not export "memory"');
  if (typeof main !== 'function') throw new UnrunnableApp('it does not export "app_main"');
  found.memory = memory;
  const stackBytes = board.table.memory.appTaskStackBytes.value;
  found.stack = new StackGauge(stackBytes, pointer instanceof WebAssembly.Global ? pointer : undefined);
  return instance;
}

function link(wasm: Uint8Array, imports: ReturnType<typeof appImports>): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(wasm), { board: imports });
  } catch (error) {
    throw new UnrunnableApp((error as Error).message, { cause: error });
  }
}
