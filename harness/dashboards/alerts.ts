import { by } from './filters.js';
import { UIDS } from './links.js';
import type { AlertSpec } from './panel.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A day, and the two hours that a night may come late. */
const A_NIGHT = 26 * HOUR;
const WEEK = 7 * DAY;

const NIGHTLY = `FROM "run" WHERE $timeFilter AND "suite" = 'nightly' AND "arm" = 'candidate'`;

/**
 * Points an hour, averaged over the last 27 buckets of an hour, which hold at least the last 26 hours: 0 when there were none. Asked over more
 * than that, it tells who was there before and is silent now, which a plain count cannot: what has no points has no series. The average reads
 * what lies before the time range too.
 */
function recent(field: string, name: string): string {
  return `SELECT moving_average(count("${field}"), 27) AS "${name}"`;
}

const FAILED_NIGHTLY: AlertSpec = {
  uid: 'tokenrack-nightly-failed',
  title: 'Nightly failed',
  steps: [
    {
      kind: 'query',
      refId: 'A',
      lookBackSeconds: A_NIGHT,
      text: `SELECT count("passed") - sum("passed") AS "failed" ${NIGHTLY} ${by('scenario', 'board', 'clock')}`,
    },
    { kind: 'reduce', refId: 'B', of: 'A', by: 'last' },
    { kind: 'threshold', refId: 'C', of: 'B', is: 'above', value: 0 },
  ],
  condition: 'C',
  holdFor: '0s',
  // A night without runs is the other rule's affair.
  whenNoData: 'OK',
  whenError: 'Error',
  labels: { severity: 'warning', system: 'tokenrack', kind: 'nightly-failed' },
  summary: 'Nightly: {{ $labels.scenario }} did not pass on {{ $labels.board }} ({{ $labels.clock }})',
  description:
    '{{ $values.B.Value }} nightly run(s) of the last 26 h did not pass. Open "Newest runs" on the Overview: product-fail is the build (read the report, then run `tokenrack replay` on the run folder); infra-fail is the rack (see Rack health); inconclusive wants another run.',
  panel: { dashboard: UIDS.overview, id: 12 },
};

const SILENT_NIGHTLY: AlertSpec = {
  uid: 'tokenrack-nightly-silent',
  title: 'Nightly silent',
  steps: [
    {
      kind: 'query',
      refId: 'A',
      lookBackSeconds: WEEK,
      text: `${recent('passed', 'runs_an_hour')} ${NIGHTLY} ${by('time(1h)', 'scenario', 'clock')} fill(0)`,
    },
    { kind: 'reduce', refId: 'B', of: 'A', by: 'last' },
    { kind: 'threshold', refId: 'C', of: 'B', is: 'below', value: 0.001 },
  ],
  condition: 'C',
  holdFor: '15m',
  // No nightly for a week at all is silence too.
  whenNoData: 'Alerting',
  whenError: 'Error',
  labels: { severity: 'critical', system: 'tokenrack', kind: 'nightly-silent' },
  summary:
    'No nightly run for 26 h{{ if $labels.scenario }}: {{ $labels.scenario }} ({{ $labels.clock }}){{ end }}',
  description:
    'A scenario of the suite "nightly" that ran in the last 7 days had no run for 26 h, or no scenario had any for 7 days. All silent: on the rack’s host look whether the nightly job started. One silent: look at the job’s output and exit code, since a scenario that never comes to a run (a bad spec) leaves no point. Then `tokenrack sink status`: points that wait in the spool mean that InfluxDB was not reached, and `tokenrack sink flush` sends them. A scenario taken out on purpose stops this alert after 7 days, or silence it; a site without nightly runs pauses this rule.',
  panel: { dashboard: UIDS.overview, id: 7 },
};

const BOARD_LOST: AlertSpec = {
  uid: 'tokenrack-board-lost',
  title: 'Board lost',
  steps: [
    {
      kind: 'query',
      refId: 'A',
      lookBackSeconds: WEEK,
      // An unreachable board makes points too: only what it did not spoil is a sign of life.
      text: `${recent('infra_failed', 'attempts_an_hour')} FROM "board" WHERE $timeFilter AND "infra_failed" = 0 ${by('time(1h)', 'board', 'clock')} fill(0)`,
    },
    { kind: 'reduce', refId: 'B', of: 'A', by: 'last' },
    { kind: 'threshold', refId: 'C', of: 'B', is: 'below', value: 0.001 },
  ],
  condition: 'C',
  holdFor: '15m',
  // No board at all for a week is "Nightly silent", and one that only failed for a week is "Board failing".
  whenNoData: 'OK',
  whenError: 'Error',
  labels: { severity: 'warning', system: 'tokenrack', kind: 'board-lost' },
  summary: 'Board {{ $labels.board }} did nothing without an infra-fail for 26 h ({{ $labels.clock }})',
  description:
    'The board had attempts without an infra-fail in the last 7 days and none in the last 26 h: it is gone, or all that it does fails. `tokenrack boards` says whether the host still sees it; then its power, cable and hub. A board taken out on purpose stops this alert after 7 days, or silence it.',
  panel: { dashboard: UIDS.rack, id: 7 },
};

const BOARD_FAILING: AlertSpec = {
  uid: 'tokenrack-board-failing',
  title: 'Board failing',
  steps: [
    {
      kind: 'query',
      refId: 'A',
      lookBackSeconds: A_NIGHT,
      text: `SELECT mean("infra_failed") AS "infra_failed" FROM "board" WHERE $timeFilter ${by('board', 'clock')}`,
    },
    {
      kind: 'query',
      refId: 'B',
      lookBackSeconds: WEEK,
      text: `SELECT mean("infra_failed") AS "infra_failed" FROM "board" WHERE $timeFilter ${by('board', 'clock')}`,
    },
    { kind: 'reduce', refId: 'C', of: 'A', by: 'last' },
    { kind: 'reduce', refId: 'D', of: 'B', by: 'last' },
    // A board that has failed for most of the week is no worse than its week: half is too much whatever was before.
    { kind: 'math', refId: 'E', expression: '($C >= 0.2 && $C > 1.5 * $D) || $C >= 0.5' },
  ],
  condition: 'E',
  holdFor: '0s',
  whenNoData: 'OK',
  whenError: 'Error',
  labels: { severity: 'warning', system: 'tokenrack', kind: 'board-failing' },
  summary:
    'Board {{ $labels.board }} fails more often than it did, or half of the time ({{ $labels.clock }})',
  description:
    '{{ humanizePercentage $values.C.Value }} of its attempts of the last 26 h ended in an infra-fail, against {{ humanizePercentage $values.D.Value }} over the last 7 days. "Newest infra failures" on Rack health has their codes: swap the cable, the hub port or the card, one at a time.',
  panel: { dashboard: UIDS.rack, id: 15 },
};

/** Every alert rule. Who is told is the site's affair: contact points are not provisioned. */
export function allAlerts(): readonly AlertSpec[] {
  return [FAILED_NIGHTLY, SILENT_NIGHTLY, BOARD_LOST, BOARD_FAILING];
}
