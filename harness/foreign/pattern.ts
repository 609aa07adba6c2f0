import { assemble, type Instruction, type Program } from './pattern-program.js';
import { PatternFault, parsePattern } from './pattern-syntax.js';

/** The named groups of a match; those that took no part are absent. */
export type Groups = Readonly<Record<string, string | undefined>>;

export interface Pattern {
  /**
   * The leftmost match anywhere in `text`, as RegExp would find it, or undefined. Its cost is at most 1000 steps a
   * character whatever the pattern and the text, and only the first 2048 characters are looked at.
   */
  match(text: string): Groups | undefined;
}

const maxSourceLength = 400;
const maxTextLength = 2048;

/**
 * Compiles a pattern that somebody wrote in a file, to be matched against what a device sends: RegExp would let one line
 * take minutes.
 * @throws PatternFault
 */
export function compilePattern(source: string): Pattern {
  if (source.length > maxSourceLength) throw new PatternFault(`is longer than ${maxSourceLength} characters`);
  refuseBadSyntax(source);
  const program = assemble(parsePattern(source));
  return { match: (text) => run(program, Array.from(text.slice(0, maxTextLength)), text.length) };
}

/** Why a pattern cannot be used, in one line, or undefined. @param groups the names that its groups may have. */
export function patternFault(source: string, groups: readonly string[]): string | undefined {
  try {
    if (source === '') return 'a pattern is not empty';
    compilePattern(source);
    const strange = assemble(parsePattern(source)).groups.find((name) => !groups.includes(name));
    if (strange === undefined) return undefined;
    const known = groups.length === 0 ? 'none has a meaning here' : `here they are ${groups.join(', ')}`;
    return `the pattern has a group "${strange}"; ${known}`;
  } catch (error) {
    if (error instanceof PatternFault) return `the pattern ${error.message}`;
    throw error;
  }
}

/** JavaScript's own word on what is no pattern at all. */
function refuseBadSyntax(source: string): void {
  try {
    new RegExp(source, 'u');
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: /, '');
    throw new PatternFault(`does not compile: ${reason}`);
  }
}

interface Thread {
  readonly at: number;
  readonly saved: readonly (number | undefined)[];
}

/** Pike's machine: all ways through the program at once, character by character, in the order of their preference. */
function run(
  { instructions, groups }: Program,
  text: readonly string[],
  wholeLength: number,
): Groups | undefined {
  const end = wholeLength > maxTextLength ? undefined : text.length;
  let threads: Thread[] = [];
  let found: Thread | undefined;
  for (let place = 0; place <= text.length; place++) {
    const ready = new ReadyThreads(instructions, place, end);
    for (const thread of threads) ready.follow(thread);
    if (found === undefined) ready.follow({ at: 0, saved: [] });
    found = ready.matched ?? found;
    if (ready.list.length === 0 && found !== undefined) break;
    threads = place < text.length ? advance(instructions, ready.list, text[place]!) : [];
  }
  return found === undefined ? undefined : groupsOf(found, groups, text);
}

function advance(
  instructions: readonly Instruction[],
  threads: readonly Thread[],
  character: string,
): Thread[] {
  return threads.flatMap(({ at, saved }) => {
    const instruction = instructions[at]!;
    return instruction.op === 'set' && instruction.has(character) ? [{ at: at + 1, saved }] : [];
  });
}

/** The threads at one place of the text that wait for its character; none twice at one instruction. */
class ReadyThreads {
  readonly list: Thread[] = [];
  matched: Thread | undefined;
  private readonly seen = new Set<number>();

  constructor(
    private readonly instructions: readonly Instruction[],
    private readonly place: number,
    /** Where `$` holds; undefined when the text was cut. */
    private readonly end: number | undefined,
  ) {}

  /** Ways of less preference than a match are dropped. */
  follow(thread: Thread): void {
    const { at, saved } = thread;
    if (this.matched !== undefined || this.seen.has(at)) return;
    this.seen.add(at);
    const instruction = this.instructions[at]!;
    switch (instruction.op) {
      case 'set':
        this.list.push(thread);
        break;
      case 'match':
        this.matched = thread;
        break;
      case 'jump':
        this.follow({ at: instruction.to, saved });
        break;
      case 'split':
        this.follow({ at: instruction.first, saved });
        this.follow({ at: instruction.second, saved });
        break;
      case 'save':
        this.follow({ at: at + 1, saved: withSlots(saved, [instruction.slot], this.place) });
        break;
      case 'forget':
        this.follow({ at: at + 1, saved: withSlots(saved, instruction.slots, undefined) });
        break;
      case 'start':
        if (this.place === 0) this.follow({ at: at + 1, saved });
        break;
      case 'end':
        if (this.place === this.end) this.follow({ at: at + 1, saved });
        break;
    }
  }
}

function withSlots(
  saved: Thread['saved'],
  slots: readonly number[],
  value: number | undefined,
): Thread['saved'] {
  const copy = [...saved];
  for (const slot of slots) copy[slot] = value;
  return copy;
}

function groupsOf({ saved }: Thread, groups: readonly string[], text: readonly string[]): Groups {
  const found: Record<string, string> = {};
  for (const [index, name] of groups.entries()) {
    const from = saved[2 * index];
    const to = saved[2 * index + 1];
    if (from !== undefined && to !== undefined) found[name] = text.slice(from, to).join('');
  }
  return found;
}
