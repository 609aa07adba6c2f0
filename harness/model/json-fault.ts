type Expected = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end';

const PLAIN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const BLANK = /[ \t\n\r]*/y;

/**
 * The offset of the first character at which `text` stops being JSON (RFC 8259), or undefined when it is JSON.
 * Node's own message names no position for the commonest mistakes; this is for the line in ours.
 */
export function jsonFaultOffset(text: string): number | undefined {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = skipBlank(text, 0);
  while (at < text.length) {
    if (open.length === 0 && expected === 'comma-or-end') return at;
    const char = text[at]!;
    const next = step(text, at, char, expected, open);
    if (next === undefined) return at;
    if (next.end < 0) return -next.end;
    expected = next.expected;
    at = skipBlank(text, next.end);
  }
  return open.length === 0 && expected === 'comma-or-end' ? undefined : text.length;
}

/** The 1-based line of `offset`. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

interface Step {
  /** Where the token ends; negative: the fault lies inside it, at -end. */
  readonly end: number;
  readonly expected: Expected;
}

function step(text: string, at: number, char: string, expected: Expected, open: string[]): Step | undefined {
  const container = open[open.length - 1];
  switch (expected) {
    case 'colon':
      return char === ':' ? { end: at + 1, expected: 'value' } : undefined;
    case 'comma-or-end':
      if (char === ',') return { end: at + 1, expected: container === '{' ? 'key' : 'value' };
      return close(at, char, open);
    case 'key':
    case 'key-or-end':
      if (char === '"') return { end: stringEnd(text, at), expected: 'colon' };
      return expected === 'key-or-end' ? close(at, char, open) : undefined;
    case 'value':
    case 'value-or-end':
      if (char === '{' || char === '[') {
        open.push(char);
        return { end: at + 1, expected: char === '{' ? 'key-or-end' : 'value-or-end' };
      }
      if (char === '"') return { end: stringEnd(text, at), expected: 'comma-or-end' };
      if (expected === 'value-or-end' && char === ']') return close(at, char, open);
      return plain(text, at);
  }
}

function close(at: number, char: string, open: string[]): Step | undefined {
  const container = open[open.length - 1];
  if ((container === '{' && char === '}') || (container === '[' && char === ']')) {
    open.pop();
    return { end: at + 1, expected: 'comma-or-end' };
  }
  return undefined;
}

function plain(text: string, at: number): Step | undefined {
  PLAIN.lastIndex = at;
  return PLAIN.test(text) ? { end: PLAIN.lastIndex, expected: 'comma-or-end' } : undefined;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const char = text[at]!;
    if (char === '"') return at + 1;
    if (char < ' ') return -at;
    if (char === '\\') {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) return -at;
      at = ESCAPE.lastIndex;
    } else at++;
  }
  return -text.length;
}

function skipBlank(text: string, at: number): number {
  BLANK.lastIndex = at;
  BLANK.test(text);
  return BLANK.lastIndex;
}
