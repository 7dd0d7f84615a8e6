import type { Call, Failing, FaultyStore } from '../faults/faulty-proxy.ts';
import type { Fault } from '../faults/injection.ts';
import { TRANSPORT_FAULTS } from '../faults/transport-faults.ts';
import { callNameOf } from './call.ts';

const refuseWith =
  (status: number, code: string): Failing =>
  async ({ outgoing }) => {
    const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>As a test says</Message></Error>`;
    outgoing.writeHead(status, { 'Content-Type': 'application/xml', 'Content-Length': Buffer.byteLength(body) });
    outgoing.end(body);
  };

/** As in a delete request: key, and version if there is one. */
const objectsIn = (asked: Buffer): string[] =>
  [...asked.toString().matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, object = '']) => object);

const FAULTS = {
  ...TRANSPORT_FAULTS,
  'slow down': refuseWith(503, 'SlowDown'),
  'internal error': refuseWith(500, 'InternalError'),
  'too many requests': refuseWith(429, 'TooManyRequests'),
  /** The answer of a store that compares: the object is not the requested one. */
  'precondition failed': refuseWith(412, 'PreconditionFailed'),
  /** S3's answer to a slow operation: its 200 was sent before the outcome. */
  'error in a good answer': async ({ name, body: asked, outgoing }) => {
    const error = '<Code>InternalError</Code><Message>As a test says</Message>';
    const body = name.startsWith('DELETE')
      ? `<DeleteResult>${objectsIn(asked)
          .map((object) => `<Error>${object}${error}</Error>`)
          .join('')}</DeleteResult>`
      : `<Error>${error}</Error>`;
    outgoing.writeHead(200, { 'Content-Type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
  },
} as const satisfies Record<string, Failing>;

export type S3FaultKind = keyof typeof FAULTS;
export type S3Fault = Fault<S3FaultKind>;

export const FAULTY_S3: FaultyStore<S3FaultKind> = { callNameOf, faults: FAULTS };

/** The faults that such a call can have. */
export const faultsOf = ({ name, body, answer }: Call): readonly S3FaultKind[] =>
  (Object.keys(FAULTS) as S3FaultKind[]).filter((kind) => {
    if (kind === 'cut request') return body.length > 0;
    if (kind === 'cut answer') return answer?.hasBody;
    if (kind === 'precondition failed') return false; // the request has no condition that this store checks
    if (kind === 'late') return /^(PUT|COPY|DELETE|BEGIN|COMPLETE|ABORT) /.test(name);
    return kind !== 'error in a good answer' || /^(COPY|DELETE|COMPLETE) /.test(name);
  });
