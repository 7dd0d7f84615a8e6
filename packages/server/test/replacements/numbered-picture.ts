import sharp from 'sharp';
import type { Random } from '../chance/random.ts';
import { sha256Of } from '../services/record-check.ts';
import type { Picture } from '../uploads/upload-requests.ts';

/** A picture that shows its number, as its renditions do; parts of two pictures together show that of neither. */
export interface NumberedPicture extends Picture {
  readonly number: number;
}

const FORMATS = ['jpeg', 'png', 'webp'] as const;

/** Two by two fields, whose three channels have one of four levels each. */
const CHANNELS = 12;
const NUMBERS = 4 ** CHANNELS;
const LEVEL = 64;

/** Distinct ones; most are small, some take a while to write. */
export function createNumberedPictures(random: Random): () => Promise<NumberedPicture> {
  return async () => {
    const number = random.below(NUMBERS);
    const format = random.pick(FORMATS);
    const side = random.chance(0.1) ? 480 : 24 + random.below(48);
    const raw = { width: 2, height: 2, channels: 3 } as const;
    const fields = sharp(Buffer.from(channelsOf(number)), { raw }).resize(side, side, { kernel: 'nearest' });
    const bytes = new Uint8Array(await fields.toFormat(format).toBuffer());
    return { number, type: `image/${format}`, bytes, sha256: sha256Of(bytes) };
  };
}

const channelsOf = (number: number): number[] =>
  Array.from({ length: CHANNELS }, (_, nth) => LEVEL / 2 + LEVEL * (Math.floor(number / 4 ** nth) % 4));

/** What a picture shows, in the order of `channelsOf`. */
export async function channelsIn(bytes: Uint8Array): Promise<number[]> {
  const { data, info } = await sharp(bytes)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Array.from({ length: CHANNELS }, (_, nth) => {
    const field = Math.floor(nth / 3);
    const x = Math.floor((0.25 + 0.5 * (field % 2)) * info.width);
    const y = Math.floor((0.25 + 0.5 * Math.floor(field / 2)) * info.height);
    return data[(y * info.width + x) * info.channels + (nth % 3)] ?? 0;
  });
}

/** Whether a rendition that shows this is one of that picture: its encoder changes no channel by a level. */
export const isOf = (shown: readonly number[], { number }: NumberedPicture): boolean =>
  channelsOf(number).every((value, nth) => Math.abs(value - (shown[nth] ?? 0)) < 0.75 * LEVEL);
