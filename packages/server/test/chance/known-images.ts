import assert from 'node:assert/strict';
import type { Image } from '../../src/domain/image/image.ts';
import type { MortalService } from '../services/mortal-service.ts';
import { sha256Of } from '../services/record-check.ts';
import type { Described } from '../uploads/upload-requests.ts';

/** An image as its client knows it: what was acknowledged, and what is possible without an answer. */
export interface KnownImage {
  readonly id: string;
  readonly userId: string;
  told: 'pending' | 'ready' | 'rejected' | 'deleted';
  /** The SHA-256 of the acknowledged bytes. */
  sha256: string | undefined;
  description: Described;
  readonly possibly: {
    /** The bytes sent for it, by sha256. */
    readonly bodies: Set<string>;
    descriptions: Described[];
    isRefused: boolean;
    isDeleted: boolean;
  };
}

type SentBody = Described & Pick<KnownImage, 'userId'>;

/** Everything that clients sent, and that was acknowledged, over all kills. */
export interface KnownImages {
  /** To be called before sending: each body belongs to one image. */
  send(sha256: string, sent: SentBody): void;
  /** An image that an answer confirmed. */
  add(image: Omit<KnownImage, 'possibly'>): KnownImage;
  tellReady(image: KnownImage, sha256: string): void;
  tellRejected(image: KnownImage): void;
  /** Marks the image as touched: it is checked after the next kill. */
  touch(image: KnownImage): void;
  /** The images touched since the last call. */
  takeTouched(): readonly KnownImage[];
  all(): readonly KnownImage[];
  /** Asserts that there are no other records. */
  requireRecords(records: readonly Image[]): void;
}

export function createKnownImages(): KnownImages {
  const bodies = new Map<string, SentBody>();
  const images = new Map<string, KnownImage>();
  const touched = new Set<KnownImage>();

  return {
    send: (sha256, sent) => bodies.set(sha256, sent),
    add(told) {
      assert.ok(!images.has(told.id), `expected a new id; got ${told.id} again`);
      const possibly = { bodies: new Set<string>(), descriptions: [], isRefused: false, isDeleted: false };
      const image = { ...told, possibly };
      images.set(told.id, image);
      touched.add(image);
      return image;
    },
    tellReady(image, sha256) {
      requireBody(image, sha256);
      assert.notEqual(image.told, 'rejected', `${image.id} was rejected`);
      image.sha256 = sha256;
      if (image.told !== 'deleted') image.told = 'ready';
    },
    tellRejected(image) {
      assert.ok(image.possibly.isRefused, `${image.id} is rejected, although all its bytes were sound`);
      assert.notEqual(image.told, 'ready', `${image.id} was ready`);
      if (image.told !== 'deleted') image.told = 'rejected';
    },
    touch: (image) => touched.add(image),
    takeTouched() {
      const taken = [...touched];
      touched.clear();
      return taken;
    },
    all: () => [...images.values()],
    requireRecords(records) {
      const byId = new Map<string, Image>(records.map((record) => [record.id, record]));
      for (const image of images.values()) {
        const record = byId.get(image.id) ?? GONE;
        assert.notEqual(record.status, 'trashed', `${image.id}, which nobody trashed`);
        assert.notEqual(record.status, 'held', `${image.id}, although there are no gates`);
        if (record.status !== 'trashed' && record.status !== 'held') requireState(image, record);
      }
      const ready = records.filter((record) => record.status === 'ready');
      for (const { id, sha256, userId, filename, tags } of ready) {
        const sent = bodies.get(sha256);
        assert.equal(userId, sent?.userId, `the user of ${id}`);
        if (!images.has(id)) assert.deepEqual({ userId, filename, tags }, sent, `the description of ${id}`);
      }
      const hashes = ready.map(({ sha256 }) => sha256);
      assert.equal(new Set(hashes).size, hashes.length, 'expected one image for each body');
    },
  };
}

/** The observable state of an image. */
type Shown = { readonly status: Exclude<Image['status'], 'trashed' | 'held'> } & Partial<Described> & {
    readonly sha256?: string | null;
  };

const GONE = { status: 'deleted' } as const;

function requireState(image: KnownImage, shown: Shown): void {
  const { id, told, possibly } = image;
  const { status } = shown;
  if (status === 'deleted') {
    assert.ok(told === 'deleted' || possibly.isDeleted, `expected ${id} to be ${told}; it is deleted`);
    return;
  }
  if (told === 'pending')
    assert.ok(status !== 'rejected' || possibly.isRefused, `${id} is ${status}, although its bytes are sound`);
  else assert.equal(status, told, `the state of ${id}`);
  requireDescription(image, shown);
  if (status === 'ready') requireBody(image, shown.sha256);
}

function requireDescription({ id, description, possibly }: KnownImage, { status, filename, tags }: Shown): void {
  const candidates = [description, ...possibly.descriptions].map((one) =>
    JSON.stringify([status === 'expired' ? 'image.jpg' : one.filename, isOver(status) ? [] : one.tags]),
  );
  const shown = JSON.stringify([filename, tags]);
  assert.ok(candidates.includes(shown), `expected ${id} to be described as ${candidates.join(' or ')}; got ${shown}`);
}

/** An expired or rejected image loses its tags. */
const isOver = (status: Image['status']): boolean => status === 'expired' || status === 'rejected';

function requireBody({ id, sha256, possibly }: KnownImage, shown: string | null | undefined): void {
  if (sha256 !== undefined) assert.equal(shown, sha256, `the bytes of ${id}`);
  else assert.ok(possibly.bodies.has(shown ?? ''), `${id} has bytes that no client sent to it`);
}

/** Reads the image's state, asserts that it is possible, and records it as known. */
export async function lookAt(service: MortalService, image: KnownImage): Promise<void> {
  if (image.told === 'pending') await requireDecidable(service, image.id);
  const answer = await service.send(`/images/${image.id}/metadata`, { method: 'GET' });
  assert.ok(answer?.status === 200 || answer?.status === 404, answer?.text);
  const shown: Shown = answer.status === 404 ? GONE : JSON.parse(answer.text);
  requireState(image, shown);
  assert.notEqual(shown.status, 'expired', `${image.id} expired before its deadline`);
  if (shown.status === 'expired') return;
  image.told = shown.status;
  image.description = { filename: shown.filename ?? '', tags: shown.tags ?? [] };
  image.possibly.descriptions = [];
  image.possibly.isDeleted = shown.status === 'deleted';
  if (shown.status !== 'ready') return;
  image.sha256 = shown.sha256 ?? undefined;
  await requireServed(service, { id: image.id, sha256: image.sha256 });
}

/** Asserts that no dead process holds the image: it is decided at once, unless it has no bytes. */
async function requireDecidable(service: MortalService, id: string): Promise<void> {
  const answer = await service.send(`/images/${id}/complete`, { method: 'POST' });
  assert.ok(answer && [200, 400, 404, 409].includes(answer.status), `${id} is stuck: ${answer?.text}`);
}

/** Asserts that the image's bytes are those of its record. */
export async function requireServed(
  service: MortalService,
  { id, sha256 }: { readonly id: string; readonly sha256: string | undefined },
): Promise<void> {
  const answer = await service.send(`/images/${id}`, { method: 'GET' });
  assert.equal(answer?.status, 200, answer?.text);
  assert.equal(sha256Of(answer.body), sha256, `the bytes of ${id}`);
}
