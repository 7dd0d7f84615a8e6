import fc, { type Arbitrary } from 'fast-check';
import type { Schema } from '../http/contract.ts';

/** Text that often causes bugs: all kinds of Unicode, control characters, invalid numbers, very long text. */
export const oddText: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 300 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...['', ' ', ',', ',,', '0', '-1', '1e9', '1.5', '١', 'NaN', 'null', 'true', '[]', '{}', '"', "'; DROP TABLE"],
      ...['\0', '\r\n', '\u202e', '\ufeff', '\u{1f469}\u200d\u{1f467}', '\ud800'.toWellFormed(), 'e\u0301'],
      ...['../../etc', '%00', '%', '2026-02-30', '9999-12-31', '275760-09-13T00:00:00Z', '-000001-01-01', '1970-01-01'],
      ...['0000-01-01', '9999-12-31T23:59:59.999999999+23:59', '2026-01-31T24:00:00Z', '2026-W05'],
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('a', 'ü', '\u{1f600}', ',', '[').map((one) => one.repeat(1_500)) },
);

const anyJson: Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  oddText,
  fc.constantFrom(null, true, -1, 0, 1e308, 2 ** 53, [], {}, [[]], { toString: 1 }),
  fc.constantFrom('a', '\u{1f600}').map((one) => one.repeat(100_000)),
  fc.constant(50).map((depth) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown),
);

/** Values that the schema accepts, as far as it says. */
export function arbitraryValue(schema: Schema): Arbitrary<unknown> {
  const examples = Array.isArray(schema['examples']) ? schema['examples'] : [];
  const made = madeFor(schema);
  if (examples.length === 0) return made;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...examples) }, { weight: 1, arbitrary: made });
}

function madeFor(schema: Schema): Arbitrary<unknown> {
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...schema['enum']);
  if (Array.isArray(schema['anyOf'])) return fc.oneof(...schema['anyOf'].map(arbitraryValue));
  switch (schema['type']) {
    case 'string':
      return textFor(schema);
    case 'integer':
      return fc.integer({ min: Number(schema['minimum'] ?? 0), max: Number(schema['maximum'] ?? 2 ** 31 - 1) });
    case 'array':
      return fc.array(arbitraryValue(asSchema(schema['items'])), { maxLength: 5 });
    case 'object':
      return objectFor(schema);
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue();
  }
}

const asSchema = (value: unknown): Schema => (typeof value === 'object' && value !== null ? { ...value } : {});

function textFor({ format, maxLength }: Schema): Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  const date = fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') });
  if (format === 'date') return date.map((one) => one.toISOString().slice(0, 10));
  if (format === 'date-time') return date.map((one) => one.toISOString());
  return fc.string({ unit: 'grapheme', minLength: 1, maxLength: Math.min(Number(maxLength ?? 40), 40) });
}

function objectFor({ properties, required, additionalProperties }: Schema): Arbitrary<unknown> {
  const named = Object.entries(asSchema(properties)).map(
    ([name, one]) => [name, arbitraryValue(asSchema(one))] as const,
  );
  const known = fc.record(Object.fromEntries(named), {
    requiredKeys: Array.isArray(required) ? required.map(String) : [],
  });
  const isOpen = additionalProperties !== undefined || properties === undefined;
  return isOpen ? fc.tuple(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }), known).map(merged) : known;
}

const merged = ([more, known]: [object, object]): object => ({ ...more, ...known });

/** Values with one error: a missing, mistyped or unknown field; or entirely wrong. */
export function brokenValue(schema: Schema): Arbitrary<unknown> {
  const one = fc.tuple(arbitraryValue(schema), fc.nat(), anyJson).map(([value, index, wrong]): unknown => {
    if (typeof value !== 'object' || value === null) return wrong;
    const names = [...Object.keys(value), 'unknown'];
    const name = names[index % names.length] ?? '';
    return Array.isArray(value) ? [...value, wrong] : { ...value, [name]: index % 3 === 0 ? undefined : wrong };
  });
  return fc.oneof({ weight: 4, arbitrary: one }, { weight: 1, arbitrary: anyJson });
}
