import { readYamlFile } from '../config/yaml-file.js';
import { ConfigError } from '../errors.js';
import { type ForeignFirmware, foreignSchema } from './foreign-schema.js';

/**
 * Reads the description of a foreign firmware.
 * @throws ConfigError with `path:line`: unknown keys, wrong values, patterns that do not compile.
 */
export function readForeignFirmware(path: string): Promise<ForeignFirmware> {
  return readYamlFile(path, foreignSchema);
}

/**
 * The same from a plan, where its resolved content is kept so that a run can be read again without the file.
 * @throws ConfigError `bad-run-file`
 */
export function foreignFromPlan(content: unknown): ForeignFirmware {
  const checked = foreignSchema.safeParse(content);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  throw new ConfigError('bad-run-file', `plan.json: foreign.${issue.path.join('.')}: ${issue.message}`);
}
