import type { StoreCalls } from '../../observe/observer/store-calls.ts';
import type { ErasureRepository } from './erasure-repository.ts';

/** `erasures` with watched calls. */
export const observeErasureCalls = (
  erasures: ErasureRepository,
  { read, write }: Pick<StoreCalls<'records'>, 'read' | 'write'>,
): ErasureRepository => ({
  key: (...call) => read('erasureKey', () => erasures.key(...call)),
  addKey: (...call) => write('addErasureKey', () => erasures.addKey(...call)),
  add: (...call) => write('addErasure', () => erasures.add(...call)),
  of: (...call) => read('erasuresOf', () => erasures.of(...call)),
  all: () => erasures.all(), // operators' commands alone read it
  blocks: (...call) => read('blocks', () => erasures.blocks(...call)),
  deletion: (...call) => read('deletion', () => erasures.deletion(...call)),
  putDeletion: (...call) => write('putDeletion', () => erasures.putDeletion(...call)),
  openDeletions: (...call) => read('openDeletions', () => erasures.openDeletions(...call)),
});
