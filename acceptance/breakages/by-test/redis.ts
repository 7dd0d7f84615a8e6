import { breakagesFor } from '../breakage.ts';

const test = 'server/src/callers/rate-limiter/redis/redis.test.ts';

export const REDIS = [
  ...breakagesFor({ file: 'server/src/callers/rate-limiter/redis/redis.ts', test }, [
    [
      'the last request of a window is refused',
      'tonumber(ARGV[4 * i - 1]) then fits',
      'tonumber(ARGV[4 * i - 1]) - 1 then fits',
    ],
    [
      'each request begins the window anew',
      "redis.call('incrby', key, requests)",
      "redis.call('set', key, used + requests, 'EX', ARGV[4 * i])",
    ],
    [
      'a refused request gives nothing back',
      "redis.call('decrby', key, math.min(held, used))",
      "redis.call('decrby', key, 0)",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/callers/rate-limiter/redis/shared-store.ts', test }, [
    ['one attempt that fails is the last', 'await tryNow(work);\n    isProbing = false;', 'await tryNow(work);'],
    ['a store that is silent is asked again each time', "if (!isAnswered) leave(new NoAnswer('SILENT'));", ''],
  ]),
];
