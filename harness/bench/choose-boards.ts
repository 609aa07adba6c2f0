import { ConfigError, InfraError } from '../errors.js';
import { labelsOf, type Rack, type RackBoard, selectBoards } from '../rack/rack-file.js';
import type { ScenarioSpec } from './scenario-spec.js';

/**
 * The boards a run uses: those named, or the first that carry the labels the scenario asks for and are not in quarantine.
 * @param resting why a board is in quarantine, by its id
 * @throws ConfigError `unknown-board` or `no-board`; InfraError `board-quarantined`
 */
export function chooseBoards(
  rack: Rack,
  wanted: ScenarioSpec['boards'],
  named: readonly string[],
  resting: ReadonlyMap<string, string> = new Map(),
): RackBoard[] {
  if (named.length > 0) return selectBoards(rack, named);
  const fitting = rack.boards.filter((board) =>
    wanted.labels.every((label) => labelsOf(board).includes(label)),
  );
  if (fitting.length < wanted.count) {
    const labels = wanted.labels.length > 0 ? ` with the labels ${wanted.labels.join(', ')}` : '';
    throw new ConfigError(
      'no-board',
      `the scenario needs ${wanted.count} board(s)${labels}; ${rack.path} has ${fitting.length}`,
      { rack: rack.path },
    );
  }
  const healthy = fitting.filter((board) => !resting.has(board.id));
  if (healthy.length < wanted.count) throw quarantined(fitting, resting);
  return healthy.slice(0, wanted.count);
}

function quarantined(fitting: readonly RackBoard[], resting: ReadonlyMap<string, string>): InfraError {
  const [first] = fitting.filter(({ id }) => resting.has(id));
  const reasons = fitting.flatMap(({ id }) => (resting.has(id) ? [`${id} (${resting.get(id)})`] : []));
  const message = `in quarantine: ${reasons.join(', ')}; look at it, then \`tokenrack rack check ${first?.id} --release\`, or use it all the same with --board ${first?.id}`;
  return new InfraError('board-quarantined', message, { boards: [...resting.keys()] });
}
