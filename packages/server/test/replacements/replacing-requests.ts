import assert from 'node:assert/strict';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { HeldImage, ReadyImage } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { waitForGate } from '../../src/operations/gates/wait-for-gate.ts';
import { type ReplacingUpload, waitsToReplace } from '../../src/operations/uploads/replace-picture.ts';
import type { GatedService } from '../gates/gated-service.ts';
import { json } from '../services/service.ts';

export const OTHER = new Uint8Array(await testImage({ type: 'image/png', width: 40, height: 90 }));
export const THIRD = new Uint8Array(await testImage({ type: 'image/webp', width: 33, height: 33 }));

export interface Granted {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

export async function grant(service: GatedService, replaces: string, contentType = 'image/png'): Promise<Granted> {
  const answer = await service.request(
    '/uploads',
    json({ user_id: 'ada', content_type: contentType, filename: 'new.png', replaces }),
  );
  assert.equal(answer.status, 201, await answer.clone().text());
  return (await answer.json()) as Granted;
}

export const put = (service: GatedService, { upload_url, headers }: Granted, body = OTHER) =>
  service.send(upload_url, { method: 'PUT', headers, body });

export const complete = (service: GatedService, { image_id }: Granted) =>
  service.request(`/images/${image_id}/complete`, { method: 'POST' });

export const original = async (service: Pick<GatedService, 'request'>, id: string) =>
  new Uint8Array(await (await service.request(`/images/${id}/original`)).arrayBuffer());

/** A ready picture. */
export async function addPicture(service: GatedService): Promise<ReadyImage> {
  const { id } = await service.upload();
  await service.json(`/images/${id}/metadata`);
  const picture = await service.services.images.get(id as ImageId);
  assert.ok(picture?.status === 'ready');
  return picture;
}

/** An upload that is to replace the picture, and that the gate of the service holds. */
export async function addHeld(service: GatedService, { id }: ReadyImage, body = OTHER): Promise<HeldImage> {
  const granted = await grant(service, id, body === OTHER ? 'image/png' : 'image/webp');
  await put(service, granted, body);
  await complete(service, granted);
  const held = await service.services.images.get(granted.image_id as ImageId);
  assert.ok(held?.status === 'held' && held.replaces?.imageId === id);
  return held;
}

/** The upload once its gate has passed it, before a process applies it. */
export async function passed({ services }: GatedService, held: HeldImage): Promise<ReplacingUpload> {
  const { images } = services;
  const { gates } = held.screening;
  const screened = { gates, passed: ['scan'], failures: 0, decided: [], standing: 'passed' } as const;
  const screening = waitForGate(services, screened, { since: held.uploadedAt, before: held.screening });
  assert.ok(await images.replace(held, { ...held, screening }));
  const waiting = await images.get(held.id);
  assert.ok(waiting && waitsToReplace(waiting));
  return waiting;
}
