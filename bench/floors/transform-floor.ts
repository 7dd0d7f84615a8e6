/**
 * Bare sharp: `node transform-floor.ts FILE...`. `GET /?format=webp&side=400` makes of each file, two at once, a
 * picture within 400 x 400 and writes it beside the file, under a new name like the service's; answers when all are
 * written.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import sharp, { type Sharp } from 'sharp';
import { ENCODINGS } from '../../packages/server/src/imaging/render/encodings.ts';
import { listen } from './listen.ts';

sharp.concurrency(1); // one process per core is faster than threads
sharp.cache(false); // otherwise the same files would be decoded once

const heif = createRequire(import.meta.url)('libheif-js/wasm-bundle');

const heicFiles = new Map<string, boolean>();
/** Asked once for each file. */
function isHeic(file: string): boolean {
  const known = heicFiles.get(file) ?? readFileSync(file).toString('latin1', 4, 12) === 'ftypheic';
  heicFiles.set(file, known);
  return known;
}

/** By the interface of libheif-js's README. */
async function decodedHeic(file: string): Promise<Sharp> {
  const images = new heif.HeifDecoder().decode(readFileSync(file));
  const [width, height]: [number, number] = [images[0].get_width(), images[0].get_height()];
  const target = { data: new Uint8ClampedArray(width * height * 4), width, height };
  await new Promise((resolve) => images[0].display(target, resolve));
  for (const image of images) image.free();
  return sharp(target.data, { raw: { width, height, channels: 4 } });
}

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
    const image = isHeic(file) ? await decodedHeic(file) : sharp(file, { failOn: 'truncated' }).autoOrient();
    const small = image.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
    await encode(small, { quality: null, pixels: side * side }).toFile(`${file}.${round}.${format}`);
  };
  await Promise.all([makeAll(), makeAll()]);
  response.end();
});
