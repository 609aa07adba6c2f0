import { statSync } from 'node:fs';
import { type FlashOptions, flashBuild } from '../board/flash.js';
import type { FlashResult } from '../board/flash-result.js';
import { hostTimers } from '../board/timers.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { type Build, readBuild } from '../image/build-folder.js';
import { readSingleImage, type SingleImage } from '../image/single-image.js';
import { tellsWireTime } from '../link/link.js';
import { findRack } from '../rack/find-rack.js';
import { knownAs } from '../rack/identity.js';
import { powerBoard } from '../rack/power-board.js';
import { clockOf, type RackBoard, selectBoards } from '../rack/rack-file.js';
import { checkElf } from './check-elf.js';
import { leaseForCommand } from './lease-for-command.js';
import { ProgressLine } from './progress-line.js';

export interface FlashFlags {
  readonly board: string;
  readonly rack?: string;
  readonly offset?: number;
  readonly appOnly?: boolean;
  readonly erase?: boolean;
  readonly baud: number;
  readonly stub: boolean;
  readonly compress: boolean;
  readonly json?: boolean;
  readonly wait?: number;
}

/** Flashes one board and says what was done. */
export async function flash(name: string, flags: FlashFlags): Promise<void> {
  const rack = await findRack(flags.rack);
  const [board] = selectBoards(rack, [flags.board]);
  const build = await openBuild(name, flags);
  if (board === undefined) return;
  checkFits(board, build);
  await using lease = await leaseForCommand(board, `flash ${name}`, flags);
  const { signal } = lease;
  await using powered = await powerBoard(board, {
    stateFolder: readEnvironment().stateFolder,
    lease: lease.held,
  });
  const { link } = powered;
  const progress = new ProgressLine(process.stderr);
  const flashed = await flashBuild(link.stream, build, {
    ...optionsOf(flags),
    onProgress: ({ offset, doneBytes, totalBytes }) =>
      progress.show(`flashing 0x${offset.toString(16)}`, doneBytes, totalBytes),
    onRetry: ({ baudRate, reason }) => progress.note(`${reason}\ntrying again at ${baudRate} baud`),
    expectedMac: board.mac,
    knownAs: knownAs(rack),
    timers: {
      ...hostTimers,
      nowUs: () => (link.clock === 'modelled' ? link.arrivalUs() : hostTimers.nowUs()),
    },
    signal,
  }).finally(() => progress.end());
  const result = tellsWireTime(link) ? flashed : withoutWire(flashed);
  const boot =
    build.app === undefined
      ? undefined
      : await checkElf(link, board.id, build.app.elfSha256, isWhole(build), signal);
  if (flags.json === true)
    process.stdout.write(
      `${JSON.stringify({ board: board.id, build: build.id, clock: link.clock, ...result, boot })}\n`,
    );
  else
    process.stdout.write(
      `${summary(board.id, build.id, link.clock, result)}${boot === undefined ? '' : `\n${board.id}: ${boot}`}\n`,
    );
}

function withoutWire({ wire: _, ...rest }: FlashResult): FlashResult {
  return rest;
}

/** Bootloader, partition table and app: it must boot. */
function isWhole(build: Build | SingleImage): boolean {
  return build.files.length > 1;
}

/** Erased flash would leave an app without its bootloader. */
async function openBuild(name: string, flags: FlashFlags): Promise<Build | SingleImage> {
  const { offset, appOnly, erase } = flags;
  const isFile = name !== 'virtual' && statSync(name, { throwIfNoEntry: false })?.isFile() === true;
  const refuse = (message: string): never => {
    throw new ConfigError('bad-flags', message);
  };
  if (offset !== undefined && !isFile) refuse(`--offset is for image files, and ${name} is none`);
  if (appOnly === true && isFile)
    refuse('--app-only is for build folders: an image file is flashed as it is');
  if (appOnly === true && erase === true)
    refuse('--erase would leave --app-only nothing to start the app with');
  if (isFile) return readSingleImage(name, offset);
  const build = name === 'virtual' ? await buildVirtualFirmware() : readBuild(name);
  return appOnly === true ? { ...build, files: [build.appFile] } : build;
}

/** What we cannot tell by an app descriptor is let through: the board itself says whether it starts. */
function checkFits(board: RackBoard, { app }: Build | SingleImage): void {
  const isVirtual = clockOf(board) === 'modelled';
  if (app === undefined || isVirtual === (app.idfVersion === 'virtual')) return;
  const kind = isVirtual ? 'a virtual board' : 'a real board';
  throw new ConfigError('build-unfit', `${board.id} is ${kind}; that build is not for it`);
}

function optionsOf({ baud, stub, compress, erase }: FlashFlags): FlashOptions {
  return { baudRate: baud, useStub: stub, compress, eraseAll: erase === true };
}

function summary(board: string, build: string, clock: string, result: FlashResult): string {
  const { mac, chip, revision, writtenBytes, skippedBytes, elapsedMs, baudRate, retries, wire } = result;
  const seconds = (elapsedMs / 1000).toFixed(1);
  const lines = [
    `${board}: ${chip} revision v${Math.floor(revision / 100)}.${revision % 100}, ${mac}`,
    `${board}: build ${build} flashed and verified in ${seconds} s${clock === 'modelled' ? ' (modelled)' : ''}: ${writtenBytes} bytes written, ${skippedBytes} were there already`,
  ];
  if (retries > 0) lines.push(`${board}: ${retries} attempts failed before; done at ${baudRate} baud`);
  if (wire) lines.push(`${board}: ${wireText(wire, baudRate)}`);
  return lines.join('\n');
}

function wireText(wire: NonNullable<FlashResult['wire']>, baudRate: number): string {
  const { payloadBytes, sentBytes, elapsedMs, limitBytesPerSecond, efficiency } = wire;
  const payload = Math.round(payloadBytes / (elapsedMs / 1000));
  const sent = Math.round(sentBytes / (elapsedMs / 1000));
  const busy = Math.round((100 * sent) / limitBytesPerSecond);
  return `${payload} payload bytes a second at ${baudRate} baud, ${Math.round(100 * efficiency)}% of the ${limitBytesPerSecond} that the wire carries; ${sent} bytes a second sent (${busy}%)`;
}
