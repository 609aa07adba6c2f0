import type { Unplaced } from './place.js';
import { ATTEMPTS, INFRA_STEPS } from './rack-measures.js';

const LAST_NIGHT = '26h';

export const BOARDS = stat(
  1,
  'Boards, last 26 h',
  'Boards with at least one attempt in the last 26 hours.',
  'short',
  `SELECT count("attempts") FROM (SELECT count("infra_failed") AS "attempts" ${ATTEMPTS} GROUP BY "board") WHERE $timeFilter`,
);

export const ATTEMPT_COUNT = stat(
  2,
  'Attempts, last 26 h',
  'Attempts of the last 26 hours: a run that ends in an infra-fail may be tried again.',
  'short',
  `SELECT count("infra_failed") ${ATTEMPTS}`,
);

export const INFRA_SHARE: Unplaced = {
  ...stat(
    3,
    'Infra-failed, last 26 h',
    'Share of the attempts of the last 26 hours that a board, a link or a card spoiled.',
    'percentunit',
    `SELECT mean("infra_failed") ${ATTEMPTS}`,
  ),
  decimals: 1,
  thresholds: INFRA_STEPS,
};

export const TORN: Unplaced = {
  ...stat(
    4,
    'Torn lines, last 26 h',
    'Machine-readable lines that arrived damaged in the last 26 hours: cable, baud rate or power.',
    'short',
    `SELECT sum("uart_torn") ${ATTEMPTS}`,
  ),
  thresholds: [{ color: 'green' }, { from: 1, color: 'yellow' }, { from: 20, color: 'red' }],
};

export const REMADE: Unplaced = {
  ...stat(
    5,
    'Remade, last 26 h',
    'Generations made again in the last 26 hours as their record was lost on the wire.',
    'short',
    `SELECT sum("remade") ${ATTEMPTS}`,
  ),
  thresholds: [{ color: 'green' }, { from: 1, color: 'yellow' }, { from: 20, color: 'red' }],
};

export const WIRE: Unplaced = {
  ...stat(
    6,
    'Wire efficiency, last 26 h',
    'Share of the wire’s time while provisioning that carried the card’s content.',
    'percentunit',
    `SELECT mean("wire_efficiency") ${ATTEMPTS}`,
  ),
  decimals: 1,
  noValue: 'nothing provisioned in 26 h',
};

function stat(id: number, title: string, description: string, unit: string, text: string): Unplaced {
  return {
    id,
    kind: 'stat',
    title,
    description,
    unit,
    timeFrom: LAST_NIGHT,
    noValue: 'no attempts in 26 h',
    queries: [{ refId: 'A', shape: 'time-series', alias: title, text }],
  };
}
