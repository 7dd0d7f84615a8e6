import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { ROUTES } from '../app.ts';
import type { Route } from '../route.ts';
import { openapi } from './openapi.ts';
import { PROBLEMS } from './problem.ts';

const schema = z.looseObject({});
const examples = z.record(z.string(), z.object({ $ref: z.string().optional() })).optional();
const content = z.record(z.string(), z.object({ schema, examples }));
const operation = z.object({
  operationId: z.string(),
  summary: z.string().min(1),
  tags: z.array(z.string()).length(1),
  parameters: z
    .array(
      z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), required: z.boolean().optional(), schema }),
    )
    .default([]),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string().min(1), content: content.optional() })),
});
const documentShape = z.object({
  openapi: z.literal('3.1.0'),
  tags: z.array(z.object({ name: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({
    schemas: z.record(z.string(), schema),
    examples: z.record(z.string(), z.object({ value: z.looseObject({ code: z.string() }) })),
  }),
});

const contract = openapi(ROUTES);
const { paths, components, tags } = documentShape.parse(contract);
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, one]) => ({ name: `${method.toUpperCase()} ${path}`, path, ...one })),
);

/** Every object within `value`, itself included. */
const objectsIn = (value: unknown): Record<string, unknown>[] => {
  if (typeof value !== 'object' || value === null) return [];
  const within = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? within : [{ ...value }, ...within];
};

describe('the OpenAPI document', () => {
  it('describes every route that has an operation, and no other', () => {
    const expected = ROUTES.filter((route) => route.operation).map(
      ({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
    );
    assert.ok(expected.length >= 7, `${expected.length} operations`);
    assert.deepEqual(operations.map(({ name }) => name).toSorted(), expected.toSorted());
  });

  it('has unique operation ids', () => {
    const ids = operations.map(({ operationId }) => operationId);
    assert.deepEqual(ids.toSorted(), [...new Set(ids)].toSorted());
  });

  it('refers to all of its components, and to nothing else', () => {
    const refs = objectsIn(contract).flatMap((one) => one['$ref'] ?? []);
    const held = Object.entries(components).flatMap(([kind, all]) =>
      Object.keys(all).map((id) => `#/components/${kind}/${id}`),
    );
    assert.deepEqual([...new Set(refs)].toSorted(), held.toSorted());
  });

  for (const [id, described] of Object.entries(components.schemas)) {
    it(`defines each component itself, not by a reference: ${id}`, () => {
      assert.deepEqual(
        Object.keys(described).filter((keyword) => keyword === 'type'),
        ['type'],
      );
    });
  }

  it('is plain JSON, without $defs', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(contract)), contract);
    assert.ok(!JSON.stringify(contract).includes('$defs'));
  });

  it('allows additional fields in responses', () => {
    assert.ok(objectsIn(components).every((one) => one['additionalProperties'] !== false));
  });
});

for (const { name, path, parameters, responses, ...one } of operations) {
  describe(name, () => {
    it('has a summary and a tag that the contract describes', () => {
      assert.ok(tags.some((tag) => tag.name === one.tags[0]));
    });

    it('describes every parameter of its path, as required', () => {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      assert.deepEqual(
        inPath.map((parameter) => parameter.name),
        [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
      );
      assert.ok(inPath.every(({ required }) => required === true));
    });

    it('has each parameter once', () => {
      const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      assert.deepEqual(names, [...new Set(names)]);
    });

    it('has a successful response, and the errors that any request can cause', () => {
      const statuses = Object.keys(responses).map(Number);
      assert.ok(statuses.some((status) => status < 300));
      const isHealth = ['/health', '/livez', '/readyz'].includes(path);
      for (const status of [400, 500, 503]) assert.ok(statuses.includes(status), `${status}`);
      for (const status of [403, 421]) assert.equal(statuses.includes(status), !isHealth, `${status}`);
    });

    it('answers every error with a problem document, and has an example of each code', () => {
      for (const [status, { description, content: answer }] of Object.entries(responses)) {
        if (Number(status) < 400) continue;
        const codes = description.split(', ');
        assert.deepEqual(answer, {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
          },
        });
        for (const code of codes) {
          assert.equal(components.examples[code]?.value.code, code);
          assert.equal(Reflect.get(PROBLEMS, code)?.status, Number(status));
        }
      }
    });
  });
}

describe('a route without an operation', () => {
  it('is left out', () => {
    const page: Route = { method: 'GET', path: '/page', handle: (c) => c.text('') };
    assert.deepEqual(documentShape.parse(openapi([page])).paths, {});
  });
});
