import { expect } from 'chai';
import { parseYaml } from '../config/yaml-file.js';
import { ConfigError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { foreignSchema } from './foreign-schema.js';
import { foreignFromPlan, readForeignFirmware } from './read-foreign.js';

const whole = `name: mine
ready: '^ready$'
prompt:
  command: 'say {text}'
log:
  speed: ['(?<tokens>\\d+) tokens']
  ended: 'done'
errors:
  - pattern: '^E '
`;

function fault(text: string): string {
  try {
    parseYaml(text, 'mine.yaml', foreignSchema);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('the description of a foreign firmware', () => {
  it('has defaults for everything that most firmware has alike', () => {
    const read = parseYaml(whole, 'mine.yaml', foreignSchema);
    expect(read).to.include({ baud: 115_200, line_ending: 'lf', weights: 'firmware' });
    expect(read.log.rate_counts).to.equal('all');
    expect(read.errors[0]?.class).to.equal('product-fail');
  });

  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    ['an unknown key', 'ended:', 'eos: x\n  ended:', /^mine\.yaml:7: unknown key "eos" in log$/],
    ['a pattern that does not compile', "'done'", "'(done'", /^mine\.yaml:7: log\.ended: .*does not compile/],
    ['a group without meaning there', '<tokens>', '<speed>', /^mine\.yaml:6: log\.speed\.0: .*group "speed"/],
    ['a pattern among the errors', "'^E '", "'E(?=x)'", /^mine\.yaml:9: errors\.0\.pattern: .*looks ahead/],
    ['a baud rate that is none', 'name: mine', 'name: mine\nbaud: 12', /^mine\.yaml:2: baud: /],
    [
      'neither command nor boot',
      "command: 'say {text}'",
      "separator: ','",
      /^mine\.yaml:3: prompt: say either/,
    ],
    ['both', "command: 'say {text}'", 'command: x\n  at_boot: y', /^mine\.yaml:3: prompt: say either/],
    [
      'ids without a tokenizer',
      '{text}',
      '{ids}',
      /^mine\.yaml:4: prompt\.command: \{ids\} needs `weights: card`/,
    ],
    ['a placeholder that is none', '{text}', '{prompt}', /^mine\.yaml:4: prompt\.command: .*\{prompt\}/],
    [
      'text from two places',
      "ended: 'done'",
      "ended: 'done'\n  tokens: '(?<text>.+)'\n  text_unmatched: true",
      /^mine\.yaml:9: log\.text_unmatched: .*either/,
    ],
  ];
  for (const [what, from, to, wanted] of cases) {
    it(`is refused with its line for ${what}`, () => {
      expect(whole).to.contain(from);
      expect(fault(whole.replace(from, to))).to.match(wanted);
    });
  }

  for (const name of ['seed-firmware', 'seed-console', 'adesgautam-esp32-llm', 'davebben-esp32-llm']) {
    it(`is right in fixtures/foreign/${name}.yaml, and the same from a plan`, async () => {
      const read = await readForeignFirmware(`${packageRoot}/fixtures/foreign/${name}.yaml`);
      expect(foreignFromPlan(JSON.parse(JSON.stringify(read)))).to.deep.equal(read);
    });
  }

  it('is refused from a plan that was changed by hand', () => {
    expect(() => foreignFromPlan({ name: 'x' })).to.throw(ConfigError, /plan\.json: foreign\.ready: /);
  });
});
