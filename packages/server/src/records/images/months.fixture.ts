import assert from 'node:assert/strict';
import { NOTHING_SAID } from '../../domain/facts/facts.ts';
import type { WallClock } from '../../domain/facts/wall-clock.ts';
import type { Image, ReadyImage } from '../../domain/image/image.ts';
import type { ImageRepository } from './image-repository.ts';
import { clockOf } from './list-model.fixture.ts';
import { addReady, type Listed } from './sample-images.fixture.ts';

export const clock = (text: string): WallClock => text as WallClock;

export const taken = (image: ReadyImage, at: string): ReadyImage => ({
  ...image,
  facts: { ...NOTHING_SAID.facts, takenByHand: clock(at) },
  revision: image.revision + 1,
});

export async function addTaken(images: ImageRepository, at: string, listed: Listed = {}): Promise<ReadyImage> {
  const image = await addReady(images, listed);
  const dated = taken(image, at);
  assert.equal(await images.replace(image, dated), true);
  return dated;
}

/** The months are those of `all`. */
export async function requireMonths(
  images: ImageRepository,
  all: Iterable<Image>,
  userId: string | undefined,
): Promise<void> {
  const counts = new Map<string, number>();
  for (const image of all) {
    if (image.status !== 'ready' || (userId !== undefined && image.userId !== userId)) continue;
    const month = clockOf(image).slice(0, 7);
    counts.set(month, (counts.get(month) ?? 0) + 1);
  }
  const expected = [...counts].map(([month, count]) => ({ month, images: count }));
  assert.deepEqual(
    await images.months({ userId, limit: 1_000 }),
    expected.toSorted((a, b) => (a.month < b.month ? 1 : -1)),
  );
}
