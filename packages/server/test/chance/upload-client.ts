import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Answer, MortalService } from '../services/mortal-service.ts';
import {
  type Described,
  DIRECT_FORMS,
  directRequest,
  type GrantJson,
  jsonRequest,
  objectRequest,
  type Picture,
  type Sent,
} from '../uploads/upload-requests.ts';
import type { KnownImage, KnownImages } from './known-images.ts';
import type { Random } from './random.ts';

/** One user's client: it uploads, changes and deletes its own images, and repeats unanswered requests. */
export interface UploadClient {
  /** An unanswered action, until it is answered. */
  sendAgain(service: MortalService): Promise<void>;
  /** One action after the other, until the service has ended. */
  workUntilGone(service: MortalService): Promise<void>;
}

interface Grant {
  readonly image: KnownImage;
  readonly contentType: string;
  readonly json: GrantJson;
  /** Its URL accepts one body only, by checksum, and only if the key is free. */
  readonly isOfOneBody: boolean;
}

/** Answers of an overloaded service; nothing was acknowledged then. */
const BUSY = [429, 503];

/** How long a service without other clients may be overloaded. */
const SEND_AGAIN_MS = 90_000;

/** The number of used URLs that get other bytes at a time. */
const REPLAYED = 8;

const NONSENSE = new Uint8Array(Buffer.from('<html>no image</html>'));

export function createUploadClient({
  userId,
  known,
  random,
  picture,
}: {
  readonly userId: string;
  readonly known: KnownImages;
  readonly random: Random;
  readonly picture: (type?: string) => Promise<Picture>;
}): UploadClient {
  const images: KnownImage[] = [];
  const grants: Grant[] = [];
  /** An unanswered action that can be repeated. */
  const unanswered: ((service: MortalService) => Promise<void>)[] = [];
  const user = { 'X-User-Id': userId };
  let descriptions = 0;
  let lastBusy = '';

  const description = (): Described => {
    descriptions += 1;
    const tags = [`tag ${descriptions % 3}`, `${userId} ${descriptions}`].slice(random.below(3));
    return { filename: `${userId} ${descriptions}.img`, tags };
  };

  /** An acknowledgement; without one the action may have happened anyway. */
  async function ask(service: MortalService, target: string, sent: Sent): Promise<Answer | undefined> {
    const answer = await service.send(target, { ...sent, headers: { ...sent.headers, ...user } });
    if (!answer || !BUSY.includes(answer.status)) return answer;
    lastBusy = `${answer.status} ${answer.text}`;
    return undefined;
  }

  function add(image: Pick<KnownImage, 'id' | 'told' | 'sha256' | 'description'>): KnownImage {
    const added = known.add({ ...image, userId });
    images.push(added);
    return added;
  }

  async function uploadDirectly(service: MortalService): Promise<void> {
    const [body, described] = [await picture(), description()];
    known.send(body.sha256, { userId, ...described });
    const key = random.chance(0.6) ? { 'Idempotency-Key': randomUUID() } : undefined;
    const { target, ...sent } = directRequest(random.pick(DIRECT_FORMS), described, body);
    const request = { ...sent, headers: { ...sent.headers, ...key } };
    const attempt = async (on: MortalService): Promise<void> => {
      const times = key && random.chance(0.2) ? 3 : 1;
      const answers = await Promise.all(Array.from({ length: times }, () => ask(on, target, request)));
      const stored = answers.flatMap((answer) => (answer ? [jsonOf<Stored>(answer)] : []));
      if (stored.length === 0 && key) unanswered.push(attempt);
      const [id, ...otherIds] = new Set(stored.map(({ image_id }) => image_id));
      if (id === undefined) return;
      assert.deepEqual(otherIds, [], 'expected one image for one Idempotency-Key');
      for (const { status, sha256 } of stored) assert.deepEqual([status, sha256], ['ready', body.sha256]);
      add({ id, told: 'ready', sha256: body.sha256, description: described });
    };
    await attempt(service);
  }

  async function uploadByGrant(service: MortalService): Promise<void> {
    const [body, described] = [await picture(), description()];
    const exact = { size: body.bytes.length, sha256: body.sha256 };
    const form = random.pick([{}, exact, { method: 'POST' }]);
    const key = random.chance(0.5) ? { 'Idempotency-Key': randomUUID() } : undefined;
    const request = jsonRequest({ content_type: body.type, ...described, ...form }, key);
    const attempt = async (on: MortalService): Promise<void> => {
      const answer = await ask(on, '/images/upload', request);
      if (answer) await use(on, take(jsonOf(answer), described, body, form === exact), body);
      else if (key) unanswered.push(attempt);
    };
    await attempt(service);
  }

  async function uploadManyByGrant(service: MortalService): Promise<void> {
    const bodies = await Promise.all([1, 2, 3].map(() => picture()));
    const uploads = bodies.map((body) => ({ body, described: description() }));
    const fields = uploads.map(({ body, described }) => ({ content_type: body.type, ...described }));
    const request = jsonRequest({ uploads: fields }, { 'Idempotency-Key': randomUUID() });
    const attempt = async (on: MortalService): Promise<void> => {
      const answer = await ask(on, '/images/uploads', request);
      if (!answer) {
        unanswered.push(attempt);
        return;
      }
      const { results } = jsonOf<{ results: { grant?: GrantJson }[] }>(answer);
      const granted = uploads.map(({ body, described }, index) => {
        const json = results[index]?.grant;
        assert.ok(json, answer.text);
        return { grant: take(json, described, body, false), body };
      });
      await Promise.all(granted.map(({ grant, body }) => use(on, grant, body)));
    };
    await attempt(service);
  }

  function take(json: GrantJson, described: Described, { type }: Picture, isOfOneBody: boolean): Grant {
    const image = add({ id: json.image_id, told: 'pending', sha256: undefined, description: described });
    const grant = { image, contentType: type, json, isOfOneBody };
    grants.push(grant);
    return grant;
  }

  /** As clients do: mostly one PUT, sometimes other actions at the same time. */
  async function use(service: MortalService, grant: Grant, body: Picture): Promise<void> {
    const { image, contentType, isOfOneBody } = grant;
    if (random.chance(0.1)) return; // an unused grant
    const all = [put(service, grant, body)];
    if (random.chance(0.2)) all.push(complete(service, image));
    if (random.chance(0.2)) all.push(change(service, image));
    if (random.chance(0.1)) all.push(remove(service, [image]));
    if (!isOfOneBody && random.chance(0.1)) all.push(put(service, grant, await picture(contentType)));
    if (!isOfOneBody && random.chance(0.1)) all.push(putNonsense(service, grant));
    await Promise.all(all);
  }

  const send = (service: MortalService, { image, json }: Grant, bytes: Picture['bytes']) => {
    assert.ok(json.upload_url, `expected a URL for a pending upload; got ${JSON.stringify(json)}`);
    known.touch(image);
    return ask(service, json.upload_url, objectRequest(json, bytes));
  };

  async function put(service: MortalService, grant: Grant, body: Picture): Promise<void> {
    const { image } = grant;
    known.send(body.sha256, { userId, ...image.description });
    image.possibly.bodies.add(body.sha256);
    const answer = await send(service, grant, body.bytes);
    if (!answer) {
      if (random.chance(0.8)) unanswered.push((on) => put(on, grant, body));
      return;
    }
    const { status, text } = answer;
    if (status === 200 || status === 204) known.tellReady(image, body.sha256);
    else if (status === 412 && grant.isOfOneBody) await complete(service, image, 'arrived');
    else if (status === 412) assert.ok(image.possibly.bodies.size > 1, text);
    else refusal(image, answer);
  }

  async function putNonsense(service: MortalService, grant: Grant): Promise<void> {
    grant.image.possibly.isRefused = true;
    const answer = await send(service, grant, NONSENSE);
    if (answer && answer.status !== 412) refusal(grant.image, answer);
  }

  /** Other bytes to used URLs, which must not change the image. */
  async function replay(service: MortalService): Promise<void> {
    const isUsed = ({ told, possibly }: KnownImage) => told === 'ready' && !possibly.isDeleted;
    const used = grants.filter(({ image, isOfOneBody }) => isUsed(image) && !isOfOneBody);
    const some = used.slice(-REPLAYED);
    const others = await Promise.all(some.map(({ contentType }) => picture(contentType)));
    const answers = await Promise.all(
      some.map((grant, index) => send(service, grant, others[index]?.bytes ?? NONSENSE)),
    );
    for (const answer of answers) if (answer) assert.equal(answer.status, 412, answer.text);
  }

  /** Once the store has acknowledged the bytes, every reader gets the image. */
  async function complete(service: MortalService, image: KnownImage, arrived?: 'arrived'): Promise<void> {
    const answer = await ask(service, `/images/${image.id}/complete`, { method: 'POST' });
    if (!answer) return;
    if (answer.status === 200) known.tellReady(image, jsonOf<Stored>(answer).sha256);
    else if (answer.status !== 409) refusal(image, answer);
    else assert.ok(arrived === undefined && answer.text.includes('"upload-missing"'), answer.text);
  }

  /** Asserts that there was a reason to refuse. */
  function refusal(image: KnownImage, { status, text }: Answer): void {
    if (status === 400 || text.includes('one that is rejected')) known.tellRejected(image);
    else assert.ok([404, 409].includes(status) && image.possibly.isDeleted, `${status} ${text}`);
  }

  async function change(service: MortalService, image: KnownImage): Promise<void> {
    known.touch(image);
    const changed = description();
    image.possibly.descriptions.push(changed);
    const answer = await ask(service, `/images/${image.id}`, { ...jsonRequest(changed), method: 'PATCH' });
    if (!answer) return;
    if (answer.status !== 200) return refusal(image, answer);
    image.description = changed;
    image.possibly.descriptions = [];
  }

  async function remove(service: MortalService, some: readonly KnownImage[]): Promise<void> {
    const wasAsked = some.map(({ possibly }) => possibly.isDeleted);
    for (const image of some) {
      known.touch(image);
      image.possibly.isDeleted = true;
    }
    const ids = some.map(({ id }) => id);
    const single = some.length === 1;
    const answer = single
      ? await ask(service, `/images/${ids}`, { method: 'DELETE' })
      : await ask(service, '/images/delete', jsonRequest({ image_ids: ids }));
    if (!answer) return;
    if (single) assert.ok(answer.status === 200 || (answer.status === 404 && wasAsked[0]), answer.text);
    const results = single ? [] : jsonOf<{ results: { status?: string }[] }>(answer).results;
    for (const [index, image] of some.entries()) {
      assert.ok(single || results[index]?.status === 'deleted' || wasAsked[index], answer.text);
      image.told = 'deleted';
    }
  }

  async function workOnce(service: MortalService): Promise<void> {
    const again = unanswered.shift();
    if (again) return again(service);
    const kind = random.next();
    if (kind < 0.3) return uploadDirectly(service);
    if (kind < 0.6) return uploadByGrant(service);
    if (kind < 0.65) return uploadManyByGrant(service);
    if (kind < 0.75) return replay(service);
    const live = images.filter(({ told }) => told !== 'deleted');
    if (live.length === 0) return;
    if (kind < 0.85) return change(service, random.pick(live));
    if (kind < 0.95) return remove(service, [random.pick(live)]);
    return remove(service, [...new Set([1, 2, 3].map(() => random.pick(live)))]);
  }

  return {
    async sendAgain(service) {
      const endsAt = Date.now() + SEND_AGAIN_MS;
      for (let again = unanswered.shift(); again; again = unanswered.shift()) {
        assert.ok(Date.now() < endsAt, `${unanswered.length + 1} uploads without an answer; the last one: ${lastBusy}`);
        await again(service);
      }
    },
    async workUntilGone(service) {
      while (!service.isGone()) await workOnce(service);
    },
  };
}

interface Stored {
  readonly image_id: string;
  readonly status: string;
  readonly sha256: string;
}

/** The answer's JSON; fails unless it succeeded. */
function jsonOf<Json>({ status, text }: Answer): Json {
  assert.equal(status, 200, text);
  return JSON.parse(text);
}
