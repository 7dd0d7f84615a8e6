#!/usr/bin/env node
// Stands for the AWS CLI, and for curl: records each call, and refuses one that AWS would refuse at that moment.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';

const { CALLS, DISTRIBUTION_DOMAIN } = process.env;
const program = basename(process.argv[1]);
const args = process.argv.slice(2);
const earlier = existsSync(CALLS)
  ? readFileSync(CALLS, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];

const refuse = (why) => {
  console.error(`stub ${program}: ${why}: ${args.join(' ')}`);
  process.exit(254);
};
const option = (name) => args[args.indexOf(name) + 1] ?? refuse(`expected ${name}`);
const parametersIn = (list) => {
  const at = list.indexOf('--parameter-overrides');
  const given = at === -1 ? [] : list.slice(at + 1);
  return Object.fromEntries(given.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
};
const deployed = (suffix) =>
  earlier.filter(
    (call) =>
      call[1] === 'cloudformation' &&
      call[2] === 'deploy' &&
      call.includes(`--template-file`) &&
      call.some((one) => one.endsWith(`${suffix}.template.json`)),
  );

const isDeleted = (suffix) =>
  earlier.some((call) => call[2] === 'delete-stack' && call.some((one) => one.endsWith(suffix)));
const needsNoService = () => {
  if (deployed('service').length > 0 && !isDeleted('-service')) refuse('expected the service to be deleted before');
};
/** Of all deployments so far: what isn't named keeps its value. */
const valuesOf = (suffix) => Object.assign({}, ...deployed(suffix).map(parametersIn));

function deploy() {
  const file = option('--template-file');
  if (!existsSync(file)) refuse(`there is no ${file}`);
  const { Parameters, Resources } = JSON.parse(readFileSync(file, 'utf8'));
  const suffix = basename(file, '.template.json');
  const values = { ...valuesOf(suffix), ...parametersIn(args) };
  for (const [name, { Default, AllowedPattern = '', AllowedValues }] of Object.entries(Parameters)) {
    const value = values[name] ?? Default;
    if (value === undefined) refuse(`expected the parameter ${name}`);
    if (!new RegExp(AllowedPattern).test(value)) refuse(`the parameter ${name} may not be ${value}`);
    if (AllowedValues && !AllowedValues.includes(String(value))) refuse(`the parameter ${name} may not be ${value}`);
  }
  for (const name of Object.keys(values)) if (!(name in Parameters)) refuse(`there is no parameter ${name}`);
  const makesRoles = Object.values(Resources).some(({ Type }) => Type === 'AWS::IAM::Role');
  if (makesRoles && !args.includes('CAPABILITY_IAM')) refuse('expected CAPABILITY_IAM');
  const isPut = (key) =>
    earlier.some(
      (call) => call[2] === 'put-object' && call.includes(key) && call.includes(`${values.BucketName}-code`),
    );
  if (statSync(file).size > 51_200 && option('--s3-bucket') !== `${values.BucketName}-code`)
    refuse('the template is too large for a request, and there is no such bucket');
  if (suffix === 'backup' && !isPut(values.SourceKey)) refuse(`there is no object ${values.SourceKey}`);
  if (suffix !== 'service') return;
  // An update changes the functions before or after CloudFront: both secrets must pass by both hashes.
  const states = [values, ...(deployed('service').length > 0 ? [valuesOf('service')] : [])];
  for (const { OriginSecret } of states) {
    const hash = createHash('sha256').update(OriginSecret).digest('hex');
    if (!states.every(({ OriginSecretSha256 }) => OriginSecretSha256.split(',').includes(hash)))
      refuse('the service would refuse what CloudFront sends');
  }
  if (deployed('data').length === 0) refuse('expected the data stack before');
  for (const key of [values.HttpCodeKey, values.WorkerCodeKey]) {
    if (!isPut(key)) refuse(`there is no object ${key}`);
    if (!key.includes(`-${values.Architecture}-`)) refuse(`the code ${key} does not run on ${values.Architecture}`);
  }
}

function putObject() {
  if (deployed('data').length === 0) refuse(`there is no bucket ${option('--bucket')}`);
  const { BucketName } = parametersIn(deployed('data')[0]);
  if (option('--bucket') !== `${BucketName}-code`) refuse(`there is no bucket ${option('--bucket')}`);
  if (!existsSync(option('--body'))) refuse(`there is no file ${option('--body')}`);
}

const command = program === 'aws' ? args.slice(0, 2).join(' ') : program;
const answers = {
  'sts get-caller-identity': () => console.log('111122223333'),
  'cloudformation deploy': deploy,
  'cloudformation update-termination-protection': () => undefined,
  's3api put-object': putObject,
  'cloudformation describe-stacks': () => {
    const suffix = /[a-z]+$/.exec(option('--stack-name'))[0];
    if (deployed(suffix).length === 0 || isDeleted(`-${suffix}`)) refuse(`expected the ${suffix} stack before`);
    const query = option('--query');
    if (query.includes('DistributionDomainName')) console.log(DISTRIBUTION_DOMAIN);
    if (query.includes('ProjectName')) console.log('Project-1A2B3C');
    if (query.includes('RoleArn')) console.log('arn:aws:iam::111122223333:role/safelight-prod-backup-Role-1A2B3C');
    if (query.includes('HttpFunctionName')) console.log('safelight-test-service-Http-1A2B3C');
    if (query.includes('BucketName')) console.log(valuesOf('data').BucketName);
    if (query.includes('PublicUrl')) console.log(valuesOf('service').PublicUrl);
  },
  'codebuild start-build': () => {
    if (option('--project-name') !== 'Project-1A2B3C') refuse('there is no such project');
  },
  'lambda get-account-settings': () => console.log('1000'),
  'lambda get-function-configuration': () => console.log(valuesOf('service').OriginSecretSha256),
  's3api list-objects-v2': () => console.log('safelight/http-older.zip'),
  'cloudformation delete-stack': () => {
    const stack = option('--stack-name');
    const last = earlier.findLast((call) => call[2] === 'update-termination-protection' && call.includes(stack));
    if (last?.includes('--enable-termination-protection')) refuse('the stack is protected');
    if (stack.endsWith('-data')) needsNoService();
  },
  'cloudformation wait': () => undefined,
  'dynamodb update-table': () => undefined,
  'dynamodb wait': () => {
    if (!args.includes('table-exists')) refuse('expected a table that exists');
  },
  'dynamodb delete-table': () => {
    needsNoService();
    const openedAt = earlier.findIndex(
      (call) => call[2] === 'update-table' && call.includes('--no-deletion-protection-enabled'),
    );
    if (openedAt === -1) refuse('the table is protected');
    if (!earlier.slice(openedAt).some((call) => call[1] === 'dynamodb' && call[2] === 'wait'))
      refuse('the table is being updated');
  },
  'sqs get-queue-url': () =>
    console.log(`https://sqs.eu-central-1.amazonaws.com/111122223333/${option('--queue-name')}`),
  'sqs delete-queue': () => undefined,
  's3 rb': () => {
    if (!args.includes('--force')) refuse('the bucket is not empty');
  },
  curl: () => undefined,
};
(answers[command] ?? (() => refuse('the plan has no such command')))();
appendFileSync(CALLS, `${JSON.stringify([program, ...args])}\n`);
