import type { Health } from '../rack/health.js';

export function stateText(state: Health['state']): string {
  return state === 'good' ? 'good' : state === 'quarantined' ? 'in quarantine' : 'on probation';
}

/** What keeps a board from work, or did so lately: since when, and why. Undefined: nothing. */
export function healthText({ state, quarantine }: Pick<Health, 'state' | 'quarantine'>): string | undefined {
  if (state === 'good') return undefined;
  const why = quarantine === undefined ? '' : ` since ${quarantine.since}: ${quarantine.reason}`;
  return `${stateText(state)}${why}`;
}
