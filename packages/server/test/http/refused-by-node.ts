import { lines } from './raw-connection.ts';

/** What the log says of a request. */
export interface Line {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly outcome: string;
  readonly code?: string;
  readonly reason?: string;
}

export const CHUNKED = ['Host: localhost', 'Content-Type: application/json', 'Transfer-Encoding: chunked'];
export const upload = lines('POST /uploads HTTP/1.1', ...CHUNKED);
const END = 'Connection: close';
export const unparsed = { method: '-', path: '-', outcome: 'answered' };
const malformed = { status: 400, outcome: 'answered', code: 'invalid-request' };
export const POST = { method: 'POST', path: '/uploads' };

/** Requests that Node itself would answer or cut off, each with its line in the log. */
export const REFUSED: Readonly<Record<string, { readonly sent: string; readonly line: Line }>> = {
  'no Host': { sent: lines('GET /images HTTP/1.1', END), line: { method: 'GET', path: '/images', ...malformed } },
  'an Expect that nobody knows': {
    sent: lines('GET /images HTTP/1.1', 'Host: localhost', 'Expect: miracles', END),
    line: { method: 'GET', path: '/images', ...malformed },
  },
  CONNECT: {
    sent: lines('CONNECT example.com:443 HTTP/1.1', 'Host: example.com:443'),
    line: { method: 'CONNECT', path: 'example.com:443', ...malformed },
  },
  'no method': {
    sent: lines('NONSENSE /images HTTP/1.1', 'Host: localhost'),
    line: { ...unparsed, status: 400, reason: 'HPE_INVALID_METHOD' },
  },
  TLS: { sent: '\x16\x03\x01\x02\x00\x01\x00', line: { ...unparsed, status: 400, reason: 'HPE_INVALID_METHOD' } },
  'the preface of HTTP/2': {
    sent: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    line: { ...unparsed, status: 400, reason: 'HPE_PAUSED_H2_UPGRADE' },
  },
  'headers of 70 KB': {
    sent: lines('GET / HTTP/1.1', 'Host: localhost', `X-Long: ${'x'.repeat(70_000)}`),
    line: { ...unparsed, status: 431, reason: 'HPE_HEADER_OVERFLOW' },
  },
  'a broken chunk': {
    sent: `${upload}z\r\n`,
    line: { ...POST, status: 400, outcome: 'answered', reason: 'HPE_INVALID_CHUNK_SIZE' },
  },
  'a broken chunk, of a request that is refused without its body': {
    sent: `${lines('POST /nowhere HTTP/1.1', ...CHUNKED)}z\r\n`,
    line: { method: 'POST', path: '/nowhere', status: 400, outcome: 'answered', reason: 'HPE_INVALID_CHUNK_SIZE' },
  },
  'a chunk with a long extension': {
    sent: `${upload}1;${'x'.repeat(20_000)}\r\n`,
    line: { ...POST, status: 413, outcome: 'answered', reason: 'HPE_CHUNK_EXTENSIONS_OVERFLOW' },
  },
};
