import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { FindingJson } from '../../src/operations/reconcile/report.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { spawnProgram } from '../services/running-service.ts';
import { createPlanter, openPlace } from './planted.ts';
import { describeReconcile, PLACES } from './planted-faults.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

describeReconcile('DynamoDB and S3');

describe('npm run admin -- reconcile on DynamoDB and S3', { skip: NO_CLOUD }, () => {
  it('mends in its own process, with the rights of an operator', async () => {
    await using place = await PLACES['DynamoDB and S3']();
    const { environment } = place;
    {
      await using composition = await openPlace(environment);
      const planter = createPlanter(composition.services);
      await planter.addSound();
      await planter.addFaults();
    }
    const folder = join(environment['DATA_DIR'] ?? '', '..');
    const command = [process.execPath, ADMIN, 'reconcile', '--json', '--read', '--mend'];
    const { exitCode, output } = await spawnProgram(folder, { ...environment }, command).ended;
    assert.equal(exitCode, 0, output);
    const lines = output.split('\n').filter((line) => line.startsWith('{'));
    const findings = lines.slice(0, -1).map((line) => JSON.parse(line) as FindingJson);
    assert.deepEqual(findings.map(({ kind, outcome }) => `${kind} ${outcome}`).toSorted(), [
      'copy-hash mended',
      'copy-missing mended',
      'copy-missing mended', // of a held image
      'copy-size mended',
      'original-hash mended',
      'original-missing mended',
      'original-size mended',
      'original-tag mended',
    ]); // the others are younger than a day
  });
});
