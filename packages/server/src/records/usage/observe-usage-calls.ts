import type { StoreCalls } from '../../observe/observer/store-calls.ts';
import type { UsageRepository } from './usage-repository.ts';

/** `usage` with watched calls. */
export const observeUsageCalls = (
  usage: UsageRepository,
  { read, write, watch }: StoreCalls<'records'>,
): UsageRepository => ({
  usageOf: (...call) => read('usageOf', () => usage.usageOf(...call)),
  setLimits: (...call) => write('setLimits', () => usage.setLimits(...call)),
  findOwners: (...call) => read('findOwners', () => usage.findOwners(...call)),
  isEmpty: () => read('isEmpty', () => usage.isEmpty()),
  countedSince: () => read('countedSince', () => usage.countedSince()),
  setCounted: (...call) => write('setCounted', () => usage.setCounted(...call)),
  totalUsage: () => read('totalUsage', () => usage.totalUsage()),
  recount: (...call) => watch('recount', () => usage.recount(...call)),
});
