import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaType } from '../../src/domain/image/media-type.ts';
import { createImaging } from '../../src/imaging/create-imaging.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { childrenOf } from '../../src/imaging/processes/process-list.fixture.ts';
import { RECIPE } from '../../src/imaging/render/render.fixture.ts';
import type { ImageFile } from '../pictures/damaged-images.ts';
import { createRandom, type Random } from './random.ts';

const CODES = ['empty-upload', 'unreadable-image', 'too-many-pixels', 'unsupported-type', 'type-mismatch'];

export interface Fuzzing {
  readonly type: MediaType;
  /** Sound ones. */
  readonly files: readonly ImageFile[];
  readonly mutated: (file: ImageFile, random: Random, others: readonly ImageFile[]) => Buffer;
  readonly runs: number;
  readonly seed: number;
}

/**
 * `ready`, or the code of a refusal. Fails if the decoder dies, exceeds a limit, or can't show a picture that it found
 * sound.
 */
async function verdictOn(imaging: Imaging, type: MediaType, path: string): Promise<string> {
  const inspection = await imaging.inspect(path, type);
  if (inspection.outcome === 'refused') {
    assert.ok(CODES.includes(inspection.rejection.code), inspection.rejection.code);
    assert.match(inspection.rejection.detail, /^expected .+; got .+/);
    return inspection.rejection.code;
  }
  const { width, height } = inspection.image;
  const [rendered] = await imaging.render(
    { path, contentType: type },
    [{ recipe: { ...RECIPE, page: 0 }, path: `${path}.png` }],
    { urgency: 'background' },
  );
  assert(rendered);
  const { bytes: _, ...made } = { bytes: null, ...rendered };
  assert.deepEqual(made, { outcome: 'made', contentType: 'image/png', width, height });
  return 'ready';
}

/** Sends damaged files through real decoders, confined as in the service. A file that fails is kept. */
export async function fuzzDecoders({ type, files, mutated, runs, seed }: Fuzzing): Promise<void> {
  await using imaging = createImaging({ timeoutSeconds: 60 });
  await using folder = await mkdtempDisposable(join(tmpdir(), 'decoder-fuzz-'));
  for (const [place, { bytes, name }] of files.entries()) {
    const path = join(folder.path, `whole-${place}`);
    await writeFile(path, bytes);
    assert.equal(await verdictOn(imaging, type, path), 'ready', name);
  }
  const decoders = await childrenOf(process.pid);
  const random = createRandom(seed);
  const told = new Map<string, number>();
  for (let run = 0; run < runs; run++) {
    const file = random.pick(files);
    const bytes = mutated(file, random, files);
    const path = join(folder.path, `${run}`); // libvips caches by name
    await writeFile(path, bytes);
    const verdict = await verdictOn(imaging, type, path).catch(async (error: unknown) => {
      const kept = join(tmpdir(), `decoder-fuzz-${seed}-${run}`);
      await writeFile(kept, bytes);
      throw new Error(`${file.name}, kept as ${kept}`, { cause: error });
    });
    told.set(verdict, (told.get(verdict) ?? 0) + 1);
  }
  if (runs < 500) assert.deepEqual(await childrenOf(process.pid), decoders); // later a decoder is replaced by a fresh one
  const tally = JSON.stringify([...told]);
  // Damage that never or always breaks a file would find nothing.
  const ready = told.get('ready') ?? 0;
  assert.ok(ready > runs * 0.05 && ready < runs * 0.8, tally);
}
