import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CounterBlock } from './board-counters.js';
import { Card, type CardRequest, cardErrors } from './card.js';

describe('SD card over a folder', () => {
  let root = '';
  let counters = new CounterBlock();
  let card: Card;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tokenrack-card-'));
    mkdirSync(join(root, 'card', 'model'), { recursive: true });
    writeFileSync(
      join(root, 'card', 'model', 'a.bin'),
      Uint8Array.from({ length: 100 }, (_, index) => index),
    );
    writeFileSync(join(root, 'card', 'b.bin'), 'bbbb');
    writeFileSync(join(root, 'secret'), 'secret');
    counters = new CounterBlock();
    card = Card.insert(join(root, 'card'), counters)!;
  });
  afterEach(() => {
    card.eject();
    rmSync(root, { recursive: true });
  });

  const read = (handle: number, offset: number, bytes: number): number[] => {
    const target = new Uint8Array(bytes);
    expect(card.transfer(card.request(handle, offset, bytes) as CardRequest, target)).to.equal(true);
    return [...target];
  };
  const counted = () => [counters.get('cardReads'), counters.get('cardSeeks'), counters.get('cardBytes')];

  it('reads files below its root, at any offset', () => {
    const handle = card.open('model/a.bin');
    expect(card.size(handle)).to.equal(100);
    expect(read(handle, 10, 4)).to.deep.equal([10, 11, 12, 13]);
    expect(read(handle, 98, 2)).to.deep.equal([98, 99]);
  });

  it('has 14 files open at a time, for reading and writing together', () => {
    const handles = Array.from({ length: 13 }, () => card.open('b.bin'));
    handles.push(card.create('new.bin', 4));
    expect(Math.min(...handles)).to.be.at.least(0);
    expect([card.open('b.bin'), card.create('b.bin', 4)]).to.deep.equal([
      cardErrors.readError,
      cardErrors.readError,
    ]);
    card.close(handles[3]!);
    expect(card.open('b.bin')).to.be.at.least(0);
  });

  it('counts a seek for each read that does not start where the one before ended; another file always is one', () => {
    const a = card.open('model/a.bin');
    const b = card.open('b.bin');
    read(a, 0, 10);
    read(a, 10, 10);
    expect(counted()).to.deep.equal([2, 1, 20]);
    read(a, 30, 1);
    read(b, 0, 4);
    read(a, 31, 1);
    expect(counted()).to.deep.equal([5, 4, 26]);
  });

  it('goes on where it was when a file is opened again', () => {
    const first = card.open('model/a.bin');
    read(first, 0, 50);
    card.close(first);
    read(card.open('model/a.bin'), 50, 1);
    expect(counters.get('cardSeeks')).to.equal(1);
  });

  it('refuses what is past the end without counting it, and a handle that is not open', () => {
    const handle = card.open('b.bin');
    expect(card.request(handle, 2, 3)).to.equal(cardErrors.pastEnd);
    card.close(handle);
    expect(card.request(handle, 0, 1)).to.equal(cardErrors.readError);
    expect(counted()).to.deep.equal([0, 0, 0]);
  });

  it('has no file outside its folder, by any path', () => {
    symlinkSync(join(root, 'secret'), join(root, 'card', 'link'));
    for (const path of [
      '../secret',
      'model/../../secret',
      join(root, 'secret'),
      'link',
      'model',
      '',
      'a\0b',
      'none',
    ]) {
      expect(card.open(path), path).to.equal(cardErrors.noFile);
    }
  });

  it('says so when the host takes bytes away under it', () => {
    const handle = card.open('b.bin');
    const request = card.request(handle, 0, 4) as CardRequest;
    writeFileSync(join(root, 'card', 'b.bin'), 'b');
    expect(card.transfer(request, new Uint8Array(4))).to.equal(false);
  });

  it('is not there when its folder is missing', () => {
    expect(Card.insert(join(root, 'nowhere'), counters)).to.equal(undefined);
    expect(Card.insert(join(root, 'secret'), counters), 'a file').to.equal(undefined);
  });
});
