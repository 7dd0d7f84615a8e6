import type { StoreCalls } from '../../observe/observer/store-calls.ts';
import type { Coordination } from './coordination.ts';

/** `coordination` with watched calls. */
export const observeCoordinationCalls = (
  coordination: Coordination,
  { write, watch }: Pick<StoreCalls<'records'>, 'write' | 'watch'>,
): Coordination => ({
  holdLease: (...call) => write('holdLease', () => coordination.holdLease(...call)),
  renewLease: (...call) => watch('renewLease', () => coordination.renewLease(...call)),
  bookmark: (...call) => watch('bookmark', () => coordination.bookmark(...call)),
  setBookmark: (...call) => watch('setBookmark', () => coordination.setBookmark(...call)),
});
