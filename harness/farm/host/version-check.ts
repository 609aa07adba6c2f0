import { ConfigError } from '../../errors.js';
import { installCommand } from '../jobs/job-store.js';

/** @param has of the machine @param wanted of the controller */
export function otherVersion(machine: string, has: string, wanted: string): ConfigError {
  const message = `${machine} has tokenrack ${has}, this is ${wanted}: install the same there with ${installCommand(wanted)}`;
  return new ConfigError('other-version', message, { machine, has, wanted });
}
