import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createImaging } from '../../src/imaging/create-imaging.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { COMPRESSION, PHOTOMETRIC, TAG } from '../../src/imaging/inspect/structure/tiff/tags.ts';
import { childrenOf } from '../../src/imaging/processes/process-list.fixture.ts';
import { RECIPE } from '../../src/imaging/render/render.fixture.ts';
import { damaged, type ImageFile, soundImages } from '../pictures/damaged-images.ts';
import { structurallyDamaged } from '../pictures/structural-damage.ts';
import { type TiffPage, tiffOf } from '../pictures/tiff-bytes.ts';
import { IS_USUAL, repeatsOf } from '../repeats.ts';
import { createRandom, type Random } from './random.ts';

const { count, seed: SEED } = repeatsOf('mutatedTiffs');
const RUNS = IS_USUAL ? 200 : count;

const CODES = ['unreadable-image', 'too-many-pixels', 'unsupported-type', 'type-mismatch'];

const PAGE: TiffPage = { width: 70, height: 50, rowsPerStrip: 20 };
const GRAY: TiffPage = { ...PAGE, samples: 1, photometric: PHOTOMETRIC.blackIsZero };

/** Those that sharp writes, and others. */
async function sources(): Promise<readonly ImageFile[]> {
  const made = (await soundImages()).filter(({ type }) => type === 'image/tiff');
  const colors = Array.from({ length: 768 }, (_, place) => place * 85);
  const own = [
    tiffOf({ ...PAGE, bits: 16, compression: COMPRESSION.deflate }, { isBigEndian: true }),
    tiffOf({ ...PAGE, tile: 32 }, { isBig: true }),
    tiffOf({ ...PAGE, isPlanar: true, compression: COMPRESSION.packBits }),
    tiffOf({
      ...GRAY,
      photometric: PHOTOMETRIC.palette,
      change: (fields) => fields.set(TAG.colorMap, { type: 'short', values: colors }),
    }),
    tiffOf({ ...GRAY, bits: 4, photometric: PHOTOMETRIC.whiteIsZero }),
  ];
  return [...made, ...own.map((bytes, place) => ({ name: `own ${place}`, type: 'image/tiff' as const, bytes }))];
}

function mutated(file: ImageFile, random: Random, others: readonly ImageFile[]): Buffer {
  const isPlain = file.bytes.toString('latin1', 0, 4) === 'II*\0';
  const way = random.below(4);
  if (way === 0 || !isPlain) return damaged(file, { random, others });
  return way === 1
    ? structurallyDamaged(file, { random, others: others.filter(({ bytes }) => bytes[0] === 0x49 && bytes[2] === 42) })
    : withOtherFields(file.bytes, random);
}

const TELLING = [0, 1, 2, 3, 8, 16, 255, 32_768, 65_535, 2 ** 31, 2 ** 32 - 1];

/** The first directory with some other types, counts, values or offsets. */
function withOtherFields(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  const directory = changed.readUInt32LE(4);
  const fields = changed.readUInt16LE(directory);
  for (let times = 1 + random.below(2); times > 0; times--) {
    const at = directory + 2 + 12 * random.below(fields);
    const value = random.chance(0.5) ? random.pick(TELLING) : random.below(bytes.length);
    const part = random.below(5);
    if (part === 0) changed.writeUInt16LE(random.below(20), at + 2);
    else if (part === 1) changed.writeUInt32LE(value, at + 4);
    else if (part === 2) changed.writeUInt16LE(value & 0xffff, at + 8);
    else changed.writeUInt32LE(value, at + 8);
  }
  return changed;
}

/** `ready`, or the code of a refusal. Fails if the decoder dies, exceeds a limit, or can't show a picture that it found sound. */
async function verdictOn(imaging: Imaging, path: string): Promise<string> {
  const inspection = await imaging.inspect(path, 'image/tiff');
  if (inspection.outcome === 'refused') {
    assert.ok(CODES.includes(inspection.rejection.code), inspection.rejection.code);
    assert.match(inspection.rejection.detail, /^expected .+; got .+/);
    return inspection.rejection.code;
  }
  const { width, height } = inspection.image;
  const [rendered] = await imaging.render(
    { path, contentType: 'image/tiff' },
    [{ recipe: { ...RECIPE, page: 0 }, path: `${path}.png` }],
    { urgency: 'background' },
  );
  assert.deepEqual(rendered, { outcome: 'made', contentType: 'image/png', width, height });
  return 'ready';
}

it('a TIFF with any damage gets a verdict, and no decoder crashes', async () => {
  await using imaging = createImaging({ timeoutSeconds: 60 });
  await using folder = await mkdtempDisposable(join(tmpdir(), 'tiff-fuzz-'));
  const files = await sources();
  for (const [place, { bytes, name }] of files.entries()) {
    const path = join(folder.path, `whole-${place}`);
    await writeFile(path, bytes);
    assert.equal(await verdictOn(imaging, path), 'ready', name);
  }
  const decoders = await childrenOf(process.pid);
  const random = createRandom(SEED);
  const told = new Map<string, number>();
  for (let run = 0; run < RUNS; run++) {
    const file = random.pick(files);
    const bytes = mutated(file, random, files);
    const path = join(folder.path, `${run}`); // libvips caches by name
    await writeFile(path, bytes);
    const verdict = await verdictOn(imaging, path).catch(async (error: unknown) => {
      const kept = join(tmpdir(), `tiff-fuzz-${SEED}-${run}.tiff`);
      await writeFile(kept, bytes);
      throw new Error(`${file.name}, kept as ${kept}`, { cause: error });
    });
    told.set(verdict, (told.get(verdict) ?? 0) + 1);
  }
  if (RUNS < 500) assert.deepEqual(await childrenOf(process.pid), decoders); // later a decoder is replaced by a fresh one
  const tally = JSON.stringify([...told]);
  // Damage that never or always breaks a file would find nothing.
  const ready = told.get('ready') ?? 0;
  assert.ok(ready > RUNS * 0.05 && ready < RUNS * 0.8, tally);
});
