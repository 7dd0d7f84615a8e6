import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { access, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import sharp from 'sharp';
import { decompressionBomb } from '../../../../test/pictures/test-images.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { Recipe } from '../../src/domain/rendition/recipe.ts';
import { childrenOf, until } from '../../src/imaging/processes/process-list.fixture.ts';
import { RECIPE } from '../../src/imaging/render/render.fixture.ts';
import { type CorpusFile, corpusFiles } from '../pictures/corpus.ts';
import { damaged, type ImageFile, soundImages } from '../pictures/damaged-images.ts';
import { IS_USUAL, repeatsOf } from '../repeats.ts';
import { descriptorsOf } from '../services/process-tree.ts';
import { createTestService, post, type TestService } from '../services/service.ts';
import { createRandom } from './random.ts';

const { count: RUNS, seed: SEED } = repeatsOf('fuzzedRenditions');

const AT_ONCE = 4;
/** So that a long run isn't spent on a few slow files. */
const MAX_CORPUS_BYTES = 200_000;

const PRESETS = {
  whole: 'w=128&h=128&format=webp',
  cut: 'w=40&h=60&fit=cover&position=attention&rotate=90&format=avif',
  laid: 'w=64&h=64&fit=pad&background=ff8800&blur=1&format=png',
};

/** The decoder neither crashed nor exceeded a limit: our own code threw an unexpected error. */
const OWN_FAULT = /got a failure$/;

/** A request without knowledge of the file. */
const RECIPES: readonly Recipe[] = [
  { ...RECIPE, scaled: { width: 90, height: 60 }, format: 'webp' },
  { ...RECIPE, page: 0, scaled: { width: 30, height: 20 }, format: 'jpeg' },
  { ...RECIPE, page: 2, scaled: { width: 30, height: 20 }, sharpen: 1, format: 'png' },
  { ...RECIPE, page: 0, window: { width: 20, height: 20, find: 'entropy' }, rotate: 270, format: 'plain' },
];

async function damageable({ type, path }: CorpusFile): Promise<ImageFile[]> {
  const bytes = await readFile(path);
  const isHandy = bytes.length <= MAX_CORPUS_BYTES || path.includes('/hostile/');
  return isHandy && type !== 'image/heic' && type !== 'image/svg+xml' ? [{ name: path, type, bytes }] : [];
}

async function requirePicture(bytes: Uint8Array, type: string): Promise<void> {
  assert.equal((await sharp(bytes).metadata()).mediaType, type);
  await sharp(bytes, { pages: -1 }).stats();
}

/** The outcome of one file, as a countable text. */
async function ask(service: TestService, folder: string, { type, bytes }: ImageFile): Promise<string[]> {
  const uploaded = await service.request('/images/upload?user_id=ada', post(new Uint8Array(bytes), type));
  const { image_id, code } = (await uploaded.json()) as { image_id: string; code: string };
  if (uploaded.status !== 200) {
    assert.ok(uploaded.status === 400 || code === 'decoder-failed', `${uploaded.status} ${code}`);
    return renderUnverified(service, folder, { type, bytes });
  }
  return Promise.all(
    Object.keys(PRESETS).map(async (preset) => {
      const answer = await service.request(`/images/${image_id}/renditions/${preset}`);
      if (answer.status === 200) {
        await requirePicture(await answer.bytes(), answer.headers.get('content-type') ?? '');
        return 'verified: made';
      }
      const problem = (await answer.json()) as { code: string; detail: string };
      assert.ok(['rendition-failed', 'decoder-failed'].includes(problem.code), JSON.stringify(problem));
      assert.doesNotMatch(problem.detail, OWN_FAULT);
      return `verified: ${problem.code}`;
    }),
  );
}

/** The file as a decoder gets it if verification had judged otherwise. */
async function renderUnverified(
  { services }: TestService,
  folder: string,
  { type, bytes }: Omit<ImageFile, 'name'>,
): Promise<string[]> {
  const path = join(folder, randomUUID());
  await writeFile(path, bytes);
  const outputs = RECIPES.map((recipe, index) => ({ recipe, path: `${path}.${index}` }));
  const isThere = (output: string) =>
    access(output).then(
      () => true,
      () => false,
    );
  try {
    const all = await services.imaging.render({ path, contentType: type }, outputs, { urgency: 'request' });
    return await Promise.all(
      all.map(async (rendered, index) => {
        const output = outputs[index]?.path ?? '';
        assert.equal(await isThere(output), rendered.outcome === 'made' && rendered.bytes === null);
        if (rendered.outcome === 'refused') return `unverified: ${rendered.refusal.code}`;
        await requirePicture(rendered.bytes ?? (await readFile(output)), rendered.contentType);
        return 'unverified: made';
      }),
    );
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'decoder-failed' || OWN_FAULT.test(error.detail)) throw error;
    return [`unverified: ${error.code}`];
  }
}

/**
 * The files of every run are known: some have each outcome, none crashes its decoder, and verified ones can be
 * rendered.
 */
function requireUsual(told: ReadonlyMap<string, number>, tally: string): void {
  for (const kind of [
    'verified: made',
    'unverified: made',
    'unverified: unreadable-image',
    'unverified: no-such-page',
  ]) {
    assert.ok(told.has(kind), tally);
  }
  assert.ok(!tally.includes('decoder-failed') && !tally.includes('rendition-failed'), tally);
}

it('renditions of any file are made or refused, and the service survives', async () => {
  const presets = Object.entries(PRESETS).map(([name, asked]) => `${name}:${asked}`);
  const environment = { PRESETS: presets.join(' '), TRANSFORM_TIMEOUT_SECONDS: '20' };
  await using service = await createTestService({ environment });
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  const sound = await soundImages();
  const bomb: ImageFile = { name: 'a decompression bomb', type: 'image/png', bytes: decompressionBomb() };
  const files = [...sound, bomb, ...(await Promise.all(corpusFiles().map(damageable))).flat()];
  const openFiles = async () => (process.platform === 'linux' ? descriptorsOf(process.pid) : 0);
  let before = 0;
  // A decoder has descriptors too, and rests for a minute: those at the end are no more than these.
  await until(async () => {
    await Promise.all(sound.map((file) => ask(service, folder.path, file)));
    before = await openFiles();
    return (await childrenOf(process.pid)).length === availableParallelism();
  });

  const told = new Map<string, number>();
  let next = 0;
  const work = async () => {
    while (next < RUNS) {
      const index = next++;
      const random = createRandom(SEED + index);
      const file = random.pick(files);
      const bytes = damaged(file, { random, others: files });
      const outcomes = await ask(service, folder.path, { ...file, bytes }).catch((cause) => {
        throw new Error(`with SEED=${SEED + index} REPEATS=0, made of ${file.name}`, { cause });
      });
      for (const outcome of outcomes) told.set(outcome, (told.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  const tally = JSON.stringify(Object.fromEntries(told));
  if (IS_USUAL) requireUsual(told, tally);
  else console.log(`seed ${SEED}: ${tally}`);

  for (const file of sound) {
    assert.deepEqual(new Set(await ask(service, folder.path, file)), new Set(['verified: made']), file.type);
  }
  const strays = (await service.storedFiles()).filter((path) => !/\/(images|renditions)\//.test(path));
  assert.deepEqual(strays, []);
  assert.ok((await childrenOf(process.pid)).length <= availableParallelism());
  const outputs = availableParallelism() * RECIPES.length; // of each decoder's largest job, which it keeps open
  await until(async () => (await openFiles()) <= before + outputs);
});
