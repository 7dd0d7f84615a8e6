import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createSharingService } from '../services/sharing-service.ts';
import { type AskedRoute, askedRoutes, type Crossing, createCrossing, headersOf, requestOf } from './crossing.ts';
import { IMAGE_CASES } from './image-cases.ts';
import { CALLERS, type CallerName, type Row } from './truth-table.ts';

/** Callers with every scope that their kind can have, so that nothing else is refused. */
const ERASER = 'a service for a list with users:erase only';
const PROVEN = ['a user', 'a service for everyone', 'a service for a list', 'an admin', ERASER] as const;

/** A way to name a user that is none, is another one than the credential's, or goes by a name that nobody reads. */
interface Spelling {
  readonly name: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The field of a body that may name a user. */
  readonly field?: readonly [name: string, value: unknown];
}

const inQuery = (query: string): Spelling => ({ name: `?${query}`, query });
const inHeader = (name: string, value: string): Spelling => ({
  name: `${name}: ${JSON.stringify(value)}`,
  headers: { [name]: value },
});
const inBody = (...field: [name: string, value: unknown]): Spelling => ({
  name: `${field[0]} ${JSON.stringify(field[1])} in the body`,
  field,
});

const SPELLINGS: readonly Spelling[] = [
  ...[
    'user_id=',
    'user_id',
    'user_id=%20',
    'user_id=%E2%80%8B%C2%AD',
    'user_id=%E2%A0%80',
    'user_id=+',
    'user%5Fid=',
    '%75ser_id',
  ].map(inQuery),
  ...['user_id=%20ada', 'user_id=ada+', 'user_id=ada%C2%A0', 'user_id=ada%00', 'user_id=zo%EB'].map(inQuery),
  ...['user_id=ada&user_id=', 'user_id=&user_id=ada', 'user_id=ada&user%5Fid=bob'].map(inQuery),
  ...['userId=ada', 'userId=', 'userId', 'user%49d=ada', 'user=ada', 'USER_ID=ada', 'user_id[]=ada'].map(inQuery),
  ...['user_id=ada&userId=bob', 'user-id=ada', 'user_id%00=ada', '%EF%BB%BFuser_id=ada', '__proto__=ada'].map(inQuery),
  ...['X-User-Id', 'User-Id'].flatMap((name) => [
    inHeader(name, ''),
    inHeader(name, ' \t'),
    inHeader(name, 'zo\u00eb'),
    inHeader(name, Buffer.from('zoë').toString('latin1')),
  ]),
  ...['X-UserId', 'UserId', 'X_User_Id', 'User_Id', 'XUser-Id'].map((name) => inHeader(name, 'ada')),
  { name: 'an empty header beside a query', headers: { 'X-User-Id': '' }, query: 'user_id=ada' },
  { name: 'an empty query beside a header', headers: { 'X-User-Id': 'ada' }, query: 'user_id=' },
  { name: 'two headers, one of them empty', headers: { 'X-User-Id': 'ada', 'User-Id': '' } },
];

const IN_BODY = [
  ...['', ' ', '\u200b', null, ' ada', 'ada\u00a0', 7, ['ada'], {}].map((value) => inBody('user_id', value)),
  ...['userId', 'user', 'User_Id', 'user_id '].map((name) => inBody(name, 'ada')),
];

const IMAGE = IMAGE_CASES.find(({ name }) => name === "ada's ready") ?? assert.fail();

/** The request with that user. A user in a form is text. */
function spelled({ query, headers, field }: Spelling, path: string, init: RequestInit): [string, RequestInit] {
  const target = query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
  const request = { ...init, headers: { ...headersOf(init), ...headers } };
  if (field === undefined) return [target, request];
  const [name, value] = field;
  if (request.body instanceof FormData) {
    const body = new FormData();
    for (const [one, text] of request.body) body.append(one, text);
    body.append(name, typeof value === 'string' ? value : '');
    return [target, { ...request, body }];
  }
  return [target, { ...request, body: JSON.stringify({ ...JSON.parse(String(request.body)), [name]: value }) }];
}

const isGuarded = ({ kind }: Row): boolean => kind !== 'public' && kind !== 'signed' && kind !== 'guest';
const bodyOf = (row: Row): boolean => row.kind === 'create' || row.kind === 'batch';
const isOfErased = (row: Row): boolean => 'scope' in row && row.scope === 'erase';
const mayCall = (caller: CallerName, row: Row): boolean =>
  isOfErased(row) || caller === ERASER ? isOfErased(row) && caller === ERASER : maySend(caller, row);
const maySend = (caller: CallerName, row: Row): boolean =>
  !(row.kind === 'administer' || ('scope' in row && (row.scope === 'admin' || row.scope === 'moderate'))) ||
  CALLERS.some(({ name, scopes }) => name === caller && scopes?.some((one) => one === 'admin'));

describe('a user that is none, beside a credential', () => {
  let crossing: Crossing;
  before(async () => {
    crossing = await createCrossing(createSharingService);
  });
  after(() => crossing[Symbol.asyncDispose]());

  const ask = (caller: CallerName, { method, path, row }: AskedRoute, spelling: Spelling) => {
    const id = crossing.gallery.shared(IMAGE);
    const asked = crossing.pathOf(path, id, caller).replace(':user_id', 'ada');
    return crossing.ask(caller, ...spelled(spelling, asked, requestOf(row, method, id)));
  };

  for (const route of askedRoutes().filter(({ row }) => isGuarded(row)))
    it(`is refused before any look-up: ${route.method} ${route.path}`, async () => {
      for (const caller of PROVEN.filter((name) => mayCall(name, route.row)))
        for (const spelling of bodyOf(route.row) ? [...SPELLINGS, ...IN_BODY] : SPELLINGS) {
          const told = await ask(caller, route, spelling);
          assert.equal(told.status, 400, `${caller}, ${spelling.name}: ${told.body}`);
          // The file of a form may come before its fields.
          assert.deepEqual(
            told.calls.filter((call) => call !== 'objects stage'),
            [],
            spelling.name,
          );
        }
    });

  for (const route of askedRoutes().filter(({ row }) => isGuarded(row) && row.kind !== 'administer'))
    it(`is another one in another spelling of the query's name: ${route.method} ${route.path}`, async () => {
      for (const caller of ['a user', 'a service for a list'] as const)
        assert.equal((await ask(caller, route, inQuery('user%5Fid=bob'))).status, 403, caller);
    });

  for (const route of askedRoutes().filter(({ row }) => row.kind === 'public'))
    it(`is not looked at: ${route.method} ${route.path}`, async () => {
      for (const spelling of SPELLINGS.filter(({ query }) => query === undefined))
        assert.equal((await ask('an admin', route, spelling)).status, route.row.kind === 'public' && route.row.status);
    });
});
