import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prettyLine } from './pretty-line.ts';

const request = {
  status: 201,
  method: 'POST',
  path: '/images/upload',
  ms: 12.3,
  client_address: '127.0.0.1',
  request_id: 'r1',
  operation: 'createUpload',
  route: '/images/upload',
  outcome: 'answered',
  bytes_in: 9_000,
  bytes_out: 412,
  caller: 'user',
  user_id: 'ada',
  key_id: 'k1',
  image_id: 'i1',
  trace_id: 't1',
};
const HEAD = '201 POST /images/upload 12.3 ms 127.0.0.1 r1';

describe('the line of a request for people', () => {
  it('has the operation, the bytes, and who did it to which image', () => {
    assert.equal(prettyLine(request, 'request'), `${HEAD} createUpload in=9000 out=412 user=ada key=k1 image=i1`);
  });

  it('has nothing of what is absent or in the path, and what went wrong at its end', () => {
    const { user_id: _, key_id: __, client_address: ___, ...rest } = request;
    const aborted = { ...rest, status: 499, method: 'GET', path: '/images/i1', operation: 'readImage', bytes_in: 0 };
    assert.equal(
      prettyLine({ ...aborted, outcome: 'aborted', code: 'image-not-found', detail: 'Image not found' }, 'request'),
      '499 GET /images/i1 12.3 ms - r1 readImage out=412 aborted image-not-found: Image not found',
    );
  });

  it('is one row without control characters, whatever the name of the user', () => {
    const line = prettyLine({ ...request, user_id: 'a\ud800\n200 GET /\u001b[2J\u2028' }, 'request');
    assert.match(line, / user=a%EF%BF%BD%0A200%20GET%20%2F%1B%5B2J%E2%80%A8 key=/);
  });
});
