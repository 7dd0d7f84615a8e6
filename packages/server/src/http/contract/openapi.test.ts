import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { POLICY } from '../../domain/access/policy.ts';
import { ROUTES } from '../app.ts';
import { PROBLEMS } from '../problem.ts';
import type { Route } from '../route.ts';
import { openapi } from './openapi.ts';

const schema = z.looseObject({});
const example = z.object({ $ref: z.string().optional(), value: z.unknown().optional() });
const examples = z.record(z.string(), example).optional();
const content = z.record(z.string(), z.object({ schema, examples }));
const response = z.object({
  description: z.string().min(1),
  headers: z.record(z.string(), schema).default({}),
  content: content.optional(),
});
const operation = z.object({
  operationId: z.string(),
  summary: z.string().min(1),
  tags: z.array(z.string()).length(1),
  parameters: z
    .array(
      z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), required: z.boolean().optional(), schema }),
    )
    .default([]),
  requestBody: z.object({ required: z.boolean().optional(), content }).optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  responses: z.record(z.string(), z.union([z.object({ $ref: z.string() }), response])),
});
const documentShape = z.object({
  openapi: z.literal('3.1.0'),
  tags: z.array(z.object({ name: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({
    securitySchemes: z.object({ bearer: z.object({ type: z.literal('http'), scheme: z.literal('bearer') }) }),
    responses: z.record(z.string(), response),
    schemas: z.record(z.string(), schema),
    examples: z.record(z.string(), z.object({ value: z.looseObject({ code: z.string() }) })),
  }),
});

const contract = openapi(ROUTES);
const { paths, components, tags } = documentShape.parse(contract);
const referred = ($ref: string) => components.responses[$ref.split('/').at(-1) ?? ''] ?? assert.fail($ref);
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, one]) => ({
    name: `${method.toUpperCase()} ${path}`,
    path,
    ...one,
    responses: Object.fromEntries(
      Object.entries(one.responses).map(([status, one]) => [status, '$ref' in one ? referred(one.$ref) : one]),
    ),
  })),
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
    const { securitySchemes, ...referred } = components;
    const held = Object.entries(referred).flatMap(([kind, all]) =>
      Object.keys(all).map((id) => `#/components/${kind}/${id}`),
    );
    assert.deepEqual([...new Set(refs)].toSorted(), held.toSorted());
  });

  it('reaches each schema from a path, because generators such as oapi-codegen prune the others', () => {
    const refsIn = (value: unknown): unknown[] => objectsIn(value).flatMap((one) => one['$ref'] ?? []);
    const { schemas, responses } = components;
    const inside = new Map<string, unknown>(
      Object.entries({ schemas, responses }).flatMap(([kind, all]) =>
        Object.entries(all).map(([id, one]) => [`#/components/${kind}/${id}`, one] as const),
      ),
    );
    const reached = new Set(refsIn(paths));
    for (const ref of reached) for (const next of refsIn(inside.get(String(ref)))) reached.add(next);
    const named = Object.keys(schemas).map((id) => `#/components/schemas/${id}`);
    assert.deepEqual(
      named.filter((ref) => !reached.has(ref)),
      [],
    );
  });

  it('describes each problem response once, unless an operation has details of its own', () => {
    const responses = objectsIn(contract).filter(({ content }) => 'application/problem+json' in Object(content));
    const texts = responses.map((one) => JSON.stringify(one)).filter((text) => !text.includes('"value"'));
    assert.ok(texts.length > 30, `${texts.length} responses`);
    assert.deepEqual(texts.toSorted(), [...new Set(texts)].toSorted());
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

  it('has null as a type, never as a choice, which crashes generators', () => {
    const choices = objectsIn(contract).flatMap((one) => one['anyOf'] ?? one['oneOf'] ?? []);
    assert.ok(choices.length > 0);
    assert.ok(choices.flat().every((one) => Reflect.get(one, 'type') !== 'null'));
  });

  it('says of each object without fields that it is free-form, which generators would take for empty', () => {
    const free = objectsIn(contract).filter(
      (one) => [one['type']].flat().includes('object') && Object.keys(one['properties'] ?? {}).length === 0,
    );
    assert.ok(free.length > 5, `${free.length} objects`);
    assert.deepEqual(
      free.filter((one) => one['additionalProperties'] === undefined),
      [],
    );
  });

  it('describes bytes as binary text, which generators need to read them', () => {
    const bytes = operations.flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ content: answer }) =>
        Object.entries(answer ?? {}).flatMap(([type, one]) => (type.startsWith('image/') ? [one.schema] : [])),
      ),
    );
    assert.ok(bytes.length > 0);
    for (const one of bytes) assert.deepEqual(one, { type: 'string', format: 'binary' });
  });

  it('has public operations and others, which take a bearer token or none', () => {
    const isPublic = operations.filter(({ security }) => security.length === 0).map(({ path }) => path);
    assert.deepEqual(isPublic, [
      '/',
      '/health',
      '/livez',
      '/readyz',
      '/images/{id}/render',
      '/albums/{album_id}/links/{link_id}',
      '/albums/{album_id}/links/{link_id}/unlock',
      '/albums/{album_id}/links/{link_id}/images',
      '/albums/{album_id}/links/{link_id}/images/{id}/renditions/{preset}',
      '/albums/{album_id}/links/{link_id}/images/{id}/download',
      '/albums/{album_id}/links/{link_id}/uploads',
      '/albums/{album_id}/links/{link_id}/uploads/{id}/complete',
      '/albums/{album_id}/links/{link_id}/uploads/{id}',
      '/images/{id}/links/{link_id}',
    ]);
    for (const { security } of operations) {
      assert.ok(['[]', '[{},{"bearer":[]}]', '[{"bearer":[]}]'].includes(JSON.stringify(security)));
    }
  });

  it('requires the parameters that a signed URL always has, and a confirmation; no other of a query', () => {
    const required = operations.flatMap(({ operationId, parameters }) =>
      parameters.filter((one) => one.in === 'query' && one.required).map(({ name }) => `${operationId} ${name}`),
    );
    const sealed = [
      'openAlbumLink',
      'unlockAlbumLink',
      'listSharedImages',
      'readSharedRendition',
      'downloadSharedImage',
      'grantContribution',
      'completeContribution',
      'takeBackContribution',
    ];
    const ofAlbums = sealed.flatMap((id) =>
      [...(/Rendition|download/.test(id) ? ['rev'] : []), 'exp', 'kid', 'sig'].map((name) => `${id} ${name}`),
    );
    const ofLinks = ['openLink exp', 'openLink kid', 'openLink sig'];
    const others = ['deleteUser confirm'];
    assert.deepEqual(required, ['renderImage kid', 'renderImage sig', ...ofAlbums, ...ofLinks, ...others]);
  });

  it('closes the objects that refuse unknown fields: every body, but for the routes of the earlier clients', () => {
    const closedIn = (id: string) => {
      const body = operations.find(({ operationId }) => operationId === id)?.requestBody;
      return objectsIn(body).filter((one) => one['additionalProperties'] === false).length;
    };
    const closed: Readonly<Record<string, number>> = {
      changeAlbumImages: 2, // with the move
      changeImage: 3, // with the focal point and the position
      changeMetadata: 3,
      createViewToken: 2, // with the bounds of uploads
      linkToRenders: 2, // with each render
      grantParts: 2, // with each part
      grantUploads: 2,
      replaceContent: 0, // bytes
      upload: 0,
      uploadImage: 4, // a form, a URL, and a batch with its items
    };
    const withBody = operations.filter(({ requestBody }) => requestBody !== undefined);
    assert.ok(withBody.length > 10);
    for (const { operationId: id } of withBody) assert.equal(closedIn(id), closed[id] ?? 1, id);
  });

  it('has the limits of names and tags', () => {
    const content = operations.find(({ operationId }) => operationId === 'createUpload')?.requestBody?.content;
    const { properties } = z
      .object({ properties: z.record(z.string(), schema) })
      .parse(content?.['application/json']?.schema);
    const limits = (name: string) => [properties[name]?.['minLength'], properties[name]?.['maxLength']];
    assert.deepEqual(
      [limits('user_id'), limits('filename')],
      [
        [1, 128],
        [1, 255],
      ],
    );
    assert.equal(properties['tags']?.['maxItems'], 20);
    assert.deepEqual(properties['tags']?.['items'], { type: 'string', minLength: 1, maxLength: 64 });
  });

  it('declares Location with each redirect, and Retry-After with each temporary problem', () => {
    const declared = (statuses: readonly number[]) =>
      operations.flatMap(({ name, responses }) =>
        statuses.flatMap((status) => {
          const answer = responses[status];
          return answer ? [[name, status, Object.keys(answer.headers).join()]] : [];
        }),
      );
    for (const [header, statuses] of [
      ['Location', [302]],
      ['Retry-After', [429, 503]],
    ] as const) {
      const all = declared(statuses);
      assert.ok(all.length > 3, `${all.length} with ${header}`);
      for (const [name, status, headers] of all)
        assert.ok(String(headers).split(',').includes(header), `${name} ${status}`);
    }
  });

  it('declares the rate limit with each 429 of an operation whose requests or refused credentials are counted', () => {
    for (const { operationId, name, responses } of operations) {
      const counted = Reflect.get(POLICY, operationId) !== 'public';
      const headers = Object.keys(responses[429]?.headers ?? {});
      for (const header of ['RateLimit', 'RateLimit-Policy']) assert.equal(headers.includes(header), counted, name);
    }
  });

  it('has operations that open mode lacks, which take a bearer token only', () => {
    const ofClosed = operations.filter(({ security }) => JSON.stringify(security) === '[{"bearer":[]}]');
    assert.deepEqual(
      ofClosed.map(({ operationId }) => operationId),
      [
        ...['createUploadToken', 'createViewToken', 'revokeViewTokens'],
        ...['createKey', 'listKeys', 'describeKey', 'revokeKey', 'rotateKey'],
        ...['createWebhook', 'listWebhooks', 'describeWebhook', 'changeWebhook', 'removeWebhook'],
        ...['rotateWebhookSecret', 'testWebhook', 'listDeliveries', 'replayDeliveries'],
        ...['deleteUser', 'describeDeletion', 'exportUser', 'describeExport'],
      ],
    );
  });

  it('has 401 and 403 for every operation that asks for a credential, and for no other', () => {
    for (const { name, security, responses } of operations) {
      const isGuarded = security.length > 0;
      assert.equal(responses['401']?.description === 'unauthenticated', isGuarded, name);
      if (isGuarded) assert.match(responses['403']?.description ?? '', /missing-scope|forbidden/, name);
    }
  });

  it('requires each body, except those of a rotation, of tokens, of a dropped gate, and of the upload of earlier clients, which may be a query instead', () => {
    const optional = operations.filter(({ requestBody }) => requestBody && requestBody.required !== true);
    assert.deepEqual(
      optional.map(({ operationId }) => operationId),
      ['createUploadToken', 'createViewToken', 'revokeViewTokens', 'rotateKey', 'dropGate', 'upload'],
    );
  });
});

const RANGES: { readonly [parameter: string]: object } = {
  w: { type: 'integer', minimum: 1, maximum: 4_096 },
  h: { type: 'integer', minimum: 1, maximum: 4_096 },
  fit: { type: 'string', enum: ['inside', 'cover', 'pad'] },
  rotate: { type: 'integer', enum: [0, 90, 180, 270] },
  flip: { type: 'string', enum: ['h', 'v', 'hv'] },
  format: { type: 'string', enum: ['auto', 'jpeg', 'png', 'webp', 'avif'] },
  q: { type: 'integer', minimum: 1, maximum: 100 },
  dpr: { type: 'number', minimum: 1, maximum: 4 },
  blur: { type: 'number', minimum: 0.3, maximum: 100 },
  sharpen: { type: 'number', minimum: 0.1, maximum: 10 },
  page: { type: 'integer', minimum: 0, maximum: 4_999 },
  enlarge: { type: 'integer', enum: [0, 1] },
  pixelate: { type: 'integer', minimum: 2, maximum: 256 },
  brightness: { type: 'integer', minimum: -100, maximum: 100 },
  gray: { type: 'integer', enum: [0, 1] },
};

/** Values that match the pattern of a parameter, and others. */
const PATTERNS: { readonly [parameter: string]: readonly [good: readonly string[], bad: readonly string[]] } = {
  position: [
    ['centre', 'center', 'attention', 'entropy', '0,1', '0.25,0.7'],
    ['', 'left', '0.5', '1.1,0', '0,1 ', '0.12345,0'],
  ],
  crop: [
    ['0,0,640,480', '100,50,400,300'],
    ['', '0,0,640', '0,0,640,480,1', 'a,b,c,d', '0,0,0,0', '0,0,0,480', '0,0,640,0'],
  ],
  background: [
    ['fff', 'FFCC00', 'ffcc0080'],
    ['', 'red', '#fff', 'ffccx0', 'fffff'],
  ],
  radius: [
    ['1', '2048', 'circle'],
    ['', '0', '-1', '1.5', 'Circle', '1circle'],
  ],
  tint: [
    ['fff', 'FFCC00'],
    ['', 'red', 'ffff', 'ffcc0080'],
  ],
  padding: [
    ['0', '20', '10,20,0,4096'],
    ['', '-1', '1.5', '1,2', '1,2,3', '1,2,3,4,5', 'a'],
  ],
};

/** Where transforms stand: in the query of a render, in the body of a link and in each item of a batch of links. */
const transforms = (): readonly (readonly [where: string, schemas: object])[] => {
  const bodyOf = (id: string): object => {
    const found = operations.find(({ operationId }) => operationId === id)?.requestBody?.content['application/json'];
    return found?.schema ?? assert.fail(id);
  };
  const query = operations.find(({ operationId }) => operationId === 'renderImage')?.parameters ?? [];
  const items = z.object({ properties: z.object({ renders: z.object({ items: z.object({ properties: schema }) }) }) });
  return [
    ['the query of a render', Object.fromEntries(query.map((one) => [one.name, one.schema]))],
    ['the body of a link', z.object({ properties: schema }).parse(bodyOf('linkToRender')).properties],
    ['an item of a batch', items.parse(bodyOf('linkToRenders')).properties.renders.items.properties],
  ];
};

for (const [where, schemas] of transforms()) {
  describe(`a transform in ${where}`, () => {
    for (const [name, range] of Object.entries(RANGES)) {
      it(`has the values of ${name} as a schema`, () => {
        const { description, ...found } = schema.parse(Reflect.get(schemas, name));
        assert.deepEqual(found, range);
      });
    }

    for (const [name, [good, bad]] of Object.entries(PATTERNS)) {
      it(`has a pattern of ${name}`, () => {
        const { pattern } = z.object({ pattern: z.string() }).parse(Reflect.get(schemas, name));
        assert.deepEqual(
          [...good, ...bad].filter((text) => new RegExp(pattern, 'u').test(text)),
          good,
        );
      });
    }
  });
}

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
        assert.deepEqual(Object.keys(answer ?? {}), ['application/problem+json']);
        const problem = answer?.['application/problem+json'];
        assert.deepEqual(problem?.schema, { $ref: '#/components/schemas/Problem' });
        assert.deepEqual(Object.keys(problem?.examples ?? {}), codes);
        for (const [code, { $ref, value }] of Object.entries(problem?.examples ?? {})) {
          if ($ref) assert.equal($ref, `#/components/examples/${code}`);
          const shown = $ref ? components.examples[code]?.value : value;
          assert.equal(Reflect.get(Object(shown), 'code'), code);
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
