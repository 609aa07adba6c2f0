import { definitionOf } from '../results/measurement-catalogue.js';
import { formatQuantity } from '../results/quantity.js';
import { plainTable } from '../sinks/plain-table.js';
import type { BringupResult } from './bring-up.js';
import type { BringupRecord, CardSample, Observations } from './bringup-record.js';
import type { ComparedMeasurement } from './compare-demo.js';
import type { CostFit } from './fit-cost-table.js';
import { pinTable, wiringAdvice } from './pin-table.js';

/** The pin table with its traps, for before anything is connected. */
export function formatWiring(): string {
  const rows = pinTable.map(({ pin, use, trap }) => [pin, use, trap]);
  const table = plainTable([{ head: 'pin' }, { head: 'use' }, { head: 'trap' }], rows);
  return [table, ...wiringAdvice].join('\n');
}

/** Everything that was found, as tables. */
export function formatBringup(result: BringupResult): string {
  const { record, fit, files, comparison, comparisonMissing } = result;
  const parts = [
    formatFacts(record),
    formatUart(record.observations),
    formatCard(record.observations.card),
    formatKernels(fit),
    formatCosts(fit),
  ];
  if (comparison !== undefined) parts.push(formatComparison(comparison.rows));
  if (comparisonMissing !== undefined) parts.push(`model against board: not compared: ${comparisonMissing}`);
  parts.push(`record: ${files.record}\ncost table: ${files.costTable}`);
  return parts.filter((part) => part !== '').join('\n\n');
}

const right = 'right' as const;

function formatFacts({ board, mac, clock, chip, observations }: BringupRecord): string {
  const { heap_bytes, psram_bytes, mount_us, open_us, fragments } = observations;
  const version = `${Math.floor(chip.revision / 100)}.${chip.revision % 100}`;
  const facts: [string, string | undefined][] = [
    ['board', `${board} (clock ${clock})`],
    ['chip', `${chip.name} revision ${version}`],
    ['MAC', mac],
    ['flash', `${chip.flash_bytes >> 20} MiB, flashed at ${chip.flashed_at_baud} baud`],
    ['PSRAM', psram_bytes === 0 ? 'none' : `${formatQuantity(psram_bytes, 'bytes')} for the firmware`],
    ['internal heap', formatQuantity(heap_bytes, 'bytes')],
    ['card mount', mount_us === undefined ? undefined : formatQuantity(mount_us, 'us')],
    ['file open', open_us === undefined ? undefined : formatQuantity(open_us, 'us')],
    ['weights on the card', describeFragments(fragments)],
  ];
  const rows = facts.map(([what, value]) => [what, value ?? 'not measured']);
  return plainTable([{ head: 'fact' }, { head: 'value' }], rows);
}

function describeFragments(fragments: number | undefined): string | undefined {
  if (fragments === undefined) return undefined;
  return fragments <= 1 ? 'contiguous' : `in ${fragments} pieces: format the card and provision it again`;
}

function formatUart({ uart, recommended_baud }: Observations): string {
  const rows = uart.map(({ baud, to_board, from_board }) => [
    String(baud),
    describeErrors(to_board),
    describeErrors(from_board),
    baud === recommended_baud ? 'recommended' : '',
  ]);
  const columns = [
    { head: 'UART baud', align: right },
    { head: 'errors a byte to board' },
    { head: 'errors a byte from board' },
    { head: '' },
  ];
  return plainTable(columns, rows);
}

function describeErrors(direction: Observations['uart'][number]['to_board']): string {
  if (direction === undefined) return 'no line passes';
  const { error_rate: rate, error_rate_at_most: atMost, bytes } = direction;
  const limit = atMost.toExponential(1);
  return rate === 0 ? `none in ${bytes} (below ${limit})` : `${rate.toExponential(1)} (below ${limit})`;
}

function formatCard(samples: readonly CardSample[]): string {
  if (samples.length === 0) return '';
  const rows = samples.map(({ memory, block, pattern, bounce, bytes, us, min_us, max_us }) => [
    bounce === undefined ? memory : `${memory}, app's ${bounce} B buffer`,
    pattern,
    String(block),
    (bytes / us).toFixed(2),
    formatQuantity(min_us, 'us'),
    formatQuantity(max_us, 'us'),
  ]);
  const columns = [
    { head: 'card reads into' },
    { head: 'pattern' },
    { head: 'block', align: right },
    { head: 'MB/s', align: right },
    { head: 'fastest', align: right },
    { head: 'slowest', align: right },
  ];
  return plainTable(columns, rows);
}

function formatKernels({ kernels, card }: CostFit): string {
  const rows = [...(kernels?.kernels ?? [])].map(([name, { fixedUs, unitUs }]) => [
    name,
    fixedTime(fixedUs),
    `${(unitUs * 1000).toFixed(2)} ns`,
  ]);
  if (card !== undefined)
    rows.push(['card read', fixedTime(card.readUs), `${(card.byteUs * 1000).toFixed(2)} ns a byte`]);
  if (rows.length === 0) return '';
  const columns = [
    { head: 'linear fit' },
    { head: 'a call', align: right },
    { head: 'a unit', align: right },
  ];
  const worst = [kernels?.worstRelativeError, card?.worstRelativeError].map((error) =>
    error === undefined ? 'not fitted' : percent(error),
  );
  return `${plainTable(columns, rows)}\nfarthest sample from the fit: kernels ${worst[0]}, card ${worst[1]}`;
}

/** To a hundredth; nothing is not -0. */
function fixedTime(us: number): string {
  return `${(Math.round(us * 100) / 100 + 0).toFixed(2)} us`;
}

function formatCosts({ entries, wiring }: CostFit): string {
  const rows = entries.map(({ name, unit, base, value, measured, note }) => [
    name,
    unit,
    String(Number(base.toPrecision(4))),
    measured ? String(Number(value.toPrecision(4))) : '-',
    measured ? '' : note,
  ]);
  const columns = [
    { head: 'cost table' },
    { head: 'unit' },
    { head: 'packaged', align: right },
    { head: 'this board', align: right },
    { head: 'kept because' },
  ];
  const how = `card ${wiring.cardMode}, ${wiring.bounceBuffer ? 'with' : 'without'} a bounce buffer, ${
    wiring.fastSeek ? 'with' : 'without'
  } the link map`;
  return `${plainTable(columns, rows)}\nread as: ${how}`;
}

/** Modelled against measured. */
export function formatComparison(rows: readonly ComparedMeasurement[]): string {
  const body = rows.map(({ name, unit, measured, modelled, worstRelativeError }) => [
    definitionOf(name).label,
    formatQuantity(measured, unit),
    formatQuantity(modelled, unit),
    percent(worstRelativeError),
  ]);
  const columns = [
    { head: 'demo scenario' },
    { head: 'measured', align: right },
    { head: 'modelled', align: right },
    { head: 'worst error', align: right },
  ];
  return plainTable(columns, body);
}

function percent(fraction: number): string {
  return `${(fraction * 100).toPrecision(2)}%`;
}
