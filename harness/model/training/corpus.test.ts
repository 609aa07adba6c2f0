import { expect } from 'chai';
import { collectStories } from './corpus.js';

const PROMPTS = [
  'Hello, how are you?',
  'The quick brown fox',
  'In a hole in the ground',
  'Once upon a time',
  'The future of AI is',
];

describe('the corpus of little stories', () => {
  const stories = collectStories(3, 2000);

  it('tells the same stories for the same seed, and others for another', () => {
    expect(collectStories(3, 50)).to.deep.equal(stories.slice(0, 50));
    expect(collectStories(4, 50)).to.not.deep.equal(stories.slice(0, 50));
  });

  for (const prompt of PROMPTS) {
    it(`opens many stories with "${prompt}"`, () => {
      const opened = stories.filter(({ text }) => text.startsWith(prompt));
      expect(opened.length).to.be.above(100);
      expect(new Set(opened.map(({ text }) => text)).size).to.equal(opened.length);
    });
  }

  it('leaves out the stories that are known', () => {
    const known = new Set(stories.map(({ text }) => text));
    for (const { text } of collectStories(3, 100, known)) expect(known.has(text)).to.equal(false);
  });

  it('writes whole sentences, with the right articles and single blanks', () => {
    for (const { text } of stories) {
      expect(text).to.match(/^[A-Z][A-Za-z ,.?!]*[.!]$/);
      expect(text).to.not.match(/ {2}|undefined|\b[Aa] [aeiou]|\b[Aa]n [^aeiou]|[.?!][^ ]/);
    }
  });

  it('comes back to the thing that was lost', () => {
    const lost = stories.flatMap(
      ({ text }) => /with (?:her|his) (\w+ \w+)\. .* but the (\w+) was not there/.exec(text) ?? [],
    );
    expect(lost.length).to.be.above(100);
    for (const { text } of stories) {
      const thing = /^Once.* with (?:her|his) \w+ (\w+)\. .* but the (\w+) was not there/.exec(text);
      if (thing !== null) expect(thing[1]).to.equal(thing[2]);
    }
  });

  it('counts what the choices cost', () => {
    const mean = stories.reduce((sum, { nats }) => sum + nats, 0) / stories.length;
    expect(mean).to.be.within(15, 60);
  });
});
