import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** Where nobody is: a port of the loopback that was free a moment ago. */
export async function closedPort(): Promise<URL> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return new URL(`http://127.0.0.1:${port}`);
}
