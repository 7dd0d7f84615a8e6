import type { Call, Failing, Fault, FaultyStore } from '../faults/faulty-proxy.ts';
import { TRANSPORT_FAULTS } from '../faults/transport-faults.ts';
import { callNameOf } from './call.ts';

const refuseWith =
  (status: number, code: string): Failing =>
  async ({ outgoing }) => {
    const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>As a test says</Message></Error>`;
    outgoing.writeHead(status, { 'Content-Type': 'application/xml', 'Content-Length': Buffer.byteLength(body) });
    outgoing.end(body);
  };

/** As they stand in a request to delete them: key, and version where there is one. */
const objectsIn = (asked: Buffer): string[] =>
  [...asked.toString().matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, object = '']) => object);

const FAULTS = {
  ...TRANSPORT_FAULTS,
  'slow down': refuseWith(503, 'SlowDown'),
  'internal error': refuseWith(500, 'InternalError'),
  'too many requests': refuseWith(429, 'TooManyRequests'),
  /** As a store does that compares: the object is another than the request is about. */
  'precondition failed': refuseWith(412, 'PreconditionFailed'),
  /** As S3 does of what takes it long: its 200 was sent before it knew. */
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

/** What can happen to such a call. */
export const faultsOf = ({ name, body, answer }: Call): readonly S3FaultKind[] =>
  (Object.keys(FAULTS) as S3FaultKind[]).filter((kind) => {
    if (kind === 'cut request') return body.length > 0;
    if (kind === 'cut answer') return answer?.hasBody;
    if (kind === 'precondition failed') return false; // nothing is asked for that this store compares
    if (kind === 'late') return /^(PUT|COPY|DELETE) /.test(name);
    return kind !== 'error in a good answer' || /^(COPY|DELETE) /.test(name);
  });
