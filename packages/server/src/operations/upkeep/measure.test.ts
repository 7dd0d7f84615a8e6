import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBackedUp } from '../../admin/backups/backed-up.fixture.ts';
import { measureBackup } from './measure.ts';

type Service = Awaited<ReturnType<typeof createBackedUp>>;

/** As one process measures, which remembers nothing. */
async function ageIn({ services, coordination, time }: Service, { isEmpty = false } = {}): Promise<number | undefined> {
  let age: number | undefined;
  await measureBackup({
    coordination,
    usage: { isEmpty: async () => isEmpty },
    clock: { ...services.clock, now: () => time.now },
    observe(event) {
      if (event.event === 'backup-measured') age = event.ageMs;
    },
  });
  return age;
}

const pass = ({ time }: Service, ms: number): void => {
  time.now = new Date(time.now.getTime() + ms);
};

describe('the age of the last backup', () => {
  it('counts from the end of the last one, in each process', async () => {
    await using service = await createBackedUp();
    await service.backUp();
    pass(service, 90_000);
    assert.equal(await ageIn(service), 90_000);
    pass(service, 10_000);
    assert.equal(await ageIn(service), 100_000);
  });

  it('counts without one from when images were first seen, and not before', async () => {
    await using service = await createBackedUp();
    assert.equal(await ageIn(service, { isEmpty: true }), undefined);
    pass(service, 86_400_000);
    assert.equal(await ageIn(service), 0);
    pass(service, 90_000);
    assert.equal(await ageIn(service), 90_000);
    await service.backUp();
    pass(service, 1_000);
    assert.equal(await ageIn(service), 1_000);
  });

  it('is 0 for a time in the future, as of a wrong clock', async () => {
    await using service = await createBackedUp();
    await service.backUp();
    pass(service, -90_000);
    assert.equal(await ageIn(service), 0);
  });
});
