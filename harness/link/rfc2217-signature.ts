import type { OpenLink } from './link.js';
import { Rfc2217Port } from './rfc2217-port.js';
import { virtualSignature } from './rfc2217-session.js';

/** Whether the serial server says that it is `tokenrack virtual`; another server in between hides it. */
export async function servesVirtualBoard({ stream }: OpenLink): Promise<boolean> {
  const { port } = stream;
  return port instanceof Rfc2217Port && (await port.signature()) === virtualSignature;
}
