import assert from 'node:assert/strict';
import type { Image } from '../../src/domain/image/image.ts';
import { type ObjectKey, renditionNamePrefix, storedKey } from '../../src/domain/image/object-key.ts';
import type { Random } from '../chance/random.ts';
import type { MoodyGate } from '../gates/moody-gate.ts';
import type { MortalService } from '../services/mortal-service.ts';
import { OWNER, type ReplacedPicture } from './replaced-picture.ts';
import { addPicture, createReplacer, type ReplacingClient } from './replacing-client.ts';
import { createReader, type Reader, readOne } from './replacing-reader.ts';

const ALONE = 3;
const SHARED = 2;
const READERS = 2;

/** Pictures that are replaced and read at once: some by one client alone, the others by two. */
export function createReplacing(random: Random, gate: Pick<MoodyGate, 'may'>) {
  const alone: ReplacedPicture[] = [];
  const shared: ReplacedPicture[] = [];
  const replacers: ReplacingClient[] = [];
  const readers: Reader[] = [];
  let ended = 0;
  const waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();
  const onEnd = (): void => {
    ended += 1;
    for (const { count, resolve } of waiting) if (ended >= count) resolve();
  };
  const counts = () => ({
    replaced: replacers.reduce((sum, one) => sum + one.replaced, 0),
    refused: replacers.reduce((sum, one) => sum + one.refused, 0),
    reads: readers.reduce((sum, { reads }) => sum + [...reads.values()].reduce((all, one) => all + one, 0), 0),
  });
  return {
    counts,
    pictures: (): readonly ReplacedPicture[] => [...alone, ...shared],
    clients: () => [...replacers, ...readers],
    /** Resolves once so many more replacements were answered. */
    ended: (count: number) => new Promise<void>((resolve) => waiting.add({ count: ended + count, resolve })),

    /** Uploads the pictures. */
    async begin(service: MortalService): Promise<void> {
      for (let nth = 0; nth < ALONE; nth += 1) alone.push(await addPicture(service, random, gate));
      for (let nth = 0; nth < SHARED; nth += 1) shared.push(await addPicture(service, random, gate));
      for (const picture of alone) replacers.push(createReplacer(random, [picture], { isAlone: true, gate, onEnd }));
      for (let nth = 0; nth < 2; nth += 1)
        replacers.push(createReplacer(random, shared, { isAlone: false, gate, onEnd }));
      for (let nth = 0; nth < READERS; nth += 1) readers.push(createReader(random, [...alone, ...shared]));
    },

    /** Each picture that one client replaces has bytes that it was told of last, or may have been. */
    async requireBytes(service: MortalService): Promise<void> {
      for (const picture of alone) assert.ok(await readOne(service, picture, 'original'));
      for (const { id, sent } of shared)
        assert.ok(await readOne(service, { id, sent, now: new Set(sent.keys()) }, 'original'));
    },

    async removeRenditions(service: MortalService): Promise<void> {
      for (const { id } of [...alone, ...shared]) {
        const sent = { method: 'DELETE', headers: { 'X-User-Id': OWNER } };
        const answer = await service.send(`/images/${id}/renditions`, sent);
        assert.equal(answer?.status, 200, answer?.text);
      }
    },

    /** Fails if something of all this has never happened. */
    requireWork(): void {
      const { replaced, refused } = counts();
      assert.ok(replaced > 0 && refused > 0, `${replaced} ${refused}`);
      const ways = new Set(readers.flatMap(({ reads }) => [...reads.keys()]));
      for (const way of ways)
        assert.ok(
          readers.some(({ reads }) => (reads.get(way) ?? 0) > 0),
          `nobody read by ${way}`,
        );
    },
  };
}

/** Among these keys, or paths that end with them, are no renditions of former bytes. */
export function requireOwnRenditions(paths: readonly string[], records: readonly Image[]): void {
  const byId = new Map<string, Image>(records.map((image) => [image.id, image]));
  for (const path of paths) {
    const key = path.slice(path.lastIndexOf('renditions/')) as ObjectKey;
    const stored = storedKey(key);
    if (stored?.kind !== 'rendition') continue;
    const image = byId.get(stored.imageId);
    assert.ok(image?.status === 'ready', path);
    const prefix = renditionNamePrefix(image.objectKey);
    const name = key.slice(key.lastIndexOf('/') + 1);
    assert.equal(name.slice(0, name.lastIndexOf('-') + 1), prefix, `${path} beside ${image.objectKey}`);
  }
}
