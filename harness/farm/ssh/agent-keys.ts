import { connect } from 'node:net';
import { InfraError } from '../../errors.js';
import { fingerprint } from './known-hosts.js';

/** draft-miller-ssh-agent, section 5.1 "Message numbers". */
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const TIMEOUT_MS = 5000;

/**
 * Fingerprints of the keys that an SSH agent holds.
 * @throws InfraError `ssh-agent` when nothing that speaks so answers at the socket
 */
export async function agentKeys(socketPath: string): Promise<string[]> {
  try {
    return keysOf(await ask(socketPath));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InfraError('ssh-agent', `the SSH agent at ${socketPath} does not answer: ${why}`, {
      cause: error,
    });
  }
}

/** The body of its answer, without the length before it. */
function ask(socketPath: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(Buffer.from([0, 0, 0, 1, REQUEST_IDENTITIES])));
    let received = Buffer.alloc(0);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readUInt32BE(0)) return;
      resolve(received.subarray(4, 4 + received.readUInt32BE(0)));
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it hung up')));
  });
}

/** `byte type, uint32 count, count x (string key, string comment)` */
function keysOf(answer: Buffer): string[] {
  if (answer[0] !== IDENTITIES_ANSWER) throw new Error(`it answers with message ${answer[0]}`);
  const count = answer.readUInt32BE(1);
  let at = 5;
  const string = (): Buffer => {
    const start = at + 4;
    at = start + answer.readUInt32BE(at);
    return answer.subarray(start, at);
  };
  return Array.from({ length: count }, () => {
    const key = string();
    string();
    return fingerprint(key);
  });
}
