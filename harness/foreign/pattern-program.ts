import { type CharacterSet, PatternFault, type PatternNode } from './pattern-syntax.js';

/** Instructions of a matching machine (Thompson's construction; Pike's machine runs them). `to` counts from 0. */
export type Instruction =
  | { readonly op: 'set'; readonly has: CharacterSet }
  | { readonly op: 'start' | 'end' | 'match' }
  /** Goes both ways; `first` counts more. */
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  /** Notes the place in the text: slot 2i is where group i begins, 2i + 1 where it ends. */
  | { readonly op: 'save'; readonly slot: number }
  /** Forgets groups of an earlier round of a repetition, as JavaScript does. */
  | { readonly op: 'forget'; readonly slots: readonly number[] };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly groups: readonly string[];
}

/** Bounds a match: no more than this many steps a character. */
const maxInstructions = 1000;

/** @throws PatternFault when it is too large. */
export function assemble(node: PatternNode): Program {
  const assembler = new Assembler();
  assembler.add(node);
  assembler.emit({ op: 'match' });
  return { instructions: assembler.instructions, groups: assembler.groups };
}

class Assembler {
  readonly instructions: Instruction[] = [];
  readonly groups: string[] = [];

  emit<T extends Instruction>(instruction: T): T {
    if (this.instructions.length >= maxInstructions)
      throw new PatternFault('is too large: repeat less often');
    this.instructions.push(instruction);
    return instruction;
  }

  add(node: PatternNode): void {
    switch (node.kind) {
      case 'set':
        this.emit({ op: 'set', has: node.has });
        break;
      case 'start':
      case 'end':
        this.emit({ op: node.kind });
        break;
      case 'sequence':
        for (const part of node.parts) this.add(part);
        break;
      case 'choice':
        this.addChoice(node.parts);
        break;
      case 'group':
        this.addGroup(node.name, node.part);
        break;
      case 'repeat':
        this.addRepeat(node);
        break;
    }
  }

  private get here(): number {
    return this.instructions.length;
  }

  private addChoice(parts: readonly PatternNode[]): void {
    const jumps: { to: number }[] = [];
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) {
        this.add(part);
        break;
      }
      const split = this.emit({ op: 'split', first: this.here + 1, second: 0 });
      this.add(part);
      jumps.push(this.emit({ op: 'jump', to: 0 }));
      split.second = this.here;
    }
    for (const jump of jumps) jump.to = this.here;
  }

  private addGroup(name: string, part: PatternNode): void {
    const slot = 2 * this.slotOf(name);
    this.emit({ op: 'save', slot });
    this.add(part);
    this.emit({ op: 'save', slot: slot + 1 });
  }

  /** A part that is repeated a fixed number of times is assembled as often; its group stays one. */
  private slotOf(name: string): number {
    const known = this.groups.indexOf(name);
    return known >= 0 ? known : this.groups.push(name) - 1;
  }

  private addRepeat({ part, min, max, greedy }: Extract<PatternNode, { kind: 'repeat' }>): void {
    for (let round = 0; round < min; round++) this.addRound(part);
    if (max === Number.POSITIVE_INFINITY) this.addLoop(part, greedy);
    else this.addOptional(part, max - min, greedy);
  }

  private addLoop(part: PatternNode, greedy: boolean): void {
    const top = this.here;
    const split = this.emit({ op: 'split', first: 0, second: 0 });
    const inside = this.here;
    this.addRound(part);
    this.emit({ op: 'jump', to: top });
    aim(split, inside, this.here, greedy);
  }

  private addOptional(part: PatternNode, rounds: number, greedy: boolean): void {
    const splits: { split: { first: number; second: number }; inside: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const split = this.emit({ op: 'split', first: 0, second: 0 });
      splits.push({ split, inside: this.here });
      this.addRound(part);
    }
    for (const { split, inside } of splits) aim(split, inside, this.here, greedy);
  }

  private addRound(part: PatternNode): void {
    const slots = groupNames(part).flatMap((name) => [2 * this.slotOf(name), 2 * this.slotOf(name) + 1]);
    if (slots.length > 0) this.emit({ op: 'forget', slots });
    this.add(part);
  }
}

function aim(
  split: { first: number; second: number },
  inside: number,
  behind: number,
  greedy: boolean,
): void {
  split.first = greedy ? inside : behind;
  split.second = greedy ? behind : inside;
}

function groupNames(node: PatternNode): string[] {
  switch (node.kind) {
    case 'group':
      return [node.name, ...groupNames(node.part)];
    case 'repeat':
      return groupNames(node.part);
    case 'sequence':
    case 'choice':
      return node.parts.flatMap(groupNames);
    default:
      return [];
  }
}
