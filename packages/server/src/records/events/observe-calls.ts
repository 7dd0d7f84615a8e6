import type { StoreCalls } from '../../observe/observer/store-calls.ts';
import type { EventLog } from './event-log.ts';

/** `log` with watched calls. */
export const observeEventCalls = (
  { mover, ...log }: EventLog,
  { read, write, watch }: StoreCalls<'records'>,
): EventLog => ({
  shards: log.shards,
  shardOf: log.shardOf,
  lookMs: log.lookMs,
  head: () => read('eventHead', () => log.head()),
  read: (...call) => read('readEvents', () => log.read(...call)),
  eraseUser: (...call) => write('eraseEvents', () => log.eraseUser(...call)),
  forget: (...call) => watch('forgetEvents', () => log.forget(...call)),
  mover: mover && {
    move: (...call) => watch('moveEvents', () => mover.move(...call)),
    oldestAt: () => read('measureEvents', () => mover.oldestAt()),
  },
});
