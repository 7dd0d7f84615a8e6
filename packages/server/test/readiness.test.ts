import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../src/imaging/process-list.fixture.ts';
import { movingClock } from './moving-clock.ts';
import { startService } from './running-service.ts';
import { createTestService } from './service.ts';

describe('GET /readyz', () => {
  it('checks the parts once a second, however many ask', async () => {
    const clock = movingClock();
    clock.elapsedMs = () => clock.offsetMs; // stands still until the test moves it
    await using service = await createTestService({ overrides: { clock } });
    const statuses = async () => {
      const asked = Array.from({ length: 20 }, async () => (await service.request('/readyz')).status);
      return new Set(await Promise.all(asked));
    };
    const [objects, elsewhere] = [join(service.folder, 'objects'), join(service.folder, 'elsewhere')];
    assert.deepEqual(await statuses(), new Set([200]));
    await rename(objects, elsewhere);
    clock.offsetMs += 999;
    assert.deepEqual(await statuses(), new Set([200]), 'remembered');
    clock.offsetMs += 1;
    assert.deepEqual(await statuses(), new Set([503]));
    await rename(elsewhere, objects);
    assert.deepEqual(await statuses(), new Set([503]), 'remembered');
    clock.offsetMs += 1_000;
    assert.deepEqual(await statuses(), new Set([200]));
  });

  it('tells whoever asks the names of the failing parts alone, and the log why they fail', async () => {
    await using service = await startService({ LOG_LEVEL: 'error' });
    await rename(join(service.folder, 'data/objects'), join(service.folder, 'elsewhere'));
    const answer = await fetch(`${service.origin}/readyz`);
    assert.equal(answer.status, 503);
    const { detail, errors } = (await answer.json()) as Record<string, unknown>;
    assert.equal(detail, 'expected all parts to work; got a failure of objects');
    assert.deepEqual(errors, [{ pointer: '/parts/objects', detail: 'It fails: the log says why' }]);
    await until(async () => /ENOENT/.test(service.output()));
  });
});
