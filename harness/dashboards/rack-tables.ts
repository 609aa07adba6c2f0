import { by } from './filters.js';
import type { Unplaced } from './place.js';
import { ATTEMPTS, INFRA_STEPS } from './rack-measures.js';

export const BOARD_TABLE: Unplaced = {
  id: 8,
  kind: 'table',
  title: 'Boards, over the time shown',
  description:
    'Every board that did anything in the time shown, the most troubled first. A board far slower to flash or provision than its neighbours has a bad cable, hub or card.',
  unit: 'none',
  fields: [
    { name: 'Time', hidden: true },
    { name: 'board', label: 'Board' },
    { name: 'attempts', label: 'Attempts' },
    {
      name: 'infra',
      label: 'Infra-failed',
      unit: 'percentunit',
      decimals: 1,
      painted: true,
      thresholds: INFRA_STEPS,
    },
    { name: 'flash', label: 'Flash, median', unit: 'ms', decimals: 1 },
    { name: 'provision', label: 'Provision, median', unit: 'ms', decimals: 1 },
    { name: 'load', label: 'Load, median', unit: 'ms', decimals: 1 },
    { name: 'wire', label: 'Wire efficiency', unit: 'percentunit', decimals: 1 },
    { name: 'torn', label: 'Torn lines' },
    { name: 'remade', label: 'Remade' },
  ],
  sortBy: { field: 'Infra-failed', descending: true },
  noValue: 'No attempts here: widen the time or choose another clock or suite',
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT count("infra_failed") AS "attempts", mean("infra_failed") AS "infra", median("flash_ms") AS "flash", median("provision_ms") AS "provision", median("load_ms") AS "load", mean("wire_efficiency") AS "wire", sum("uart_torn") AS "torn", sum("remade") AS "remade" ${ATTEMPTS} ${by('board')}`,
    },
  ],
};

export const NEWEST_FAILURES: Unplaced = {
  id: 15,
  kind: 'table',
  title: 'Newest infra failures',
  description:
    'The last 100 attempts that the rack spoiled, with the failure’s code and the run in whose folder the capture lies.',
  unit: 'none',
  fields: [
    { name: 'Time', label: 'Run started', width: 170 },
    { name: 'board', label: 'Board', width: 110 },
    { name: 'failure', label: 'Failure', width: 220 },
    { name: 'scenario', label: 'Scenario' },
    { name: 'attempt', label: 'Attempt', width: 90 },
    { name: 'run_id', label: 'Run' },
  ],
  noValue: 'No infra failure in the time shown',
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT "failure", "board", "scenario", "attempt", "run_id" ${ATTEMPTS} AND "infra_failed" = 1 ORDER BY time DESC LIMIT 100`,
    },
  ],
};
