import assert from 'node:assert/strict';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { type PendingImage, pendingImage, publish, type UploadDescription } from '../../../src/domain/image/image.ts';
import type { ImageId } from '../../../src/domain/image/image-id.ts';
import { type ObjectKey, originalKey } from '../../../src/domain/image/object-key.ts';
import type { GateRules } from '../../../src/gates/gate.ts';
import type { Outcome } from '../../chance/outcome.ts';
import type { DynamodbFaultKind } from '../../dynamodb/fault-kinds.ts';
import type { TestGate } from '../../gates/test-gate.ts';
import type { movingClock } from '../../services/moving-clock.ts';
import { sha256Of } from '../../services/record-check.ts';
import type { TestService } from '../../services/service.ts';

/** A service whose records are in a store that can fail; its objects are in a folder. */
export interface ServiceOnStore extends TestService {
  readonly clock: ReturnType<typeof movingClock>;
  /** Decides about images if the scenario has `gateRules`. */
  readonly gate: TestGate;
}

/** An action of a client or the sweeper that calls the store of the records. */
export interface Scenario<Service extends ServiceOnStore = ServiceOnStore> {
  readonly name: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** With a gate of these rules, which passes everything unless the scenario says otherwise. */
  readonly gateRules?: Partial<GateRules>;
  /** Makes the same calls to DynamoDB as another scenario, but handles their faults differently. */
  readonly only?: readonly DynamodbFaultKind[];
  /** Answers before its calls are done; the others continue in the background. */
  readonly isAnsweredEarly?: true;
  /** Runs repeatedly: a later run does the work that this one doesn't see. */
  readonly isRepeated?: true;
  /** Prepares the action; the id of its image. */
  prepare(service: Service): Promise<string>;
  act(service: Service, id: string): Promise<Outcome>;
  /** The action once more after "try again": it may be partly done. */
  again?(service: Service, id: string): Promise<Outcome>;
  /** Asserts the promised result. */
  holds?(service: Service, id: string): Promise<void>;
}

/** Small, because every case decodes some. */
export const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 24, height: 16 }));
export const bad = new Uint8Array(Buffer.from('<html>no image</html>'));

const DESCRIBED = {
  filename: 'a.jpg',
  tags: [],
  description: null,
  metadata: {},
  visibility: 'private',
  externalId: null,
} as const;

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export async function putObject(service: ServiceOnStore, key: ObjectKey, bytes: Uint8Array): Promise<void> {
  const { objects, staging } = service.services;
  await using file = await staging.stage(chunks(bytes), { maxBytes: bytes.length });
  await objects.put(key, file, { contentType: 'image/jpeg' });
}

/** The record of an upload without bytes. */
export async function pending(
  { services: { images, newId }, clock }: ServiceOnStore,
  described: Partial<UploadDescription & { userId: string }> = {},
): Promise<PendingImage> {
  const named = { ...DESCRIBED, id: newId() as ImageId, userId: 'u', contentType: 'image/jpeg', ...described };
  const expiresAt = new Date(clock.now().getTime() + 60_000);
  const image = pendingImage(named, clock.now(), { expiresAt, claim: null, isDirect: false });
  assert.ok(await images.create(image));
  return image;
}

/** A ready image with its bytes, made without imaging. */
export async function ready(service: ServiceOnStore, described: Parameters<typeof pending>[1] = {}): Promise<ImageId> {
  const image = await pending(service, described);
  const key = originalKey(image, 'attempt');
  await putObject(service, key, good);
  const verified = { contentType: 'image/jpeg', width: 24, height: 16, placeholder: '', dominantColor: null } as const;
  const bytes = { ...verified, sizeBytes: good.length, sha256: sha256Of(good) };
  const published = publish(image, bytes, {
    objectKey: key,
    objectTag: null,
    maintainAt: null,
    filteredBy: [],
    facts: null,
    hasDetails: false,
    at: service.clock.now(),
  });
  assert.ok(await service.services.images.replace(image, published));
  return image.id;
}

/** The principal of an operation without a route. */
export async function outcomeOfWork(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    return isAway(error) ? 'later' : `wrong: ${error}`;
  }
}

/** The store is away or full: an error to try again after. */
export const isAway = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'unavailable' || error.code === 'insufficient-storage');
