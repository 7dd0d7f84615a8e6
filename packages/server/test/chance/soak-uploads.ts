import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { decompressionBomb, truncated } from '../../../../test/pictures/test-images.ts';
import {
  type Described,
  DIRECT_FORMS,
  directRequest,
  type GrantJson,
  jsonRequest,
  objectRequest,
  type Picture,
} from '../uploads/upload-requests.ts';
import type { Caller } from './soak-album.ts';
import type { Answer } from './soak-wire.ts';

interface Stored {
  readonly image_id: string;
  readonly status: string;
  readonly sha256: string;
}

interface Upload {
  readonly userId: string;
  readonly picture: Picture;
  readonly described: Described;
}

export const USERS = ['ada', 'bob', 'eve', 'a b/c'];
export const TAGS = ['sea', 'sky', 'sun', 'sand', 'été', 'a,b'];

const OK = [200];
const STORED = [200, 204];
const REFUSED = [400];
const LONG_WAIT = 5;

const ADA = { 'X-User-Id': 'ada' };

function newUpload({ random, pictures }: Caller): Upload {
  const described = {
    filename: `photo ${random.below(1_000)}.img`,
    tags: TAGS.filter(() => random.chance(0.3)),
  };
  return { userId: random.pick(USERS), picture: random.pick(pictures), described };
}

function keep({ album }: Caller, { userId, picture }: Upload, answer: Answer): void {
  const { image_id: id, status, sha256 } = answer.json<Stored>();
  assert.deepEqual({ status, sha256 }, { status: 'ready', sha256: picture.sha256 });
  album.keep({ id, userId, picture });
}

/** Deletes the excess, in a random way. */
export async function removeSurplus({ wire, album, random }: Caller): Promise<void> {
  const surplus = album.takeSurplus(random);
  if (surplus.length > 1 && random.chance(0.5)) {
    const request = jsonRequest({ image_ids: surplus.map(({ id }) => id) });
    const answer = await wire.ask('delete many', '/images/delete', request, OK);
    assert.equal(answer.json<{ count: number }>().count, surplus.length);
    return;
  }
  for (const { id, userId } of surplus) {
    const query = random.pick(['', `?user_id=${encodeURIComponent(userId)}`]);
    const headers = query === '' && random.chance(0.5) ? { 'X-User-Id': userId } : {};
    await wire.ask('delete', `/images/${id}${query}`, { method: 'DELETE', headers }, OK);
  }
}

const remove = ({ wire }: Caller, id: string) => wire.ask('delete', `/images/${id}`, { method: 'DELETE' }, OK);

async function grantFor({ wire, random }: Caller, { userId, picture, described }: Upload): Promise<GrantJson> {
  const fields = { user_id: userId, content_type: picture.type, ...described };
  const form = random.below(4);
  if (form === 0) {
    const query = new URLSearchParams({ user_id: userId, content_type: picture.type, tags: described.tags.join(',') });
    return (await wire.ask('grant', `/images/upload?${query}`, { method: 'POST' }, OK)).json();
  }
  const exact = { size: picture.bytes.length, sha256: picture.sha256 };
  const more = [{}, {}, exact, { method: 'POST' }][form];
  return (await wire.ask('grant', '/images/upload', jsonRequest({ ...fields, ...more }), OK)).json();
}

const put = ({ wire }: Caller, grant: GrantJson, { bytes }: Picture): Promise<Answer> =>
  wire.ask(grant.fields ? 'post form' : 'put', grant.upload_url ?? '', objectRequest(grant, bytes), STORED);

/** A grant, its bytes, and sometimes a client that waits for them or requests completion. */
export async function uploadByGrant(caller: Caller): Promise<void> {
  const { wire, album, random } = caller;
  const upload = newUpload(caller);
  const grant = await grantFor(caller, upload);
  const { image_id: id } = grant;
  const others: Promise<Answer>[] = [];
  if (random.chance(0.3)) others.push(wire.ask('wait', `/images/${id}/metadata?wait=${LONG_WAIT}`, {}, OK));
  if (random.chance(0.2))
    others.push(wire.ask('early complete', `/images/${id}/complete`, { method: 'POST' }, [200, 409]));
  await Promise.all([put(caller, grant, upload.picture), ...others]);
  if (random.chance(0.3)) await wire.ask('complete', `/images/${id}/complete`, { method: 'POST' }, OK);
  album.keep({ id, userId: upload.userId, picture: upload.picture });
  await removeSurplus(caller);
}

export async function uploadDirectly(caller: Caller): Promise<void> {
  const { wire, random } = caller;
  const upload = newUpload(caller);
  const form = random.pick(DIRECT_FORMS);
  const { target, ...sent } = directRequest(form, upload.described, upload.picture);
  const headers = { ...sent.headers, 'X-User-Id': upload.userId };
  keep(caller, upload, await wire.ask(form, target, { ...sent, headers }, OK));
  await removeSurplus(caller);
}

export async function uploadMany(caller: Caller): Promise<void> {
  const { wire, random } = caller;
  const uploads = Array.from({ length: 1 + random.below(8) }, () => newUpload(caller));
  const fields = uploads.map(({ userId, picture, described }) => ({
    user_id: userId,
    content_type: picture.type,
    ...described,
  }));
  const answer = await wire.ask('batch', '/images/uploads', jsonRequest({ uploads: fields }), OK);
  const { results } = answer.json<{ results: { grant: GrantJson }[] }>();
  assert.equal(results.length, uploads.length);
  await Promise.all(
    results.map(async ({ grant }, index) => {
      const upload = uploads[index];
      assert.ok(upload);
      await put(caller, grant, upload.picture);
      caller.album.keep({ id: grant.image_id, userId: upload.userId, picture: upload.picture });
    }),
  );
  await removeSurplus(caller);
}

/** Repeats one direct upload three times concurrently and once more afterwards, and sends another one with its key. */
export async function uploadAgain(caller: Caller): Promise<void> {
  const { wire, random } = caller;
  const upload = newUpload(caller);
  const { target, ...sent } = directRequest(random.pick(DIRECT_FORMS), upload.described, upload.picture);
  const headers = { ...sent.headers, 'X-User-Id': upload.userId, 'Idempotency-Key': randomUUID() };
  const ask = () => wire.ask('keyed', target, { ...sent, headers }, OK);
  const answers = [...(await Promise.all([ask(), ask(), ask()])), await ask()];
  const [first, ...others] = answers.map((answer) => answer.json<Stored>().image_id);
  for (const other of others) assert.equal(other, first);
  const other = jsonRequest({ content_type: 'image/gif', filename: 'another.gif' }, headers);
  const otherHeaders = { ...headers, ...other.headers, 'Content-Type': 'application/json' };
  await wire.ask('keyed', '/images/upload', { ...other, headers: otherHeaders }, [409]);
  for (const answer of answers.slice(0, 1)) keep(caller, upload, answer);
  await removeSurplus(caller);
}

/** A grant requested twice by its key, used, requested again, and its URL used for other bytes. */
export async function grantAgain(caller: Caller): Promise<void> {
  const { wire, random, pictures, album } = caller;
  const { userId, picture, described } = newUpload(caller);
  const request = jsonRequest(
    { content_type: picture.type, ...described },
    { 'X-User-Id': userId, 'Idempotency-Key': randomUUID() },
  );
  const ask = async () => (await wire.ask('keyed grant', '/images/upload', request, OK)).json<GrantJson>();
  const [grant, same] = await Promise.all([ask(), ask()]);
  assert.equal(same.image_id, grant.image_id);
  await put(caller, grant, picture);
  assert.equal((await ask()).upload_url, undefined);
  await put(caller, same, picture);
  const others = pictures.filter((one) => one.type === picture.type && one !== picture);
  await wire.ask('put again', grant.upload_url ?? '', objectRequest(grant, random.pick(others).bytes), [412]);
  album.keep({ id: grant.image_id, userId, picture });
  await removeSurplus(caller);
}

/** The first half, and then all of it. */
export async function uploadInTwoAttempts(caller: Caller): Promise<void> {
  const upload = newUpload(caller);
  const grant = await grantFor(caller, upload);
  const sent = objectRequest(grant, upload.picture.bytes);
  await caller.wire.breakOff('cut put', 'request', grant.upload_url ?? '', sent);
  await put(caller, grant, upload.picture);
  caller.album.keep({ id: grant.image_id, userId: upload.userId, picture: upload.picture });
  await removeSurplus(caller);
}

export async function breakOffDirectUpload({ wire, random, pictures }: Caller): Promise<void> {
  const { target, ...sent } = directRequest(
    random.pick(DIRECT_FORMS),
    { filename: 'half', tags: [] },
    random.pick(pictures),
  );
  await wire.breakOff('cut direct', 'request', target, { ...sent, headers: { ...sent.headers, ...ADA } });
}

const bomb = new Uint8Array(decompressionBomb());
const page = new Uint8Array(Buffer.from('<!doctype html><script>alert(1)</script>'));

/** Bytes that are no sound image, by grant or directly; they leave nothing readable. */
export async function uploadNoImage(caller: Caller): Promise<void> {
  const { wire, random, pictures } = caller;
  const half = new Uint8Array(truncated(Buffer.from(random.pick(pictures.filter(isPhoto)).bytes)));
  const [type, bytes] = random.pick([
    ['image/jpeg', half],
    ['image/png', bomb],
    ['image/webp', page],
  ] as const);
  const picture = { type, bytes, sha256: '' };
  const described = { filename: 'none.img', tags: [] };
  if (random.chance(0.5)) {
    const { target, ...sent } = directRequest(random.pick(DIRECT_FORMS), described, picture);
    const headers = { ...sent.headers, ...ADA };
    await wire.ask('no image', target, { ...sent, headers }, REFUSED);
    return;
  }
  const request = jsonRequest({ user_id: 'ada', content_type: type, ...random.pick([{}, { method: 'POST' }]) });
  const grant = (await wire.ask('grant', '/images/upload', request, OK)).json<GrantJson>();
  const { image_id: id, upload_url: url = '' } = grant;
  await wire.ask('no image', url, objectRequest(grant, bytes), REFUSED);
  await wire.ask('read refused', `/images/${id}`, {}, [409]);
  await wire.ask('complete refused', `/images/${id}/complete`, { method: 'POST' }, REFUSED);
  await wire.ask('put again', url, objectRequest(grant, bytes), [400, 409, 412]);
  await remove(caller, id);
}

const isPhoto = ({ type }: Picture): boolean => type === 'image/jpeg';

/** A grant used in ways that its signature forbids, and then abandoned. */
export async function abuseGrant(caller: Caller): Promise<void> {
  const { wire, random } = caller;
  const { picture } = newUpload(caller);
  const request = jsonRequest({ user_id: 'ada', content_type: picture.type });
  const grant = (await wire.ask('grant', '/images/upload', request, OK)).json<GrantJson>();
  const { image_id: id, upload_url: url = '' } = grant;
  const sent = objectRequest(grant, picture.bytes);
  const [target, changed] = random.pick([
    [url.replace(/(X-Amz-Signature=)./, '$1x'), sent],
    [url, { ...sent, headers: { ...sent.headers, 'Content-Type': 'text/html' } }],
    [url, { ...sent, headers: { ...sent.headers, 'x-amz-acl': 'public-read' } }],
    [url, { method: 'GET' }],
    [url.replace('/incoming/', '/images/'), sent],
  ] as const);
  await wire.ask('abused grant', target, changed, [403]);
  await wire.ask('complete nothing', `/images/${id}/complete`, { method: 'POST' }, [409]);
  await remove(caller, id);
}
