import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PROBLEM_PARAMS } from '../../server/src/domain/params-by-code.ts';
import { SafelightError } from './errors.ts';
import { PARAMS_BY_CODE } from './params-by-code.ts';
import { soundParams } from './problem-params.ts';

const CONTRACT = JSON.parse(readFileSync(join(import.meta.dirname, '../../../openapi.json'), 'utf8'));

interface Form {
  readonly type: 'integer' | 'string' | 'array';
  readonly enum?: readonly string[];
}
const FORMS = CONTRACT.components.schemas.ProblemParams.properties as Readonly<Record<string, Form>>;

/** A value of this form. */
const soundValue = ({ type, enum: words }: Form) =>
  type === 'integer' ? 7 : type === 'array' ? ['x'] : (words?.at(-1) ?? 'x');

describe('the params of an error', () => {
  it('are those that the service has, by the same codes', () => assert.deepEqual(PARAMS_BY_CODE, PROBLEM_PARAMS));

  for (const [code, names] of Object.entries(PARAMS_BY_CODE))
    it(`of ${code} are read in the forms of the contract, and in no other`, () => {
      const given = Object.fromEntries(names.map((name) => [name, soundValue(FORMS[name] ?? { type: 'string' })]));
      assert.deepEqual(soundParams(given), given);
      for (const value of [
        null,
        true,
        -1,
        1.5,
        '',
        'x'.repeat(111),
        'a\u202eb',
        'a\n',
        [7],
        Array(11).fill('x'),
        {},
        2 ** 53,
      ])
        for (const name of names) assert.deepEqual(soundParams({ [name]: value }), {}, `${name}: ${value}`);
      for (const words of names.flatMap((name) => FORMS[name]?.enum?.map((word) => ({ [name]: word })) ?? []))
        assert.deepEqual(soundParams(words), words);
    });

  it('are empty for anything but an object, and for unknown and inherited names', () => {
    for (const given of [
      undefined,
      null,
      7,
      'got',
      [],
      { brand_new: 7 },
      { constructor: 'x' },
      JSON.parse('{"__proto__": 7}'),
      Object.create({ got: 'x' }),
      { __proto__: { got: 'x' } },
    ])
      assert.deepEqual(soundParams(given), {});
  });

  it('have the type of their code', () => {
    const tell = (error: SafelightError): unknown => {
      switch (error.code) {
        case 'upload-too-large':
          return error.params.limit_bytes?.toFixed(1);
        case 'unsupported-type':
          return error.params.formats?.join();
        case 'network':
          // @ts-expect-error This code has no params.
          return error.params.limit_bytes;
        default:
          return undefined;
      }
    };
    const params = { limit_bytes: 7, formats: ['a', 'b'] };
    const told = (['upload-too-large', 'unsupported-type', 'internal'] as const).map((code) =>
      tell(new SafelightError(code, 'x', { params })),
    );
    assert.deepEqual(told, ['7.0', 'a,b', undefined]);
    assert.ok(new SafelightError('network', 'x') instanceof Error);
  });
});
