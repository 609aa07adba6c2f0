import type { Health } from '../health.js';
import { type Finding, ok, warning } from './finding.js';

/** A board of this machine, and what is kept of it. */
export interface BoardHealth {
  readonly id: string;
  readonly health: Pick<Health, 'state' | 'quarantine' | 'note'>;
}

export function checkHealth(boards: readonly BoardHealth[]): Finding[] {
  const findings = boards.flatMap(checkBoard);
  return findings.length > 0 ? findings : [ok('health', 'no board is in quarantine')];
}

function checkBoard({ id, health: { state, quarantine, note } }: BoardHealth): Finding[] {
  const since = quarantine === undefined ? '' : ` since ${quarantine.since}: ${quarantine.reason}`;
  if (state === 'quarantined')
    return [
      warning(
        'health',
        `${id}: in quarantine${since}; only a run that names it uses it`,
        `look at it, then \`tokenrack rack check ${id} --release\``,
      ),
    ];
  if (state === 'probation')
    return [
      warning('health', `${id}: on probation, quarantined${since}`, `\`tokenrack rack check ${id}\` ends it`),
    ];
  return note === undefined ? [] : [warning('health', `${id}: ${note}`, `tokenrack rack check ${id}`)];
}
