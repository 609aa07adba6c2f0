import type { NightCell, NightClaim, NightFinding, NightSummary } from './night-summary.js';

/**
 * A night as JUnit XML (the dialect that Jenkins, GitLab and GitHub actions read): one testcase for each scenario and board, one for each claim, and
 * one for each finding that belongs to neither. `product-fail` is a failure; `infra-fail`, `config-error` and `harness-bug` are errors, as they say nothing of the product;
 * `inconclusive` is skipped, with its reason. The exit code tells them all apart.
 */
export function formatJunit(night: NightSummary): string {
  const files = [...new Set(night.cells.map((cell) => cell.file))];
  const suites = [
    ...files.map((file) => suite(file, casesOf(night.cells.filter((cell) => cell.file === file)))),
    ...(night.claims.length === 0 ? [] : [suite('claims', night.claims.map(claimCase))]),
    ...(night.findings.length === 0 ? [] : [suite('findings', night.findings.map(findingCase))]),
  ];
  const all = [...night.cells, ...night.claims, ...night.findings].map(({ verdict }) => verdict);
  const attributes = {
    name: night.night,
    ...counts(all),
    time: seconds(Date.parse(night.endedAt) - Date.parse(night.startedAt)),
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', attributes, suites)}\n`;
}

interface Case {
  readonly verdict: string;
  readonly xml: string;
  readonly ms: number;
}

function suite(name: string, cases: readonly Case[]): string {
  const time = seconds(cases.reduce((sum, one) => sum + one.ms, 0));
  const attributes = { name, ...counts(cases.map(({ verdict }) => verdict)), time };
  return element(
    'testsuite',
    attributes,
    cases.map(({ xml }) => xml),
  );
}

function casesOf(cells: readonly NightCell[]): Case[] {
  return cells.map((cell) => {
    const { verdict, scenario, boards, durationMs = 0 } = cell;
    const name = boards.length === 0 ? scenario : `${scenario} [${boards.join(', ')}]`;
    const attributes = { classname: cell.file, name, time: seconds(durationMs) };
    const tries = cell.tries
      .map(
        (one) =>
          `try ${one.try} on ${one.boards.join(', ')} (${one.place}): ${[one.outcome, ...one.reasons].join('; ')}`,
      )
      .join('\n');
    const inside = [
      ...verdictElement(verdict, cell.reason),
      ...(tries === '' ? [] : [element('system-out', {}, [escapeXml(tries)])]),
    ];
    return { verdict, xml: element('testcase', attributes, inside), ms: durationMs };
  });
}

function claimCase({ sweep, title, board, verdict, message }: NightClaim): Case {
  const name = board === undefined ? title : `${title} [${board}]`;
  const inside = verdictElement(verdict, message);
  return { verdict, xml: element('testcase', { classname: sweep, name }, inside), ms: 0 };
}

function findingCase({ verdict, message, scenario = 'night', board }: NightFinding): Case {
  const name = board === undefined ? message : `${message} [${board}]`;
  const inside = verdictElement(verdict, message);
  return { verdict, xml: element('testcase', { classname: scenario, name }, inside), ms: 0 };
}

function verdictElement(verdict: string, reason = verdict): string[] {
  if (verdict === 'pass') return [];
  if (verdict === 'inconclusive') return [element('skipped', { message: reason }, [])];
  return [element(verdict === 'product-fail' ? 'failure' : 'error', { type: verdict, message: reason }, [])];
}

function counts(verdicts: readonly string[]): Record<string, number> {
  const failures = verdicts.filter((verdict) => verdict === 'product-fail').length;
  const skipped = verdicts.filter((verdict) => verdict === 'inconclusive').length;
  const passed = verdicts.filter((verdict) => verdict === 'pass').length;
  return { tests: verdicts.length, failures, errors: verdicts.length - failures - skipped - passed, skipped };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  inside: readonly string[],
): string {
  const given = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('');
  return inside.length === 0 ? `<${name}${given}/>` : `<${name}${given}>\n${inside.join('\n')}\n</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** Control characters and the like, which XML 1.0 has no way to write, and lone surrogates. */
const UNWRITABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** What cannot be written is left out: boards say anything. */
function escapeXml(text: string): string {
  return text.replace(UNWRITABLE, '').replace(/[&<>"\n]/g, (character) => ENTITIES[character]!);
}
