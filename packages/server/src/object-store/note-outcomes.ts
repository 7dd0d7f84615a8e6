import { noteFailure, noteRead, noteWrite } from '../domain/note-outcome.ts';
import type { PartHealth } from '../domain/part-health.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * `store`, noting how calls end. Only an object that was written tells that objects can be: a file may be staged where the store isn't,
 * and to delete or to copy what isn't there changes nothing.
 */
export const noteOutcomes = (store: ObjectStore, health: PartHealth): ObjectStore => ({
  ...store,
  check: () => noteWrite(health, store.check()),
  stage: (...call) => noteFailure(health, store.stage(...call)),
  put: (...call) => noteWrite(health, store.put(...call)),
  putFirst: (...call) => noteWrite(health, store.putFirst(...call), (entityTag) => entityTag !== undefined),
  get: (...call) => noteRead(health, store.get(...call)),
  head: (...call) => noteRead(health, store.head(...call)),
  copy: (...call) => noteWrite(health, store.copy(...call), (key) => key !== undefined),
  checkOut: (...call) => noteRead(health, store.checkOut(...call)),
  delete: (...call) => noteFailure(health, store.delete(...call)),
});
