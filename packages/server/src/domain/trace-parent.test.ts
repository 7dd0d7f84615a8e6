import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTraceParent, spanPlaceOf, traceParent } from './trace-parent.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';
const kept = `00-${trace}-${span}-01`;

describe('a traceparent', () => {
  const read: Record<string, [string, string]> = {
    'of a trace that is kept': [kept, kept],
    'of one that is not': [`00-${trace}-${span}-00`, `00-${trace}-${span}-00`],
    'with a flag that this version does not know': [`00-${trace}-${span}-03`, kept],
    'of a later version': [`01-${trace}-${span}-01`, kept],
    'of a later version with more fields': [`cc-${trace}-${span}-01-what-ever`, kept],
  };
  for (const [what, [given, expected]] of Object.entries(read)) {
    it(`is read: ${what}`, () => assert.equal(parseTraceParent(given), expected));
  }

  const others: Record<string, unknown> = {
    nothing: undefined,
    'a number': 1,
    'empty text': '',
    'no trace': `00-${'0'.repeat(32)}-${span}-01`,
    'no span': `00-${trace}-${'0'.repeat(16)}-01`,
    'upper case': kept.toUpperCase(),
    'a short trace': `00-${trace.slice(1)}-${span}-01`,
    'no flags': `00-${trace}-${span}`,
    'more fields than its version has': `${kept}-what`,
    'the version that is none': `ff-${trace}-${span}-01`,
    'a line break': `${kept}\n`,
    'a later version that is longer than any': `01-${trace}-${span}-01-${'x'.repeat(300)}`,
  };
  for (const [what, given] of Object.entries(others)) {
    it(`is none: ${what}`, () => assert.equal(parseTraceParent(given), undefined));
  }

  it('is written as it was read', () => {
    const parsed = parseTraceParent(kept) ?? assert.fail();
    assert.deepEqual(spanPlaceOf(parsed), { traceId: trace, spanId: span, traceFlags: 1 });
    assert.equal(traceParent(spanPlaceOf(parsed)), kept);
  });
});
