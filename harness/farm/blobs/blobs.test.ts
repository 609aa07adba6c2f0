import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type FolderStore, openFolderStore } from './folder-store.js';
import { makeTree } from './make-tree.js';
import { materialize } from './materialize.js';
import { fetchTree, ship, storedTree } from './ship.js';
import { sweepBlobs } from './sweep-blobs.js';
import { failureOf } from './testing/failure-of.js';
import { randomFiles, readFolder, writeFolder } from './testing/folders.js';
import type { BlobStore } from './tree.js';
import { canonicalTree, parseTree, treeHash } from './tree-hash.js';

describe('blobs', () => {
  let home: string;
  let store: FolderStore;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tokenrack-blobs-'));
    store = await openFolderStore(join(home, 'store'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  async function folderOf(files: Readonly<Record<string, string>>, name = 'made'): Promise<string> {
    const folder = join(home, name);
    await writeFolder(folder, files);
    return folder;
  }

  it('brings any folder back as it was, byte for byte', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const files = randomFiles(seed);
      const folder = join(home, `made-${seed}`);
      await writeFolder(folder, files);
      const made = await makeTree(folder);
      await ship(made, store);
      await materialize(store, made.hash, join(home, `back-${seed}`));
      expect(await readFolder(join(home, `back-${seed}`)), `seed ${seed}`).to.deep.equal(files);
    }
  });

  it('gives equal folders one hash, whatever order they were named in', async () => {
    const folder = await folderOf({ b: '1', 'a/c': '2', 'a/b': '3' });
    const { tree, hash } = await makeTree(folder, ['b', 'a/c', 'a/b']);
    expect((await makeTree(folder)).hash).to.equal(hash);
    expect(treeHash({ files: [...tree.files].reverse() })).to.equal(hash);
    expect(tree.files.map(({ path }) => path)).to.deep.equal(['a/b', 'a/c', 'b']);
    expect(createHash('sha256').update(canonicalTree(tree)).digest('hex')).to.equal(hash);
  });

  it('sends only what is missing, and says how much that was', async () => {
    const first = await makeTree(await folderOf({ a: 'same', b: 'other' }, 'one'));
    const second = await makeTree(await folderOf({ a: 'same', c: 'new!' }, 'two'));
    expect((await ship(first, store)).files).to.equal(3);
    const steps: number[] = [];
    const sent = await ship(second, store, ({ doneBytes }) => steps.push(doneBytes));
    const bytes = 4 + Buffer.byteLength(canonicalTree(second.tree));
    expect(sent).to.deep.equal({ files: 2, bytes, skipped: 1 });
    expect(steps).to.deep.equal([4, bytes]);
    expect(await ship(second, store)).to.deep.equal({ files: 0, bytes: 0, skipped: 3 });
  });

  it('ships a tree on from a store, and fetches only what is not near', async () => {
    const made = await makeTree(await folderOf({ a: '1', b: '2' }));
    await ship(made, store);
    const far = await openFolderStore(join(home, 'far'));
    await ship(await storedTree(store, made.hash), far);
    const near = await openFolderStore(join(home, 'near'));
    await near.putFile(made.tree.files[0]!.sha256, join(home, 'made', 'a'));
    const asked: string[] = [];
    const counting: BlobStore = {
      missing: (hashes) => far.missing(hashes),
      putFile: (sha256, path) => far.putFile(sha256, path),
      getFile: (sha256, path) => {
        asked.push(sha256);
        return far.getFile(sha256, path);
      },
    };
    await fetchTree(counting, made.hash, near, join(home, 'back'));
    expect(asked).to.deep.equal([made.hash, made.tree.files[1]!.sha256]);
    expect(await readFolder(join(home, 'back'))).to.deep.equal({ a: '1', b: '2' });
  });

  it('takes a torn or changed content for missing, and mends it when it comes again', async () => {
    const folder = await folderOf({ a: 'whole content' });
    const { sha256 } = (await makeTree(folder)).tree.files[0]!;
    for (const damage of ['whole', '', 'WHOLE content']) {
      await store.putFile(sha256, join(folder, 'a'));
      expect(await store.missing([sha256])).to.deep.equal([]);
      await writeFile(store.pathOf(sha256), damage);
      expect(await store.missing([sha256]), JSON.stringify(damage)).to.deep.equal([sha256]);
      expect(await failureOf(store.getFile(sha256, join(home, 'out')))).to.equal('no-blob');
    }
    await store.putFile(sha256, join(folder, 'a'));
    expect(await readFile(store.pathOf(sha256), 'utf8')).to.equal('whole content');
  });

  it('sees a content that went bad behind its back when it is asked for, and says so from then on', async () => {
    const folder = await folderOf({ a: 'whole' });
    const { sha256 } = (await makeTree(folder)).tree.files[0]!;
    await store.putFile(sha256, join(folder, 'a'));
    await store.missing([sha256]);
    const { atime, mtime } = await stat(store.pathOf(sha256));
    await utimes(store.pathOf(sha256), atime, mtime);
    await store.missing([sha256]);
    await writeFile(store.pathOf(sha256), 'WHOLE');
    await utimes(store.pathOf(sha256), atime, mtime);
    expect(await failureOf(store.getFile(sha256, join(home, 'out')))).to.equal('bad-blob');
    expect(await readdir(home)).to.have.members(['made', 'store']);
    expect(await store.missing([sha256])).to.deep.equal([sha256]);
  });

  it('keeps nothing of a file that was changed after it was hashed', async () => {
    const folder = await folderOf({ a: 'before' });
    const made = await makeTree(folder);
    await writeFile(join(folder, 'a'), 'after!');
    expect(await failureOf(ship(made, store))).to.equal('bad-blob');
    expect(await filesOf(store.folder)).to.deep.equal([]);
  });

  it('leaves nothing behind when the disk is full', async () => {
    const { sha256 } = (await makeTree(await folderOf({ a: 'x' }))).tree.files[0]!;
    const full = store.putBy(sha256, async (part) => {
      await writeFile(part, 'h');
      await writeFile('/dev/full', 'x');
    });
    expect(await failureOf(full)).to.equal('ENOSPC');
    expect(await filesOf(store.folder)).to.deep.equal([]);
  });

  it('lets many write one content at once', async () => {
    const folder = await folderOf({ a: 'x'.repeat(300_000) });
    const { sha256 } = (await makeTree(folder)).tree.files[0]!;
    const stores = await Promise.all(Array.from({ length: 8 }, () => openFolderStore(store.folder)));
    await Promise.all(stores.map((each) => each.putFile(sha256, join(folder, 'a'))));
    expect(await store.missing([sha256])).to.deep.equal([]);
    expect(await filesOf(store.folder)).to.have.length(1);
  });

  it('takes over uploads, right ones only and from its own folder only', async () => {
    const folder = await folderOf({ a: 'x' });
    const { sha256 } = (await makeTree(folder)).tree.files[0]!;
    const upload = join(store.folder, 'incoming', 'one');
    await writeFile(upload, 'y');
    expect(await failureOf(store.takeFile(sha256, upload))).to.equal('bad-blob');
    expect(await failureOf(store.takeFile(sha256, upload))).to.equal('no-blob');
    expect(await failureOf(store.takeFile(sha256, join(folder, 'a')))).to.equal('no-blob');
    expect(await readFile(join(folder, 'a'), 'utf8')).to.equal('x');
    await writeFile(upload, 'x');
    await store.takeFile(sha256, upload);
    expect(await store.missing([sha256])).to.deep.equal([]);
    expect(await readdir(join(store.folder, 'incoming'))).to.deep.equal([]);
  });

  it('makes a folder whole or not at all', async () => {
    const made = await makeTree(await folderOf({ a: '1', 'b/c': '2', d: '3' }));
    await ship(made, store);
    await rm(store.pathOf(made.tree.files[1]!.sha256));
    expect(await failureOf(materialize(store, made.hash, join(home, 'out', 'back')))).to.equal('no-blob');
    expect(await readdir(join(home, 'out'))).to.deep.equal([]);
  });

  it('writes over no folder that is there', async () => {
    const folder = await folderOf({ a: '1' });
    const made = await makeTree(folder);
    await ship(made, store);
    expect(await failureOf(materialize(store, made.hash, folder))).to.equal('folder-exists');
    expect(await readdir(home)).to.have.members(['made', 'store']);
  });

  it('refuses trees that would leave their folder or contradict themselves', async () => {
    const sha256 = '0'.repeat(64);
    const paths = [
      ['/etc/x'],
      ['../x'],
      ['a/../../x'],
      ['a//b'],
      ['a\\..\\x'],
      ['C:x'],
      ['a\0'],
      [''],
      ['.'],
    ];
    for (const names of [...paths, ['a', 'a'], ['a', 'a/b'], ['a/b', 'a']]) {
      const text = JSON.stringify({ files: names.map((path) => ({ path, sha256, bytes: 0 })) });
      expect(() => parseTree(text), text).to.throw('a list of files cannot be used');
      const hash = createHash('sha256').update(text).digest('hex');
      await writeFile(join(home, 'evil.json'), text);
      await store.putFile(hash, join(home, 'evil.json'));
      expect(await failureOf(materialize(store, hash, join(home, 'back')))).to.equal('bad-tree');
    }
    expect(() => parseTree('{"files":[{"path"')).to.throw('a list of files cannot be used');
  });

  it('follows links to files within the root, and no others', async () => {
    const folder = await folderOf({ 'a/file': '1' });
    await writeFile(join(home, 'secret'), 's');
    await symlink('a/file', join(folder, 'link'));
    const { tree } = await makeTree(folder);
    expect(tree.files.map(({ path }) => path)).to.deep.equal(['a/file', 'link']);
    expect(new Set(tree.files.map(({ sha256 }) => sha256)).size).to.equal(1);
    for (const target of ['../secret', 'nowhere', 'a', '.', '/etc/hostname']) {
      const link = join(folder, 'bad');
      await symlink(target, link);
      expect(await failureOf(makeTree(folder)), target).to.equal('bad-tree-file');
      await rm(link);
    }
    expect(await failureOf(makeTree(folder, ['../secret']))).to.equal('bad-tree-file');
    expect(await failureOf(makeTree(folder, ['not-there']))).to.equal('bad-tree-file');
  });

  it('sweeps what nobody used for long, and what broken uploads left', async () => {
    const folder = await folderOf({ used: '1', unused: '2' });
    const [used, unused] = ['1', '2'].map((text) => createHash('sha256').update(text).digest('hex'));
    await store.putFile(used!, join(folder, 'used'));
    await store.putFile(unused!, join(folder, 'unused'));
    const left = join(store.folder, 'incoming', 'upload.part');
    await writeFile(left, 'half');
    const long = new Date(Date.now() - 10 * 86_400_000);
    for (const path of [store.pathOf(used!), store.pathOf(unused!), left]) await utimes(path, long, long);
    await store.missing([used!]);
    expect(await sweepBlobs(store.folder, 20)).to.deep.equal({ files: 1, bytes: 4 });
    expect(await sweepBlobs(store.folder, 7)).to.deep.equal({ files: 1, bytes: 1 });
    expect(await store.missing([used!, unused!])).to.deep.equal([unused]);
  });
});

async function filesOf(folder: string): Promise<string[]> {
  return Object.keys(await readFolder(folder)).map((path) => join(dirname(folder), path));
}
