import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ClamdServer, NO_CLAMD, startClamd } from '../../../../test/servers/clamd.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import { answered, guestOf } from '../albums/guest.ts';
import { createClosedService } from '../services/closed-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import type { TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { environmentOf, FIT, INFECTED, JPEG, PNG } from './infected.ts';

describe('a gate of ClamAV', { skip: NO_CLAMD }, () => {
  let clamd: ClamdServer;
  before(async () => {
    clamd = await startClamd({ settings: FIT });
  });
  after(() => clamd[Symbol.asyncDispose]());

  it('passes sound images at once', async () => {
    await using service = await createSharingService({ environment: environmentOf(clamd.address) });
    for (const [type, bytes] of [
      ['image/jpeg', JPEG],
      ['image/png', PNG],
    ] as const) {
      const { id, put } = await upload(service, type, bytes);
      assert.equal(put.status, 200);
      assert.equal(await statusOf(service, id), 'ready');
    }
    const direct = await uploadDirectly(service, 'image/jpeg', JPEG);
    assert.equal(((await direct.json()) as { status: string }).status, 'ready');
    const { gates } = (await (await service.request('/gates')).json()) as { gates: { name: string; status: string }[] };
    assert.deepEqual(
      gates.map(({ name, status }) => [name, status]),
      [['clamd', 'ok']],
    );
    assert.deepEqual(await (await service.request('/readyz')).json(), { status: 'ok' });
  });

  for (const [where, [type, bytes]] of Object.entries(INFECTED))
    it(`refuses an image with a signature ${where}, which nobody ever sees`, async () => {
      await using service = await createSharingService({ environment: environmentOf(clamd.address) });
      const { id, url } = await grant(service, type);
      let isOver = false;
      const seen: string[] = [];
      const read = async (): Promise<void> => {
        while (!isOver) {
          await nextTurn(); // each answer is there at once: the upload needs its turns too
          for (const way of ['original', 'download', 'renditions/thumb', ''])
            if ((await service.request(`/images/${id}/${way}`)).status < 400) seen.push(way);
        }
      };
      const readers = Array.from({ length: 5 }, read);
      const put = await service.send(url, {
        method: 'PUT',
        headers: { 'content-type': type },
        body: new Uint8Array(bytes),
      });
      assert.equal(put.status, 400);
      const direct = await uploadDirectly(service, type, bytes);
      isOver = true;
      await Promise.all(readers);
      assert.deepEqual(seen, []);
      assert.equal(direct.status, 400);
      assert.equal(((await direct.json()) as { code: string }).code, 'refused-by-gate');
      assert.equal(await statusOf(service, id), 'rejected');
      assert.deepEqual(await service.storedFiles(), []);
      const { decisions } = (await (await service.request(`/images/${id}/decisions`)).json()) as {
        decisions: { private_reason: string }[];
      };
      assert.match(decisions[0]?.private_reason ?? '', /^Safelight\.Planted/);
    });

  it('refuses a picture of a guest before the owner of the album is asked', async () => {
    await using service = await createClosedService({ environment: environmentOf(clamd.address) });
    const guest = await guestOf(service, { approve: true });
    const [type, infected] = INFECTED['behind a JPEG'] ?? assert.fail();
    const sound = await guest.add(JPEG);
    const bad = await guest.add(infected, type);
    assert.deepEqual([sound.status, bad.status, bad.rejection?.code], ['held', 'rejected', 'refused-by-gate']);
    assert.deepEqual(await guest.waiting(), [sound.image_id]);
    await answered(await guest.decide(sound.image_id, 'pass'));
    assert.deepEqual(await guest.shown(), [sound.image_id]);
  });

  it('holds images while the daemon is away, says so, and publishes or refuses them once it is back', async () => {
    await using own = await startClamd({ settings: FIT });
    const clock = movingClock();
    await using service = await createSharingService({ environment: environmentOf(own.address), overrides: { clock } });
    await own.kill();
    const [, infected] = INFECTED['behind a JPEG'] ?? assert.fail();
    const held = [await upload(service, 'image/jpeg', JPEG), await upload(service, 'image/jpeg', infected)] as const;
    for (const { id, put } of held) {
      assert.equal(put.status, 200);
      assert.equal(await statusOf(service, id), 'held');
    }
    clock.offsetMs += 60_000;
    assert.deepEqual(await (await service.request('/readyz')).json(), { status: 'degraded', parts: ['gates'] });
    await own.restart();
    clock.offsetMs += 120_000;
    await sweepOnce(service.services, { holder: 'sweeper', signal: new AbortController().signal });
    assert.deepEqual([await statusOf(service, held[0].id), await statusOf(service, held[1].id)], ['ready', 'rejected']);
    assert.equal((await service.storedFiles()).length, 1);
    clock.offsetMs += 60_000;
    assert.deepEqual(await (await service.request('/readyz')).json(), { status: 'ok' });
  });

  it('starts while the daemon is away, and passes nothing until it has shown that it finds viruses', async () => {
    await using own = await startClamd({ settings: FIT });
    await own.kill();
    const warnings: string[] = [];
    const clock = movingClock();
    await using service = await createSharingService({
      environment: environmentOf(own.address),
      overrides: { clock },
      observe: (event) => void (event.event === 'warning' && warnings.push(event.sentence)),
    });
    assert.match(warnings.join('\n'), /GATE_CLAMD: expected a daemon that answers; got .*Uploads wait until it does/);
    const { id } = await upload(service, 'image/jpeg', JPEG);
    assert.equal(await statusOf(service, id), 'held');
    await own.restart();
    clock.offsetMs += 120_000;
    await sweepOnce(service.services, { holder: 'sweeper', signal: new AbortController().signal });
    assert.equal(await statusOf(service, id), 'ready');
  });

  it('passes nothing by a daemon that came after the start and overlooks what it must find', async () => {
    await using own = await startClamd({ settings: FIT, knowsEicar: false });
    await own.kill();
    await using service = await createSharingService({ environment: environmentOf(own.address) });
    await own.restart();
    const { id } = await upload(service, 'image/jpeg', JPEG);
    assert.equal(await statusOf(service, id), 'held');
    const { gates } = (await (await service.request('/gates')).json()) as { gates: { error: string }[] };
    assert.match(gates[0]?.error ?? '', /load a signature database/);
  });

  const UNFIT: Readonly<Record<string, readonly [settings: readonly string[], knowsEicar: boolean]>> = {
    'reads too little of a stream': [['StreamMaxLength 1M', 'MaxFileSize 10M', 'MaxScanSize 10M'], true],
    'skips files that it calls large': [['StreamMaxLength 10M', 'MaxFileSize 1M', 'MaxScanSize 10M'], true],
    'stops in the middle of an archive': [['StreamMaxLength 10M', 'MaxFileSize 10M', 'MaxScanSize 1M'], true],
    'says that it stopped': [['StreamMaxLength 10M', 'MaxScanSize 1M', 'AlertExceedsMax yes'], true],
    'knows no EICAR': [FIT, false],
  };
  for (const [what, [settings, knowsEicar]] of Object.entries(UNFIT))
    it(`does not start with a daemon that ${what}`, async () => {
      await using own = await startClamd({ settings, knowsEicar });
      const remedy = knowsEicar
        ? /MaxScanSize to at least 4000000, and AlertExceedsMax yes/
        : /load a signature database/;
      await assert.rejects(createSharingService({ environment: environmentOf(own.address) }), remedy);
    });
});

async function grant(service: TestService, type: string): Promise<{ id: string; url: string }> {
  const granted = await service.request('/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: 'ada', content_type: type }),
  });
  const { image_id: id, upload_url: url } = (await granted.json()) as { image_id: string; upload_url: string };
  return { id, url };
}

async function upload(service: TestService, type: string, bytes: Uint8Array): Promise<{ id: string; put: Response }> {
  const { id, url } = await grant(service, type);
  const put = await service.send(url, {
    method: 'PUT',
    headers: { 'content-type': type },
    body: new Uint8Array(bytes),
  });
  return { id, put };
}

function uploadDirectly(service: TestService, type: string, bytes: Uint8Array): Promise<Response> {
  const form = new FormData();
  form.set('user_id', 'ada');
  form.set('file', new File([new Uint8Array(bytes)], 'a', { type }));
  return service.request('/images', { method: 'POST', body: form });
}

const statusOf = async (service: TestService, id: string): Promise<string> =>
  ((await (await service.request(`/images/${id}/metadata`)).json()) as { status: string }).status;
