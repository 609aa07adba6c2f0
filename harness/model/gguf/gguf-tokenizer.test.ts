import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../paths.js';
import { refusal, smallModel, temporaryFolder } from '../model-fixtures.js';
import { byteLevelTokenizerJson, llama2cFile, llamaTokenizerJson, PIECES } from '../tokenizer-fixtures.js';
import { tokenizerMetadata } from './gguf-tokenizer.js';
import { parseHeader } from './parse-header.js';
import { writeGguf } from './write-gguf.js';

describe('a tokenizer in GGUF', () => {
  const at = temporaryFolder();
  const config = { ...smallModel().config, vocabSize: PIECES.length };

  async function keys(name: string, contents: string | Buffer, vocabSize = PIECES.length) {
    await writeFile(at(name), contents);
    const { metadata, notes } = await tokenizerMetadata(at(name), { ...config, vocabSize });
    const values = Object.fromEntries(
      metadata.map(([key, { value }]) => [key.replace('tokenizer.ggml.', ''), value]),
    );
    return { ...values, notes } as Record<string, unknown> & { readonly notes: readonly string[] };
  }

  it('of llama2.c has its pieces in sentencepiece’s spelling, with their scores and kinds', async () => {
    const { tokens, scores, token_type, ...rest } = await keys('tok.bin', llama2cFile());
    expect(tokens).to.deep.equal(PIECES);
    expect((scores as number[])[259]).to.equal(-1);
    const kinds = token_type as number[];
    expect(kinds.slice(0, 4)).to.deep.equal([2, 3, 3, 6]);
    expect([kinds[258], kinds[259], kinds.at(-1)]).to.deep.equal([6, 1, 1]);
    expect(rest).to.deep.equal({
      model: 'llama',
      pre: 'default',
      unknown_token_id: 0,
      add_bos_token: true,
      add_eos_token: false,
      add_space_prefix: true,
      notes: [],
    });
  });

  it('of a tokenizer.json with byte fallback joins by scores, in the order of its merges', async () => {
    const json = llamaTokenizerJson();
    const found = await keys('tokenizer.json', JSON.stringify(json));
    expect(found.tokens).to.deep.equal(PIECES);
    expect([found.model, found.add_bos_token, found.add_space_prefix]).to.deep.equal(['llama', true, true]);
    const scores = found.scores as readonly number[];
    const merges = (json.model as { merges: string[] }).merges.map((merge) => merge.replace(' ', ''));
    const ranked = [...merges].sort((a, b) => scores[PIECES.indexOf(b)]! - scores[PIECES.indexOf(a)]!);
    expect(ranked).to.deep.equal(merges);
    expect(Math.min(...merges.map((piece) => scores[PIECES.indexOf(piece)]!))).to.be.greaterThan(
      scores[PIECES.indexOf('a')]!,
    );
    expect(found.notes).to.deep.equal([]);
  });

  it('says how many joins scores allow that the merges do not list', async () => {
    const json = llamaTokenizerJson() as { model: { vocab: Record<string, number>; merges: string[] } };
    json.model.merges.splice(json.model.merges.indexOf('▁t he'), 1, '▁ the', 't he');
    json.model.vocab.the = PIECES.length;
    const { notes } = await keys('tokenizer.json', JSON.stringify(json), PIECES.length + 1);
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(
      /joined by scores in GGUF: 1 joins are possible there beside the 14 of tokenizer/,
    );
  });

  it('of GPT-2’s kind keeps its merges', async () => {
    const json = byteLevelTokenizerJson();
    const { vocab, merges } = json.model as { vocab: Record<string, number>; merges: string[] };
    const found = await keys('tokenizer.json', JSON.stringify(json), Object.keys(vocab).length);
    expect(found).to.deep.include({ model: 'gpt2', pre: 'gpt-2', merges, add_bos_token: false, notes: [] });
    expect(found).not.to.have.property('scores');
    expect((found.token_type as number[]).at(-1)).to.equal(3);
  });

  it('is left out, and said so, where GGUF has no name for how it splits', async () => {
    const json = { ...llamaTokenizerJson(), pre_tokenizer: { type: 'Whitespace' } };
    const { model, notes } = await keys('tokenizer.json', JSON.stringify(json));
    expect(model).to.equal('none');
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(/^the tokenizer is left out/);
  });

  it('must be the model’s', async () => {
    await writeFile(at('tok.bin'), llama2cFile());
    const { code } = await refusal(() =>
      writeGguf(smallModel(), at('m.gguf'), 'F32', { tokenizerPath: at('tok.bin') }),
    );
    expect(code).to.equal('tokenizer-mismatch');
  });

  it('of the fixture lies in its file', async () => {
    const tokenizerPath = join(packageRoot, 'fixtures', 'models', 'little-stories', 'tokenizer.json');
    const model = smallModel({ vocabSize: 512 });
    await writeGguf(model, at('m.gguf'), 'F32', { tokenizerPath });
    const { metadata } = parseHeader(await readFile(at('m.gguf')), 'm.gguf');
    const tokens = metadata.get('tokenizer.ggml.tokens') as readonly string[];
    expect(tokens).to.have.length(512);
    expect(tokens.slice(0, 3)).to.deep.equal(['<unk>', '<s>', '</s>']);
    expect(metadata.get('tokenizer.ggml.add_bos_token')).to.equal(true);
    expect(metadata.get('tokenizer.ggml.bos_token_id')).to.equal(1);
  });
});
