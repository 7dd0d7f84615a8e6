import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Api } from '../api.ts';

type Schema = { readonly [keyword: string]: unknown };
type Response = { readonly headers?: object };

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly required?: boolean; readonly schema: Schema }[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: { readonly [type: string]: { readonly schema: Schema } };
  };
  readonly security?: readonly object[];
  readonly responses: { readonly [status: string]: Response | { readonly $ref: string } };
}

interface Contract {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: {
    readonly securitySchemes?: { readonly [name: string]: { readonly description?: string } };
    readonly responses: { readonly [name: string]: Response };
    readonly schemas: { readonly [id: string]: Schema };
  };
}

const PUBLIC = [
  ...['get /', 'get /health', 'get /livez', 'get /readyz'],
  ...['get /images/{id}/render', 'get /images/{id}/links/{link_id}'],
  'get /albums/{album_id}/links/{link_id}',
  'post /albums/{album_id}/links/{link_id}/unlock',
  'get /albums/{album_id}/links/{link_id}/images',
  'get /albums/{album_id}/links/{link_id}/images/{id}/renditions/{preset}',
  'get /albums/{album_id}/links/{link_id}/images/{id}/download',
  'post /albums/{album_id}/links/{link_id}/uploads',
  'post /albums/{album_id}/links/{link_id}/uploads/{id}/complete',
  'delete /albums/{album_id}/links/{link_id}/uploads/{id}',
];

/** Only services with authentication have them. */
const NEVER_OPEN = / \/(?:(?:keys|webhooks)(?:\/|$)|users\/|upload-tokens$|view-tokens(?:\/|$))/;

/** A rotation and tokens have defaults; earlier clients upload by the query alone. */
/** Their bodies are of earlier clients, or the bytes of an image. */
const TAKES_BYTES = ['/images/upload', '/images/{id}/content'];
const BODY_IS_OPTIONAL = [
  'post /gates/{gate}/drop',
  'post /images/upload',
  'post /keys/{key_id}/rotate',
  'post /upload-tokens',
  'post /view-tokens',
  'post /view-tokens/revoke',
];

/**
 * What it makes has no URL of its own: nothing is stored, its URL is in the body alone, since it opens the picture for
 * anyone, or whoever makes it may read none.
 */
const WITHOUT_LOCATION = [
  ...['post /upload-tokens', 'post /view-tokens'],
  ...['post /images/{id}/links', 'post /albums/{album_id}/links'],
  'post /albums/{album_id}/links/{link_id}/uploads',
];

/** Every object within `value`, itself included. */
const objectsIn = (value: unknown): Schema[] => {
  if (typeof value !== 'object' || value === null) return [];
  const within = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? within : [{ ...value }, ...within];
};

const isObject = ({ type }: Schema): boolean => [type].flat().includes('object');

const fieldsOf = ({ properties }: Schema): { readonly [name: string]: Schema } =>
  (properties ?? {}) as { readonly [name: string]: Schema };

export const describeContract = (api: Api): void => {
  describe('The contract, for generators of clients', () => {
    const read = async () => {
      const contract = await api.ask<Contract>('/openapi.json');
      const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
      );
      return { contract, operations };
    };

    it('requires the body of every request that has one', async () => {
      const { operations } = await read();
      const optional = operations.filter(({ requestBody }) => requestBody && requestBody.required !== true);
      assert.deepEqual(optional.map(({ name }) => name).toSorted(), BODY_IS_OPTIONAL);
    });

    it('requires the parameters that each signed URL has', async () => {
      const { contract } = await read();
      const parameters = contract.paths['/images/{id}/render']?.['get']?.parameters ?? [];
      const required = parameters.filter((one) => one.required).map(({ name }) => name);
      assert.deepEqual(required, ['id', 'kid', 'sig']);
    });

    it('closes every body, but for that of the earlier clients, and no answer', async () => {
      const { contract } = await read();
      let compared = 0;
      for (const [path, methods] of Object.entries(contract.paths)) {
        for (const [method, { requestBody, ...rest }] of Object.entries(methods)) {
          const isClosed = ({ additionalProperties }: Schema): boolean => additionalProperties === false;
          assert.ok(!objectsIn(rest).some(isClosed), `${method} ${path}`);
          if (!requestBody) continue;
          assert.equal(objectsIn(requestBody).some(isClosed), !TAKES_BYTES.includes(path), `${method} ${path}`);
          compared += 1;
        }
      }
      assert.ok(compared > 10, `${compared} bodies`);
      assert.ok(!objectsIn(contract.components).some((one) => one['additionalProperties'] === false));
    });

    it('declares Location with each redirect and with each 201 that has one, and Retry-After with 429 and 503', async () => {
      const { contract, operations } = await read();
      const { responses: shared } = contract.components;
      for (const { name, responses } of operations) {
        for (const [status, header] of [
          ['201', 'Location'],
          ['302', 'Location'],
          ['429', 'Retry-After'],
          ['503', 'Retry-After'],
        ] as const) {
          const answer = responses[status];
          if (!answer || (status === '201' && WITHOUT_LOCATION.includes(name))) continue;
          const described = '$ref' in answer ? shared[answer.$ref.split('/').at(-1) ?? ''] : answer;
          assert.ok(header in (described?.headers ?? {}), `${name}: ${status}`);
        }
      }
    });

    it('has one schema for the images of a list, which requires only the id', async () => {
      const { contract } = await read();
      const list = contract.components.schemas['ImageList'] ?? assert.fail('no ImageList');
      assert.deepEqual(fieldsOf(list)['images']?.['items'], { $ref: '#/components/schemas/ListedImage' });
      assert.deepEqual(contract.components.schemas['ListedImage']?.['required'], ['image_id']);
    });

    it('declares a bearer token, optional on every operation except public ones and those about credentials', async () => {
      const { contract, operations } = await read();
      const { bearer, ...others } = contract.components.securitySchemes ?? {};
      const { description, ...scheme } = bearer ?? {};
      assert.deepEqual([scheme, others], [{ type: 'http', scheme: 'bearer' }, {}]);
      assert.match(description ?? '', /error="invalid_token"/);
      for (const { name, security } of operations) {
        const expected = NEVER_OPEN.test(name) ? [{ bearer: [] }] : [{}, { bearer: [] }];
        assert.deepEqual(security, PUBLIC.includes(name) ? [] : expected, name);
      }
      for (const name of PUBLIC)
        assert.ok(
          operations.some((one) => one.name === name),
          name,
        );
    });

    it('has the ranges and choices of transforms as schemas, in queries and bodies', async () => {
      const { contract } = await read();
      const bodyOf = (path: string): Schema =>
        contract.paths[path]?.['post']?.requestBody?.content['application/json']?.schema ?? assert.fail(path);
      const query = contract.paths['/images/{id}/render']?.['get']?.parameters ?? [];
      const batch = fieldsOf(bodyOf('/render-urls'))['renders']?.['items'] as Schema;
      for (const fields of [
        Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
        fieldsOf(bodyOf('/images/{id}/render-url')),
        fieldsOf(batch),
      ]) {
        assert.deepEqual([fields['w']?.['minimum'], fields['w']?.['maximum']], [1, 4_096]);
        assert.deepEqual([fields['blur']?.['minimum'], fields['blur']?.['maximum']], [0.3, 100]);
        assert.deepEqual(fields['fit']?.['enum'], ['inside', 'cover', 'pad']);
        assert.deepEqual(fields['rotate']?.['enum'], [0, 90, 180, 270]);
        assert.match('100,50,400,300', new RegExp(String(fields['crop']?.['pattern']), 'u'));
      }
    });

    it('says of free-form objects that they have any fields', async () => {
      const { contract } = await read();
      const image = contract.components.schemas['Image'] ?? assert.fail('no Image');
      assert.equal(fieldsOf(image)['metadata']?.['additionalProperties'], true);
      const unclear = objectsIn(contract).filter(
        (one) => isObject(one) && Object.keys(fieldsOf(one)).length === 0 && one['additionalProperties'] === undefined,
      );
      assert.deepEqual(unclear, []);
    });

    it('has null as a type, never as a choice', async () => {
      const { contract } = await read();
      const choices = objectsIn(contract).flatMap((one) => [one['anyOf'] ?? [], one['oneOf'] ?? []].flat());
      assert.deepEqual(
        choices.filter((one) => (one as Schema)['type'] === 'null'),
        [],
      );
      const image = contract.components.schemas['Image'] ?? assert.fail('no Image');
      assert.deepEqual(fieldsOf(image)['width']?.['type'], ['integer', 'null']);
    });
  });
};
