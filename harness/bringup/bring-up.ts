import { cardLocation } from '../bench/card-location.js';
import { type Prepared, prepare } from '../bench/prepare.js';
import { parseScenario } from '../bench/scenario-spec.js';
import { BoardConsole } from '../board/console.js';
import { flashBuild } from '../board/flash.js';
import type { FlashResult } from '../board/flash-result.js';
import { abortable } from '../board/probe-console.js';
import { hostTimers } from '../board/timers.js';
import { PatternTap } from '../board/uart-probe.js';
import { TokenrackError } from '../errors.js';
import type { Lease } from '../lease/lease.js';
import { type PoweredBoard, powerBoard } from '../rack/power-board.js';
import { clockOf, type Rack, type RackBoard } from '../rack/rack-file.js';
import { tokenrackVersion } from '../version.js';
import type { CostSettings } from '../virtual/cost-model.js';
import { loadCostTable } from '../virtual/cost-table.js';
import type { BringupRecord, Observations } from './bringup-record.js';
import { compareDemo, type DemoComparison } from './compare-demo.js';
import { type CostFit, fitCostTable } from './fit-cost-table.js';
import type { CardFile } from './measure-card.js';
import { type BringupListener, observeBoard } from './observe-board.js';
import {
  type RecordFiles,
  recordFiles,
  referToTable,
  refusePackagedRack,
  writeRecord,
} from './record-files.js';

export interface BringupOptions {
  readonly rack: Rack;
  readonly board: RackBoard;
  /** Takes the board's lease, once everything is ready for it. */
  readonly lease: () => Promise<Lease>;
  /** Build folder; a real board needs one. */
  readonly build?: string;
  /** The rack file shall name the fitted table. */
  readonly use: boolean;
  /** Run the demo scenario on the board and on its model. */
  readonly demo: boolean;
  readonly stateFolder: string;
  readonly runsFolder: string;
  readonly startedAt: Date;
  readonly onEvent: BringupListener;
  readonly signal?: AbortSignal;
}

/** With the board in hand; `signal` aborts also when its lease is lost. */
type InHand = Omit<BringupOptions, 'lease'> & { readonly lease: Lease; readonly signal: AbortSignal };

export interface BringupResult {
  readonly record: BringupRecord;
  readonly fit: CostFit;
  readonly files: RecordFiles;
  readonly comparison?: DemoComparison;
  /** Why there is no comparison, when one was asked for. */
  readonly comparisonMissing?: string;
}

/**
 * First contact with a board: flashes the bench build, measures, fits the board's own cost table, keeps both beside the
 * rack file, and holds the model against the board.
 * @throws ConfigError before the board is touched; InfraError or BoardError when board or link fail
 */
export async function bringUp(given: BringupOptions): Promise<BringupResult> {
  const { rack, board, onEvent } = given;
  if (given.use) refusePackagedRack(rack.path);
  onEvent({ type: 'step', step: 'wiring', text: 'wiring: check these pins before anything is connected' });
  const prepared = await prepareBench(given);
  await using lease = await given.lease();
  const signal = AbortSignal.any([lease.signal, ...(given.signal === undefined ? [] : [given.signal])]);
  const options: InHand = { ...given, lease, signal };
  const record = await contact(options, prepared);
  onEvent({ type: 'step', step: 'fit', text: 'fit: this board’s own cost table' });
  const wiring = wiringOf(board);
  const origin = { mac: record.mac, date: record.date, ...(wiring === undefined ? {} : { wiring }) };
  const fit = fitCostTable(record.observations, loadCostTable(), origin);
  const files = recordFiles(rack.path, board.id);
  await writeRecord(files, record, fit.table);
  if (options.use) await referToTable(rack.path, board.id, files.costTable);
  return { record, fit, files, ...(options.demo ? await demo(options, record, fit, files) : {}) };
}

/** The bench build, and the demo's card, whose largest file is what the card is read by. */
function prepareBench({ rack, board, build, stateFolder }: BringupOptions): Promise<Prepared> {
  const spec = parseScenario('bring-up', build === undefined ? {} : { build });
  return prepare('bring-up', spec, { rack, boards: [board.id], stateFolder });
}

/** What a rack file says of a virtual board's wiring; of a real one nobody does. */
function wiringOf(board: RackBoard): CostSettings | undefined {
  if (board.link !== 'virtual') return undefined;
  return { cardMode: board.card_mode, bounceBuffer: board.bounce_buffer, fastSeek: board.fast_seek };
}

async function contact(options: InHand, prepared: Prepared): Promise<BringupRecord> {
  const { board, lease, onEvent, startedAt, stateFolder } = options;
  const { root } = cardLocation(prepared.card);
  await using powered = await powerBoard(board, { stateFolder, lease, cardRoot: root });
  onEvent({
    type: 'step',
    step: 'chip',
    text: `chip: through the loader, then flash build ${prepared.build.id}`,
  });
  const flashed = await flash(options, powered, prepared);
  const observations = await observe(options, powered, prepared);
  return {
    bringup: 1,
    tokenrack: tokenrackVersion,
    date: startedAt.toISOString(),
    board: board.id,
    mac: flashed.mac,
    clock: clockOf(board),
    build: prepared.build.id,
    chip: {
      name: flashed.chip,
      revision: flashed.revision,
      flash_bytes: flashed.flashBytes,
      flashed_at_baud: flashed.baudRate,
    },
    observations,
  };
}

async function flash(
  { board, lease, onEvent, signal }: InHand,
  powered: PoweredBoard,
  { build }: Prepared,
): Promise<FlashResult> {
  await lease.assertHeld();
  const result = await flashBuild(powered.link.stream, build, {
    expectedMac: board.mac,
    signal,
  });
  const { chip, revision, mac, flashBytes, baudRate, skippedBytes, writtenBytes } = result;
  const version = `${Math.floor(revision / 100)}.${revision % 100}`;
  onEvent({ type: 'note', text: `${chip} revision ${version}, MAC ${mac}, ${flashBytes >> 20} MB of flash` });
  onEvent({
    type: 'note',
    text: `flashed and verified ${writtenBytes} bytes at ${baudRate} baud, ${skippedBytes} were there already`,
  });
  return result;
}

async function observe(
  { board, onEvent, signal }: InHand,
  powered: PoweredBoard,
  prepared: Prepared,
): Promise<Observations> {
  const { stream } = powered.link;
  const tap = new PatternTap();
  const timers = { ...hostTimers, nowUs: () => powered.link.arrivalUs() };
  const waiting = { signal };
  await using console = new BoardConsole(stream, { board: board.id, tap, timers });
  await console.restart(waiting);
  await console.hello(waiting);
  const probes = abortable(console, signal);
  const seen = await observeBoard({ console: probes, stream, tap, cardFile: largestFile(prepared), onEvent });
  await console.bye(waiting);
  return seen;
}

function largestFile({ card }: Prepared): CardFile {
  const largest = card.files.reduce((most, file) => (file.bytes > most.bytes ? file : most));
  return { folder: cardLocation(card).name, name: largest.name, bytes: largest.bytes };
}

async function demo(
  options: InHand,
  record: BringupRecord,
  { wiring }: CostFit,
  { costTable }: RecordFiles,
): Promise<Pick<BringupResult, 'comparison' | 'comparisonMissing'>> {
  const { board, lease, build, stateFolder, runsFolder, signal, onEvent } = options;
  onEvent({ type: 'step', step: 'demo', text: 'demo: five prompts on the board, and on its model' });
  const { revision } = record.chip;
  const target = { board, lease, revision, wiring, costTable, stateFolder, runsFolder };
  try {
    const comparison = await compareDemo({
      ...target,
      ...(build === undefined ? {} : { build }),
      signal,
    });
    return { comparison };
  } catch (error) {
    if (!(error instanceof TokenrackError) || error.failureClass !== 'infra-fail') throw error;
    return { comparisonMissing: error.message };
  }
}
