import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { readBuild } from '../image/build-folder.js';
import { findInput } from './inputs.js';
import { buildKind } from './prepare.js';
import type { ScenarioSpec } from './scenario-spec.js';

/** What a scenario flashes, and what boards can take it. */
export interface BoardNeeds {
  /** As `labelsOf` gives them, sorted: those that the scenario asks for, and `virtual` or `hardware` as its build and its card go. */
  readonly labels: readonly string[];
  /** Id of the build. */
  readonly build: string;
}

/**
 * Found before any board is chosen, so that a scenario is not sent to boards that would refuse it.
 * @throws ConfigError when the build cannot be read or made
 */
export async function boardNeeds(spec: ScenarioSpec): Promise<BoardNeeds> {
  const build = spec.build === undefined ? await buildVirtualFirmware() : readBuild(findInput(spec.build));
  const kind = buildKind(build) === 'virtual' ? 'virtual' : 'hardware';
  const reader = spec.provision === 'reader' ? ['virtual'] : [];
  return { labels: [...new Set([...spec.boards.labels, kind, ...reader])].sort(), build: build.id };
}
