import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { refusal, smallModel, temporaryFolder } from '../../model/model-fixtures.js';
import { createOracle } from '../../reference/oracle.js';
import { logSumExp } from '../../reference/quality.js';
import { answerTask, chanceOf, encodeTask } from './answer-task.js';
import { readTask } from './task-file.js';

describe('readTask', () => {
  const at = temporaryFolder();
  const read = async (text: string) => {
    await writeFile(at('task.jsonl'), text);
    return readTask(at('task.jsonl'));
  };
  const GOOD = '{"prompt": "The dog", "choices": [" ran", " sang"], "answer": 1}';

  it('takes the answer by its place or its words, and counts empty lines', async () => {
    const { source, questions } = await read(`${GOOD}\n\n${GOOD.replace('1}', '" ran"}')}\r\n`);
    expect(source).to.equal('task.jsonl');
    expect(questions).to.deep.equal([
      { line: 1, prompt: 'The dog', choices: [' ran', ' sang'], answer: 1 },
      { line: 3, prompt: 'The dog', choices: [' ran', ' sang'], answer: 0 },
    ]);
  });

  for (const [what, line, why] of [
    ['no JSON', '{"prompt": ', 'not JSON: each line is an object of its own'],
    ['another key', GOOD.replace('}', ', "hint": ""}'), 'Unrecognized key: "hint"'],
    ['no prompt', '{"choices": ["a", "b"], "answer": 0}', 'prompt is missing'],
    ['one choice', '{"prompt": "", "choices": ["a"], "answer": 0}', /^choices: .*2/],
    ['equal choices', '{"prompt": "", "choices": ["a", "a"], "answer": 0}', 'choices: two are equal'],
    ['no such place', GOOD.replace('1}', '2}'), 'answer: 2 is none of the 2 choices'],
    ['no such words', GOOD.replace('1}', '"sang"}'), 'answer: "sang" is none of the 2 choices'],
  ] as const) {
    it(`names file and line of a question with ${what}`, async () => {
      const { code, message } = await refusal(() => read(`${GOOD}\n${line}`));
      const place = `${at('task.jsonl')}:2: `;
      expect([code, message.slice(0, place.length)]).to.deep.equal(['task-line', place]);
      if (typeof why === 'string') expect(message.slice(place.length)).to.equal(why);
      else expect(message.slice(place.length)).to.match(why);
    });
  }

  it('refuses a file without a question', async () => {
    expect((await refusal(() => read('\n'))).code).to.equal('task-empty');
  });
});

describe('a task', () => {
  const model = smallModel({ vocabSize: 50 });
  /** A token a letter; "ab" is one of its own. */
  const tokenizer = {
    encode: (text: string) => [
      1,
      ...text
        .replaceAll('ab', 'Z')
        .split('')
        .map((one) => one.charCodeAt(0) % 47),
    ],
  };
  const question = (prompt: string, ...choices: string[]) => ({ line: 4, prompt, choices, answer: 0 });
  const encode = (...questions: ReturnType<typeof question>[]) =>
    encodeTask({ path: 'task.jsonl', source: 'task.jsonl', questions }, tokenizer, { contextLength: 12 });

  /** By the oracle, token after token. */
  function meanLogProbability(ids: readonly number[], from: number): number {
    const oracle = createOracle(model, { contextLength: 12 });
    let sum = 0;
    for (let at = 0; at + 1 < ids.length; at++) {
      const logits = oracle.forward(ids[at]!, at);
      if (at + 1 >= from) sum += logits[ids[at + 1]!]! - logSumExp(logits);
    }
    return sum / (ids.length - from);
  }

  it('scores all choices from the token on in which one of them differs from the prompt', () => {
    const [merged, plain] = encode(question('ca', 'bc', 'cc'), question('ca', 'cc', 'dcc'));
    expect([merged!.shared, plain!.shared]).to.deep.equal([2, 3]);
    expect(chanceOf([merged!, { choices: [[], [], [], []] }])).to.equal(0.375);
  });

  it('answers with the choice whose tokens have the largest mean log-probability, as the oracle has it', async () => {
    const prompts = ['c', 'dd', 'efg', 'h', 'ii', 'jk'];
    const questions = encode(...prompts.map((prompt) => question(prompt, 'kl', 'm', 'nopq')));
    const best = questions.map(({ choices, shared }) => {
      const scores = choices.map((ids) => meanLogProbability(ids, shared));
      return scores.indexOf(Math.max(...scores));
    });
    expect(new Set(best).size, 'questions that tell choices apart').to.be.above(1);
    for (const answer of [0, 1, 2]) {
      const asked = questions.map((one) => ({ ...one, answer }));
      expect(await answerTask(model, asked, { threads: 1 })).to.deep.equal(best.map((one) => one === answer));
    }
  });

  it('names file and line of a choice that says nothing, or has no room', async () => {
    const refused = async (choice: string) =>
      (await refusal(async () => encode(question('aa', 'c', choice)))).message;
    expect(await refused('ccccccccccc')).to.equal(
      'task.jsonl:4: 14 tokens with choice "ccccccccccc": the model\'s context has 12',
    );
    const silent = { encode: () => [1] };
    const task = { path: 'task.jsonl', source: 'task.jsonl', questions: [question('a', 'b', 'c')] };
    const { message } = await refusal(async () => encodeTask(task, silent, { contextLength: 12 }));
    expect(message).to.equal('task.jsonl:4: choice "b" adds no token to the prompt');
  });
});
