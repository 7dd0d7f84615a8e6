/**
 * Bare sharp: `node transform-floor.ts FILE...`. `GET /?format=webp&side=400` makes of each file, two at once, a picture within 400 x 400
 * and writes it beside the file, under a new name like the service's; answers when all are written.
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
  const { searchParams } = new URL(request.url ?? '', 'http://floor');
  const format = searchParams.get('format') as keyof typeof ENCODINGS;
  const side = Number(searchParams.get('side'));
  const { encode } = ENCODINGS[format];
  const files = process.argv.slice(2).values();
  const makeAll = async () => {
    for (const file of files) await make(file);
  };
  const make = async (file: string) => {
    const image = sharp(file, { failOn: 'truncated' }).autoOrient();
    const small = image.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
    await encode(small, { quality: null, pixels: side * side }).toFile(`${file}.${round}.${format}`);
  };
  await Promise.all([makeAll(), makeAll()]);
  response.end();
});
