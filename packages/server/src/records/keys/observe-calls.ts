import type { StoreCalls } from '../../observe/observer/store-calls.ts';
import type { KeyRepository } from './key-repository.ts';

/** `keys` with watched calls. A use that isn't recorded fails no request, so it doesn't count against the part's health. */
export const observeKeyCalls = (keys: KeyRepository, { read, write, watch }: StoreCalls<'records'>): KeyRepository => ({
  create: (...call) => write('createKey', () => keys.create(...call)),
  get: (...call) => read('getKey', () => keys.get(...call)),
  replace: (...call) => write('replaceKey', () => keys.replace(...call)),
  rotate: (...call) => write('rotateKey', () => keys.rotate(...call)),
  recordUse: (...call) => watch('recordKeyUse', () => keys.recordUse(...call)),
  find: (...call) => read('findKeys', () => keys.find(...call)),
});
