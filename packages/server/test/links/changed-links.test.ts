import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { repeatsOf } from '../repeats.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { ORIGIN } from '../services/service.ts';
import { createdLink, ORIGINAL } from './link-requests.ts';

const { count, seed } = repeatsOf('changedLinks');
const PHOTO = { type: 'image/jpeg', width: 64, height: 48 } as const;
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CHARACTERS = [...BASE64URL, ..."&=?%+./~|;,:@!' ", 'é', '%00', '%2F', '&exp=', '&sig=', '&download=true'];
const SEAL = ['exp', 'kid', 'sig'];

/** Path and query. */
type Change = (targets: readonly string[]) => string;

const at = (text: string, position: number): number => position % text.length;
const one = (targets: readonly string[], index: number): string => targets[index % targets.length] ?? '';

/** One character replaced, removed or inserted. */
const character: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(), fc.nat(), fc.constantFrom(...CHARACTERS, ''), fc.constantFrom(0, 1))
  .map(([which, position, text, removed]) => (targets) => {
    const target = one(targets, which);
    const index = Math.max(1, at(target, position));
    return target.slice(0, index) + text + target.slice(index + removed);
  });

/** Two neighbours exchanged, or a letter in the other case. */
const neighbours: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(), fc.nat(), fc.boolean())
  .map(([which, position, swaps]) => (targets) => {
    const target = one(targets, which);
    const index = Math.max(1, at(target, position));
    const [first = '', second = ''] = target.slice(index);
    const flipped = first === first.toLowerCase() ? first.toUpperCase() : first.toLowerCase();
    return swaps
      ? target.slice(0, index) + second + first + target.slice(index + 2)
      : target.slice(0, index) + flipped + target.slice(index + 1);
  });

/** Parts of two valid URLs: the path of one, each parameter of either, or none. */
const mixture: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(), fc.array(fc.tuple(fc.nat(), fc.constantFrom(...SEAL, 'download')), { maxLength: 5 }))
  .map(([path, parts]) => (targets) => {
    const query = parts.flatMap(([which, name]) => {
      const value = new URL(one(targets, which), ORIGIN).searchParams.get(name);
      return value === null ? [] : [`${name}=${value}`];
    });
    return `${one(targets, path).split('?')[0]}?${query.join('&')}`;
  });

/**
 * The URL up to spelling: the id's case, percent-encoding, order and empty parameters, `download`, and a slash at the
 * end.
 */
function meaningOf(target: string): string | undefined {
  if (!URL.canParse(target, ORIGIN)) return undefined;
  const url = new URL(target, ORIGIN);
  const [, images, id, links, ...rest] = url.pathname.split('/').map(decoded);
  if (rest.at(-1) === '') rest.pop();
  const parts = [...url.searchParams].filter(([name]) => name !== 'download').map((pair) => pair.join('='));
  return JSON.stringify([
    images,
    id?.toLowerCase(),
    links,
    rest,
    parts.filter((part) => !/^\w*=$/.test(part)).toSorted(),
  ]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

describe('no changed URL of a link opens anything', () => {
  let service: ClosedService;
  let targets: readonly string[];
  before(async () => {
    service = await createClosedService(); // so that all other routes are closed
    const key = await service.keyOf({ owner: 'ada' });
    const owned = { ...service, request: (path: string, init?: RequestInit) => service.as(key, path, init) };
    const [id, other] = [await uploadPicture(owned, PHOTO), await uploadPicture(owned, PHOTO)];
    const thumb = { what: 'preset', preset: 'thumb' };
    const links = [
      await createdLink(owned, id),
      await createdLink(owned, id, { ...ORIGINAL, expires_in: 60_000 }),
      await createdLink(owned, id, thumb),
      await createdLink(owned, other, thumb),
    ];
    targets = links.map(({ url }) => url.slice(ORIGIN.length));
  });
  after(() => service[Symbol.asyncDispose]());

  const statusOf = async (target: string): Promise<number> => {
    const answer = await service.request(target, { method: 'HEAD' });
    return answer.status;
  };

  for (const [name, changes] of Object.entries({ character, neighbours, mixture })) {
    it(`${name}, and no change is a fault of the service`, async () => {
      const valid = targets.map(meaningOf);
      for (const target of targets) assert.equal(await statusOf(target), 200, 'expected the unchanged URL to open');
      let refused = 0;
      const property = fc.asyncProperty(changes, async (change) => {
        const target = change(targets);
        const status = await statusOf(target);
        assert.ok(status < 500, `${status}: ${target}`);
        if (status >= 400) refused += 1;
        else assert.ok(isPublic(target) || valid.includes(meaningOf(target)), `${status}: ${target}`);
      });
      await fc.assert(property, { numRuns: count, seed });
      assert.ok(refused > count / 2, `expected most changes to be refused; got ${refused}`);
    });
  }
});

/** `GET /`: a question mark before the path makes all of it a query. */
const isPublic = (target: string): boolean => target.startsWith('/?');
