import { expected, integer, oneOf, type Read, type Report, variable } from '../variable.ts';
import { type GateRulesConfig, readRules } from './gate-rules.ts';
import { HTTP_GATE_VARIABLES } from './http-gate-variables.ts';

/** A gate of ClamAV's daemon. */
export interface ClamdConfig extends GateRulesConfig {
  readonly address:
    | { readonly kind: 'unix'; readonly path: string }
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number };
}

/** Checks of images before they are ready. */
export const GATE_VARIABLES = {
  gateClamd: variable({
    name: 'GATE_CLAMD',
    group: 'gates',
    default: '',
    about:
      "ClamAV's daemon, which scans each image before it is ready: `unix:/run/clamav/clamd.ctl`, or host and port, as `scanner.internal:3310`. Nothing protects a connection by TCP. Unset: nothing is scanned.",
    parse: clamdAddress,
  }),
  gateClamdOnError: variable({
    name: 'GATE_CLAMD_ON_ERROR',
    group: 'gates',
    default: 'hold',
    about:
      'What becomes of an image that the daemon fails to scan: `hold` waits for it until the deadline; `refuse` and `pass` end the wait after GATE_CLAMD_ATTEMPTS errors in a row.',
    parse: oneOf('hold', 'refuse', 'pass'),
  }),
  gateClamdAttempts: variable({
    name: 'GATE_CLAMD_ATTEMPTS',
    group: 'gates',
    default: '5',
    about: 'Errors in a row before `refuse` or `pass`.',
    parse: integer(1, 100),
  }),
  gateClamdTimeout: variable({
    name: 'GATE_CLAMD_TIMEOUT_SECONDS',
    group: 'gates',
    default: '30',
    about: 'How long one scan may take. A request waits at most 5 s for all gates; then the worker scans again.',
    parse: integer(1, 600),
  }),
  gateClamdConcurrency: variable({
    name: 'GATE_CLAMD_CONCURRENCY',
    group: 'gates',
    default: '4',
    about: "Scans at a time, by each process. The daemon's MaxThreads limits those of all.",
    parse: integer(1, 100),
  }),
  gateClamdDeadline: variable({
    name: 'GATE_CLAMD_DEADLINE_HOURS',
    group: 'gates',
    default: '24',
    about: 'How long an image waits for its scan.',
    parse: integer(1, 720),
  }),
  gateClamdAtDeadline: variable({
    name: 'GATE_CLAMD_AT_DEADLINE',
    group: 'gates',
    default: 'refuse',
    about: 'What becomes of an image that was not scanned by then: `refuse` or `pass`.',
    parse: oneOf('refuse', 'pass'),
  }),
  ...HTTP_GATE_VARIABLES,
} as const;

/** null: no image is scanned. Reports rules of a gate that there isn't. */
export function readClamd(read: Read, report: Report): ClamdConfig | null {
  const address = read(GATE_VARIABLES.gateClamd);
  const rules = readRules(read, {
    onError: GATE_VARIABLES.gateClamdOnError,
    attempts: GATE_VARIABLES.gateClamdAttempts,
    timeoutSeconds: GATE_VARIABLES.gateClamdTimeout,
    concurrency: GATE_VARIABLES.gateClamdConcurrency,
    deadlineHours: GATE_VARIABLES.gateClamdDeadline,
    atDeadline: GATE_VARIABLES.gateClamdAtDeadline,
  });
  if (address !== null) return { address, ...rules };
  if (rules.onError !== 'hold' || rules.atDeadline !== 'refuse')
    report(
      rules.onError === 'hold' ? GATE_VARIABLES.gateClamdAtDeadline.name : GATE_VARIABLES.gateClamdOnError.name,
      'expected GATE_CLAMD too, since it is a rule of that gate; got no gate',
    );
  return null;
}

const EXAMPLES = 'unix: and a path, as unix:/run/clamav/clamd.ctl, or host and port, as scanner.internal:3310';

function clamdAddress(given: string): ClamdConfig['address'] | null {
  if (given === '') return null;
  const path = /^unix:(\/.+)$/.exec(given)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const [, ipv6, name, port] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(given) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || !(Number(port) >= 1 && Number(port) <= 65_535)) return expected(EXAMPLES);
  return { kind: 'tcp', host, port: Number(port) };
}
