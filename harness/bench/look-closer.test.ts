import { expect } from 'chai';
import type { TokRecord } from '../board/records.js';
import { generationAnswers, makeBench } from '../board/testing/bench.js';
import type { Attempt } from '../results/attempt.js';
import { samplePlan, sampleReference } from '../results/testing/sample-run.js';
import type { AttemptJournal } from './attempt-journal.js';
import { firstDifference, lookCloser } from './look-closer.js';
import type { SessionContext } from './session-context.js';

const turn = { prompt: 0, repeat: 1 };
const records = { missing: [], lost: [], disturbances: [], tops: [], logits: new Map() };

async function makeContext(logits: 'crc' | 'full' = 'crc') {
  const { console, board } = await makeBench(({ words }) =>
    words[0] === 'generate' ? generationAnswers(3) : undefined,
  );
  await console.hello();
  const calls: Attempt['calls'] = [];
  const journal = { call: async (one: Attempt['calls'][number]) => calls.push(one), remade: async () => {} };
  const plan = samplePlan();
  const context = {
    console,
    plan: { ...plan, generate: { ...plan.generate, logits } },
    board: 'cam-1',
    cardFolder: 'weights',
    reference: { prompts: [sampleReference()] },
    journal: journal as unknown as AttemptJournal,
    onEvent: () => {},
  } as unknown as SessionContext;
  return { context, calls, commands: () => board.executed.slice(1) };
}

/** The sample's tokens as records, one of which is changed. */
function made(step: number, change: (token: TokRecord) => Partial<TokRecord>, screened = false) {
  const tokens = sampleReference().steps.map(({ id, logProbabilityBits, logitsCrc, logitBits }, i) => {
    const place = { r: 'tok' as const, n: 'a', q: 1, i, id, us: i };
    const known = screened
      ? { logit: logitBits!, rows: 3, rank: 1 }
      : { lp: logProbabilityBits, crc: logitsCrc };
    const token: TokRecord = { ...place, ...known };
    return i === step ? { ...token, ...change(token) } : token;
  });
  return { ...records, tokens } as unknown as Parameters<typeof firstDifference>[2];
}

describe('firstDifference', () => {
  it("finds none in a screened generation whose winners' logits are the reference's", async () => {
    const { context } = await makeContext();
    expect(
      firstDifference(
        context,
        turn,
        made(0, () => ({}), true),
      ),
    ).to.equal(undefined);
  });

  it("finds a winner's logit that differs, and another token, and says that they were screened", async () => {
    const { context } = await makeContext();
    const logit = made(1, () => ({ logit: '00000000' }), true);
    const token = made(2, () => ({ id: 99 }), true);
    expect(firstDifference(context, turn, logit)).to.deep.equal({ step: 1, screened: true });
    expect(firstDifference(context, turn, token)).to.deep.equal({ step: 2, screened: true });
  });

  it('finds a CRC that differs', async () => {
    const { context } = await makeContext();
    const crc = made(1, () => ({ crc: '00000000' }));
    expect(firstDifference(context, turn, crc)).to.deep.equal({ step: 1, screened: false });
  });
});

describe('lookCloser', () => {
  it('fetches the full logits of a step that differs, with the model as it is', async () => {
    const { context, calls, commands } = await makeContext();
    await lookCloser(context, new Map([[0, { step: 1, screened: false }]]));
    expect(commands()[0]).to.match(/^prompt /);
    expect(commands()[1]).to.match(/^generate max=2 .*logits=full$/);
    expect(calls).to.deep.include.members([
      { q: calls[0]!.q, purpose: 'diagnose', prompt: 0, repeat: 0, tokens: 2 },
    ]);
  });

  it('loads the model without its screen first where that kept logits from being computed', async () => {
    for (const logits of ['crc', 'full'] as const) {
      const { context, commands } = await makeContext(logits);
      await lookCloser(context, new Map([[0, { step: 1, screened: true }]]));
      expect(commands().slice(0, 2)).to.deep.equal(['set screen 0', 'load weights']);
      expect(commands().at(-1)).to.match(/^generate max=2 .*logits=full$/);
    }
  });

  it('fetches nothing twice, and nothing where nothing differs', async () => {
    const { context, commands } = await makeContext('full');
    await lookCloser(context, new Map([[0, { step: 1, screened: false }]]));
    await lookCloser(context, new Map());
    expect(commands()).to.deep.equal([]);
  });
});
