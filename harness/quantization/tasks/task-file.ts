import { basename } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../../errors.js';
import { describeIssue, readText } from '../../model/json-file.js';

const lineSchema = z
  .strictObject({
    prompt: z.string(),
    choices: z.array(z.string().min(1)).min(2),
    /** Which choice is right: its place, from 0, or its own words. */
    answer: z.union([z.int().min(0), z.string()]),
  })
  .refine(({ choices }) => new Set(choices).size === choices.length, {
    path: ['choices'],
    error: 'two are equal',
  });

/** A question with the line of the file that it stands on. */
export interface Question {
  readonly line: number;
  readonly prompt: string;
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly answer: number;
}

export interface Task {
  readonly path: string;
  /** The file's name, for reports. */
  readonly source: string;
  readonly questions: readonly Question[];
}

/**
 * Reads a task: a JSON object `{"prompt", "choices", "answer"}` a line; empty lines are passed over.
 * @throws ConfigError `task-line` naming file and line, `task-empty`, or that of an unreadable file
 */
export async function readTask(path: string): Promise<Task> {
  const questions = (await readText(path))
    .split(/\r?\n/)
    .flatMap((text, index) => (text.trim() === '' ? [] : [questionOf(text, path, index + 1)]));
  if (questions.length === 0)
    throw new ConfigError('task-empty', `${path} has no question: one JSON object a line is needed`, {
      path,
    });
  return { path, source: basename(path), questions };
}

/** @throws always: ConfigError `task-line` */
export function refuseLine(path: string, line: number, why: string): never {
  throw new ConfigError('task-line', `${path}:${line}: ${why}`, { path, line });
}

function questionOf(text: string, path: string, line: number): Question {
  const checked = lineSchema.safeParse(parsed(text, path, line));
  if (!checked.success) return refuseLine(path, line, describeIssue(checked.error.issues[0]!));
  const { prompt, choices, answer } = checked.data;
  const index = typeof answer === 'number' ? answer : choices.indexOf(answer);
  if (choices[index] === undefined)
    return refuseLine(
      path,
      line,
      `answer: ${JSON.stringify(answer)} is none of the ${choices.length} choices`,
    );
  return { line, prompt, choices, answer: index };
}

function parsed(text: string, path: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuseLine(path, line, 'not JSON: each line is an object of its own');
  }
}
