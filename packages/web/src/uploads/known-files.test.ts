import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import type { KnownBytes } from '@safelight/client';
import { createKnownFiles } from './known-files.ts';

const fileOf = (text: string, name = `${text}.jpg`): File => new File([text], name);
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The service has the bytes of these texts. */
function knownFiles(statuses: Readonly<Record<string, KnownBytes['status']>>) {
  const asked: (readonly string[])[] = [];
  const files = createKnownFiles(async (digests) => {
    asked.push(digests);
    return Object.entries(statuses)
      .map(([text, status]): KnownBytes => ({ sha256: digestOf(text), image_id: `id of ${text}`, status }))
      .filter(({ sha256 }) => digests.includes(sha256));
  });
  return { files, asked };
}

it('files whose bytes are there are kept back, by whatever name, and one of the trash is named as such', async () => {
  const { files, asked } = knownFiles({ sea: 'ready', wind: 'trashed' });
  const [sea, copy, wind, fresh] = [fileOf('sea'), fileOf('sea', 'copy.jpg'), fileOf('wind'), fileOf('new')];
  assert.deepEqual(await files.others([sea, copy, wind, fresh]), [fresh]);
  assert.deepEqual(asked, [['sea', 'wind', 'new'].map(digestOf)]);
  assert.deepEqual(
    files.all().map(({ file, isTrashed }) => [file, isTrashed]),
    [
      [sea, false],
      [copy, false],
      [wind, true],
    ],
  );
  const ids = new Set(files.all().map(({ id }) => id));
  assert.equal(ids.size, 3);
  assert.deepEqual(files.take(ids), [sea, copy, wind]);
  assert.deepEqual([files.all(), files.take(ids)], [[], []]);
});

it('a large file is sent without the question', async () => {
  const { files, asked } = knownFiles({ sea: 'ready' });
  const large = Object.defineProperty(fileOf('sea'), 'size', { value: 67_108_865 });
  assert.deepEqual(await files.others([large]), [large]);
  assert.deepEqual(asked, []);
});

it('all are sent if the service does not say, or a file cannot be read', async () => {
  const files = createKnownFiles(() => Promise.reject(new Error('away')));
  const sea = fileOf('sea');
  assert.deepEqual(await files.others([sea]), [sea]);
  const gone = Object.assign(fileOf('gone'), { arrayBuffer: () => Promise.reject(new Error('NotReadableError')) });
  const { files: asking } = knownFiles({ sea: 'ready' });
  assert.deepEqual(await asking.others([gone]), [gone]);
  assert.deepEqual(asking.all(), []);
});
