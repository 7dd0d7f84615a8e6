import { createHash } from 'node:crypto';
import { isStored, type StoredImage, workingCopyOf } from '../../domain/image/image.ts';
import { type ObjectKey, workingCopyKey } from '../../domain/image/object-key.ts';
import type { ObjectReads } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';
import type { ImageFinding } from './finding.ts';

export type CheckServices = Pick<Services, 'images'> & { readonly objects: Pick<ObjectReads, 'head' | 'get'> };

export interface CheckOptions {
  /** `bytes`: every byte is read and hashed. */
  readonly compare: 'sizes' | 'bytes';
}

/**
 * What is wrong with the objects that the record names, now. Nothing is, if the record has changed since. Errors: those
 * of the stores.
 */
export async function checkImage(
  services: CheckServices,
  image: StoredImage,
  options: CheckOptions,
): Promise<readonly ImageFinding[]> {
  const found = [...(await checkOriginal(services, image, options)), ...(await checkCopy(services, image, options))];
  return found.length > 0 && (await isStill(services, image)) ? found : [];
}

async function checkOriginal(
  { objects }: CheckServices,
  image: StoredImage,
  { compare }: CheckOptions,
): Promise<ImageFinding[]> {
  const { objectKey, objectTag, sizeBytes, sha256 } = image;
  const head = await objects.head(objectKey);
  if (!head) return [{ kind: 'original-missing', image }];
  if (head.sizeBytes !== sizeBytes) return [{ kind: 'original-size', image, got: head.sizeBytes }];
  const isTagged = objectTag === null || objectTag === head.entityTag;
  if (isTagged && compare === 'sizes') return [];
  const got = await hashOf(objects, objectKey); // another tag may mean other bytes
  if (got === undefined) return [{ kind: 'original-missing', image }];
  if (got !== sha256) return [{ kind: 'original-hash', image, got }];
  return isTagged ? [] : [{ kind: 'original-tag', image, got: head.entityTag }];
}

async function checkCopy(
  { objects }: CheckServices,
  image: StoredImage,
  { compare }: CheckOptions,
): Promise<ImageFinding[]> {
  const copy = workingCopyOf(image);
  if (!copy) return [];
  const key = workingCopyKey(image.id, copy);
  const head = await objects.head(key);
  if (!head) return [{ kind: 'copy-missing', image, copy }];
  if (head.sizeBytes !== copy.sizeBytes) return [{ kind: 'copy-size', image, copy, got: head.sizeBytes }];
  if (compare === 'sizes') return [];
  const got = await hashOf(objects, key);
  if (got === undefined) return [{ kind: 'copy-missing', image, copy }];
  return got === copy.sha256 ? [] : [{ kind: 'copy-hash', image, copy, got }];
}

async function hashOf(objects: CheckServices['objects'], key: ObjectKey): Promise<string | undefined> {
  const object = await objects.get(key);
  if (!object) return undefined;
  const sum = createHash('sha256');
  if (object.body instanceof Uint8Array) sum.update(object.body);
  else for await (const chunk of object.body) sum.update(chunk);
  return sum.digest('hex');
}

/** It may have been deleted, or have got another working copy, while its objects were looked at. */
async function isStill({ images }: CheckServices, image: StoredImage): Promise<boolean> {
  const current = await images.get(image.id);
  return (
    current !== undefined &&
    isStored(current) &&
    current.objectKey === image.objectKey &&
    current.objectTag === image.objectTag &&
    workingCopyOf(current)?.sha256 === workingCopyOf(image)?.sha256
  );
}
