/**
 * Bare sharp: `node transform-floor.ts FILE...`. `GET /?format=webp` makes of each file, two at once, a picture within 512 x 512 and
 * writes it beside the file, under a new name like the service's; answers when all are written.
 */
import sharp from 'sharp';
import { ENCODINGS } from '../../packages/server/src/imaging/render/encodings.ts';
import { listen } from './listen.ts';

sharp.concurrency(1); // one process per core is faster than threads
sharp.cache(false); // otherwise the same files would be decoded once

let rounds = 0;

listen(async (request, response) => {
  rounds += 1;
  const round = rounds;
  const format = new URL(request.url ?? '', 'http://floor').searchParams.get('format') as keyof typeof ENCODINGS;
  const { encode } = ENCODINGS[format];
  const files = process.argv.slice(2).values();
  const makeAll = async () => {
    for (const file of files) await make(file);
  };
  const make = async (file: string) => {
    const image = sharp(file, { failOn: 'truncated' }).autoOrient();
    const small = image.resize({ width: 512, height: 512, fit: 'inside', withoutEnlargement: true });
    await encode(small, { quality: null, pixels: 512 * 512 }).toFile(`${file}.${round}.${format}`);
  };
  await Promise.all([makeAll(), makeAll()]);
  response.end();
});
