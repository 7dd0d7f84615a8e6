import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { meaningOf, mutationsOf, parameterMutationsOf } from './mutations.ts';
import { grantStatus, mintToken, OPENINGS, type SharedImage, shareImage, statusOf } from './shared-image.ts';

/**
 * Those of URLs and of base64url, and others that parsers treat specially. A fragment or white space never reaches a
 * server.
 */
const CHARACTERS = [...'aAbzZ019_-.~/?&=%+;:@,'];

const mutation = fc.record({
  at: fc.nat({ max: 10_000 }),
  character: fc.constantFrom(...CHARACTERS),
});

/** `/` describes the service. */
const isRoot = (url: string): boolean => new URL(url, 'http://localhost').pathname === '/';

/**
 * A problem repeats paths and names, not values. Its JSON writes a control character as `\u0019`, whose digits may
 * complete a signature.
 */
const hasAsName = (url: string, text: string): boolean => {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  return [pathname, ...searchParams.keys()].some((one) => one.includes(text) || JSON.stringify(one).includes(text));
};

describe('a mutation', () => {
  let service: ClosedService;
  let key: string;
  let shared: SharedImage;
  before(async () => {
    service = await createClosedService();
    key = await service.keyOf({ owner: 'ada' });
    shared = await shareImage(service, key);
  });
  after(() => service[Symbol.asyncDispose]());

  for (const opening of OPENINGS)
    it(`of the URL of a ${opening} opens nothing, and its signature isn't repeated in the answer`, async () => {
      const url = shared.urls[opening];
      assert.equal(await statusOf(service, url), 200);
      const sig = new URLSearchParams(url.split('?')[1]).get('sig') ?? assert.fail('expected a signed URL');
      await fc.assert(
        fc.asyncProperty(mutation, async ({ at, character }) => {
          const mutated = [
            ...mutationsOf(url, at % url.length, character).filter((one) => one.startsWith('/')),
            ...parameterMutationsOf(url, at, character),
          ];
          for (const one of mutated.filter((other) => meaningOf(other) !== meaningOf(url) && !isRoot(other))) {
            const answer = await service.request(one);
            const text = await answer.text();
            assert.ok(answer.status >= 400 && answer.status < 500, `${one} answered ${answer.status}`);
            assert.ok(!text.includes(sig) || hasAsName(one, sig), `${one}: ${text}`);
          }
        }),
      );
    });

  for (const [name, textOf] of [
    ['an upload token', () => mintToken(service, key)],
    ['an API key', async () => key],
  ] as const)
    it(`of ${name} is no credential`, async () => {
      const text = await textOf();
      assert.equal(await grantStatus(service, text), 201);
      await fc.assert(
        fc.asyncProperty(mutation, async ({ at, character }) => {
          for (const one of mutationsOf(text, at % text.length, character))
            assert.equal(await grantStatus(service, one), 401, one);
        }),
      );
    });
});
