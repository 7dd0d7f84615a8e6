import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createdAt, type ImageId } from '../../src/domain/image/image-id.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, ORIGIN, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { ADA, createdLink, linksOf, ORIGINAL, outcomeOf, postLink, sendTo } from './link-requests.ts';

const PHOTO = { type: 'image/jpeg', width: 64, height: 48 } as const;
const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const NO_LINK = 'x'.repeat(22);
const WEEK_SECONDS = 604_800;

interface Metadata {
  readonly revision: number;
  readonly description: string | null;
  readonly tags: readonly string[];
}

const metadataOf = async (service: TestService, id: string): Promise<{ etag: string | null; json: Metadata }> => {
  const answer = await service.request(`/images/${id}/metadata`);
  return { etag: answer.headers.get('etag'), json: (await answer.json()) as Metadata };
};

const many = async (count: number, service: TestService, id: string): Promise<void> => {
  for (let made = 0; made < count; made += 1) await createdLink(service, id);
};

describe('a new link', () => {
  it('is answered with its URL, and listed; revision and ETag of the image stay', async () => {
    const at = new Date('2026-01-31T12:00:00.250Z');
    const clock = { now: () => at, elapsedMs: () => performance.now() };
    await using service = await createSharingService({ overrides: { clock } });
    const id = await uploadPicture(service, PHOTO);
    const before = await metadataOf(service, id);
    const answer = await postLink(service, id.toUpperCase());
    const original = JSON.parse(await answer.text());
    assert.deepEqual([answer.status, answer.headers.get('cache-control')], [201, 'private, no-store']);
    const { link_id, url, page_url, ...rest } = original;
    assert.equal(page_url, url.replace(`/images/${id}/links/`, `/s/${id}/`));
    assert.match(link_id, /^[\w-]{22}$/);
    const exp = Date.parse('2026-01-31T12:00:01.000Z') / 1000 + WEEK_SECONDS;
    assert.ok(url.startsWith(`${ORIGIN}/images/${id}/links/${link_id}?exp=${exp}&kid=`), url);
    assert.match(url, /&kid=[0-9a-f]{8}&sig=[\w-]{43}$/);
    assert.deepEqual(rest, {
      what: 'original',
      preset: null,
      created_at: '2026-01-31T12:00:00.250Z',
      expires_at: '2026-02-07T12:00:01.000Z',
    });
    const preset = await createdLink(service, id, { what: 'preset', preset: 'thumb', expires_in: 60 });
    assert.deepEqual([preset.what, preset.preset, preset.expires_at], ['preset', 'thumb', '2026-01-31T12:01:01.000Z']);
    assert.deepEqual(await linksOf(service, id), { count: 2, links: [original, preset] });
    assert.deepEqual(await metadataOf(service, id), before);
  });

  it('has a body with what it opens, and a time from a minute to a year', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const cases: [body: unknown, outcome: string, pointer?: string][] = [
      [{ ...ORIGINAL, expires_in: 59 }, '400 invalid-request', '/expires_in'],
      [{ ...ORIGINAL, expires_in: 60 }, '201'],
      [{ ...ORIGINAL, expires_in: 31_536_000 }, '201'],
      [{ ...ORIGINAL, expires_in: 31_536_001 }, '400 invalid-request', '/expires_in'],
      [{ ...ORIGINAL, expires_in: 60.5 }, '400 invalid-request', '/expires_in'],
      [{ ...ORIGINAL, expires_in: '60' }, '400 invalid-request', '/expires_in'],
      [{ ...ORIGINAL, preset: null }, '201'],
      [{ ...ORIGINAL, preset: 'thumb' }, '400 invalid-request', '/preset'],
      [{ what: 'preset' }, '400 invalid-request', '/preset'],
      [{ what: 'preset', preset: null }, '400 invalid-request', '/preset'],
      [{ what: 'preset', preset: 7 }, '400 invalid-request', '/preset'],
      [{ what: 'preset', preset: 'x'.repeat(65) }, '400 invalid-request', '/preset'],
      [{ what: 'preset', preset: 'tiny' }, '404 unknown-preset'],
      [{ what: 'preset', preset: '__proto__' }, '404 unknown-preset'],
      [{ what: 'metadata' }, '400 invalid-request', '/what'],
      [{}, '400 invalid-request', '/what'],
      [{ ...ORIGINAL, expires: 60 }, '400 invalid-request', '/expires'],
      [[], '400 invalid-request', ''],
      [{ ...ORIGINAL, padding: 'x'.repeat(1_024) }, '400 upload-too-large'],
    ];
    for (const [body, outcome, pointer] of cases) {
      const answer = await postLink(service, id, body);
      const { errors } = (await answer.clone().json()) as { errors?: readonly { pointer: string; detail: string }[] };
      assert.deepEqual([body, await outcomeOf(answer), errors?.[0]?.pointer], [body, outcome, pointer]);
      if (errors) assert.match(errors[0]?.detail ?? '', /^expected .+; got /);
    }
    assert.equal((await linksOf(service, id)).count, 3);
  });

  it('is the fiftieth at most: a place is free after a link expired or was revoked', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const id = await uploadPicture(service, PHOTO);
    await many(48, service, id);
    const short = await createdLink(service, id, { ...ORIGINAL, expires_in: 60 });
    assert.equal((await linksOf(service, id)).count, 49);
    const fiftieth = await createdLink(service, id);
    assert.equal(await outcomeOf(postLink(service, id)), '409 too-many-links');
    assert.equal((await linksOf(service, id)).count, 50);

    clock.offsetMs += 61_001;
    const { links } = await linksOf(service, id);
    assert.deepEqual([links.length, links.some(({ link_id }) => link_id === short.link_id)], [49, false]);
    await createdLink(service, id);
    assert.equal(await outcomeOf(postLink(service, id)), '409 too-many-links');

    assert.equal(await outcomeOf(sendTo(service, 'DELETE', `/images/${id}/links/${fiftieth.link_id}`)), '200');
    await createdLink(service, id);
    assert.equal(await outcomeOf(postLink(service, id)), '409 too-many-links');
    const other = await uploadPicture(service, PHOTO);
    await createdLink(service, other);
  });

  it('is one of exactly fifty if sixty are made at once, and an update at the same time loses nothing', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const before = await metadataOf(service, id);
    const change = { ...json({ description: 'changed' }, ADA), method: 'PATCH' };
    const [changed, ...made] = await Promise.all([
      service.request(`/images/${id}`, change),
      ...Array.from({ length: 60 }, () => postLink(service, id)),
    ]);
    assert.equal(changed.status, 200);
    const outcomes = Object.groupBy(await Promise.all(made.map(outcomeOf)), (outcome) => outcome);
    assert.deepEqual(
      Object.entries(outcomes)
        .map(([outcome, all]) => [outcome, all?.length])
        .toSorted(),
      [
        ['201', 50],
        ['409 too-many-links', 10],
      ],
    );
    const { links } = await linksOf(service, id);
    assert.equal(new Set(links.map(({ link_id }) => link_id)).size, 50);
    const after = (await metadataOf(service, id)).json;
    assert.deepEqual([after.description, after.revision], ['changed', before.json.revision + 1]);
    const opened = await Promise.all(links.map(({ url }) => outcomeOf(service.send(url))));
    assert.deepEqual(new Set(opened), new Set(['200']));
  });
});

describe('links in open mode', () => {
  it('are changed by the owner of the image, and by callers that name nobody', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const { link_id } = await createdLink(service, id);
    const paths = [
      `POST /images/${id}/links`,
      `DELETE /images/${id}/links/${link_id}`,
      `POST /images/${id}/revoke-links`,
    ];
    const ask = (route: string, query: string, headers: Record<string, string> = {}) => {
      const [method = '', path] = route.split(' ');
      const init = path?.endsWith('/links') ? json(ORIGINAL, headers) : { method, headers };
      return outcomeOf(service.request(`${path}${query}`, init));
    };
    for (const route of paths) {
      assert.equal(await ask(route, '', { 'X-User-Id': 'mallory' }), '403 forbidden', route);
      assert.equal(await ask(route, '?user_id=mallory'), '403 forbidden', route);
      assert.equal(await ask(route, '?user_id=mallory', ADA), '400 invalid-request', route);
    }
    assert.equal((await linksOf(service, id)).count, 1);
    const owned = await Promise.all([ask(paths[0] ?? '', '?user_id=ada'), ask(paths[1] ?? '', '?user_id=ada')]);
    assert.deepEqual(owned, ['201', '200']);
    assert.equal(await ask(paths[2] ?? '', ''), '200');
    assert.equal((await linksOf(service, id)).count, 0);
  });

  it('are those of ready images: others have none', async () => {
    await using service = await createSharingService();
    const granted = await service.request('/uploads', json({ content_type: 'image/jpeg', user_id: 'ada' }));
    const { image_id: pending } = (await granted.json()) as { image_id: string };
    const trashed = await uploadPicture(service, PHOTO);
    await createdLink(service, trashed);
    assert.equal((await sendTo(service, 'POST', `/images/${trashed}/trash`)).status, 200);
    const ask = async (id: string) => [
      await outcomeOf(postLink(service, id)),
      await outcomeOf(service.request(`/images/${id}/links`)),
      await outcomeOf(sendTo(service, 'DELETE', `/images/${id}/links/${NO_LINK}`)),
      await outcomeOf(sendTo(service, 'POST', `/images/${id}/revoke-links`)),
    ];
    assert.deepEqual(await ask(pending), ['409 image-not-ready', '200', '404 link-not-found', '200']);
    assert.deepEqual((await linksOf(service, pending)).links, []);
    const absent = Array.from({ length: 4 }, () => '404 image-not-found');
    for (const id of [trashed, UNKNOWN, 'no-image-id']) assert.deepEqual(await ask(id), absent, id);
  });
});

describe('a revocation', () => {
  it('ends one link, once', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const id = await uploadPicture(service, PHOTO);
    const before = await metadataOf(service, id);
    const [kept, revoked] = [await createdLink(service, id), await createdLink(service, id)];
    const expired = await createdLink(service, id, { ...ORIGINAL, expires_in: 60 });
    const remove = (image: string, link: string) => sendTo(service, 'DELETE', `/images/${image}/links/${link}`);
    const answer = await remove(id, revoked.link_id);
    assert.deepEqual(await answer.json(), { link_id: revoked.link_id, status: 'revoked' });
    const other = await uploadPicture(service, PHOTO);
    clock.offsetMs += 61_001;
    const refused: [image: string, link: string][] = [
      [id, revoked.link_id],
      [id, expired.link_id],
      [other, kept.link_id],
      [id, kept.link_id.slice(1)],
      [id, NO_LINK],
      [id, 'a'.repeat(10_000)],
    ];
    for (const [image, link] of refused) assert.equal(await outcomeOf(remove(image, link)), '404 link-not-found', link);
    assert.deepEqual((await linksOf(service, id)).links, [kept]);
    assert.equal(await outcomeOf(service.send(revoked.url)), '404 link-not-found');
    assert.equal(await outcomeOf(service.send(kept.url)), '200');
    assert.deepEqual(await metadataOf(service, id), before);
  });

  it('of all links ends every URL made before, and none made after, with a new revision', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const before = await metadataOf(service, id);
    const old = [await createdLink(service, id), await createdLink(service, id, { what: 'preset', preset: 'thumb' })];
    const answer = await sendTo(service, 'POST', `/images/${id}/revoke-links`);
    const { image_id, revoked_at, ...rest } = (await answer.json()) as { image_id: string; revoked_at: string };
    assert.deepEqual([answer.status, image_id, rest], [200, id, {}]);
    assert.ok(Date.parse(revoked_at) >= createdAt(id as ImageId).getTime(), revoked_at);
    for (const { url } of old) assert.equal(await outcomeOf(service.send(url)), '404 link-not-found');
    assert.equal((await linksOf(service, id)).count, 0);
    const { url } = await createdLink(service, id);
    assert.equal(await outcomeOf(service.send(url)), '200');
    const after = await metadataOf(service, id);
    assert.equal(after.json.revision, before.json.revision + 1);

    const second = await sendTo(service, 'POST', `/images/${id}/revoke-links`);
    assert.equal(second.status, 200);
    assert.equal(await outcomeOf(service.send(url)), '404 link-not-found');
  });

  it('is what a change of the visibility does too', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const patch = (visibility: string) =>
      outcomeOf(service.request(`/images/${id}`, { ...json({ visibility }, ADA), method: 'PATCH' }));
    const first = await createdLink(service, id);
    assert.equal(await patch('private'), '200');
    assert.equal(await outcomeOf(service.send(first.url)), '200', 'expected the same visibility to change nothing');
    assert.equal(await patch('public'), '200');
    const second = await createdLink(service, id);
    assert.equal(await patch('private'), '200');
    for (const { url } of [first, second]) assert.equal(await outcomeOf(service.send(url)), '404 link-not-found');
    assert.equal((await linksOf(service, id)).count, 0);
  });
});
