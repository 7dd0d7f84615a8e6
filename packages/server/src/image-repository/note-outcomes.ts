import { noteRead, noteWrite } from '../domain/note-outcome.ts';
import type { PartHealth } from '../domain/part-health.ts';
import type { ImageRepository } from './image-repository.ts';

/** Wraps `images` and records the outcome of calls. Cached reads say nothing about the store. */
export const noteOutcomes = (images: ImageRepository, health: PartHealth): ImageRepository => ({
  ...images,
  create: (...call) => noteWrite(health, images.create(...call)),
  get: (...call) => noteRead(health, images.get(...call)),
  replace: (...call) => noteWrite(health, images.replace(...call)),
  find: (...call) => noteRead(health, images.find(...call)),
  useKey: (...call) => noteWrite(health, images.useKey(...call)),
  replaceKeyUse: (...call) => noteWrite(health, images.replaceKeyUse(...call)),
  due: (...call) => noteRead(health, images.due(...call)),
  holdLease: (...call) => noteWrite(health, images.holdLease(...call)),
  check: (...call) => noteWrite(health, images.check(...call)),
});
