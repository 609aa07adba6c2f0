import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { compileForward } from '../reference/fast/compile-forward.js';
import type { Compiled } from './quantize-compile.js';

const what = process.argv[2] as Compiled;
await (what === 'scorer' ? compileForward() : buildVirtualFirmware());
