/**
 * Bare sharp: `node eager-floor.ts AT_ONCE FILE...`. `GET /` makes three pictures of each file, every one of the pixels of the one
 * before, and writes them beside it; answers when all are written.
 */
import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { ENCODINGS } from '../../packages/server/src/imaging/encodings.ts';
import { shareOut } from '../clients.ts';
import { listen } from './listen.ts';

const PICTURES = [
  { side: 2_048, format: 'webp' },
  { side: 1_024, format: 'webp' },
  { side: 256, format: 'avif' },
] as const;

const [atOnce, ...files] = process.argv.slice(2);
sharp.concurrency(1); // several pictures at once use the cores better than several threads for one
sharp.cache(false);

listen(async (_request, response) => {
  await shareOut(files, Number(atOnce), async (file) => {
    let image = sharp(file, { failOn: 'truncated' }).autoOrient();
    for (const { side, format } of PICTURES) {
      const scaled = image.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
      const { data, info } = await scaled.raw().toBuffer({ resolveWithObject: true });
      const { width, height, channels } = info;
      image = sharp(data, { raw: { width, height, channels } });
      await writeFile(`${file}.${side}.${format}`, await ENCODINGS[format].encode(image.clone(), null).toBuffer());
    }
  });
  response.end();
});
