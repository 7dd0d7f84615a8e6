import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { ROUTES } from '../../src/http/app.ts';
import { openapi } from '../../src/http/contract/openapi.ts';

export type Schema = { readonly [keyword: string]: unknown };

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema & { readonly examples?: readonly unknown[]; readonly enum?: readonly unknown[] };
}

interface MediaContent {
  readonly schema: Schema;
  readonly examples?: { readonly [name: string]: { readonly value?: unknown; readonly $ref?: string } };
}

interface Content {
  readonly [mediaType: string]: MediaContent;
}

interface Answer {
  readonly description: string;
  readonly headers?: { readonly [name: string]: object };
  readonly content?: Content;
}

export interface Operation {
  /** `GET /images/{id}` */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: { readonly [status: string]: Answer };
}

/** An operation as the contract has it: a response that several operations have is a component. */
type Described = Omit<Operation, 'name' | 'method' | 'path' | 'responses'> & {
  readonly responses: { readonly [status: string]: Answer | { readonly $ref: string } };
};

interface Contract {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Described } };
  readonly components: {
    readonly examples: { readonly [name: string]: { readonly value: unknown } };
    readonly responses: { readonly [name: string]: Answer };
  };
}

export const CONTRACT = openapi(ROUTES) as unknown as Contract;

const nameIn = ($ref: string): string => $ref.split('/').at(-1) ?? '';

const described = (response: Answer | { readonly $ref: string }): Answer =>
  '$ref' in response ? (CONTRACT.components.responses[nameIn(response.$ref)] ?? assert.fail(response.$ref)) : response;

export const OPERATIONS: readonly Operation[] = Object.entries(CONTRACT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, one]) => ({
    ...one,
    parameters: one.parameters ?? [],
    responses: Object.fromEntries(
      Object.entries(one.responses).map(([status, response]) => [status, described(response)]),
    ),
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
  })),
);

/** The contract with closed objects: answers may grow fields, but only described ones. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([keyword, value]) => [keyword, closed(value)]);
  const isOpen = 'properties' in schema && !('additionalProperties' in schema);
  return Object.fromEntries(isOpen ? [...entries, ['additionalProperties', false]] : entries);
};

const validators = (contract: unknown) => {
  // Not strict, because the schemas contain OpenAPI's own keywords.
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(contract as object, 'contract');
  const compiled = new Map<string, ValidateFunction>();
  return (pointer: readonly string[], value: unknown): string | undefined => {
    const $ref = `contract#${pointer.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;
    const validate = compiled.get($ref) ?? ajv.compile({ $ref });
    compiled.set($ref, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
};

const faultInRequest = validators(CONTRACT);
const faultInAnswer = validators(closed(CONTRACT));

const at = ({ path, method }: Operation) => ['paths', path, method.toLowerCase()];

function responseAt(operation: Operation, status: string): readonly string[] {
  const response = CONTRACT.paths[operation.path]?.[operation.method.toLowerCase()]?.responses[status];
  return response && '$ref' in response
    ? ['components', 'responses', nameIn(response.$ref)]
    : [...at(operation), 'responses', status];
}

/** Fails unless the operation accepts such a body of this type. */
export function requireRequestBody(operation: Operation, mediaType: string, value: unknown): void {
  const fault = faultInRequest([...at(operation), 'requestBody', 'content', mediaType, 'schema'], value);
  assert.equal(fault, undefined, `${operation.name} takes ${JSON.stringify(value)?.slice(0, 500)}`);
}

/** Fails unless the operation has such an answer. */
export function requireAnswerBody(
  operation: Operation,
  status: number,
  answer: { type: string; value: unknown },
): void {
  const pointer = [...responseAt(operation, String(status)), 'content', answer.type, 'schema'];
  const shown = JSON.stringify(answer.value)?.slice(0, 1_000);
  assert.equal(faultInAnswer(pointer, answer.value), undefined, `${operation.name} answers ${status} ${shown}`);
}

export interface Problem {
  readonly status: number;
  readonly code: string;
}

/** Fails unless the answer is a problem document; for paths without an operation. */
export async function requireProblem(response: Response): Promise<Problem> {
  const text = await response.text();
  assert.equal(response.headers.get('content-type'), 'application/problem+json', text.slice(0, 500));
  const problem = JSON.parse(text) as Problem;
  assert.equal(faultInAnswer(['components', 'schemas', 'Problem'], problem), undefined, text.slice(0, 500));
  assert.equal(problem.status, response.status);
  return problem;
}

/** Headers that clients act on, and the statuses that always have them. */
const ACTED_ON = { Location: [302], 'Retry-After': [429, 503] } as const;

/** Fails if one of them is missing, or sent and not described. Other problems may have Retry-After too. */
function requireHeaders(described: Answer, response: Response, said: string): void {
  for (const [name, statuses] of Object.entries(ACTED_ON)) {
    const isDescribed = name in (described.headers ?? {});
    const isExpected = statuses.some((status) => status === response.status);
    if (isExpected) assert.deepEqual([isDescribed, response.headers.has(name)], [true, true], `${said} with ${name}`);
    else if (name === 'Location') assert.ok(isDescribed || !response.headers.has(name), `${said} with ${name}`);
  }
}

/**
 * Fails unless status, type and body of the answer are described, and the headers that clients act on, with its
 * problem's code among those of the status.
 */
export async function requireDescribed(operation: Operation, response: Response, method: string): Promise<void> {
  const answer = operation.responses[response.status];
  const said = `${method} ${operation.path} answered ${response.status}`;
  if (!answer) assert.fail(`${said}: ${(await response.text()).slice(0, 500)}`);
  requireHeaders(answer, response, said);
  const type = (response.headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
  const content = answer.content?.[type];
  if (method === 'HEAD') return void (await response.arrayBuffer());
  if (!answer.content) return assert.equal((await response.arrayBuffer()).byteLength, 0, said);
  assert.ok(content, `${said} with ${type}`);
  if (response.status >= 400) {
    const { code } = await requireProblem(response);
    assert.ok(answer.description.split(', ').includes(code), `${said} with ${code}`);
  } else if (type === 'application/json') {
    requireAnswerBody(operation, response.status, { type, value: await response.json() });
  } else {
    await response.arrayBuffer();
  }
}
