import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { planKnobs } from './knobs.js';
import { parseScenario } from './scenario-spec.js';

describe('the knobs of a plan', () => {
  it('have the strategy first and the context last, as the board must hear them', () => {
    expect(Object.entries(planKnobs('fast', 256, { batch: 4 }))).to.deep.equal([
      ['strategy', 1],
      ['batch', 4],
      ['context', 256],
    ]);
  });

  it('refuse a knob that the strategy never looks at', () => {
    expect(() => planKnobs('seed', 256, { screen: 1 })).to.throw(
      ConfigError,
      'means nothing to the strategy seed',
    );
    expect(() => planKnobs('fast', 256, { head_rows: 16 })).to.throw(ConfigError, 'head_rows');
  });

  it('may be written with the names of their values', () => {
    const { knobs } = parseScenario('t', {
      strategy: 'fast',
      knobs: { screen: 'checked', read_ahead: false },
    });
    expect(knobs).to.deep.equal({ screen: 2, read_ahead: 0 });
  });

  it('refuse a name that the knob does not have', () => {
    expect(() => parseScenario('t', { knobs: { screen: 'maybe' as 'off' } })).to.throw(
      ConfigError,
      'knobs.screen',
    );
  });

  it('refuse a knob that there is not', () => {
    const input = { knobs: { head_row: 3 } } as object;
    expect(() => parseScenario('t', input)).to.throw(ConfigError, 'unknown key "head_row" in knobs');
  });
});
