import { dueAt, type Image } from '../../domain/image/image.ts';
import { LANES, type Lane } from '../../domain/image/lane.ts';
import type { ImageRepository } from './image-repository.ts';

type Due = Pick<ImageRepository, 'due' | 'shards'>;

/** Due records of all lanes and shards, the longest due first. */
export const allDue = async (images: Due, now: Date, limit: number): Promise<Image[]> =>
  (await dueIn(images, LANES, now, limit)).slice(0, limit);

/** Due records of some lanes, at most `limit` of each lane and shard. */
export async function dueIn(images: Due, lanes: readonly Lane[], now: Date, limit = 1_000): Promise<Image[]> {
  const shards = Array.from({ length: images.shards }, (_, shard) => shard);
  const parts = lanes.flatMap((lane) => shards.map((shard) => ({ lane, shard })));
  const due = (await Promise.all(parts.map((part) => images.due(now, limit, part)))).flat();
  return due.toSorted((one, other) => timeOf(one) - timeOf(other));
}

const timeOf = (image: Image): number => dueAt(image)?.getTime() ?? Number.NaN;
