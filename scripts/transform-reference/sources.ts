import sharp, { type Sharp } from 'sharp';
import { roundedFocalPoint } from '../../packages/server/src/domain/image/focal-point.ts';
import type { Source } from '../../packages/server/src/domain/rendition/plan-rendition.ts';
import { boat, EVENING, landscape, type Moment, SCENE } from './landscape.ts';

export interface SourcePicture extends Source {
  readonly file: string;
  readonly alt: string;
  readonly draw: () => Promise<Buffer>;
}

/** The boat's sail, which a crop of the centre would lose. */
const EVENING_BOAT = roundedFocalPoint({ x: EVENING.boat.x / SCENE.width, y: EVENING.boat.y / SCENE.height });

/** The sources of the reference's images. */
export const SOURCES = {
  landscape: {
    file: 'landscape.jpg',
    contentType: 'image/jpeg',
    ...SCENE,
    focalPoint: EVENING_BOAT,
    alt: 'A lake in the evening: the sun and a house to the left, firs and a red sailing boat to the right, a meadow in front',
    draw: () => drawn(landscape(EVENING)).jpeg({ quality: 85 }).toBuffer(),
  },
  boat: {
    file: 'boat.png',
    contentType: 'image/png',
    width: 480,
    height: 480,
    focalPoint: null,
    alt: 'The boat alone, with nothing behind it',
    draw: () => drawn(boatAlone(480)).png({ palette: true }).toBuffer(),
  },
  sailing: {
    file: 'sailing.gif',
    contentType: 'image/gif',
    width: 400,
    height: 300,
    focalPoint: null,
    alt: 'The boat sails from left to right while the sun sets, in 6 frames',
    draw: () => sailing({ width: 400, height: 300 }),
  },
} as const satisfies Record<string, SourcePicture>;

export type SourceName = keyof typeof SOURCES;

const drawn = (svg: string): Sharp => sharp(Buffer.from(svg));

const boatAlone = (side: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${boat({ x: side * 0.48, y: side * 0.74 }, side / 260)}</svg>`;

const FRAMES = 6;
const FRAME_MILLISECONDS = 400;

async function sailing({ width, height }: Pick<Source, 'width' | 'height'>): Promise<Buffer> {
  const frames = await Promise.all(
    Array.from({ length: FRAMES }, (_, frame) =>
      drawn(landscape(momentAt(frame / (FRAMES - 1))))
        .resize(width, height)
        .removeAlpha()
        .raw()
        .toBuffer(),
    ),
  );
  const raw = { width, height: height * FRAMES, channels: 3 as const, pageHeight: height };
  return sharp(Buffer.concat(frames), { raw })
    .gif({ dither: 0, loop: 0, delay: frames.map(() => FRAME_MILLISECONDS) })
    .toBuffer();
}

/** From 0 to 1. */
const momentAt = (time: number): Moment => ({
  sun: { x: 300 + 60 * time, y: 150 + 190 * time },
  boat: { x: 420 + 630 * time, y: 690 - 40 * time },
});
