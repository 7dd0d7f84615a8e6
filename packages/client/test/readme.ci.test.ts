import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type SafelightError as AnyError, createClient, explain, type Image, SafelightError } from '@safelight/client';
import { testImage } from '../../../test/pictures/test-images.ts';
import { tellingPicture } from '../../server/test/pictures/telling-picture.ts';
import { startService } from '../../server/test/services/running-service.ts';

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

it('the README’s requests about captures do what it says', async () => {
  await using service = await startService({ LOG_LEVEL: 'silent' });
  const safelight = createClient({ baseUrl: service.origin, userId: 'ada' });
  const upload = async (bytes: Uint8Array) => safelight.upload(new Blob([new Uint8Array(bytes)]));
  const image = await upload(await tellingPicture());
  const other = await upload(await testImage({ type: 'image/jpeg', width: 32, height: 32 }));
  const holiday = [await safelight.images.update(other.image_id, { taken_at: '2019-05-04T10:00' })];

  const page = await readFile(join(CLIENT, 'README.md'), 'utf8');
  const [, code = ''] = /```js\n([^`]*images\.months[^`]*)```/.exec(page) ?? [];
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
  const run = new AsyncFunction(
    ...['safelight', 'show', 'image', 'holiday', 'console'],
    `${code}; return { position, title, results };`,
  );
  const logged: unknown[] = [];
  const shown: unknown[] = [];
  const show = (one: Image, facts: Image['facts']) => shown.push([one.image_id, facts?.taken_at]);
  const { position, title, results } = await run(safelight, show, image, holiday, {
    log: (...words: unknown[]) => logged.push(words),
  });
  assert.deepEqual(logged, [
    ['2024-07', 1],
    ['2019-05', 1],
  ]);
  assert.deepEqual(shown, [[image.image_id, '2024-07-14T18:22:31.000']]);
  assert.deepEqual([position, title], [{ latitude: 48.1234, longitude: 11.5678 }, 'SecretTitle']);
  const { taken_at, position: removed } = await safelight.images.facts(image.image_id);
  assert.deepEqual([taken_at, removed], ['2019-05-04T10:00:00.000', null]);
  assert.equal(results[0].status, 'ready');
  assert.equal((await safelight.images.get(other.image_id)).facts?.taken_at, '2019-05-04T11:00:00.000');
});

it('the README’s requests about albums do what it says', async () => {
  await using service = await startService({ LOG_LEVEL: 'silent' });
  const safelight = createClient({ baseUrl: service.origin, userId: 'ada' });
  const images: Image[] = [];
  for (let seed = 1; seed <= 3; seed += 1) {
    const bytes = await testImage({ type: 'image/jpeg', width: 32, height: 32, seed });
    images.push(await safelight.upload(new Blob([new Uint8Array(bytes)]), { filename: `${seed}.jpg` }));
  }
  const page = await readFile(join(CLIENT, 'README.md'), 'utf8');
  const [, code = ''] = /```js\n([^`]*albums\.create[^`]*)```/.exec(page) ?? [];
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
  const shown: string[] = [];
  const logged: unknown[] = [];
  await new AsyncFunction('safelight', 'images', 'show', 'console', code)(
    safelight,
    images,
    ({ filename }: Image) => shown.push(filename),
    { log: (...words: unknown[]) => logged.push(words) },
  );
  assert.deepEqual(shown, ['3.jpg', '1.jpg', '2.jpg']);
  assert.deepEqual(logged, [['Lisbon', 3, '1.jpg']]);
});
