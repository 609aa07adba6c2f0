import type { BoardConsole } from '../board/console.js';
import { provision } from '../board/provision.js';
import { ConfigError } from '../errors.js';
import type { CardFolder } from '../model/export-card.js';
import type { RackBoard } from '../rack/rack-file.js';
import { ownCard } from '../rack/start-virtual-board.js';
import type { Attempt } from '../results/attempt.js';
import type { Plan } from '../results/plan.js';
import { cardLocation } from './card-location.js';

/**
 * How the model gets onto a board's card: `uart`, block by block by the firmware; `reader`, as by a card reader (the
 * export becomes a virtual board's card); `none`, it is there already.
 */
export type ProvisionMode = NonNullable<Plan['provision']>;

/** What one provisioning did, for `attempt.json`. */
export type Provisioned = NonNullable<Attempt['provision']>;

/** A virtual board gets its card plugged in unless the scenario says otherwise: 50 MB over a modelled UART take a while. */
export function provisionMode(plan: Pick<Plan, 'provision'>, board: Pick<RackBoard, 'link'>): ProvisionMode {
  return plan.provision ?? (board.link === 'virtual' ? 'reader' : 'uart');
}

/** @throws ConfigError `provision-unfit` for a card reader that no board of that kind has */
export function refuseUnfitProvision(mode: ProvisionMode | undefined, boards: readonly RackBoard[]): void {
  const unfit = mode === 'reader' ? boards.find((board) => board.link !== 'virtual') : undefined;
  if (unfit === undefined) return;
  const message = `${unfit.id} is no virtual board: its card cannot be plugged in from here; use --provision uart or none`;
  throw new ConfigError('provision-unfit', message, { board: unfit.id });
}

/** Which card a board has in its slot. */
export function cardRootOf(card: CardFolder, plan: Plan): (board: RackBoard) => string {
  return (board) => (provisionMode(plan, board) === 'reader' ? cardLocation(card).root : ownCard);
}

/** What a session does about the card once the link is fast. */
export function provisioning(
  mode: ProvisionMode,
  card: CardFolder,
): { readonly provision: (console: BoardConsole, signal?: AbortSignal) => Promise<Provisioned> } {
  return {
    provision: async (console, signal) => {
      if (mode !== 'uart') return { mode };
      const result = await provision(console, cardSourceOf(card), signal === undefined ? {} : { signal });
      const { card: _card, findings, ...figures } = result;
      return { mode, ...figures, findings: [...findings] };
    },
  };
}

/** An exported folder as `provision` wants it named. */
export function cardSourceOf(card: CardFolder) {
  const files = card.files.map(({ name }) => name);
  return {
    path: card.folder,
    folder: cardLocation(card).name,
    files: card.manifestHash === '-' ? files : [...files, 'manifest.json'],
  };
}
