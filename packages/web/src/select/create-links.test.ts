import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SafelightError, type ShareLink } from '@safelight/client';
import type { Member } from '../library/library.ts';
import { createLinks, type Links } from './create-links.ts';

const members = ['a', 'b', 'c', 'd'].map((id) => ({ image_id: id }) as Member);
const linkOf = (id: string) => ({ page_url: `https://example.org/s/${id}` }) as ShareLink;

it('makes a link for each picture, in their order, few at a time, and keeps what fails', async () => {
  const told: Links[] = [];
  let [running, most] = [0, 0];
  const create = async ({ image_id: id }: Member): Promise<ShareLink> => {
    running += 1;
    most = Math.max(most, running);
    for (let turns = id === 'a' ? 20 : 1; turns > 0; turns -= 1) await Promise.resolve();
    running -= 1;
    if (id === 'b') throw new SafelightError('too-many-links', 'expected fewer links; got 100', { status: 409 });
    return linkOf(id);
  };
  const { signal } = new AbortController();
  await createLinks({ members, before: [linkOf('before')], create, signal, onChange: (links) => told.push(links) });
  assert.equal(most, 2);
  assert.deepEqual(
    told.map(({ left }) => left),
    [4, 3, 2, 1, 0],
  );
  const { made = [], failed = [], reasons = [] } = told.at(-1) ?? {};
  assert.deepEqual(made, [linkOf('before'), linkOf('a'), linkOf('c'), linkOf('d')]);
  assert.deepEqual(failed, [members[1]]);
  assert.deepEqual(reasons, ['This picture has as many links as it can. Remove one first.']);
});

it('makes no further link once the person has left', async () => {
  const leaving = new AbortController();
  const asked: Member[] = [];
  const create = async (member: Member): Promise<ShareLink> => {
    asked.push(member);
    leaving.abort();
    return linkOf(member.image_id);
  };
  await createLinks({ members, before: [], create, signal: leaving.signal, onChange: () => undefined });
  assert.equal(asked.length, 2);
});
