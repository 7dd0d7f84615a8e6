import { Pool } from 'undici';

/** The connections to each origin, kept while one of them is open or wanted. */
export interface OriginPools {
  /** For a request that is made at once. */
  of(origin: string): Pool;
  /** Ends all requests. */
  destroy(): Promise<void>;
}

/**
 * Unlike undici's Agent: once each of an origin's connections has ended, that one opens another for each request
 * (undici#5022).
 */
export function createOriginPools(options: Pool.Options): OriginPools {
  const pools = new Map<string, Pool>();

  const create = (origin: string): Pool => {
    const forgetUnused = (): void => {
      const { connected, size } = pool.stats;
      if (connected > 0 || size > 0 || pool.destroyed || pools.get(origin) !== pool) return;
      pools.delete(origin);
      pool.close().catch(() => undefined); // it may be destroyed meanwhile
    };
    const pool = new Pool(origin, options).on('disconnect', forgetUnused).on('connectionError', forgetUnused);
    return pool;
  };

  return {
    of(origin) {
      const pool = pools.get(origin) ?? create(origin);
      pools.set(origin, pool);
      return pool;
    },
    async destroy() {
      await Promise.all(pools.values().map((pool) => pool.destroy()));
    },
  };
}
