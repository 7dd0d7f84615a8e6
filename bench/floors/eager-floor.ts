/**
 * Bare sharp: `node eager-floor.ts FILE...`. `GET /` makes three pictures of each file in turn, each from the pixels of
 * the one before, and writes them beside it; answers when all are written.
 */
import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { ENCODINGS } from '../../packages/server/src/imaging/render/encodings.ts';
import { listen } from './listen.ts';

const PICTURES = [
  { side: 2_048, format: 'webp' },
  { side: 1_024, format: 'webp' },
  { side: 256, format: 'avif' },
] as const;

sharp.concurrency(1); // one process per core is faster than threads
sharp.cache(false);

listen(async (_request, response) => {
  for (const file of process.argv.slice(2)) {
    let image = sharp(file, { failOn: 'truncated' }).autoOrient();
    for (const { side, format } of PICTURES) {
      const scaled = image.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
      const { data, info } = await scaled.raw().toBuffer({ resolveWithObject: true });
      const { width, height, channels } = info;
      image = sharp(data, { raw: { width, height, channels } });
      const encoder = ENCODINGS[format].encode(image.clone(), { quality: null, pixels: width * height });
      await writeFile(`${file}.${side}.${format}`, await encoder.toBuffer());
    }
  }
  response.end();
});
