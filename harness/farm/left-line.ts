import { InfraError } from '../errors.js';

/** What a job that only stands in line for a board is stopped by, to be refused by it: it is to be run elsewhere. */
export function leaveLine(why: string, job: string): InfraError {
  return new InfraError('lease-busy', why, { job });
}

/** Why a job was to give up its place in line; undefined when it was not stopped, or for another reason. */
export function leftLine({ aborted, reason }: AbortSignal): InfraError | undefined {
  return aborted && reason instanceof InfraError && reason.code === 'lease-busy' ? reason : undefined;
}
