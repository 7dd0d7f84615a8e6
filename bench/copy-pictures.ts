import { readFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import type { MediaType } from '../packages/server/src/domain/image/media-type.ts';
import { corpusFiles } from '../packages/server/test/pictures/corpus.ts';
import { encoded } from './originals.ts';

/** An original for a comparison of both ways to make its renditions. */
export interface CopyPicture {
  /** A row of the table has all pictures of a kind. */
  readonly kind: string;
  readonly name: string;
  readonly type: MediaType;
  readonly bytes: () => Promise<Buffer>;
}

/**
 * Every photograph of the corpus that is large enough for a copy, as each type; and drawn graphics, which have sharp
 * edges.
 */
export function copyPictures(): readonly CopyPicture[] {
  const large = corpusFiles().filter(
    ({ isAccepted, file, width, height }) =>
      isAccepted && file.startsWith('photos/') && Math.max(width, height) > 2_400,
  );
  const [photographs, scans] = [
    large.filter(({ type }) => type === 'image/jpeg'),
    large.filter(({ type }) => type === 'image/png'),
  ];
  const asPhotographs = photographs.flatMap(({ path, file }): CopyPicture[] => [
    { kind: 'photographs, JPEG', name: file, type: 'image/jpeg', bytes: () => readFile(path) },
    {
      kind: 'photographs scaled to 24 MP of 3:2, JPEG',
      name: file,
      type: 'image/jpeg',
      bytes: () => encoded(sharp(path).autoOrient().resize({ width: 6_000, height: 4_000 }), 'image/jpeg').toBuffer(),
    },
    ...(['image/png', 'image/webp', 'image/avif'] as const).map((type) => ({
      kind: `photographs, ${type.slice('image/'.length)}`,
      name: file,
      type,
      bytes: () => encoded(sharp(path).autoOrient(), type).toBuffer(),
    })),
  ]);
  const asScans = scans.map(({ path, file }) => ({
    kind: 'scanned text, PNG',
    name: file,
    type: 'image/png' as const,
    bytes: () => readFile(path),
  }));
  return [...asPhotographs, ...asScans, ...drawn()];
}

function drawn(): readonly CopyPicture[] {
  const png = (kind: string, name: string, image: () => Sharp): CopyPicture => ({
    kind: `${kind}, PNG`,
    name,
    type: 'image/png',
    bytes: () => image().png({ compressionLevel: 3 }).toBuffer(),
  });
  return [
    png('screenshots', 'small text', () => text(3_840, 2_160, { size: 22, dark: false })),
    png('screenshots', 'small text, dark', () => text(3_840, 2_160, { size: 22, dark: true })),
    png('screenshots', 'large text', () => text(5_120, 2_880, { size: 40, dark: false })),
    {
      kind: 'screenshots, WebP',
      name: 'small text',
      type: 'image/webp',
      bytes: () => text(3_840, 2_160, { size: 22, dark: false }).webp({ lossless: true, effort: 0 }).toBuffer(),
    },
    png('drawings', 'fine lines', () => lines(4_000, 3_000)),
    png('transparent graphics', 'soft shadows', () => logo(4_000, 3_000)),
    png('fine periodic patterns', 'gratings and rings', () => gratings(4_000, 3_000)),
    png('fine periodic patterns', 'zone plate', () => pattern(4_000, 3_000, zonePlate)),
    png('fine periodic patterns', 'stripes of 3 pixels', () => pattern(4_000, 3_000, (x) => (x % 6 < 3 ? 0 : 255))),
    png('fine periodic patterns', 'checks of 2 pixels', () =>
      pattern(4_000, 3_000, (x, y) => (((x >> 1) + (y >> 1)) % 2 === 0 ? 0 : 255)),
    ),
  ];
}

const svg = (width: number, height: number, content: string): Sharp =>
  sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`), {
    unlimited: true,
  });

const WORDS = 'The sweeper deletes the object once its grant has ended, and the record names what remains. 0123456789';

/** Windows of text in columns, with borders of a pixel, as screens of high density show them. */
function text(width: number, height: number, { size, dark }: { readonly size: number; readonly dark: boolean }): Sharp {
  const [ground, ink, accent] = dark ? ['#1e1e1e', '#d4d4d4', '#569cd6'] : ['#ffffff', '#1a1a1a', '#0b61a4'];
  const rows: string[] = [];
  const column = width / 3;
  for (let left = 0; left < width; left += column) {
    rows.push(
      `<rect x="${left + 8}" y="8" width="${column - 16}" height="${height - 16}" fill="none" stroke="${accent}"/>`,
    );
    for (let y = size * 2; y < height - size; y += size * 1.5) {
      const shift = Math.round(y / size) % 40;
      const fill = shift % 5 === 0 ? accent : ink;
      const line = (WORDS + WORDS).slice(shift, shift + Math.floor(column / (size * 0.62)));
      rows.push(
        `<text x="${left + 24}" y="${y}" font-family="monospace" font-size="${size}" fill="${fill}">${line}</text>`,
      );
    }
  }
  return svg(width, height, `<rect width="100%" height="100%" fill="${ground}"/>${rows.join('')}`).flatten();
}

/** Lines of one to four pixels in all directions and with labels, as in maps and plans. */
function lines(width: number, height: number): Sharp {
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const all: string[] = [];
  for (let index = 0; index < 700; index++) {
    const points = Array.from({ length: 4 }, () => `${random(width)} ${random(height)}`);
    const stroke = ['#000', '#b00', '#06a', '#777'][index % 4];
    all.push(`<path d="M${points.join('L')}" fill="none" stroke="${stroke}" stroke-width="${1 + (index % 4)}"/>`);
    if (index % 4 === 0) all.push(`<text x="${random(width)}" y="${random(height)}" font-size="24">${index} m</text>`);
  }
  return svg(width, height, `<rect width="100%" height="100%" fill="#fff"/>${all.join('')}`).flatten();
}

/** A radial grating and rings of a pixel, every six pixels. */
function gratings(width: number, height: number): Sharp {
  const all: string[] = [];
  for (let index = 0; index < 360; index++) {
    const angle = (index * Math.PI) / 180;
    const end = `${width / 2 + Math.cos(angle) * width} ${height / 2 + Math.sin(angle) * width}`;
    all.push(
      `<path d="M${width / 2} ${height / 2}L${end}" stroke="#000" stroke-width="${1 + (index % 3)}"/>`,
      `<circle cx="${width / 2}" cy="${height / 2}" r="${index * 6}" fill="none" stroke="#999"/>`,
    );
  }
  return svg(width, height, `<rect width="100%" height="100%" fill="#fff"/>${all.join('')}`).flatten();
}

/** Hard edges, gradients and half-transparent areas on nothing. */
function logo(width: number, height: number): Sharp {
  const shapes: string[] = [];
  for (let index = 0; index < 60; index++) {
    const [x, y, radius] = [(index * 977) % width, (index * 613) % height, 40 + ((index * 131) % 500)];
    const fill = ['url(#fade)', '#e4572e', '#17bebb', '#2e282a'][index % 4];
    shapes.push(`<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}" fill-opacity="${0.3 + (index % 7) / 10}"/>`);
    shapes.push(`<text x="${x}" y="${y}" font-size="${30 + index * 3}" fill="#102a43">Safelight ${index}</text>`);
  }
  const fade =
    '<defs><radialGradient id="fade"><stop offset="0" stop-color="#ffc914"/><stop offset="1" stop-color="#ffc914" stop-opacity="0"/></radialGradient></defs>';
  return svg(width, height, fade + shapes.join(''));
}

function pattern(width: number, height: number, valueAt: (x: number, y: number) => number): Sharp {
  const data = Buffer.allocUnsafe(width * height * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 3) data.fill(valueAt(x, y), at, at + 3);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/**
 * Rings whose frequency grows to that of the pixels in the corner: whatever a filter lets through shows as other rings.
 */
const zonePlate = (x: number, y: number): number => 127.5 + 127 * Math.cos(((x * x + y * y) * Math.PI) / 10_000);
