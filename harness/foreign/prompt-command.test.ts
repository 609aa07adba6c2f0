import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { foreignSchema } from './foreign-schema.js';
import { promptCommand } from './prompt-command.js';

const facts = { text: 'Once upon', ids: [1, 9038, 2501], tokens: 32, seed: 7 };

function command(prompt: object, more: object = {}): string {
  const base = { name: 'mine', ready: 'r', weights: 'card', log: { ended: 'e' } };
  return promptCommand(foreignSchema.parse({ ...base, ...more, prompt }), facts);
}

describe('promptCommand', () => {
  it('fills in the prompt as text or ids, with the firmware’s line end', () => {
    expect(command({ command: 'gen {tokens} {seed}: {text}' })).to.equal('gen 32 7: Once upon\n');
    expect(command({ command: 'ids {ids}', separator: ',' }, { line_ending: 'crlf' })).to.equal(
      'ids 1,9038,2501\r\n',
    );
  });

  it('sends several commands one after the other', () => {
    expect(command({ command: ['seed {seed}', '{text}'] }, { line_ending: 'cr' })).to.equal(
      'seed 7\rOnce upon\r',
    );
  });

  it('does not take what the prompt says for a placeholder', () => {
    const firmware = foreignSchema.parse({
      name: 'm',
      ready: 'r',
      log: { ended: 'e' },
      prompt: { command: '{text}' },
    });
    expect(promptCommand(firmware, { ...facts, text: '{seed} $& $1' })).to.equal('{seed} $& $1\n');
  });

  it('counts the bytes of a line as they are sent', () => {
    const firmware = foreignSchema.parse({
      name: 'm',
      ready: 'r',
      log: { ended: 'e' },
      prompt: { command: '{text}', max_bytes: 8 },
    });
    const sent = promptCommand(firmware, { ...facts, text: 'hé hé' });
    expect(Buffer.from(sent, 'latin1').toString('utf8')).to.equal('hé hé\n');
    expect(() => promptCommand(firmware, { ...facts, text: 'hé hé!' })).to.throw(
      ConfigError,
      /9 bytes; m takes 8/,
    );
  });

  it('refuses a prompt with a line break', () => {
    const firmware = foreignSchema.parse({
      name: 'm',
      ready: 'r',
      log: { ended: 'e' },
      prompt: { command: '{text}' },
    });
    expect(() => promptCommand(firmware, { ...facts, text: 'a\nb' })).to.throw(ConfigError, /line break/);
  });
});
