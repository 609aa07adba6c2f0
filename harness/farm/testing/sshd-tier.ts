import { describeWith } from '../../testing/tier.js';
import { sshdMissing } from './sshd.js';

/** A suite that needs a real OpenSSH server. */
export const describeWithSshd = describeWith('sshd', () => {
  const missing = sshdMissing();
  if (missing === undefined) return undefined;
  return {
    title: `runs where OpenSSH's server can be started: ${missing}`,
    error: `TOKENRACK_REQUIRE asks for sshd: ${missing}`,
  };
});
