import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { damaged, type ImageFile, soundImages } from '../pictures/damaged-images.ts';
import { ODD_IMAGES } from '../pictures/odd-images.ts';
import { structurallyDamaged } from '../pictures/structural-damage.ts';
import { IS_USUAL, repeatsOf } from '../repeats.ts';
import { createTestService, post, type TestService } from '../services/service.ts';
import { createRandom, type Random } from './random.ts';

const { count: RUNS, seed: SEED } = repeatsOf('fuzzedStructures');
/** Other decoders take a process for each file: a usual run uses none. */
const ASKS_OTHERS = !IS_USUAL;

const AT_ONCE = 4;
const MAX_SOURCE_BYTES = 20_000;

async function sources(): Promise<ImageFile[]> {
  const odd = await Promise.all(
    ODD_IMAGES.map(async ({ kind, type, make }) => ({ name: kind, type, bytes: await make() })),
  );
  return [...(await soundImages()), ...odd].filter(({ bytes }) => bytes.length <= MAX_SOURCE_BYTES);
}

/** The complaints of ImageMagick and libvips about the pixels of a ready image; empty if there are none. */
async function complaints({ type, bytes }: Omit<ImageFile, 'name'>, folder: string): Promise<string[]> {
  const path = join(folder, `${crypto.randomUUID()}.${type.slice(6)}`);
  await writeFile(path, bytes);
  const said = await Promise.all([
    sharp(bytes, { failOn: 'warning', pages: -1 })
      .raw()
      .toBuffer()
      .then(() => '', String),
    promisify(execFile)('identify', ['-regard-warnings', '-verbose', path], { maxBuffer: 2 ** 26 }).then(
      () => '',
      (error: { stderr?: string }) => error.stderr ?? String(error),
    ),
  ]);
  const name = (words: string): string => (words.split('\n')[0] ?? '').replaceAll(path, 'F').replaceAll(/\d+/g, 'N');
  const own = said.map(name).map((words, index) => words && `${index === 0 ? 'libvips' : 'ImageMagick'}: ${words}`);
  const found = own.filter((words) => words !== '');
  if (found.length === 0) await rm(path);
  return found;
}

async function ask(service: TestService, { type, bytes }: Omit<ImageFile, 'name'>): Promise<string> {
  const answer = await service.request('/images/upload?user_id=ada', post(new Uint8Array(bytes), type));
  const { code = 'ready', detail } = (await answer.json()) as { code?: string; detail?: string };
  assert.ok(answer.status === 200 || answer.status === 400, `${answer.status} ${code}: ${detail}`);
  return code;
}

const wounded = (file: ImageFile, random: Random, others: readonly ImageFile[]): Buffer =>
  random.chance(0.8) ? structurallyDamaged(file, { random, others }) : damaged(file, { random, others });

it('a file with any damage to its parts gets a verdict, and no decoder crashes', async () => {
  await using service = await createTestService();
  await using folder = await mkdtempDisposable(join(tmpdir(), 'structure-fuzz-'));
  const files = await sources();
  const random = createRandom(SEED);
  const told = new Map<string, number>();
  const slowest = { seconds: 0, name: '' };
  const tell = (words: string): Map<string, number> => told.set(words, (told.get(words) ?? 0) + 1);
  for (let run = 0; run < RUNS; run += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, RUNS - run) }, () => {
      const file = random.pick(files);
      return { name: file.name, type: file.type, bytes: wounded(file, random, files) };
    });
    await Promise.all(
      batch.map(async (file) => {
        const start = performance.now();
        const code = await ask(service, file).catch(async (error: unknown) => {
          const path = join(tmpdir(), `structure-fuzz-${SEED}-${run}.${file.type.slice(6)}`);
          await writeFile(path, file.bytes);
          throw new Error(`${file.name}, kept as ${path}`, { cause: error });
        });
        const seconds = (performance.now() - start) / 1_000;
        if (seconds > slowest.seconds) Object.assign(slowest, { seconds, name: file.name });
        tell(`${file.type} ${code}`);
        if (code !== 'ready' || !ASKS_OTHERS) return;
        for (const words of await complaints(file, folder.path)) tell(`${file.type} ready, but ${words}`);
      }),
    );
  }

  const tally = [...told].toSorted().map(([words, count]) => `${count} ${words}`);
  if (ASKS_OTHERS) console.log(`seed ${SEED}, slowest ${JSON.stringify(slowest)}\n${tally.join('\n')}`);
  // Damage that never or always breaks a file would find nothing.
  const ready = [...told].reduce((sum, [words, count]) => sum + (/^\S+ ready$/.test(words) ? count : 0), 0);
  assert.ok(ready > RUNS * 0.05 && ready < RUNS * 0.8, tally.join('\n'));
});
