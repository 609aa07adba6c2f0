import type { NightSummary } from './night-summary.js';

/** More than ten of each kind a step are not shown (GitHub's limit). */
const MOST = 10;

/**
 * GitHub's workflow commands (docs.github.com, "Workflow commands"): what failed as `::error`, what is not certain as `::warning`, at the
 * scenario's file.
 */
export function githubAnnotations(night: NightSummary): string[] {
  const cells = night.cells
    .filter((cell) => cell.verdict !== 'pass')
    .map(({ verdict, scenario, boards, reason, file }) => {
      const where = boards.length === 0 ? '' : ` on ${boards.join(', ')}`;
      const message = `${scenario}${where}: ${reason ?? verdict}`;
      return annotation(verdict, { file, title: `${verdict}: ${scenario}` }, message);
    });
  const claims = night.claims
    .filter((claim) => claim.verdict !== 'pass')
    .map(({ verdict, sweep, title, board, message }) => {
      const where = board === undefined ? '' : ` on ${board}`;
      return annotation(
        verdict,
        { title: `${verdict}: ${sweep}` },
        `${title}${where}: ${message ?? verdict}`,
      );
    });
  const findings = night.findings.map(({ verdict, message }) =>
    annotation(verdict, { title: verdict }, message),
  );
  const all = [...cells, ...claims, ...findings];
  const errors = all.filter((line) => line.startsWith('::error'));
  const warnings = all.filter((line) => line.startsWith('::warning'));
  return [...errors.slice(0, MOST), ...warnings.slice(0, MOST)];
}

function annotation(verdict: string, properties: Readonly<Record<string, string>>, message: string): string {
  const level = verdict === 'inconclusive' ? 'warning' : 'error';
  const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${level} ${given.join(',')}::${escapeData(message)}`;
}

/** As actions/toolkit escapes: a message may not end its line, nor begin another command. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
