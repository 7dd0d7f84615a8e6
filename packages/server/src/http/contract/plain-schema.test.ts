import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { plainSchema } from './plain-schema.ts';

const plain = (schema: z.ZodType, io: 'input' | 'output' = 'output') => {
  const { $schema, ...json } = plainSchema(z.toJSONSchema(schema, { io, unrepresentable: 'any' }), io);
  return json;
};

describe('a schema for generators', () => {
  it('has null among its types, not as a choice', () => {
    assert.deepEqual(plain(z.string().nullable()), { type: ['string', 'null'] });
    assert.deepEqual(plain(z.array(z.string()).nullable()), { type: ['array', 'null'], items: { type: 'string' } });
  });

  it('has null among its values, if it has values', () => {
    assert.deepEqual(plain(z.enum(['a', 'b']).nullable()), { type: ['string', 'null'], enum: ['a', 'b', null] });
  });

  it('is described as its nullable form is', () => {
    const schema = z.int().meta({ description: 'inner' }).nullable().meta({ description: 'outer' });
    assert.deepEqual(plain(schema), { type: ['integer', 'null'], description: 'outer' });
  });

  it('is refused if it is null or a reference, for which generators need different forms', () => {
    const anyOf = [{ $ref: '#/$defs/Image' }, { type: 'null' }];
    assert.throws(() => plainSchema({ anyOf }, 'output'), /expected a nullable schema with one type; got .*Image/);
  });

  it('keeps a choice of two types', () => {
    const items = { type: 'string' };
    assert.deepEqual(plain(z.union([z.string(), z.array(z.string())])), { anyOf: [items, { type: 'array', items }] });
  });

  it('says that a free-form object has any fields', () => {
    for (const schema of [z.looseObject({}), z.unknown().meta({ type: 'object' })]) {
      assert.equal(plain(schema)['additionalProperties'], true);
    }
    assert.deepEqual(plain(z.record(z.string(), z.boolean()).nullable()), {
      type: ['object', 'null'],
      additionalProperties: { type: 'boolean' },
    });
  });

  it('lets an object with fields grow, without saying so', () => {
    const grown = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
    assert.deepEqual(plain(z.object({ a: z.string() })), grown);
    assert.deepEqual(plain(z.strictObject({ a: z.string() })), grown);
    assert.deepEqual(plain(z.object({ a: z.string() }), 'input'), grown);
  });

  it('says of an object in a request that it refuses unknown fields, also within others', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    const strict = z.strictObject({ a: z.string() });
    assert.deepEqual(plain(strict, 'input'), closed);
    assert.deepEqual(plain(z.array(strict), 'input'), { type: 'array', items: closed });
    assert.deepEqual(plain(z.object({ b: strict.nullable() }), 'input')['properties'], {
      b: { ...closed, type: ['object', 'null'] },
    });
  });

  it("has no keyword that says nothing: JavaScript's bounds, a pattern beside a format, readOnly", () => {
    assert.deepEqual(plain(z.int()), { type: 'integer' });
    assert.deepEqual(plain(z.uuid()), { type: 'string', format: 'uuid' });
    assert.deepEqual(plain(z.array(z.string()).readonly()), { type: 'array', items: { type: 'string' } });
  });

  it('has its examples as they were given', () => {
    const examples = [{ anyOf: [{ type: 'string' }, { type: 'null' }] }];
    assert.deepEqual(plain(z.looseObject({ a: z.string() }).meta({ examples }))['examples'], examples);
  });

  it('has a field named like a keyword', () => {
    assert.deepEqual(plain(z.object({ anyOf: z.string().nullable(), propertyNames: z.string() }))['properties'], {
      anyOf: { type: ['string', 'null'] },
      propertyNames: { type: 'string' },
    });
  });
});
