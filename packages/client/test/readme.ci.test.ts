import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type SafelightError as AnyError, explain, SafelightError } from '@safelight/client';

const CLIENT = join(import.meta.dirname, '..');
const ROOT = join(CLIENT, '../..');

describe('the sentences of a product in the README', () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-readme-'));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    file = join(folder, 'words.mts');
    const page = await readFile(join(CLIENT, 'README.md'), 'utf8');
    const [, code = ''] = /```ts\n([^`]*`[^`]*`[^`]*)```/.exec(page) ?? [];
    await writeFile(file, code);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('compile: TypeScript knows the params of each code', async () => {
    const config = { extends: join(CLIENT, 'tsconfig.json'), include: ['*.mts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(({ stdout }) => assert.fail(stdout));
  });

  it('are those of the product, and else those of explain', async () => {
    const { erklaert } = (await import(file)) as { readonly erklaert: (error: AnyError) => string };
    const tooLarge = new SafelightError('upload-too-large', 'x', { params: { limit_bytes: 52_428_800 } });
    assert.equal(erklaert(tooLarge), 'Höchstens 50 MB, bitte.');
    assert.match(erklaert(new SafelightError('unsupported-type', 'x', { params: { got: 'image/heic' } })), /^HEIC/);
    const network = new SafelightError('network', 'x');
    assert.equal(erklaert(network), explain(network));
  });
});
