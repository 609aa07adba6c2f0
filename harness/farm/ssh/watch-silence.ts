import type { Duplex } from 'node:stream';
import { InfraError } from '../../errors.js';

/**
 * Calls `onDead` once when no byte came for so long. The socket must have a reader already, and the other end be asked for
 * answers more often than that. Any byte is a sign of life, whatever it belongs to.
 * @returns ends the watch
 */
export function watchSilence(
  socket: Duplex,
  deadAfterMs: number,
  onDead: (error: InfraError) => void,
): () => void {
  const die = (): void => {
    end();
    onDead(new InfraError('ssh-silent', `not a byte came for ${deadAfterMs / 1000} s`, { deadAfterMs }));
  };
  const timer = setTimeout(die, deadAfterMs);
  const alive = (): unknown => timer.refresh();
  socket.on('data', alive);
  function end(): void {
    clearTimeout(timer);
    socket.off('data', alive);
  }
  return end;
}
