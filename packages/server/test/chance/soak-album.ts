import { paddedPng, testImage } from '../../../../test/pictures/test-images.ts';
import { MEDIA_TYPES } from '../../src/domain/image/media-type.ts';
import { sha256Of } from '../services/record-check.ts';
import type { Picture } from '../uploads/upload-requests.ts';
import type { Random } from './random.ts';
import type { Wire } from './soak-wire.ts';

/** An image whose storage was acknowledged. */
export interface KeptImage {
  readonly id: string;
  readonly userId: string;
  readonly picture: Picture;
  /** Set before its delete is sent. */
  isGone: boolean;
}

/** All images that must exist. */
export interface Album {
  keep(image: Omit<KeptImage, 'isGone'>): void;
  /** A random one; there must be some. */
  any(random: Random): KeptImage;
  /** Removes the excess, at random. */
  takeSurplus(random: Random): KeptImage[];
  all(): readonly KeptImage[];
}

/** One of many concurrent clients, each with its own random numbers. */
export interface Caller {
  readonly origin: string;
  readonly wire: Wire;
  readonly album: Album;
  readonly random: Random;
  readonly pictures: readonly Picture[];
}

/** From this number on, one image is deleted for each new one. */
const MOST_IMAGES = 150;

export function createAlbum(): Album {
  const images: KeptImage[] = [];
  return {
    keep: (image) => void images.push({ ...image, isGone: false }),
    any: (random) => random.pick(images),
    takeSurplus(random) {
      const taken: KeptImage[] = [];
      while (images.length > MOST_IMAGES) taken.push(...images.splice(random.below(images.length), 1));
      for (const image of taken) image.isGone = true;
      return taken;
    },
    all: () => images,
  };
}

/** Pictures of every type and several sizes, rarely large. Made once, because the soak is about the service. */
export async function createPictures(): Promise<Picture[]> {
  const small = MEDIA_TYPES.flatMap((type) => [40, 90, 200, 480].map((width) => ({ type, width, height: width - 8 })));
  const large = { type: 'image/jpeg', width: 2_400, height: 1_600 } as const;
  const pictures = await Promise.all([...small, large].map(async (one) => asPicture(one.type, await testImage(one))));
  const png = await testImage({ type: 'image/png', width: 64, height: 48 });
  return [
    ...pictures,
    asPicture('image/png', paddedPng(png, 1_500_000)),
    asPicture('image/png', paddedPng(png, 4_000_000)),
  ];
}

function asPicture(type: string, content: Buffer): Picture {
  const bytes = new Uint8Array(content);
  return { type, bytes, sha256: sha256Of(bytes) };
}
