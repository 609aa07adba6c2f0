/** A parsed pattern. A `set` takes one character. */
export type PatternNode =
  | { readonly kind: 'set'; readonly has: CharacterSet }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'group'; readonly name: string; readonly part: PatternNode }
  | {
      readonly kind: 'repeat';
      readonly part: PatternNode;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
    };

export type CharacterSet = (character: string) => boolean;

/** What a pattern cannot say here, for people. */
export class PatternFault extends Error {}

const CLASS_ESCAPES: Readonly<Record<string, CharacterSet>> = {
  d: (c) => c >= '0' && c <= '9',
  w: (c) => /^\w$/.test(c),
  s: (c) => /^\s$/.test(c),
};
const CONTROL_ESCAPES: Readonly<Record<string, string>> = { t: '\t', f: '\f', v: '\v', n: '\n', r: '\r' };

/**
 * Reads the part of JavaScript's syntax that can be matched in linear time: characters, `.`, classes, `^` `$`, groups,
 * `|`, `* + ? {m,n}` and their lazy forms. What it accepts means what RegExp's `u` flag makes of it.
 * @throws PatternFault
 */
export function parsePattern(source: string): PatternNode {
  const reader = new SyntaxReader(source);
  const node = reader.choice();
  if (!reader.atEnd) throw new PatternFault('has a ) without its (');
  return node;
}

class SyntaxReader {
  private at = 0;
  private readonly characters: readonly string[];
  private readonly names = new Set<string>();

  constructor(source: string) {
    this.characters = Array.from(source);
  }

  get atEnd(): boolean {
    return this.at >= this.characters.length;
  }

  choice(): PatternNode {
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.atEnd && this.peek() !== '|' && this.peek() !== ')') parts.push(this.repeated());
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  private repeated(): PatternNode {
    const part = this.atom();
    const bounds = this.bounds();
    if (bounds === undefined) return part;
    const greedy = !this.take('?');
    if (part.kind === 'start' || part.kind === 'end')
      throw new PatternFault('repeats an anchor, which means nothing');
    if (mayBeEmpty(part)) throw new PatternFault('repeats something that may be empty');
    return { kind: 'repeat', part, ...bounds, greedy };
  }

  private bounds(): { min: number; max: number } | undefined {
    if (this.take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.take('?')) return { min: 0, max: 1 };
    if (!this.take('{')) return undefined;
    const min = this.number();
    const max = this.take(',') ? (this.peek() === '}' ? Number.POSITIVE_INFINITY : this.number()) : min;
    this.expect('}');
    return { min, max };
  }

  private atom(): PatternNode {
    const character = this.next();
    switch (character) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'set', has: (c) => !'\n\r\u2028\u2029'.includes(c) };
      case '(':
        return this.group();
      case '[':
        return { kind: 'set', has: this.characterClass() };
      case '\\':
        return { kind: 'set', has: this.escaped().has };
      default:
        return { kind: 'set', has: (c) => c === character };
    }
  }

  private group(): PatternNode {
    const name = this.groupName();
    const part = this.choice();
    this.expect(')');
    return name === undefined ? part : { kind: 'group', name, part };
  }

  /** Groups without a name capture nothing here: nobody reads them. */
  private groupName(): string | undefined {
    if (!this.take('?') || this.take(':')) return undefined;
    if (!this.take('<') || this.peek() === '=' || this.peek() === '!') {
      throw new PatternFault('looks ahead or behind, or sets flags: write it without');
    }
    let name = '';
    while (this.peek() !== '>') name += this.next();
    this.expect('>');
    if (this.names.has(name)) throw new PatternFault(`has two groups named ${name}`);
    this.names.add(name);
    return name;
  }

  private characterClass(): CharacterSet {
    const negated = this.take('^');
    const sets: CharacterSet[] = [];
    while (this.peek() !== ']') sets.push(this.classPart());
    this.expect(']');
    return (c) => sets.some((has) => has(c)) !== negated;
  }

  private classPart(): CharacterSet {
    const low = this.classCharacter();
    if (low.character === undefined || this.peek() !== '-' || this.characters[this.at + 1] === ']')
      return low.has;
    this.expect('-');
    const high = this.classCharacter();
    if (high.character === undefined) throw new PatternFault('has a range that ends in a class');
    const from = low.character.codePointAt(0)!;
    const to = high.character.codePointAt(0)!;
    return (c) => c.codePointAt(0)! >= from && c.codePointAt(0)! <= to;
  }

  private classCharacter(): { readonly character?: string; readonly has: CharacterSet } {
    const character = this.next();
    if (character === '\\') return this.escaped();
    return { character, has: (c) => c === character };
  }

  private escaped(): { readonly character?: string; readonly has: CharacterSet } {
    const letter = this.next();
    const known = CLASS_ESCAPES[letter.toLowerCase()];
    if (known !== undefined) return { has: letter === letter.toLowerCase() ? known : (c) => !known(c) };
    const character = CONTROL_ESCAPES[letter] ?? letter;
    if (character === letter && /[A-Za-z0-9]/.test(letter))
      throw new PatternFault(`has \\${letter}, which is not known here`);
    return { character, has: (c) => c === character };
  }

  private number(): number {
    let digits = '';
    while (!this.atEnd && this.peek() >= '0' && this.peek() <= '9') digits += this.next();
    return Number(digits);
  }

  private peek(): string {
    return this.characters[this.at] ?? '';
  }

  private next(): string {
    const character = this.characters[this.at++];
    if (character === undefined) throw new PatternFault('ends too early');
    return character;
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at++;
    return true;
  }

  private expect(character: string): void {
    if (!this.take(character)) throw new PatternFault(`lacks a ${character}`);
  }
}

/** Whether a part can match without taking a character. */
function mayBeEmpty(node: PatternNode): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'start':
    case 'end':
      return true;
    case 'sequence':
      return node.parts.every(mayBeEmpty);
    case 'choice':
      return node.parts.some(mayBeEmpty);
    case 'group':
      return mayBeEmpty(node.part);
    case 'repeat':
      return node.min === 0 || mayBeEmpty(node.part);
  }
}
