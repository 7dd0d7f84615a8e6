import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Json } from './image.ts';
import { isSameJson } from './same-json.ts';

/** As JSON has it: without -0, and with `__proto__` as a member. */
const parsed = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
const values = fc.jsonValue({ maxDepth: 4 }).map(parsed);

const reversed = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries<Json>(value)
      .toReversed()
      .map(([name, one]) => [name, reversed(one)]),
  );
};

describe('two JSON values', () => {
  it('are the same in whatever order their members are', () => {
    fc.assert(fc.property(values, (value) => assert.ok(isSameJson(value, reversed(parsed(value))))));
  });

  it('are the same exactly if node:util says so', () => {
    fc.assert(
      fc.property(values, values, (one, other) => assert.equal(isSameJson(one, other), isDeepStrictEqual(one, other))),
    );
  });

  for (const [one, other] of [
    ['[1]', '{"0":1}'],
    ['[]', '{}'],
    ['{"a":1}', '{"a":1,"b":null}'],
    ['{"a":null}', '{"b":null}'],
    ['{"__proto__":1}', '{"__proto__":2}'],
    ['{"__proto__":{}}', '{}'],
    ['{}', '{"toString":null}'],
    ['null', '{}'],
    ['0', 'false'],
    ['"1"', '1'],
    ['"é"', '"e\u0301"'],
  ] as const)
    it(`differ: ${one} and ${other}`, () => {
      for (const [left, right] of [
        [one, other],
        [other, one],
      ] as const)
        assert.equal(isSameJson(JSON.parse(left) as Json, JSON.parse(right) as Json), false);
    });

  it('may have the most levels of metadata', () => {
    const deep = (end: string) => JSON.parse(`${'{"a":'.repeat(2_048)}${end}${'}'.repeat(2_048)}`) as Json;
    assert.ok(isSameJson(deep('1'), deep('1')));
    assert.ok(!isSameJson(deep('1'), deep('2')));
  });

  it('compare 0 and -0 as JSON does', () => assert.ok(isSameJson(0, -0)));
});
