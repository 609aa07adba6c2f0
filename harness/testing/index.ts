/**
 * What tests of other projects import: `import { createVirtualBoard, plugIn, openLink } from 'tokenrack/testing'`.
 * A virtual board, the link to it, and what speaks to a board: flashing and the bench console.
 */
export { BoardConsole } from '../board/console.js';
export { flashBuild } from '../board/flash.js';
export { hardReset } from '../board/reset-lines.js';
export { buildVirtualFirmware } from '../build/virtual-firmware.js';
export { readBuild } from '../image/build-folder.js';
export type { OpenLink } from '../link/link.js';
export { openLink } from '../link/link.js';
export { plugIn, virtualPath } from '../link/virtual-ports.js';
export type { VirtualBoard, VirtualBoardOptions } from '../virtual/virtual-board.js';
export { createVirtualBoard } from '../virtual/virtual-board.js';
