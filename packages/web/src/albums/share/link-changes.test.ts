import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { AlbumLink } from '@safelight/client';
import { contributionProblem, contributionTermsOf, NO_CONTRIBUTIONS } from './contribution-terms.ts';
import { linkChanges, type WantedLink } from './link-changes.ts';

const LINK = { allow: ['view', 'download'], card: true, max_images: null, approve: false } as unknown as AlbumLink;
const OPEN: AlbumLink = { ...LINK, allow: ['view', 'contribute'], max_images: 10, approve: true };

const changesOf = (link: AlbumLink, wanted: Partial<WantedLink> = {}) =>
  linkChanges(link, { contributions: contributionTermsOf(link), seconds: undefined, password: undefined, ...wanted });

it('asks for nothing but what differs', () => {
  assert.equal(changesOf(LINK), undefined);
  assert.equal(changesOf(OPEN), undefined);
  assert.deepEqual(changesOf(OPEN, { seconds: 60 }), { expires_in: 60 });
  assert.deepEqual(changesOf({ ...LINK, card: false }, { password: null }), { password: null });
  assert.deepEqual(changesOf(LINK, { password: 'correct horse' }), { password: 'correct horse', card: false });
  const terms = contributionTermsOf(OPEN);
  assert.deepEqual(changesOf(OPEN, { contributions: { ...terms, most: '' } }), { max_images: null });
  assert.deepEqual(changesOf(OPEN, { contributions: { ...terms, approve: false } }), { approve: false });
});

it('closes the door for pictures, and opens it', () => {
  assert.deepEqual(changesOf(OPEN, { contributions: NO_CONTRIBUTIONS }), { allow: ['view'] });
  const opened = changesOf(LINK, { contributions: { ...NO_CONTRIBUTIONS, mayAdd: true, approve: true } });
  assert.deepEqual(opened, { allow: ['view', 'download', 'contribute'], max_images: 500, approve: true });
});

it('says which number a link takes', () => {
  const problemOf = (most: string) => contributionProblem({ ...NO_CONTRIBUTIONS, mayAdd: true, most });
  for (const most of ['', ' ', '1', '10000', ' 12 ']) assert.equal(problemOf(most), undefined, most);
  for (const most of ['0', '-1', '1.5', 'many', '10001']) assert.match(String(problemOf(most)), /1 to 10,000/, most);
  assert.equal(contributionProblem({ ...NO_CONTRIBUTIONS, most: 'many' }), undefined, 'nobody asked for it');
});
