import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  misspelledVariables,
  unknownVariables,
  unusedEndpoint,
  variablesInAnotherCase,
} from './misspelled-variables.ts';
import { VARIABLES } from './variables.ts';

const MODULES = join(import.meta.dirname, '../../../../../node_modules');

describe('a set variable', () => {
  for (const [given, meant] of [
    ['S3_BUCKETT', 'S3_BUCKET'],
    ['S3_BUKCET', 'S3_BUCKET'],
    ['S3BUCKET', 'S3_BUCKET'],
    ['PRESET', 'PRESETS'],
    ['DYNAMO_TABEL', 'DYNAMO_TABLE'],
    ['AWS_ENDPOINTS', 'AWS_ENDPOINT'],
    ['AWS_REGIONS', 'AWS_REGION'],
    ['AWS_ENDPOINT_URL_SQSS', 'AWS_ENDPOINT_URL_SQS'],
    ['MAX_UPLOAD_MB', 'MAX_UPLOAD_BYTES'],
    ['MAX_UPLOAD_SIZE', 'MAX_UPLOAD_BYTES'],
    ['MAX_MEMORY_BYTES', 'MAX_MEMORY_MB'],
    ['TRASH_SECONDS', 'TRASH_DAYS'],
    ['S3_BUCKET_NAME', 'S3_BUCKET'],
  ] as const) {
    it(`is reported as a misspelling: ${given} for ${meant}`, () => {
      const sentence = `${given} is set, but is no variable of this service: did you mean ${meant}?`;
      assert.deepEqual(misspelledVariables({ [given]: 'hunter2', PATH: '/bin' }), [sentence]);
      assert.deepEqual(misspelledVariables({ [given]: ' ' }), [], 'expected an empty variable to count as unset');
    });
  }

  for (const given of [
    'S3_BUCKETTT',
    'GHOST',
    'HOSTS',
    'PORTS',
    'BYTESS',
    's3_bucket',
    'S3',
    '',
    'PATH',
    'HOSTNAME',
    'MAX_MB',
    '_MB',
    'UPLOAD_BYTES',
    'GATE_SECRET',
  ]) {
    it(`is not reported: ${given}`, () => assert.deepEqual(misspelledVariables({ [given]: 'x' }), []));
  }

  it('is not reported if this service reads it, even if all its other variables are set', () => {
    const variables: readonly { name: string; aliases?: readonly string[] }[] = Object.values(VARIABLES);
    const names = variables.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    assert.deepEqual(misspelledVariables(Object.fromEntries(names.map((name) => [name, 'x']))), []);
  });

  it('is not reported if the AWS SDK reads it, nor if it is the endpoint of an AWS service', () => {
    const files = globSync(['@aws-sdk/**/dist-cjs/**/*.js', '@smithy/**/dist-cjs/**/*.js'], { cwd: MODULES });
    const names = new Set(
      files.flatMap((file) => readFileSync(join(MODULES, file), 'utf8').match(/\bAWS_[A-Z\d_]+/g) ?? []),
    );
    assert.ok(names.has('AWS_SESSION_TOKEN') && names.size > 20, [...names].join());
    for (const service of [
      'S3',
      'SES',
      'SFN',
      'SMS',
      'SNS',
      'SSM',
      'SSO',
      'STS',
      'SWF',
      'SQS',
      'DYNAMODB',
      'DYNAMODB_STREAMS',
    ])
      names.add(`AWS_ENDPOINT_URL_${service}`);
    assert.deepEqual(misspelledVariables(Object.fromEntries([...names].map((name) => [name, 'x']))), []);
  });
});

describe('a variable of .env in another case', () => {
  it('is reported, without its value', () => {
    const sentence = (given: string, meant: string) =>
      `${given} in .env is no variable of this service, whose names are in capitals: did you mean ${meant}?`;
    const told = variablesInAnotherCase(['auth', 'PORT', 'Data_Dir', 'aws_endpoint', 'path'], { auth: 'api-key' });
    const meant = [
      sentence('auth', 'AUTH'),
      sentence('Data_Dir', 'DATA_DIR'),
      sentence('aws_endpoint', 'AWS_ENDPOINT'),
    ];
    assert.deepEqual(told, meant);
  });

  it('is not reported if the right one is set, as on Windows, which ignores case', () =>
    assert.deepEqual(variablesInAnotherCase(['auth'], { AUTH: 'api-key' }), []));
});

describe('a variable of .env that is unknown', () => {
  it('is reported', () =>
    assert.deepEqual(unknownVariables(['GATES', 'PORT', 'AUTH_METHOD']), [
      'GATES in .env is no variable of this service: `--help` lists them.',
      'AUTH_METHOD in .env is no variable of this service: `--help` lists them.',
    ]));

  it('is not reported if another program reads it, or if it is reported as misspelled', () => {
    const others = ['AWS_PROFILE', 'NODE_OPTIONS', 'HTTPS_PROXY', 'TZ', 'OTEL_SERVICE_NAME', 'GATE_SECRET'];
    assert.deepEqual(unknownVariables([...others, 'S3_BUCKETT', 'auth', 'GATE_HTTP_PEOPLE', 'GATES_CLAMAV']), []);
  });
});

it('an address of S3 is reported if no bucket is named', () => {
  const AWS_ENDPOINT_URL_S3 = 'http://127.0.0.1:9000';
  assert.match(unusedEndpoint({ AWS_ENDPOINT_URL_S3 }).join(), /^AWS_ENDPOINT_URL_S3 is set without S3_BUCKET/);
  for (const environment of [{}, { AWS_ENDPOINT_URL_S3, S3_BUCKET: 'images' }, { AWS_ENDPOINT_URL_S3: ' ' }])
    assert.deepEqual(unusedEndpoint(environment), []);
});
