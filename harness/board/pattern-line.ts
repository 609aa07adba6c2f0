/** Of a line of the UART probe's pattern (firmware/PROTOCOL.md "Probes"), the `\n` counted. */
export const patternLineBytes = 64;

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const columns = Array.from({ length: patternLineBytes - 1 }, (_, column) => digits[(23 * column + 5) % 64]);

/** The line that both sides send and expect. */
export const patternLine: string = `${columns.join('')}\n`;

/** How many lines of `text` are the pattern, whole and right; other lines may stand between them. */
export function countPatternLines(text: string): number {
  const line = patternLine.slice(0, -1);
  const lines = text.split('\n');
  return lines.slice(0, -1).filter((one) => one === line).length;
}
