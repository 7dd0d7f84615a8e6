import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { databaseUrlIn, loadConfig } from '../config.ts';
import { problemsOf } from '../problems-of.fixture.ts';

const urlOf = (DATABASE_URL: string) => loadConfig({ DATABASE_URL }).secrets.databaseUrl;
const FORM = 'expected a URL of one server, as postgres://user:password@host:5432/database?sslmode=verify-full; got';

describe('DATABASE_URL', () => {
  it('puts the records into that database', () => {
    const url = 'postgres://safelight:hunter2@db.example.org:5432/images?sslmode=verify-full';
    const { config, secrets } = loadConfig({ DATABASE_URL: url });
    assert.deepEqual(config.postgres, { connections: 10, prepares: true });
    assert.equal(secrets.databaseUrl, url);
    assert.ok(!JSON.stringify(config).includes('hunter2'));
    const told = loadConfig({ DATABASE_URL: url, DATABASE_CONNECTIONS: '3', DATABASE_PREPARE: 'off' }).config.postgres;
    assert.deepEqual(told, { connections: 3, prepares: false });
    assert.equal(loadConfig({ DATABASE_CONNECTIONS: '3' }).config.postgres, null);
  });

  it('is a URL of libpq with a database', () => {
    assert.equal(urlOf(''), null);
    for (const url of [
      'postgresql://localhost/images',
      'postgres://u@[::1]:6432/images',
      'postgres:///images?host=/run/postgresql',
      'postgres://u:p%40ss%25@host/my%20images',
      'postgres://host/images?sslmode=disable',
      'postgres://host/images?sslmode=verify-ca&sslrootcert=/etc/ssl/rds.pem&options=-c%20search_path%3Dsafelight',
    ])
      assert.equal(urlOf(url), url);
  });

  it('never goes on without TLS if its sslmode would, and knows the roots of the system', () => {
    for (const mode of ['allow', 'prefer'])
      assert.equal(urlOf(`postgres://host/images?sslmode=${mode}`), 'postgres://host/images?sslmode=require');
    for (const query of ['sslrootcert=system', 'sslmode=verify-full&sslrootcert=system'])
      assert.equal(urlOf(`postgres://host/images?${query}`), 'postgres://host/images?sslmode=verify-full');
  });

  for (const [url, detail] of [
    ['images', `${FORM} something else`],
    ['mysql://ada:hunter2@host/images', `${FORM} another scheme`],
    ['postgres://ada:hunter2@host', `${FORM} no name of a database`],
    ['postgres://ada:hunter2@host/', `${FORM} no name of a database`],
    ['postgres://ada:hunter2@host/a/b', `${FORM} no name of a database`],
    ['postgres://ada:hunter2@one,two/images', `${FORM} something else`],
    ['postgres://ada:hunter2@one:1,two:2/images', `${FORM} something else`],
    ['postgres://ada:hun#ter2@host/images', `${FORM} something else`],
    ['postgres://ada:hunter2%@host/images', `${FORM} something else`],
    ['postgres://ada:hunter2@host/images#1', `${FORM} something else`],
    [
      'postgres://ada:hunter2@host/images?sslmode=on',
      'expected sslmode=disable, allow, prefer, require, verify-ca, verify-full; got another one',
    ],
    ['postgres://ada:hunter2@host/images?sslmode=disable&sslmode=require', 'expected one sslmode; got several'],
    [
      'postgres://ada:hunter2@host/images?sslmode=verify-ca',
      'expected sslrootcert=FILE with sslmode=verify-ca, or sslmode=verify-full; got none',
    ],
    [
      'postgres://ada:hunter2@host/images?sslmode=require&sslrootcert=system',
      'expected sslmode=verify-full with sslrootcert=system; got another one',
    ],
    [
      `postgres://ada:hunter2@host/${'x'.repeat(2_048)}`,
      'expected a URL of at most 2048 characters; got 2076 characters',
    ],
  ] as const)
    it(`is refused without its password: ${url.slice(0, 80)}`, () => {
      assert.deepEqual(problemsOf({ DATABASE_URL: url }), { DATABASE_URL: detail });
    });

  it('is refused beside DYNAMO_TABLE', () => {
    const given = { DATABASE_URL: 'postgres://ada:hunter2@host/images', DYNAMO_TABLE: 'images' };
    const detail = 'expected no database with DYNAMO_TABLE=images, since all records are in one place; got both';
    assert.deepEqual(problemsOf(given), { DATABASE_URL: detail });
    assert.deepEqual(problemsOf({ ...given, DATABASE_URL: '', DATABASE_URL_FILE: '/run/secrets/url' }), {
      DATABASE_URL_FILE: detail,
    });
  });
});

describe('DATABASE_URL_FILE', () => {
  it('stays a path in the configuration', () => {
    const { config, secrets } = loadConfig({ DATABASE_URL_FILE: '/run/secrets/url' });
    assert.deepEqual(secrets.databaseUrl, { file: '/run/secrets/url' });
    assert.deepEqual(config.postgres, { connections: 10, prepares: true });
  });

  it('is refused together with DATABASE_URL', () => {
    assert.deepEqual(problemsOf({ DATABASE_URL: 'postgres://host/images', DATABASE_URL_FILE: '/run/secrets/url' }), {
      DATABASE_URL_FILE: 'expected DATABASE_URL or DATABASE_URL_FILE; got both',
    });
  });

  it('contains a URL in the format of DATABASE_URL', () => {
    assert.equal(databaseUrlIn('postgres://ada@host/images'), 'postgres://ada@host/images');
    assert.throws(
      () => databaseUrlIn('postgres://ada:hunter2@host'),
      /^ConfigError: DATABASE_URL_FILE: expected a URL of one server, [^;]*; got no name of a database$/,
    );
  });
});
