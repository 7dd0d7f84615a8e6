import { ALLOWED_NETWORKS, type AllowedNetwork, parseAllowedNetwork } from '../../../outbound/allowed-network.ts';
import { expected, integer, oneOf, variable } from '../variable.ts';

/** Stands for the name of a gate: these variables exist once for each. */
export const NAME = '<NAME>';

export const HTTP_GATE = 'GATE_HTTP_';

const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

/** A client has as many connections to one origin. */
const MAX_CONCURRENCY = 8;

/** Gates that are asked by HTTP. */
export const HTTP_GATE_VARIABLES = {
  httpGate: variable({
    name: `${HTTP_GATE}${NAME}`,
    group: 'gates',
    default: '',
    about:
      'A URL that is asked about each image before it is ready (docs/gates.md): https on port 443, or what OUTBOUND_ALLOW permits. NAME has A-Z, 0-9 and _, as GATE_HTTP_HUMAN_REVIEW; at most 8 gates, which are asked by name. The following variables exist once for each gate.',
    isSecret: true, // its path may be
    parse: (given) => given,
  }),
  httpGateSecret: variable({
    name: `${HTTP_GATE}${NAME}_SECRET`,
    group: 'gates',
    default: '',
    about: `The key that signs requests to the gate (Standard Webhooks): \`whsec_\` and ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes in base64, as of \`echo "whsec_$(openssl rand -base64 32)"\`. Required.`,
    isSecret: true,
    parse: signingSecret,
  }),
  httpGateOnError: variable({
    name: `${HTTP_GATE}${NAME}_ON_ERROR`,
    group: 'gates',
    default: 'hold',
    about:
      'What becomes of an image about which the gate gives no verdict: `hold` waits for one until the deadline; `refuse` and `pass` end the wait after so many errors in a row.',
    parse: oneOf('hold', 'refuse', 'pass'),
  }),
  httpGateAttempts: variable({
    name: `${HTTP_GATE}${NAME}_ATTEMPTS`,
    group: 'gates',
    default: '5',
    about: 'Errors in a row before `refuse` or `pass`.',
    parse: integer(1, 100),
  }),
  httpGateTimeout: variable({
    name: `${HTTP_GATE}${NAME}_TIMEOUT_SECONDS`,
    group: 'gates',
    default: '30',
    about: 'How long one answer may take. A request waits at most 5 s for all gates; then the worker asks again.',
    parse: integer(1, 600),
  }),
  httpGateConcurrency: variable({
    name: `${HTTP_GATE}${NAME}_CONCURRENCY`,
    group: 'gates',
    default: '4',
    about: 'Questions at a time, by each process.',
    parse: integer(1, MAX_CONCURRENCY),
  }),
  httpGateDeadline: variable({
    name: `${HTTP_GATE}${NAME}_DEADLINE_HOURS`,
    group: 'gates',
    default: '24',
    about: 'How long an image waits for the gate, also after an answer of 202.',
    parse: integer(1, 720),
  }),
  httpGateAtDeadline: variable({
    name: `${HTTP_GATE}${NAME}_AT_DEADLINE`,
    group: 'gates',
    default: 'refuse',
    about: 'What becomes of an image that was not decided by then: `refuse` or `pass`.',
    parse: oneOf('refuse', 'pass'),
  }),
  outboundAllow: variable({
    name: 'OUTBOUND_ALLOW',
    group: 'gates',
    default: '',
    about:
      'Networks of your own that gates, receivers of webhooks and named hosts of INGEST_HOSTS may be in, comma-separated, with a port or for all ports: `10.1.2.0/24`, `10.1.2.3:8080`, `[fd00::/8]:8080`. There http is permitted too. Networks wider than /8, or than /16 in IPv6 unless within fc00::/7, get a warning, and the next version refuses them. Unset: only public addresses, by https on port 443.',
    parse: (given): readonly AllowedNetwork[] =>
      given === '' ? [] : given.split(',').map((one) => parseAllowedNetwork(one.trim()) ?? expected(ALLOWED_NETWORKS)),
  }),
} as const;

const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;

function signingSecret(given: string): string {
  if (given === '') return '';
  const key = /^whsec_(.+)$/.exec(given)?.[1] ?? '';
  const { length } = Buffer.from(key, 'base64');
  return BASE64.test(key) && length >= MIN_SECRET_BYTES && length <= MAX_SECRET_BYTES
    ? given
    : expected(`whsec_ and ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes in base64`);
}
