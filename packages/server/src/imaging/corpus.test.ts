import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { acceptedType, type MediaType } from '../domain/media-type.ts';
import { createImaging } from './create-imaging.ts';

const CORPUS_DIR = process.env['CORPUS_DIR'];

/** What the manifest says of a file; width and height as stored. */
interface Specimen {
  readonly file: string;
  readonly format?: string;
  readonly width?: number;
  readonly height?: number;
  readonly orientation?: number;
}

/** Broken EXIF, sound pixels. */
const SLOPPY_BUT_WHOLE = ['hostile/image01088.jpg', 'hostile/image01980.jpg'];

const isSound = (file: string): boolean => !/^(?:heic|svg|hostile)\//.test(file) || SLOPPY_BUT_WHOLE.includes(file);

describe('the corpus of real files', {
  skip: !CORPUS_DIR && 'set CORPUS_DIR to the folder that holds manifest.json',
}, async () => {
  if (!CORPUS_DIR) return;
  const imaging = createImaging({ timeoutSeconds: 60 });
  after(() => imaging[Symbol.asyncDispose]());
  const specimens = JSON.parse(await readFile(join(CORPUS_DIR, 'manifest.json'), 'utf8')) as Specimen[];

  for (const specimen of specimens) {
    const path = join(CORPUS_DIR, specimen.file);
    it(`${specimen.file} is ${isSound(specimen.file) ? 'accepted' : 'refused'}`, async (t) => {
      const inspection = await imaging.inspect(path, declaredType(specimen.file));
      if (!isSound(specimen.file)) {
        assert.ok(inspection.outcome === 'refused');
        return t.diagnostic(`${inspection.rejection.code}: ${inspection.rejection.detail}`);
      }
      assert.ok(inspection.outcome === 'sound', JSON.stringify(inspection));
      const { width = 0, height = 0, orientation = 1 } = specimen;
      const seen = orientation < 5 ? [width, height] : [height, width];
      assert.deepEqual([inspection.image.width, inspection.image.height], seen);
    });
  }
});

/** By the file's extension; HEIC and SVG, which can't be declared, come as JPEG. */
const declaredType = (file: string): MediaType =>
  acceptedType(`image/${(file.split('.').at(-1) ?? '').toLowerCase()}`) ?? 'image/jpeg';
