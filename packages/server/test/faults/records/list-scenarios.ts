import assert from 'node:assert/strict';
import { tombstone } from '../../../src/domain/image/image.ts';
import type { ImageId } from '../../../src/domain/image/image-id.ts';
import { type Outcome, outcomeOf } from '../../chance/outcome.ts';
import { ready, type Scenario, type ServiceOnStore } from './scenario.ts';

/** A stale index doesn't contain the last one yet. */
const ALBUM = [
  { filename: 'a', userId: 'u', tags: ['sea', 'sun'] },
  { filename: 'b', userId: 'v', tags: ['sea'] },
  { filename: 'c', userId: 'u', tags: ['sun', 'sea'] },
];

async function album(service: ServiceOnStore): Promise<ImageId> {
  let last: ImageId | undefined;
  for (const described of ALBUM) last = await ready(service, described);
  assert.ok(last);
  return last;
}

async function albumWithoutItsLast(service: ServiceOnStore): Promise<ImageId> {
  const id = await album(service);
  const image = await service.services.images.get(id);
  assert.ok(image?.status === 'ready');
  assert.ok(await service.services.images.replace(image, tombstone(image, service.clock.now())));
  return id;
}

interface List {
  readonly query: string;
  /** File names, newest first. */
  readonly expected: string;
  /** The state before the last write, which a list may show. */
  readonly before?: string;
}

/** Page after page. */
export async function read(service: ServiceOnStore, { query, expected, before }: List): Promise<Outcome> {
  let names = '';
  let cursor = '';
  do {
    const response = await service.request(`/images?${query}${cursor}`);
    if (!response.ok) return outcomeOf(response);
    const page = (await response.json()) as { images: { filename: string }[]; next_cursor: string | null };
    names += page.images.map(({ filename }) => filename).join('');
    cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
  } while (cursor !== '');
  if (names === expected) return 'done';
  return names === before ? 'stale' : `wrong: ${names}`;
}

const listScenario = (name: string, list: List, rest: Partial<Scenario> = {}): Scenario => ({
  name,
  prepare: album,
  act: (service) => read(service, list),
  ...rest,
});

/** The possible faults of a good answer. */
export const OF_PAGES = ['stale', 'half a page', 'nothing of a page'] as const;

export const OF_BATCHES = ['throughput exceeded', 'all keys unprocessed', 'some keys unprocessed'] as const;

export const LISTS: readonly Scenario[] = [
  listScenario("a list of an owner's images, in pages", { query: 'user_id=u&limit=1', expected: 'ca', before: 'a' }),
  listScenario('a list of all images', { query: '', expected: 'cba', before: 'ba' }),
  listScenario('a list by owner and tag', { query: 'user_id=u&tag=sea', expected: 'ca', before: 'a' }),
  listScenario('a list by a tag', { query: 'tag=sea', expected: 'cba', before: 'ba' }, { only: OF_PAGES }),
  listScenario(
    'a list by all of two tags',
    { query: 'tag=sea&tag=sun', expected: 'ca', before: 'a' },
    { only: [...OF_PAGES, ...OF_BATCHES] },
  ),
  listScenario(
    'a list by any of two tags',
    { query: 'user_id=u&tag=sea&tag=sun&tag_mode=any', expected: 'ca', before: 'a' },
    { only: OF_PAGES },
  ),
  listScenario(
    "a list of an owner's images after a delete",
    { query: 'user_id=u', expected: 'a', before: 'ca' },
    { prepare: albumWithoutItsLast, only: OF_PAGES },
  ),
  listScenario(
    'a list by a tag after a delete',
    { query: 'user_id=u&tag=sea', expected: 'a' },
    { prepare: albumWithoutItsLast, only: OF_PAGES },
  ),
];
