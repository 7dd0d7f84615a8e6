import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { json, post } from '../services/service.ts';
import { NO_STRACE, type SystemCall } from '../services/system-calls.ts';
import { type Acknowledged, type Answer, startTraced, type TracedService } from '../services/traced-service.ts';

const JPEG = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

const GRANTED_UPLOADS = [
  {
    name: 'a presigned PUT',
    method: 'PUT',
    send: ({ headers }: Answer): RequestInit => ({ method: 'PUT', headers, body: JPEG }),
  },
  {
    name: "a form with the store's policy",
    method: 'POST',
    send({ fields }: Answer): RequestInit {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set('file', new File([JPEG], 'photo.jpg'));
      return { method: 'POST', body: form };
    },
  },
];

const isListening = ({ strings: [text = ''] }: SystemCall): boolean => text.startsWith('Safelight listens on');
const isWrite = ({ name, file }: SystemCall, path: string): boolean => /write/.test(name) && file === path;
/** The name of a folder of uploads that is empty again. */
const isEmptied = (loss: string): boolean => /^name of .*\/objects\/incoming(\/[^/]+)?$/.test(loss);
const isRemoval = ({ name, strings }: SystemCall, path: string): boolean => /unlink/.test(name) && strings[0] === path;

/** The folders, files and links that were made. */
const namesMade = (calls: readonly SystemCall[]) =>
  calls.flatMap((call) => {
    const isMaking = /mkdir|link(at)?$|rename/.test(call.name) || call.flags.includes('O_CREAT');
    return isMaking && !/unlink/.test(call.name) ? [{ path: call.strings.at(-1) ?? '', call }] : [];
  });

/** Complements kill -9: the system keeps a killed process's writes, but a power cut keeps only synced ones. */
describe('a power cut', { skip: NO_STRACE }, () => {
  let traced: TracedService;
  before(async () => {
    traced = await startTraced();
  });
  after(() => traced?.[Symbol.asyncDispose]());

  const inData = (...path: string[]): string => join(traced.dataDir, ...path);
  const wal = (): string => inData('safelight.db-wal');

  const ask = (path: string, init: RequestInit) => traced.request(`${traced.running.origin}${path}`, init);
  const grant = (fields: object) => ask('/images/upload', json({ content_type: 'image/jpeg', ...fields }));

  /** The writes of WAL pages that contain this text. */
  const recordings = (calls: readonly SystemCall[], text: string): SystemCall[] =>
    calls.filter((call) => isWrite(call, wal()) && call.strings.some((written) => written.includes(text)));

  /** Asserts that the record with this text was written, and that nothing is lost from the answer on. */
  function assertSynced({ calls, during, answered }: Acknowledged, text: string): void {
    const [record] = recordings(during, text);
    assert.ok(record, `expected ${text} to be written before the response`);
    assert.ok(
      traced.lost(calls, record.done + 1).includes(`bytes of ${wal()}`),
      'expected the trace to show an unsynced write',
    );
    const losses = traced.lost(calls, answered).filter((loss) => !isEmptied(loss));
    assert.deepEqual(losses, [], 'expected no losses at the response');
  }

  /**
   * Asserts that exactly these objects were stored: complete once they have a key, and durable when a record refers to
   * the last.
   */
  function assertStored({ calls, during }: Acknowledged, keys: readonly string[]): void {
    const isUnderKey = (path: string): boolean =>
      path.startsWith(inData('objects/')) && !path.startsWith(inData('objects/tmp'));
    const placings = namesMade(during).filter(({ path, call }) => isUnderKey(path) && !/mkdir/.test(call.name));
    assert.deepEqual(
      placings.map(({ path }) => path),
      keys.map((key) => inData('objects', key)),
    );
    const lostObjects = (line: number) => traced.lost(calls, line).filter((loss) => loss.includes(inData('objects')));
    for (const { path, call } of placings) {
      const losses = lostObjects(call.done + 1);
      assert.ok(losses.includes(`name of ${path}`), `expected the trace to show the unsynced name ${path}`);
      assert.deepEqual(
        losses.filter((loss) => loss.startsWith('bytes of')),
        [],
        'expected synced bytes before they have a key',
      );
    }
    const [published] = recordings(during, keys.at(-1) ?? '');
    const placed = placings.at(-1)?.call;
    assert.ok(
      placed && published && placed.done < published.began,
      'expected the object to be stored before its record',
    );
    const isIncoming = (loss: string): boolean => loss.includes(inData('objects/incoming')); // no record refers to it
    for (const { began } of during.filter((later) => isWrite(later, wal()) && later.began > placed.began))
      assert.deepEqual(
        lostObjects(began).filter((loss) => !isIncoming(loss)),
        [],
        'expected no lost objects when a record is written',
      );
  }

  it('after the service has begun to listen loses none of its files', async () => {
    const { calls, found } = await traced.callsUntil(isListening);
    const made = namesMade(calls.filter(({ began }) => began < found.began));
    const above = [dirname(traced.dataDir), dirname(dirname(traced.dataDir))];
    const own = ['safelight.db', 'safelight.db-wal', 'secret', 'objects'].map((name) => inData(name));
    for (const expected of [...above, traced.dataDir, ...own]) {
      const making = made.find(({ path }) => path === expected);
      const losses = making ? traced.lost(calls, making.call.done + 1) : [];
      assert.ok(losses.includes(`name of ${expected}`), `expected the trace to show the unsynced name ${expected}`);
    }
    assert.deepEqual(traced.lost(calls, found.began), []);
  });

  it('after a service has replaced its lost secret does not lose the new one', async () => {
    await using other = await startTraced({ folders: ['objects'] });
    const { calls, found } = await other.callsUntil(isListening);
    assert.ok(namesMade(calls).some(({ path }) => path === join(other.dataDir, 'secret')));
    assert.deepEqual(other.lost(calls, found.began), []);
  });

  it('after a grant loses nothing', async () => {
    const granted = await grant({ user_id: 'granted' });
    assertSynced(granted, granted.body.image_id);
  });

  it('after concurrent grants, which share their syncs, loses nothing', async () => {
    const granted = await Promise.all(Array.from({ length: 8 }, () => grant({ user_id: 'many' })));
    for (const one of granted) assertSynced(one, one.body.image_id);
  });

  for (const { name, method, send } of GRANTED_UPLOADS) {
    it(`after ${name} loses nothing, including new folders`, async () => {
      const user = `by-${method}`;
      const { body } = await grant({ user_id: user, filename: 'photo.jpg', method });
      const id = body.image_id;
      const sent = await traced.request(body.upload_url, send(body));
      const { body: image } = await ask(`/images/${id}/metadata`, {});
      assertStored(sent, [`incoming/${user}/${id}`, image.s3_key]);
      assertSynced(sent, image.s3_key);
      const made = namesMade(sent.during).map(({ path }) => path);
      for (const folder of [`incoming/${user}`, `images/${user}`, `images/${user}/${id}`, dirname(image.s3_key)])
        assert.ok(made.includes(inData('objects', folder)), `expected a new folder ${folder}`);
    });
  }

  it('after a presigned PUT that could not be verified loses none of its bytes', async () => {
    await using other = await startTraced();
    const { origin } = other.running;
    const upload = json({ user_id: 'kept', content_type: 'image/jpeg' });
    const { body } = await other.request(`${origin}/images/upload`, upload);
    await rm(join(other.dataDir, 'decoders'), { recursive: true });
    await writeFile(join(other.dataDir, 'decoders'), 'in the way of every decoder');
    const sent = await other.request(body.upload_url, { method: 'PUT', headers: body.headers, body: JPEG }, 503);
    const path = join(other.dataDir, 'objects/incoming/kept', body.image_id);
    const placed = namesMade(sent.during).find((made) => made.path === path);
    assert.ok(placed && other.lost(sent.calls, placed.call.done + 1).includes(`name of ${path}`));
    assert.deepEqual(other.lost(sent.calls, sent.answered), []);
  });

  it('after a direct upload loses nothing', async () => {
    const form = new FormData();
    form.set('file', new File([JPEG], 'photo.jpg', { type: 'image/jpeg' }));
    const stored = await ask('/images/upload?user_id=direct', { method: 'POST', body: form });
    assertStored(stored, [stored.body.s3_key]);
    assertSynced(stored, stored.body.s3_key);
  });

  it('after concurrent direct uploads of one user, which share the syncs of a folder, loses nothing', async () => {
    const upload = () => ask('/images/upload?user_id=together', post(JPEG, 'image/jpeg'));
    for (const { body, calls } of await Promise.all(Array.from({ length: 4 }, upload))) {
      const path = inData('objects', body.s3_key);
      const isOwn = (loss: string): boolean => `${path}/`.startsWith(`${loss.replace(/^\w+ of /, '')}/`);
      const [published] = recordings(calls, body.s3_key);
      assert.ok(published);
      assert.deepEqual(
        traced.lost(calls, published.began).filter(isOwn),
        [],
        'expected no losses when the record is written',
      );
    }
  });

  it('after the first upload into a pruned user folder loses nothing, including the new folder', async () => {
    const upload = () => ask('/images/upload?user_id=again', post(JPEG, 'image/jpeg'));
    const { body: first } = await upload();
    await ask(`/images/${first.image_id}`, { method: 'DELETE' });
    const folder = inData('objects/images/again');
    await traced.callsUntil(({ name, strings: [path] }) => name === 'rmdir' && path === folder);
    const stored = await upload();
    assert.ok(namesMade(stored.during).some(({ path }) => path === folder));
    assertStored(stored, [stored.body.s3_key]);
    assertSynced(stored, stored.body.s3_key);
  });

  it('after an upload with an Idempotency-Key loses neither the image nor the key', async () => {
    const key = 'a-key-of-its-own';
    const stored = await ask('/images/upload?user_id=direct', post(JPEG, 'image/jpeg', { 'Idempotency-Key': key }));
    assertStored(stored, [stored.body.s3_key]);
    assertSynced(stored, stored.body.s3_key);
    assertSynced(stored, key);
  });

  it('after a change loses nothing', async () => {
    const { body } = await grant({ user_id: 'changed' });
    const description = 'said of it afterwards';
    const changed = await ask(`/images/${body.image_id}`, { ...json({ description }), method: 'PATCH' });
    assertSynced(changed, description);
  });

  it('after a delete loses nothing, and the bytes are removed only once the tombstone is durable', async () => {
    const { body } = await ask('/images/upload?user_id=deleted', post(JPEG, 'image/jpeg'));
    const deleted = await ask(`/images/${body.image_id}`, { method: 'DELETE' });
    assertSynced(deleted, body.image_id);
    const { calls, found } = await traced.callsUntil((call) => isRemoval(call, inData('objects', body.s3_key)));
    const earlier = deleted.during.filter(({ done }) => done < found.began);
    assert.ok(recordings(earlier, body.image_id).length > 0, 'expected the tombstone to be written first');
    assert.deepEqual(traced.lost(calls, found.began), [], 'expected no losses when the bytes are removed');
  });

  it('after a rendition loses no working copy, and of the rendition only what is noticed', async () => {
    await using other = await startTraced();
    const { origin } = other.running;
    const large = { type: 'image/webp', width: 2_600, height: 1_800 } as const;
    const upload = post(new Uint8Array(await testImage(large)), large.type);
    const { body } = await other.request(`${origin}/images/upload?user_id=rendered`, upload);
    const rendered = await fetch(`${origin}/images/${body.image_id}/renditions/thumb`);
    assert.equal(rendered.status, 200);
    await rendered.bytes();
    const isPlacing = (folder: string) => (call: SystemCall) =>
      namesMade([call]).some(({ path }) => path.includes(`/${folder}/`) && !/mkdir/.test(call.name));
    const bytesLost = (calls: readonly SystemCall[], line: number) =>
      other.lost(calls, line).filter((loss) => loss.startsWith('bytes of') && loss.includes('/objects/'));
    const copy = await other.callsUntil(isPlacing('copy'));
    assert.deepEqual(bytesLost(copy.calls, copy.found.done + 1), []);
    const rendition = await other.callsUntil(isPlacing('preset'));
    assert.deepEqual(bytesLost(rendition.calls, rendition.found.done + 1), [
      `bytes of ${rendition.found.strings.at(-1)}`,
    ]);
  });

  it('after a stop of the service loses nothing of the checkpointed WAL', async () => {
    traced.running.process.kill('SIGTERM');
    await once(traced.running.process, 'exit');
    const { calls, found } = await traced.callsUntil((call) => isRemoval(call, wal()));
    const database = inData('safelight.db');
    assert.ok(
      calls.some((call) => isWrite(call, database) && call.began < found.began),
      'expected a write to the database',
    );
    assert.deepEqual(traced.lost(calls, found.began), []);
  });
});
