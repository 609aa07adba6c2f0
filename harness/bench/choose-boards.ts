import { ConfigError } from '../errors.js';
import { labelsOf, type Rack, type RackBoard, selectBoards } from '../rack/rack-file.js';
import type { ScenarioSpec } from './scenario-spec.js';

/**
 * The boards a run uses: those named, or the first that carry the labels the scenario asks for.
 * @throws ConfigError `unknown-board` or `no-board`.
 */
export function chooseBoards(
  rack: Rack,
  wanted: ScenarioSpec['boards'],
  named: readonly string[],
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
  return fitting.slice(0, wanted.count);
}
