import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAILED_SIGNATURES } from '../../src/domain/access/rate-limits.ts';
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
  async function revokedBefore(): Promise<SharedImage> {
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
    return { id, urls };
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
    const shared = await revokedBefore();
    reads = 0;
    for (const url of Object.values(shared.urls)) {
      const byAnotherKey = url.replace(/kid=[^&]*/, 'kid=00000000');
      assert.equal(await outcomeOf(service.request(byAnotherKey)), '403 signature-invalid');
    }
    for (const opening of OPENINGS)
      for (const outcome of await junk(shared.urls[opening], JUNK[opening]))
        assert.match(outcome, /^(?:403 signature-invalid|429 rate-limited)$/);
    assert.equal(reads, 0);
    for (const opening of OPENINGS) assert.equal(await statusOf(service, shared.urls[opening]), 200, opening);
    assert.deepEqual(await junk(shared.urls.render.replace('sig=', 'epoch=2&sig='), 3), new Set(['429 rate-limited']));
    service.clock.offsetMs += FAILED_SIGNATURES.windowSeconds * 1000;
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
