import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedRejection, storedWorkingCopy, workingCopyJson } from './stored-values.ts';

describe('a stored rejection code', () => {
  it('is read', () => {
    assert.equal(storedRejection('content-mismatch', 'x', null).code, 'content-mismatch');
  });

  it('is refused with a TypeError if it is unknown', () => {
    assert.throws(() => storedRejection('not-a-code', 'x', null).code, TypeError);
  });
});

describe("a stored rejection's params", () => {
  const params = (json: string | null) => storedRejection('type-mismatch', 'x', json).params;

  it('are those that were stored', () => {
    assert.deepEqual(params('{"declared":"image/png","got":"image/gif"}'), { declared: 'image/png', got: 'image/gif' });
  });

  it('are absent in older records, and where they have no sound form', () => {
    for (const json of [null, '', '{"declared"', 'null', '7', '[]', '{}', '{"got":7}', '{"width":7}', '{"got":""}'])
      assert.deepEqual(storedRejection('type-mismatch', 'x', json), { code: 'type-mismatch', detail: 'x' }, `${json}`);
  });

  it('are only those that their code has', () => {
    assert.deepEqual(params('{"got":"image/gif","width":7,"other":"x"}'), { got: 'image/gif' });
  });
});

describe('a stored working copy', () => {
  const copy = {
    sha256: '0a'.repeat(32),
    sizeBytes: 1,
    contentType: 'image/webp',
    width: 2_048,
    height: 1,
  } as const;

  it('is read as it was written', () => {
    assert.deepEqual(storedWorkingCopy(workingCopyJson(copy)), copy);
  });

  it('in any other form is none, because the image can be served without it', () => {
    const changes = [
      { sha256: 'ab' },
      { sha256: copy.sha256.toUpperCase() },
      { sha256: `../${copy.sha256.slice(3)}` },
      { sizeBytes: 0 },
      { sizeBytes: 1.5 },
      { sizeBytes: '1' },
      { contentType: 'image/avif' },
      { contentType: null },
      { width: -1 },
      { height: undefined },
    ];
    for (const change of changes)
      assert.equal(storedWorkingCopy(workingCopyJson({ ...copy, ...change } as never)), null, JSON.stringify(change));
    for (const json of ['', '{', 'null', '7', '[]', '{}', '"x"']) assert.equal(storedWorkingCopy(json), null, json);
  });
});
