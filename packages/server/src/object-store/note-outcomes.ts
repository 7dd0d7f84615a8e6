import { noteFailure, noteRead, noteWrite } from '../domain/note-outcome.ts';
import type { PartHealth } from '../domain/part-health.ts';
import type { ObjectStore } from './object-store.ts';
import type { Staging } from './staging.ts';

/**
 * `store`, noting how calls end. Only an object that was written tells that objects can be: to delete or to copy what isn't there
 * changes nothing.
 */
export const noteOutcomes = (store: ObjectStore, health: PartHealth): ObjectStore => ({
  ...store,
  check: () => noteWrite(health, store.check()),
  put: (...call) => noteWrite(health, store.put(...call)),
  putFirst: (...call) => noteWrite(health, store.putFirst(...call), (entityTag) => entityTag !== undefined),
  get: (...call) => noteRead(health, store.get(...call)),
  head: (...call) => noteRead(health, store.head(...call)),
  copy: (...call) => noteWrite(health, store.copy(...call), (key) => key !== undefined),
  checkOut: (...call) => noteRead(health, store.checkOut(...call)),
  delete: (...call) => noteFailure(health, store.delete(...call)),
});

/** The same of failures to receive a file: one may be received where the store isn't, so a success tells nothing of the store. */
export const noteStagingFailures = (staging: Staging, health: PartHealth): Staging => ({
  ...staging,
  stage: (...call) => noteFailure(health, staging.stage(...call)),
});
