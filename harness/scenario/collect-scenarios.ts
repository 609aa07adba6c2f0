import type Mocha from 'mocha';
import { parseScenario } from '../bench/scenario-spec.js';
import { ConfigError } from '../errors.js';
import { loadSuites } from './run-suites.js';
import { openSession, type ScenarioDefinition } from './session.js';
import { TOGETHER } from './sweep.js';

/** Variants that are judged together. */
export interface CollectedSweep {
  readonly title: string;
  readonly file: string;
  /** Titles of its scenarios. */
  readonly scenarios: readonly string[];
}

/** What scenario files define. */
export interface Collected {
  readonly definitions: readonly (ScenarioDefinition & { readonly file: string })[];
  readonly sweeps: readonly CollectedSweep[];
}

/**
 * Loads scenario files (none: the working folder's, else the packaged ones) without running them; leaves a session behind that runs nothing.
 * @throws ConfigError `no-scenario`; `bad-scenario` also for a spec that cannot be; `scenario-repeats` when a title occurs twice
 */
export async function collectScenarios(files: readonly string[]): Promise<Collected> {
  const definitions: (ScenarioDefinition & { file: string })[] = [];
  openSession({
    sinks: [],
    onDefinition: (definition) => {
      parseScenario(definition.title, definition.input);
      definitions.push({ ...definition, file: definition.file! });
    },
  });
  const mocha = await loadSuites(files);
  refuseRepeats(definitions);
  return { definitions, sweeps: sweepsOf(mocha.suite) };
}

function refuseRepeats(definitions: Collected['definitions']): void {
  const seen = new Map<string, string>();
  for (const { title, file } of definitions) {
    const other = seen.get(title);
    if (other !== undefined) {
      const where = other === file ? `twice in ${file}` : `in ${other} and in ${file}`;
      const message = `the scenario "${title}" is defined ${where}: give each a title of its own`;
      throw new ConfigError('scenario-repeats', message, { title });
    }
    seen.set(title, file);
  }
}

/** A sweep is the suite that has one over all of its others. */
function sweepsOf(suite: Mocha.Suite): CollectedSweep[] {
  const inside = suite.suites.flatMap(sweepsOf);
  if (!suite.suites.some((one) => one.title === TOGETHER)) return inside;
  const scenarios = suite.suites.filter((one) => one.title !== TOGETHER).map((one) => one.title);
  return [{ title: suite.title, file: suite.file!, scenarios }, ...inside];
}
