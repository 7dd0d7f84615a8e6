import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readErasures } from '../../src/admin/archive/backup/erasures.ts';
import { reportText } from '../../src/admin/commands/restore/report.ts';
import { backUp, createTarget, erasureOf, KEY, restoreFrom } from './backups.ts';
import { PLACES } from './place.ts';

describe('a restored service', () => {
  it('keeps the key of its erasures beside those of another service, which its next backup must not spoil', async () => {
    await using target = await createTarget();
    await using source = await PLACES['SQLite and disk']();
    const erasure = erasureOf('ada');
    {
      await using composition = await source.open();
      await composition.services.archive.put({ kind: 'erasure-key', key: KEY });
      await composition.services.archive.put({ kind: 'erasure', erasure });
      await backUp(composition.services, target);
    }
    const foreign = 'f0'.repeat(32);
    for (const isTaken of [false, true]) {
      await using place = await PLACES['SQLite and disk']();
      await using composition = await place.open();
      const { services } = composition;
      if (isTaken) await services.archive.put({ kind: 'erasure-key', key: foreign });
      const others = [{ key: foreign, erasure: erasureOf('cy', foreign) }];
      const { report, backup } = await restoreFrom(target, services, {}, others);
      assert.deepEqual([report.erasures, report.foreignErasures], [1, 1], 'it can keep those by one key');
      assert.match(
        reportText(backup.manifest, report),
        /^Erasures by another key than the one here, applied but not kept: 1\./m,
      );
      assert.equal(await services.erasures.key(), isTaken ? foreign : KEY);
      await backUp(services, target);
      const found = await Array.fromAsync(readErasures(target.target));
      assert.equal(found.find((one) => one.erasure.id === erasure.id)?.key, KEY);
    }
  });
});
