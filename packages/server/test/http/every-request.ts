import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { json } from '../services/service.ts';

/** One request of each kind. */
export type Kind =
  | ('grant' | 'batch' | 'put' | 'form' | 'direct' | 'keyed' | 'patch' | 'remove' | 'complete')
  | ('describe' | 'list' | 'bytes' | 'download' | 'readyz' | 'health');

export interface Answer {
  /** The status and, for an error, the code of its problem or of S3's XML: `507 insufficient-storage`. */
  readonly told: string;
  readonly retryAfter: string | null;
  readonly body: Buffer;
}

export type Answers = Partial<Record<Kind, Answer>>;

/** A client that repeats one request of each kind, and remembers the acknowledged images. */
export interface Visitor {
  /** All requests concurrently except those, and then `complete` of the bytes that `put` sent. */
  askAll(options?: { readonly but: readonly Kind[] }): Promise<Answers>;
  /** Kinds in the order of their last answers. */
  readonly answered: readonly Kind[];
  /** The upload that `put` sends. */
  readonly uploadId: string;
  /** The image that `bytes` reads. */
  readonly imageId: string;
  /**
   * Asserts that exactly the acknowledged images are listed and served, with all bytes, by the service now at `origin`.
   */
  assertNothingLost(origin?: string): Promise<void>;
  /** The number of acknowledged images. */
  storedCount(): number;
}

interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
  readonly fields: Record<string, string>;
}

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const raw = { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body: picture };

export async function createVisitor(origin: string): Promise<Visitor> {
  const user = randomUUID();
  const stored = new Set<string>();
  const answered: Kind[] = [];

  async function ask(path: string, init: RequestInit = {}, at = origin): Promise<Answer & { status: number }> {
    const response = await fetch(new URL(path, at), init);
    const body = Buffer.from(await response.arrayBuffer());
    const { status } = response;
    const told = status < 400 ? `${status}` : `${status} ${errorCode(body.toString())}`;
    return { status, told, retryAfter: response.headers.get('retry-after'), body };
  }

  async function expectJson<Body>(path: string, init?: RequestInit): Promise<Body> {
    const { status, body } = await ask(path, init);
    assert.equal(status, 200, body.toString());
    return JSON.parse(body.toString()) as Body;
  }

  const grant = (fields: object) =>
    expectJson<Grant>('/images/upload', json({ user_id: user, content_type: 'image/jpeg', ...fields }));

  async function upload(): Promise<string> {
    const { image_id } = await expectJson<{ image_id: string }>(`/images/upload?user_id=${user}`, raw);
    stored.add(image_id);
    return image_id;
  }

  const [toPut, toPost] = [await grant({}), await grant({ method: 'POST' })];
  const [imageId, ...toRemove] = [await upload(), await upload(), await upload(), await upload()];
  const { download_url } = await expectJson<{ download_url: string }>(`/images/${imageId}/download`);
  let rounds = 0;

  const form = (): FormData => {
    const data = new FormData();
    for (const [name, value] of Object.entries(toPost.fields)) data.set(name, value);
    data.set('file', new File([picture], 'photo.jpg', { type: 'image/jpeg' }));
    return data;
  };

  /** Remembers the image if the answer says that it is stored. */
  const storing = async (asked: Promise<Answer>, id?: string): Promise<Answer> => {
    const answer = await asked;
    if (answer.told.startsWith('2')) stored.add(id ?? JSON.parse(answer.body.toString()).image_id);
    return answer;
  };

  async function remove(): Promise<Answer> {
    const [id] = toRemove;
    assert.ok(id, 'expected an image to remove; all are removed');
    const answer = await ask(`/images/${id}`, { method: 'DELETE' });
    if (answer.told !== '200') return answer;
    toRemove.shift();
    stored.delete(id);
    return answer;
  }

  /** Its own status is always 200, so the status of its first upload counts. */
  async function batch(): Promise<Answer> {
    const uploads = [{ content_type: 'image/jpeg' }];
    const answer = await ask('/images/uploads', json({ user_id: user, uploads }));
    const error = answer.told === '200' && JSON.parse(answer.body.toString()).results[0].error;
    return error ? { ...answer, told: `${error.status} ${error.code}`, retryAfter: '0' } : answer;
  }

  const REQUESTS: Record<Exclude<Kind, 'complete' | 'readyz'>, () => Promise<Answer>> = {
    grant: () => ask('/images/upload', json({ user_id: user, content_type: 'image/jpeg' })),
    batch,
    put: () => storing(ask(toPut.upload_url, { method: 'PUT', headers: toPut.headers, body: picture }), toPut.image_id),
    form: () => storing(ask(toPost.upload_url, { method: 'POST', body: form() }), toPost.image_id),
    direct: () => storing(ask(`/images/upload?user_id=${user}`, raw)),
    keyed: () => {
      const headers = { ...raw.headers, 'Idempotency-Key': 'once' };
      return storing(ask(`/images/upload?user_id=${user}`, { ...raw, headers }));
    },
    patch: () => ask(`/images/${imageId}`, { ...json({ tags: [`round-${rounds}`] }), method: 'PATCH' }),
    remove,
    describe: () => ask(`/images/${imageId}/metadata`),
    list: () => ask(`/images?user_id=${user}`),
    bytes: () => ask(`/images/${imageId}`),
    download: () => ask(download_url),
    health: () => ask('/health'),
  };

  return {
    answered,
    imageId,
    uploadId: toPut.image_id,
    storedCount: () => stored.size,

    async askAll({ but } = { but: [] }) {
      rounds += 1;
      answered.length = 0;
      const kinds = (Object.keys(REQUESTS) as (keyof typeof REQUESTS)[]).filter((kind) => !but.includes(kind));
      const asked = kinds.map(async (kind) => {
        const answer = await REQUESTS[kind]();
        answered.push(kind);
        return [kind, answer] as const;
      });
      const answers = Object.fromEntries(await Promise.all(asked)) as Answers;
      answers.readyz = await ask('/readyz'); // reports the state of the parts
      if (but.includes('complete')) return answers;
      return { ...answers, complete: await ask(`/images/${toPut.image_id}/complete`, { method: 'POST' }) };
    },

    async assertNothingLost(at = origin) {
      const { body } = await ask(`/images?user_id=${user}&limit=100`, {}, at);
      const { images } = JSON.parse(body.toString()) as { images: { image_id: string }[] };
      assert.deepEqual(new Set(images.map(({ image_id }) => image_id)), stored);
      for (const id of stored) assert.deepEqual(new Uint8Array((await ask(`/images/${id}`, {}, at)).body), picture);
    },
  };
}

const errorCode = (body: string): string | undefined =>
  body.startsWith('<') ? /<Code>(\w+)</.exec(body)?.[1] : JSON.parse(body).code;

/** The expected answers by the part of the service that a request needs; the default is success. */
interface Told {
  /** A change of a record alone. */
  readonly records?: string;
  readonly uploads?: string;
  readonly presignedUploads?: string;
  readonly bytes?: string;
  readonly presignedBytes?: string;
  readonly complete?: string;
  /** The parts that `/readyz` names as degraded, which may last for a while after recovery. */
  readonly failing?: readonly ('records' | 'objects')[];
}

/** Also asserts that every "try again" has a Retry-After. */
export function assertTold(answers: Answers, told: Told): void {
  const { records = '200', uploads = '200', presignedUploads, bytes = '200', presignedBytes = '200' } = told;
  const { complete = '200', failing = [] } = told;
  const expected: Record<Kind, string> = {
    grant: records,
    batch: records,
    patch: records,
    remove: records,
    direct: uploads,
    keyed: uploads,
    put: presignedUploads ?? '200',
    form: presignedUploads ?? '204',
    complete,
    describe: '200',
    list: '200',
    bytes,
    download: presignedBytes,
    readyz: '200',
    health: '200',
  };
  const kinds = Object.keys(answers) as Kind[];
  const came = kinds.map((kind) => [kind, answers[kind]?.told]);
  assert.deepEqual(Object.fromEntries(came), Object.fromEntries(kinds.map((kind) => [kind, expected[kind]])));
  for (const kind of kinds) {
    const { told = '', retryAfter } = answers[kind] ?? {};
    if (told.startsWith('503')) assert.match(retryAfter ?? '', /^\d+$/, `${kind}: a Retry-After`);
  }
  const { parts = [] } = JSON.parse(`${answers.readyz?.body ?? '{}'}`) as { parts?: string[] };
  if (failing.length > 0) assert.deepEqual(parts, failing);
}
