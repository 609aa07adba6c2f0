import { flashBuild } from '../board/flash.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { type Build, readBuild } from '../image/build-folder.js';
import { findRack } from '../rack/find-rack.js';
import { powerBoard } from '../rack/power-board.js';
import { clockOf, selectBoards } from '../rack/rack-file.js';
import { interruptSignal } from './exit.js';

export interface FlashFlags {
  readonly board: string;
  readonly rack?: string;
  readonly json?: boolean;
}

/** Flashes one board and says what was done. */
export async function flash(name: string, flags: FlashFlags): Promise<void> {
  const [board] = selectBoards(await findRack(flags.rack), [flags.board]);
  const build = await openBuild(name);
  if (board === undefined) return;
  const isVirtual = clockOf(board) === 'modelled';
  if (isVirtual !== (build.app.idfVersion === 'virtual')) {
    const kind = isVirtual ? 'a virtual' : 'a real';
    throw new ConfigError('build-unfit', `${board.id} is ${kind} board; that build is not for it`);
  }
  await using powered = await powerBoard(board, { stateFolder: readEnvironment().stateFolder });
  const result = await flashBuild(powered.link.stream, build, {
    expectedMac: board.mac,
    onProgress: () => {},
    signal: interruptSignal(),
  });
  if (flags.json === true)
    process.stdout.write(`${JSON.stringify({ board: board.id, build: build.id, ...result })}\n`);
  else
    process.stdout.write(
      `${board.id}: build ${build.id} flashed and verified in ${Math.round(result.elapsedMs)} ms\n`,
    );
}

async function openBuild(name: string): Promise<Build> {
  return name === 'virtual' ? buildVirtualFirmware() : readBuild(name);
}
