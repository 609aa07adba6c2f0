import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { compileForward, compileTraining } from '../reference/fast/compile-forward.js';
import type { Compiled } from './quantize-compile.js';

const COMPILE: Readonly<Record<Compiled, () => Promise<unknown>>> = {
  scorer: compileForward,
  trainer: compileTraining,
  firmware: () => buildVirtualFirmware(),
};

await COMPILE[process.argv[2] as Compiled]();
