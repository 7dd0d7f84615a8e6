import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import {
  requireAbsent,
  requireCallers,
  requireImage,
  requireLink,
  requireLists,
  requireSameKeys,
  requireSameUsers,
} from './answers.ts';
import { requireDecisions, requireErased, requireTokens, requireWebhooks } from './changes.ts';
import { pick, SOURCES } from './expected.ts';
import { originalsIn, requireSameRecords } from './records.ts';
import { type EmptyPlace, restored } from './restored.ts';

/** What a restore of each kind counts of these backups: without the key, limits and webhook of the erased user. */
const REPORT = { images: 28, keys: 12, limits: 4, token_counts: 2, webhooks: 4, erasures: 2 };

interface PlaceKind {
  readonly newPlace: () => Promise<EmptyPlace>;
  /** Whether its lists search. */
  readonly searches: boolean;
}

/** Tests of both backups, each restored into a new place by the command. */
export function describeRestored({ newPlace, searches }: PlaceKind): void {
  for (const source of SOURCES) {
    it(`of ${source}, is complete: another backup has the same records, field by field, and originals`, async () => {
      await using place = await restored(source, newPlace);
      const whole = { ...REPORT, secret: 'restored', damaged: [], kept: [], unknown: [] };
      assert.deepEqual(pick(place.report, Object.keys(whole)), whole);
      const again = join(place.folder, 'again');
      await mkdir(again);
      await place.command('backup', again, '--json');
      await requireSameRecords(place.target, again, place.expected);
      assert.deepEqual(await originalsIn(again), await originalsIn(place.target));
    });

    it(`of ${source}, answers as that commit did: images, lists, users, keys and links`, async () => {
      await using place = await restored(source, newPlace);
      const { expected } = place;
      requireSameUsers(await place.command('quota', 'list'), expected);
      requireSameKeys(await place.command('keys', 'list'), expected); // first: a request notes its use of a key
      await using service = await place.serve();
      for (const [what, image] of Object.entries(expected.images)) await requireImage(service, image, what);
      await requireAbsent(service, expected);
      await requireLists(service, expected, { searches });
      for (const [what, link] of Object.entries(expected.links)) await requireLink(service, link, what);
      await requireCallers(service, expected);
    });

    it(`of ${source}, goes on: decisions, links of held images, upload tokens, the erased user, webhooks`, async () => {
      await using place = await restored(source, newPlace);
      const { expected } = place;
      await using service = await place.serve();
      await requireDecisions(service, expected);
      await requireTokens(service, expected);
      await requireErased(service, expected);
      await requireWebhooks(service, expected); // last: no image waits any more for a gate, which a sweep would ask
    });
  }
}
