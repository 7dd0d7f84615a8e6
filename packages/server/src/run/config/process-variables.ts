import { PARTS, type Part } from '../../observe/health/part-health.ts';
import { expected, integer, MEGABYTE, oneOf, optionalAmount, variable } from './variable.ts';

export const DECODER_VARIABLES = {
  transformTimeoutSeconds: variable({
    name: 'TRANSFORM_TIMEOUT_SECONDS',
    group: 'expert',
    default: '30',
    about: 'A decoder that takes longer to inspect one image, or to make its renditions, is killed.',
    parse: integer(1, 3_600),
  }),
  decodersRequire: variable({
    name: 'DECODERS_REQUIRE',
    group: 'expert',
    default: '',
    about:
      'The least confinement of decoders: `landlock`, or `namespaces`, which `landlock` meets too. The start fails with less; no decoder ever starts with less. Unset: decoders are confined as well as the system allows. The line at the start has the level. Not on Lambda.',
    parse: (given): 'landlock' | 'namespaces' | null => (given === '' ? null : oneOf('landlock', 'namespaces')(given)),
  }),
  maxDecoderWaitSeconds: variable({
    name: 'MAX_DECODER_WAIT_SECONDS',
    group: 'expert',
    default: '10',
    about:
      'A request that waits longer than this for a free decoder is answered 429, with Retry-After. Many clients give up after 30 s.',
    parse: integer(1, 3_600),
  }),
} as const;

/** What one process takes on. */
export const LOAD_VARIABLES = {
  workerSlots: variable({
    name: 'WORKER_SLOTS',
    group: 'expert',
    default: '4',
    about:
      'Jobs that one worker runs concurrently (`npm run work`, or `npm start` if it does the background work). More slots help if jobs wait for the store; decoding is limited by the decode processes.',
    parse: integer(1, 64),
  }),
  maxEventLoopDelayMs: variable({
    name: 'MAX_EVENT_LOOP_DELAY_MS',
    group: 'expert',
    default: '1000',
    about: 'Above this event loop delay, in milliseconds, requests are answered 503.',
    parse: integer(10, 3_600_000),
  }),
  maxMemoryBytes: variable({
    name: 'MAX_MEMORY_MB',
    group: 'expert',
    default: '0',
    about:
      "Above this memory of the process, in megabytes and without its decoders, requests are answered 503. 0: 80 % of the container's limit; no limit without a container.",
    parse: (given) => integer(0, 1_048_576)(given) * MEGABYTE || null,
  }),
} as const;

const isPart = (name: string): name is Part => (PARTS as readonly string[]).includes(name);

/** The answers to load balancers. */
export const READINESS_VARIABLES = {
  readyRequires: variable({
    name: 'READY_REQUIRES',
    group: 'expert',
    default: 'records',
    about:
      'The parts, comma-separated, without which `/readyz` is a 503: `records`, `objects`. While all writes to another part fail, `/readyz` is a 200 that names it, so load balancers keep the process for what works: without objects, for lists and metadata.',
    parse: (given): readonly Part[] => {
      const names = given.split(',').map((name) => name.trim());
      const parts = names.filter(isPart);
      const isValid = parts.length === names.length && new Set(parts).size === parts.length;
      return isValid ? parts : expected(`one or more of ${PARTS.join(', ')}, comma-separated, each once`);
    },
  }),
} as const;

export const DISK_VARIABLES = {
  minFreeBytes: variable({
    name: 'MIN_FREE_BYTES',
    group: 'limits',
    default: '',
    about:
      'The reserve of the disk with records or objects, in bytes: with less free space, grants, uploads and links are refused (507) and renditions are not stored, so that deletions still work. 0: no reserve. Unset: 5 % of the disk, at least 128 MB and at most 1 GB, but never more than a quarter of the disk.',
    parse: optionalAmount,
  }),
} as const;
