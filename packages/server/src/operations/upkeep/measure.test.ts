import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBackedUp } from '../backups/backed-up.fixture.ts';
import { measureBackup } from './measure.ts';

describe('the age of the last backup', () => {
  it('is told once there was one', async () => {
    await using service = await createBackedUp();
    const { coordination, time } = service;
    const ages: number[] = [];
    const measure = () =>
      measureBackup({
        ...{ coordination, clock: service.services.clock },
        observe: (event) => event.event === 'backup-measured' && ages.push(event.ageMs),
      });
    await measure();
    assert.deepEqual(ages, []);
    await service.backUp();
    time.now = new Date(time.now.getTime() + 90_000);
    await measure();
    assert.deepEqual(ages, [90_000]);
  });
});
