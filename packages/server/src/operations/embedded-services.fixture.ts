import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { movingClock } from '../../test/services/moving-clock.ts';
import { ORIGIN } from '../../test/services/service.ts';
import { createSharingService } from '../../test/services/sharing-service.ts';
import { accessOf, userNamed } from '../domain/access/principals.fixture.ts';
import type { Image, PendingImage } from '../domain/image/image.ts';
import { incomingKey, type ObjectKey } from '../domain/image/object-key.ts';
import type { Imaging } from '../imaging/imaging.ts';
import type { Services } from '../services.ts';
import { type CreateUploadInput, createUpload } from './uploads/create-upload.ts';

/** Ada's own request, with every right of a user. */
export const ADA = accessOf(userNamed('ada'), 'deleteImage');

const UPLOAD: CreateUploadInput = {
  contentType: 'image/jpeg',
  method: 'PUT',
  sizeBytes: undefined,
  sha256: undefined,
  idempotencyKey: undefined,
  publicOrigin: ORIGIN,
  filename: 'ada.jpg',
  tags: [],
  description: null,
  metadata: {},
  visibility: 'private',
  externalId: null,
};

/** A JPEG; another seed gives other bytes. */
export const jpeg = async (seed = 1): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await testImage({ type: 'image/jpeg', width: 32, height: 24, seed }));

/** Services on SQLite and a folder, with a test clock, and decoder processes shared by all tests of a file. */
export interface EmbeddedServices extends AsyncDisposable {
  readonly services: Services;
  readonly clock: ReturnType<typeof movingClock>;
  /** A granted upload without bytes. */
  grant(input?: Partial<CreateUploadInput>): Promise<PendingImage>;
  /** Stores bytes like a PUT, but without an event. */
  arrive(image: PendingImage, bytes: Uint8Array): Promise<void>;
  put(key: ObjectKey, bytes: Uint8Array): Promise<void>;
  record(image: Pick<Image, 'id'>): Promise<Image>;
  /** The keys of all stored objects, and the temporary files. */
  keys(): Promise<string[]>;
}

export async function createEmbeddedServices(
  wrapImaging: (imaging: Imaging) => Imaging = (imaging) => imaging,
): Promise<EmbeddedServices> {
  const clock = movingClock();
  const service = await createSharingService({ overrides: { clock, wrapImaging } });
  const { services } = service;
  const { images, objects, staging } = services;

  const put = async (key: ObjectKey, bytes: Uint8Array): Promise<void> => {
    await using file = await staging.stage(chunksOf(bytes), { maxBytes: bytes.length });
    await objects.put(key, file, { contentType: 'image/jpeg' });
  };
  return {
    services,
    clock,
    async grant(input = {}) {
      const { image } = await createUpload(services, accessOf(userNamed('ada'), 'createUpload'), {
        ...UPLOAD,
        ...input,
      });
      assert.ok(image.status === 'pending');
      return image;
    },
    arrive: ({ userId, id }, bytes) => put(incomingKey(userId, id), bytes),
    put,
    async record({ id }) {
      const image = await images.get(id);
      assert.ok(image, `expected a record of ${id}; got none`);
      return image;
    },
    keys: async () =>
      (await service.storedFiles()).map((path) => relative(`${service.folder}/objects`, path)).toSorted(),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export interface Gate extends Disposable {
  /** Resolves when a caller waits at the gate. */
  readonly reached: Promise<void>;
  wait(): Promise<void>;
  open(): void;
}

/** A gate that holds an operation open in the middle until the test releases it. */
export function createGate(): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    wait() {
      reached.resolve();
      return opened.promise;
    },
    open: opened.resolve,
    [Symbol.dispose]: opened.resolve,
  };
}

/** Imaging whose verdicts wait at the gate. */
export const inspectsBehind =
  (gate: Gate) =>
  (imaging: Imaging): Imaging => ({
    ...imaging,
    async inspect(...asked) {
      const inspection = await imaging.inspect(...asked);
      await gate.wait();
      return inspection;
    },
  });
