import { SafelightError } from '@safelight/client';
import { belongs } from './belongs.ts';
import { FIRST_PAGE, type Picture, type Sorted } from './library.ts';
import { AFTER_ALL } from './position.ts';
import { type Reading, readBelow, readUploads, readUploadsAmong } from './read-page.ts';
import type { Page } from './segments.ts';

export interface Newest {
  readonly newest: Page;
  /** By capture the newest uploads may be anywhere. */
  readonly uploads: readonly Sorted[];
  /** Ids of known pictures that are no longer there; undefined: it takes too many requests to know. */
  readonly gone: readonly string[] | undefined;
}

/** So many missing pictures are asked for one by one. */
const FEW = 4;

/** What has become of the newest pictures since `known` were read. */
export async function readNewest(reading: Reading, known: readonly Sorted[]): Promise<Newest> {
  const [newest, uploads] = await Promise.all([
    readBelow(reading, AFTER_ALL, FIRST_PAGE),
    reading.order === 'capture' ? readUploads(reading) : [],
  ]);
  const listed = new Set(newest.pictures.map(({ image_id }) => image_id));
  const missing = known.filter(({ image_id, at }) => at > newest.from && !listed.has(image_id));
  return {
    newest,
    uploads,
    gone: await goneOf(
      reading,
      missing.map(({ image_id }) => image_id),
    ),
  };
}

/** By capture a list may miss a picture only because its date has changed. No picture tells its albums: lists do. */
async function goneOf(reading: Reading, missing: readonly string[]): Promise<readonly string[] | undefined> {
  if (reading.order === 'upload' || missing.length === 0) return missing;
  if (missing.length > FEW || reading.album !== undefined) {
    const found = await readUploadsAmong(reading, missing);
    return found && missing.filter((id) => !found.has(id));
  }
  const images = await Promise.all(missing.map((id) => imageOf(reading, id)));
  return missing.filter((_, index) => {
    const image = images[index];
    return image?.status !== 'ready' || belongs(image, reading.query, reading.dates) === false;
  });
}

/** undefined: there is none, or it is in the trash. */
export async function imageOf({ client }: Reading, id: string): Promise<Picture | undefined> {
  try {
    return await client.images.get(id);
  } catch (error) {
    if (error instanceof SafelightError && error.code === 'image-not-found') return undefined;
    throw error;
  }
}
