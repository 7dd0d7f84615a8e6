import fc, { type Arbitrary } from 'fast-check';
import { isImageType } from '../../src/domain/image/media-type.ts';
import { OPERATIONS, type Operation, type Parameter } from '../http/contract.ts';
import { arbitraryValue, brokenValue, oddText } from './arbitrary-values.ts';

/** A request as fetch takes it, with an arbitrary path. */
export interface ArbitraryRequest {
  readonly method: string;
  /** From its first slash on, percent-encoded. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: RequestBody;
}

type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'form'; readonly fields: readonly (readonly [string, string | Uint8Array<ArrayBuffer>])[] };

/** The ids that requests refer to. */
export interface Material {
  /** A placeholder for the id of an image that exists when the request is sent. */
  readonly idMarks: readonly string[];
  /** Sound images. */
  readonly pictures: readonly Uint8Array<ArrayBuffer>[];
}

/** Few of them send bytes, and of what is sent to those much is refused: so they are chosen more often. */
const SENDING = OPERATIONS.filter(({ responses }) => '206' in responses);
const CHOSEN = [...OPERATIONS, ...SENDING, ...SENDING];

/** Requests to an operation, most of them nearly valid: clearly invalid ones are refused early. */
export function arbitraryRequest(material: Material): Arbitrary<ArbitraryRequest> {
  const described = fc.constantFrom(...CHOSEN).chain((operation) => requestTo(operation, material));
  return fc.oneof({ weight: 9, arbitrary: described }, { weight: 1, arbitrary: strayRequest(material) });
}

const requestTo = (operation: Operation, material: Material): Arbitrary<ArbitraryRequest> =>
  fc
    .record({
      id: imageId(material),
      query: parameters(operation, 'query'),
      headers: fc.tuple(parameters(operation, 'header'), '206' in operation.responses ? ranges : strayHeaders),
      body: bodyOf(operation, material),
      method: fc.oneof(
        { weight: 30, arbitrary: fc.constant(operation.method) },
        { weight: 1, arbitrary: fc.constantFrom('HEAD', ...METHODS) },
      ),
    })
    .map(({ id, query, headers: [own, stray], body: [type, body], method }) => ({
      method,
      target: `${operation.path.replace('{id}', encodeURIComponent(id))}${encoded(query)}`,
      headers: [...own, ...(type === undefined ? [] : [['Content-Type', type] as const]), ...stray].map(
        ([name, value]) => [name, asHeader(value)] as const,
      ),
      body: method === 'GET' || method === 'HEAD' ? { kind: 'none' } : body,
    }));

/** fetch itself refuses CONNECT, TRACE and header characters outside Latin-1. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'] as const;
const asHeader = (value: string): string =>
  [...value]
    .map((one) => (/[\t\x20-\x7e\xa0-\xff]/.test(one) ? one : '?'))
    .join('')
    .slice(0, 2_000);

/** Node itself refuses a request head of more than 16 KB, before the service sees it. */
const MAX_QUERY_LENGTH = 8_000;

const encoded = (query: readonly (readonly [string, string])[]): string => {
  if (query.length === 0) return '';
  const pairs = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `?${pairs.join('&')}`.slice(0, MAX_QUERY_LENGTH);
};

const imageId = ({ idMarks }: Material): Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...idMarks) },
    { weight: 1, arbitrary: fc.uuid({ version: 7 }) },
    { weight: 1, arbitrary: oddText.map(asPathPart) },
  );

/** Dot segments are resolved before a URL is sent, and its length is limited like the query's. */
const asPathPart = (text: string): string => (/^\.{0,2}$/.test(text) ? '-' : [...text].slice(0, 300).join(''));

/** The operation's parameters: each absent, as described, broken, or repeated; and an unknown one. */
function parameters(operation: Operation, kind: 'query' | 'header'): Arbitrary<(readonly [string, string])[]> {
  const own = operation.parameters.filter((parameter) => parameter.in === kind);
  const stray = fc.tuple(fc.constantFrom('x', 'limit', 'constructor', '__proto__', 'tag[]'), oddText);
  return fc
    .tuple(
      ...own.map((one) => parameterValues(one, own.length)),
      kind === 'query' ? fc.array(stray, { maxLength: 1 }) : fc.constant([]),
    )
    .map((all) => all.flat());
}

/** The more parameters an operation has, the rarer is each, so that some requests to it are valid. */
function parameterValues(parameter: Parameter, ofMany: number): Arbitrary<(readonly [string, string])[]> {
  // A longer wait finds no more: the service would wait as long as requested.
  const good = parameter.name === 'wait' ? fc.constantFrom(0, 1) : arbitraryValue(parameter.schema);
  const value = fc.oneof({ weight: 8, arbitrary: good.map(textOf) }, { weight: 1, arbitrary: oddText });
  const maxLength = parameter.in === 'query' ? 2 : 1;
  return fc.oneof(
    { weight: Math.max(3, ofMany), arbitrary: fc.constant<(readonly [string, string])[]>([]) },
    {
      weight: 2,
      arbitrary: fc.array(
        value.map((one) => [parameter.name, one] as const),
        { minLength: 1, maxLength },
      ),
    },
  );
}

const strayHeaders: Arbitrary<(readonly [string, string])[]> = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom('Range', 'If-Range', 'If-Modified-Since', 'Accept', 'Accept-Encoding'), oddText),
    fc.tuple(fc.constant('Origin'), fc.constantFrom('http://localhost:5173', 'https://elsewhere.example', 'null', '')),
    fc.tuple(fc.constant('Range'), fc.constantFrom('bytes=0-0', 'bytes=-1', 'bytes=5-', 'bytes=0-1,3-4', 'bytes=9-1')),
    fc.constant(['X-Forwarded-For', '10.0.0.1'] as const),
    fc.constant(['Content-Encoding', 'gzip'] as const),
    fc.constant(['Sec-Fetch-Site', 'cross-site'] as const),
  ),
  { maxLength: 1 },
);

/** Those of operations that answer a part of the bytes. */
const ranges: typeof strayHeaders = fc.oneof(
  strayHeaders,
  fc.constantFrom('bytes=0-0', 'bytes=-1', 'bytes=5-').map((range) => [['Range', range] as const]),
);

type TypedBody = readonly [string | undefined, RequestBody];

const NONE: TypedBody = [undefined, { kind: 'none' }];

/** A body of an accepted type, by its schema or broken; of another type; none. */
function bodyOf(operation: Operation, material: Material): Arbitrary<TypedBody> {
  const content = Object.entries(operation.requestBody?.content ?? {});
  const described = content.map(([type, { schema }]): Arbitrary<TypedBody> => {
    if (type === 'multipart/form-data') return formBody(operation, material);
    if (isImageType(type)) return imageBytes(material).map((bytes) => [type, { kind: 'bytes', bytes }]);
    const value = fc.oneof(
      { weight: 5, arbitrary: operation.operationId === 'deleteImages' ? deletes(material) : arbitraryValue(schema) },
      { weight: 2, arbitrary: brokenValue(schema) },
    );
    return fc.oneof(
      {
        weight: 9,
        arbitrary: value.map((one): TypedBody => [type, { kind: 'text', text: JSON.stringify(one) ?? '' }]),
      },
      { weight: 1, arbitrary: oddText.map((text): TypedBody => [type, { kind: 'text', text }]) },
    );
  });
  const other = fc.tuple(
    fc.constantFrom('text/csv', 'application/x-www-form-urlencoded', 'image/svg+xml', 'multipart/form-data', '/', 'é'),
    oddText.map((text): RequestBody => ({ kind: 'text', text })),
  );
  return fc.oneof(
    ...described.map((arbitrary) => ({ weight: 6, arbitrary })),
    { weight: 1, arbitrary: other },
    { weight: 2, arbitrary: fc.constant(NONE) },
  );
}

const deletes = (material: Material): Arbitrary<unknown> =>
  fc.record({
    user_id: fc.constant('user123'),
    image_ids: fc.array(imageId(material), { minLength: 1, maxLength: 3 }),
  });

/** Sound images, truncated ones, and other bytes. */
const imageBytes = ({ pictures }: Material): Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc.oneof(
    fc.constantFrom(...pictures),
    fc.tuple(fc.constantFrom(...pictures), fc.nat(2_000)).map(([picture, length]) => picture.slice(0, length)),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array(bytes)),
  );

/** As clients write it. fast-check makes objects without a prototype, which have no text of their own. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function formBody(operation: Operation, material: Material): Arbitrary<TypedBody> {
  const { properties } = operation.requestBody?.content['multipart/form-data']?.schema ?? {};
  const names = Object.keys(properties ?? {}).filter((name) => name !== 'file');
  const field = fc.constantFrom(...names, 'x').chain((name) => {
    const schema = Object(properties)[name] ?? {};
    return fc.tuple(fc.constant(name), fc.oneof(arbitraryValue(schema).map(textOf), oddText));
  });
  const file = fc.tuple(fc.constantFrom('file', 'file', 'file', 'picture'), imageBytes(material));
  return fc
    .tuple(fc.array(field, { maxLength: 4 }), fc.array(file, { minLength: 0, maxLength: 2 }))
    .map(([fields, files]) => [undefined, { kind: 'form', fields: [...fields, ...files] }]);
}

/** Arbitrary requests at arbitrary paths: most answers are 404 or 405. */
const strayRequest = (material: Material): Arbitrary<ArbitraryRequest> =>
  fc.record({
    method: fc.constantFrom(...METHODS),
    target: fc.oneof(
      fc.webPath().map((path) => (path.startsWith('/') ? path : `/${path}`)),
      fc
        .array(fc.oneof(fc.constantFrom('images', 'objects', 'safelight', 'metadata', 'upload'), imageId(material)), {
          maxLength: 4,
        })
        .map((parts) => `/${parts.map(encodeURIComponent).join('/')}`),
    ),
    headers: strayHeaders.map((all) => all.map(([name, value]) => [name, asHeader(value)] as const)),
    body: fc.constant({ kind: 'none' }),
  });
