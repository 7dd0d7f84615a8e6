import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAILED_SIGNATURES } from '../../src/domain/access/rate-limits.ts';
import { createSealer } from '../../src/domain/access/seal.ts';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { subkey } from '../../src/run/config/secret.ts';
import { outcomeOf } from '../links/link-requests.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { listen } from '../services/listening-service.ts';
import { json } from '../services/service.ts';
import { OPENINGS, type Opening, type SharedImage, shareImage, statusOf } from './shared-image.ts';

const SECRET_KEY = 'the-secret-of-one-service-in-this-test';
/** The defaults of the version in which junk locked viewers out. */
const RATE_LIMITS = 'grant=60/m upload=30/m read=1200/m render=120/m list=240/m';
const JUNK: Readonly<Record<Opening, number>> = {
  preset: 1_205,
  render: 125,
  'link to the original': 1_205,
  'link to a preset': 10,
};
const AT_ONCE = 50;

/** Signs as earlier versions did: their URLs had no epoch, and a link's signature covered what it opens. */
async function formerUrls(
  { services }: ClosedService,
  id: string,
): Promise<Pick<Record<Opening, string>, 'preset' | 'link to a preset'>> {
  const image = (await services.images.get(parseImageId(id) ?? assert.fail())) ?? assert.fail();
  assert.ok(image.status === 'ready' && image.epoch > 0);
  const link = image.links.find(({ preset }) => preset === 'thumb') ?? assert.fail();
  const exp = Math.floor(link.expiresAt.getTime() / 1000);
  const queryBy = (purpose: Parameters<typeof subkey>[1], text: string): string => {
    const sealer = createSealer([subkey(SECRET_KEY, purpose)]);
    return `exp=${exp}&kid=${sealer.kid}&sig=${sealer.sign(`v1|${text}|${image.epoch}|${exp}`)}`;
  };
  const ofLink = queryBy('share-links', `link|${id}|${link.id}|preset|thumb`);
  return {
    preset: `/images/${id}/renditions/thumb?${queryBy('preset-urls', `presets|${id}`)}`,
    'link to a preset': `/images/${id}/links/${link.id}?${ofLink}`,
  };
}

describe('URLs without a valid signature', () => {
  let service: ClosedService;
  let key: string;
  let reads = 0;
  before(async () => {
    service = await createClosedService({
      environment: { SECRET_KEY, RATE_LIMITS },
      observe: (event) => {
        if (event.event === 'store-call') reads += 1;
      },
    });
    key = await service.keyOf({ owner: 'ada' });
  });
  after(() => service[Symbol.asyncDispose]());

  /** With an epoch above 0. */
  async function revokedBefore(): Promise<{ shared: SharedImage; former: Awaited<ReturnType<typeof formerUrls>> }> {
    const { id } = await shareImage(service, key);
    assert.equal((await service.as(key, `/images/${id}/revoke-links`, { method: 'POST' })).status, 200);
    const asked = async <Body>(path: string, init?: RequestInit): Promise<Body> =>
      (await (await service.as(key, `/images/${id}/${path}`, init)).json()) as Body;
    const { renditions } = await asked<{ renditions: { thumb: string } }>('metadata');
    const signed = async (path: string, body: object): Promise<string> =>
      (await asked<{ url: string }>(path, json(body))).url;
    const local = (url: string): string => url.slice(new URL(url).origin.length);
    const urls = {
      preset: local(renditions.thumb),
      render: local(await signed('render-url', { w: 9, h: 7 })),
      'link to the original': local(await signed('links', { what: 'original' })),
      'link to a preset': local(await signed('links', { what: 'preset', preset: 'thumb' })),
    };
    for (const url of Object.values(urls)) assert.match(url, /[?&]epoch=1&/);
    return { shared: { id, urls }, former: await formerUrls(service, id) };
  }

  /** The outcomes of so many URLs with other signatures. */
  async function junk(url: string, times: number): Promise<ReadonlySet<string>> {
    const outcomes = new Set<string>();
    for (let sent = 0; sent < times; sent += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, times - sent) }, (_, index) =>
        outcomeOf(service.request(url.replace(/sig=.{8}/, `sig=${String(sent + index).padStart(8, '0')}`))),
      );
      for (const outcome of await Promise.all(batch)) outcomes.add(outcome);
    }
    return outcomes;
  }

  it('take nothing from the valid ones of the same address, cost no look-up, and have a limit of their own', async () => {
    const { shared, former } = await revokedBefore();
    for (const url of Object.values(former)) assert.equal(await statusOf(service, url), 200);
    reads = 0;
    for (const url of Object.values(former)) {
      const byAnotherKey = url.replace(/kid=[^&]*/, 'kid=00000000');
      assert.equal(await outcomeOf(service.request(byAnotherKey)), '403 signature-invalid');
    }
    for (const opening of OPENINGS)
      for (const outcome of await junk(shared.urls[opening], JUNK[opening]))
        assert.match(outcome, /^(?:403 signature-invalid|429 rate-limited)$/);
    assert.equal(reads, 0);
    for (const opening of OPENINGS) assert.equal(await statusOf(service, shared.urls[opening]), 200, opening);
    assert.deepEqual(await junk(shared.urls.render.replace('sig=', 'epoch=2&sig='), 3), new Set(['429 rate-limited']));

    for (const url of Object.values(former)) assert.equal(await statusOf(service, url), 200, 'it was verified before');
    const other = await revokedBefore();
    reads = 0;
    for (const url of Object.values(other.former)) assert.equal(await statusOf(service, url), 429);
    assert.equal(reads, 0);
    for (const opening of OPENINGS) assert.equal(await statusOf(service, other.shared.urls[opening]), 200, opening);
    service.clock.offsetMs += FAILED_SIGNATURES.windowSeconds * 1000;
  });
});

describe('a URL of an earlier version', () => {
  it('opens what it opened; while its signature is unknown it counts as a wrong one', async () => {
    await using service = await createClosedService({ environment: { SECRET_KEY, RATE_LIMITS: 'list=1/s' } });
    const key = await service.keyOf({ owner: 'ada' });
    const { id, urls } = await shareImage(service, key);
    assert.equal((await service.as(key, `/images/${id}/revoke-links`, { method: 'POST' })).status, 200);
    assert.equal((await service.as(key, `/images/${id}/links`, json({ what: 'preset', preset: 'thumb' }))).status, 201);
    const former = await formerUrls(service, id);
    const junkOf = (url: string) => url.replace(/sig=./, (sig) => (sig.endsWith('A') ? 'sig=B' : 'sig=A'));
    for (const url of Object.values(former)) {
      assert.equal(await outcomeOf(service.request(junkOf(url))), '403 signature-invalid');
      for (let asked = 0; asked < 3; asked += 1) assert.equal(await statusOf(service, url), 200);
      assert.equal(await outcomeOf(service.request(junkOf(url))), '403 signature-invalid');
      assert.equal(
        await outcomeOf(service.request(`${url}&epoch=1`)),
        url.includes('/links/') ? '403 signature-invalid' : '200',
      );
    }
    const [one = ''] = Object.values(former);
    const statuses = [];
    for (let asked = 0; asked <= FAILED_SIGNATURES.requests; asked += 1)
      statuses.push(await statusOf(service, junkOf(one)));
    // Four wrong ones, a link with an epoch, and the first request of each former URL were counted before.
    assert.equal(statuses.indexOf(429), FAILED_SIGNATURES.requests - 7);
    assert.equal(await statusOf(service, one), 200);

    assert.equal((await service.as(key, `/images/${id}/revoke-links`, { method: 'POST' })).status, 200);
    assert.equal(await outcomeOf(service.request(former.preset)), '403 signature-invalid');
    assert.equal(await outcomeOf(service.request(former['link to a preset'])), '404 link-not-found');
    assert.equal(await outcomeOf(service.request(urls['link to a preset'])), '404 link-not-found');
  });
});

describe('a valid signed URL', () => {
  it('counts for its image and the address, and never as a read of its viewer', async () => {
    await using service = await createClosedService({
      environment: { RATE_LIMITS: 'read=6/h render=3/h picture=4/h' },
    });
    await using served = await listen(service);
    const admin = service.admin;
    const owner = await service.keyOf({ owner: 'ada' });
    const shared = await Promise.all([
      shareImage(service, owner),
      shareImage(service, await service.keyOf({ owner: 'bob' })),
    ]);
    const [one, other] = shared;
    const ask = async (target: string, from = '127.0.0.1', headers: Record<string, string> = {}) => {
      const answer = await served.send({ method: 'GET', target, from, headers }).answered;
      return [answer.status, /"(\w+)";r=(\d+)/.exec(String(answer.headers['ratelimit']))?.slice(1).join(' ')];
    };
    const viewer = { Authorization: `Bearer ${owner}` };
    assert.deepEqual(await ask(one.urls.preset), [200, 'picture 3']);
    assert.deepEqual(await ask(one.urls.preset.replace('thumb', 'medium'), '127.0.0.1', viewer), [200, 'picture 2']);
    assert.deepEqual(await ask(one.urls['link to a preset']), [200, 'picture 1']);
    assert.deepEqual(await ask(one.urls['link to the original']), [200, 'picture 0']);
    assert.deepEqual(await ask(one.urls.preset), [429, 'picture 0']);
    assert.deepEqual(await ask(one.urls.render), [200, 'render 2']);
    assert.deepEqual(await ask(other.urls.preset), [200, 'picture 3']);
    assert.deepEqual(await ask(one.urls.preset, '127.0.0.2'), [200, 'picture 3']);
    const preset = `/images/${one.id}/renditions/thumb`;
    assert.deepEqual(await ask(preset), [401, 'read 5']);
    assert.deepEqual(await ask(preset, '127.0.0.1', { Authorization: `Bearer ${admin}` }), [200, undefined]);
  });
});
