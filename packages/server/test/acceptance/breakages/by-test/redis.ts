import { caughtBy } from '../breakage.ts';

export const REDIS = [
  ...caughtBy('packages/server/src/callers/rate-limiter/redis/redis.ci.test.ts', [
    ['the last request of a window is refused', 'TAKE', ') then', ') - 1 then'],
    [
      'each request begins the window anew',
      'TAKE',
      "'incrby', key, requests",
      "'set', key, used + requests, 'EX', ARGV[4 * i]",
    ],
    ['a refused request gives nothing back', 'TAKE', 'math.min(held, used)', '0'],
    ['one attempt that fails is the last', 'openSharedStore', ';\n    isProbing = false', ''],
    ['a store that is silent is asked again each time', 'openSharedStore', 'if (!isAnswered…;', ''],
  ]),
];
