import { createHash } from 'node:crypto';
import { testImage, truncated } from '../../../test/pictures/test-images.ts';
import { createRandom } from '../../server/test/chance/random.ts';

/** What becomes of a file: an image, or a reason in these words. */
export interface StormFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly reason: RegExp | undefined;
}

const UNKNOWN = /^This file isn't a picture that we support\./;

const HOSTILE: readonly ((index: number) => string)[] = [
  (index) => `"><img src=x onerror=alert(${index})>.jpg`,
  (index) => `%2e%2e%2fetc%2fpasswd ${index}.jpg`,
  (index) => `photo ${index} \u202egnp.exe.jpg`,
  (index) => `🏞️ e\u0301 Ёлка ?#&;+ ${index}.jpg`,
  (index) => `${'ш'.repeat(110)} ${index}.jpg`,
  (index) => `.hidden 'quoted' \\back ${index}.jpg`,
];

/**
 * 300 small files: pictures of four types, the same bytes under other names, hostile names, and what is no picture. In
 * an order by `seed`.
 */
export async function stormFiles(seed: number): Promise<readonly StormFile[]> {
  const good: StormFile[] = [];
  const bad: StormFile[] = [];
  const picture = (number: number, type: 'jpeg' | 'png' | 'webp' | 'gif'): Promise<Buffer> =>
    testImage({ type: `image/${type}`, width: 48, height: 32, seed: number });
  for (const [type, count] of [
    ['jpeg', 80],
    ['png', 40],
    ['webp', 30],
    ['gif', 20],
  ] as const)
    for (let index = 0; index < count; index += 1)
      good.push({ name: `good ${index}.${type}`, bytes: await picture(index, type), reason: undefined });
  const copies = good.slice(70, 90).map((file, index) => ({ ...file, name: `copy ${index} of ${file.name}` }));
  for (let index = 0; index < 18; index += 1) {
    const name = HOSTILE[index % HOSTILE.length]?.(index) ?? '';
    good.push({ name, bytes: await picture(200 + index, 'jpeg'), reason: undefined });
  }
  for (let index = 0; index < 37; index += 1) {
    const type = index % 2 === 0 ? 'jpeg' : 'png';
    const bytes = truncated(await testImage({ type: `image/${type}`, width: 96, height: 64, seed: 300 + index }), 0.7);
    bad.push({ name: `cut ${index}.${type}`, bytes, reason: /^This file is damaged/ });
  }
  const plain = (count: number, name: string, bytes: (index: number) => Buffer, reason: RegExp): void => {
    for (let index = 0; index < count; index += 1)
      bad.push({ name: name.replace('*', String(index)), bytes: bytes(index), reason });
  };
  plain(25, 'text *.jpg', (index) => Buffer.from(`text ${index}`), UNKNOWN);
  plain(15, 'empty *.png', () => Buffer.alloc(0), /^This file is empty\./);
  plain(
    15,
    'IMG_* (1).MOV',
    (index) => Buffer.from(`\0\0\0\x14ftypqt  \0\0\0\0qt  ${index}`),
    /^This is a video, which/,
  );
  const random = createRandom(seed);
  return [...good, ...copies, ...bad]
    .map((file) => ({ file, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ file }) => file);
}

/**
 * The contents that are stored more or less often than they should be, in words. `files`: those that should be images.
 */
export function miscounts(files: readonly StormFile[], storedHashes: readonly string[]): readonly string[] {
  const wanted = Map.groupBy(files, sha256Of);
  const unknown = storedHashes.filter((hash) => !wanted.has(hash)).map((hash) => `${hash}: nobody sent it`);
  const wrong = [...wanted].flatMap(([hash, same]) => {
    const stored = storedHashes.filter((one) => one === hash).length;
    return stored === same.length ? [] : `${same.map(({ name }) => name)}: ${stored} times instead of ${same.length}`;
  });
  return [...unknown, ...wrong];
}

const sha256Of = ({ bytes }: Pick<StormFile, 'bytes'>): string => createHash('sha256').update(bytes).digest('hex');
