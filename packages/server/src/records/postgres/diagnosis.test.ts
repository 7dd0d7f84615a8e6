import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pg from 'pg';
import { diagnose, placeOf, sendsInTheClear } from './diagnosis.ts';
import { postgresFault } from './postgres-error.ts';

const PLACE = placeOf('postgres://ada:hunter2@db.example.org/images?sslmode=require');

const refused = (code: string, message = 'no'): Error =>
  Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code });

describe('the place of a database', () => {
  for (const [url, at, database, role] of [
    ['postgres://ada:hunter2@db.example.org/images', 'db.example.org:5432', 'images', 'ada'],
    ['postgres://[::1]:6432/my%20images', '[::1]:6432', 'my images', undefined],
    ['postgres:///images?host=/run/postgresql&user=ada', 'the socket in /run/postgresql', 'images', 'ada'],
    ['postgres:///images', 'localhost:5432', 'images', undefined],
  ] as const)
    it(`is told without a password: ${url}`, () => assert.deepEqual(placeOf(url), { at, database, role }));
});

describe('a connection without sslmode', () => {
  it('leaves the machine in the clear, unless the server is on it', () => {
    for (const host of ['db.example.org', '10.0.0.7']) {
      assert.equal(sendsInTheClear(`postgres://ada@${host}/images`), true, host);
      assert.equal(sendsInTheClear(`postgres://ada@${host}/images?sslmode=disable`), false, host);
    }
    for (const host of ['localhost', '127.0.0.1', '[::1]', ''])
      assert.equal(sendsInTheClear(`postgres://${host}/images`), false, host);
    assert.equal(sendsInTheClear('postgres:///images?host=/run/postgresql'), false);
  });
});

describe('the diagnosis of PostgreSQL', () => {
  for (const [error, says] of [
    [
      refused('28P01'),
      /^PostgreSQL at db\.example\.org:5432 refuses the password of the role ada: check DATABASE_URL$/,
    ],
    [refused('28000', 'no pg_hba.conf entry'), /refuses the role ada \(no pg_hba\.conf entry\): check DATABASE_URL/],
    [refused('3D000'), /^There is no database images at db\.example\.org:5432: create it/],
    [
      refused('42501', 'permission denied'),
      /refuses the role ada \(permission denied\): npm run admin -- provision --role ada/,
    ],
    [refused('53300'), /no connection left \(max_connections\): lower DATABASE_CONNECTIONS/],
    [
      new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      /asks for a password, and DATABASE_URL has none$/,
    ],
    [
      Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      /has a certificate of a CA that isn't trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\): name the CA's file as sslrootcert/,
    ],
    [
      Object.assign(new Error('no such file'), { code: 'ENOENT', path: '/etc/rds.pem' }),
      /^expected the certificates of DATABASE_URL in \/etc\/rds\.pem; got no such file$/,
    ],
    [
      Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' }),
      /^PostgreSQL at db\.example\.org:5432 can't be reached \(ECONNREFUSED\): check DATABASE_URL$/,
    ],
  ] as const)
    it(`names the fault and its remedy: ${says.source.slice(0, 60)}`, () => {
      const sentence = diagnose(postgresFault(error), PLACE) ?? '';
      assert.match(sentence, says);
      assert.doesNotMatch(sentence, /hunter2/);
    });

  it('has no sentence for a fault of the service', () => {
    assert.equal(diagnose(new TypeError('a fault in the program'), PLACE), undefined);
  });
});
