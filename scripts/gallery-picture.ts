/**
 * Takes docs/gallery.jpg, the picture of the README: the gallery in Chromium, with landscapes that this script draws.
 * By hand, when the gallery looks different.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { createRandom, type Random } from '../packages/server/test/chance/random.ts';
import { startGallery } from '../packages/web/test/gallery.fixture.ts';
import { storeBytes } from '../packages/web/test/store-picture.fixture.ts';

const PICTURE = join(import.meta.dirname, '../docs/gallery.jpg');
const COUNT = 30;
const SHAPES = [
  [1200, 800],
  [1200, 675],
  [800, 1100],
  [1000, 1000],
  [1600, 700],
  [1200, 900],
] as const;

/** The colors of a sky from above to the horizon, of the sun, and of the nearest hill. */
const LIGHTS = [
  { sky: ['#2b3a67', '#f4a261', '#ffd9a0'], sun: '#fff1c9', hill: '#1d1a2f' },
  { sky: ['#5fa8d3', '#bee9e8', '#f2f7f5'], sun: '#ffffff', hill: '#1b4332' },
  { sky: ['#0b132b', '#3a506b', '#8d99ae'], sun: '#f5f3e7', hill: '#070b16' },
  { sky: ['#6d2e46', '#d5707a', '#f7c59f'], sun: '#ffe8c2', hill: '#2a1325' },
  { sky: ['#4a6fa5', '#c9d6df', '#f0f5f9'], sun: '#fffbe6', hill: '#22333b' },
  { sky: ['#335c67', '#e09f3e', '#fff3b0'], sun: '#fff8dc', hill: '#26221f' },
  { sky: ['#88a09e', '#dfe7d9', '#f7f3e3'], sun: '#ffffff', hill: '#3a4a34' },
] as const;

await using gallery = await startGallery({ LOG_LEVEL: 'warn' });
for (let seed = COUNT; seed >= 1; seed -= 1) {
  const jpeg = await landscape(createRandom(seed * 7919), seed);
  await storeBytes(jpeg, { origin: gallery.service.origin, filename: `${seed}.jpg`, fields: { user_id: 'me' } });
}
const { page } = await gallery.open({ colorScheme: 'dark', viewport: { width: 1280, height: 720 } });
const PICTURES_LOADED =
  'document.images.length > 8 && [...document.images].every((one) => one.complete && one.naturalWidth > 0)';
do
  await setTimeout(1_000); // also until the last placeholder has faded
while (!(await page.evaluate(PICTURES_LOADED)));
await sharp(await page.screenshot())
  .jpeg({ quality: 82, mozjpeg: true })
  .toFile(PICTURE);

async function landscape(random: Random, index: number): Promise<Buffer> {
  const [width, height] = SHAPES[random.below(SHAPES.length)] ?? SHAPES[0];
  const { sky, sun, hill } = LIGHTS[index % LIGHTS.length] ?? LIGHTS[0];
  const horizon = height * (0.45 + random.below(20) / 100);
  const layers = 4 + random.below(3);
  const hills = Array.from({ length: layers }, (_, layer) => {
    const depth = (layer + 1) / layers;
    const top = horizon + (height - horizon) * (layer / layers) * 0.9;
    const path = ridge(random, { width, top, roughness: (height / 5) * (1.2 - depth * 0.6) });
    return `<path d="${path} V${height} H0 Z" fill="${mixed(sky[2], hill, 0.15 + 0.85 * depth)}"/>`;
  });
  const [x, y, radius] = [
    width * (0.2 + random.below(60) / 100),
    horizon * (0.4 + random.below(45) / 100),
    height / 18,
  ];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
  <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
    ${sky.map((color, stop) => `<stop offset="${stop * 0.36}" stop-color="${color}"/>`).join('')}
  </linearGradient>
  <radialGradient id="glow"><stop offset="0" stop-color="${sun}" stop-opacity=".45"/><stop offset="1" stop-color="${sun}" stop-opacity="0"/></radialGradient>
  <rect width="100%" height="100%" fill="url(#sky)"/>
  <circle cx="${x}" cy="${y}" r="${radius * 6}" fill="url(#glow)"/><circle cx="${x}" cy="${y}" r="${radius}" fill="${sun}"/>
  ${hills.join('')}
</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 88 }).toBuffer();
}

/** A line of hills, by halving: each midpoint moves by half as much as the last. */
function ridge(random: Random, { width, top, roughness }: { width: number; top: number; roughness: number }): string {
  let heights = [random.below(100) / 100 - 0.5, random.below(100) / 100 - 0.5];
  for (let size = 0.5; heights.length < 200; size /= 2.1)
    heights = heights.flatMap((height, index) => {
      const next = heights[index + 1];
      return next === undefined ? [height] : [height, (height + next) / 2 + (random.below(100) / 100 - 0.5) * size];
    });
  const points = heights.map(
    (height, index) =>
      `${((index / (heights.length - 1)) * width).toFixed(1)},${(top + height * roughness).toFixed(1)}`,
  );
  return `M0,${top} L${points.join(' L')}`;
}

function mixed(far: string, near: string, share: number): string {
  const [a, b] = [far, near].map((color) => Number.parseInt(color.slice(1), 16)) as [number, number];
  const part = (shift: number): string =>
    Math.round(((a >> shift) & 255) * (1 - share) + ((b >> shift) & 255) * share)
      .toString(16)
      .padStart(2, '0');
  return `#${part(16)}${part(8)}${part(0)}`;
}
